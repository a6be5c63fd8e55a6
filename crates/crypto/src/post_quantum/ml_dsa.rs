//! ML-DSA (FIPS 204), hedged and with an empty context, which is all that KMS offers.
//!
//! Messages are signed and verified by AWS-LC. A representative that was made outside (μ of
//! algorithm 7, line 6) its safe interface does not take; that is ml-dsa's part, and nothing else
//! is, since it takes about ten times as long. Signatures of the two are signatures of one kind.

use super::envelope;
use crate::asymmetric::{KeyError, UseError};
use crate::secret;
use crate::{SecretBytes, SecretKey, SystemEntropy};
use aws_lc_rs::encoding::{AsDer as _, AsRawBytes as _, PublicKeyX509Der};
use aws_lc_rs::signature::{
    KeyPair as _, ML_DSA_44, ML_DSA_44_SIGNING, ML_DSA_65, ML_DSA_65_SIGNING, ML_DSA_87,
    ML_DSA_87_SIGNING, ParsedPublicKey, PqdsaKeyPair, PqdsaSigningAlgorithm,
    PqdsaVerificationAlgorithm,
};
use ml_dsa::{EncodedVerifyingKey, ExpandedSigningKey, MlDsaParams, Signature, VerifyingKey};
use ml_dsa::{MlDsa44, MlDsa65, MlDsa87};
use pkcs8::ObjectIdentifier;
use std::sync::OnceLock;
use strongroom_types::KeySpec;

/// Bytes of a representative of a message (μ).
pub const MU_LEN: usize = 64;

/// A private key, parsed once and ready for any number of uses, by many threads at a time.
///
/// What it holds is wiped when it is dropped: by AWS-LC, by ml-dsa, and the seed here.
pub struct MlDsaKey {
    pair: PqdsaKeyPair,
    seed: SecretKey,
    /// The same key for representatives, made of the seed when the first one comes: it takes as
    /// long as signing, and up to 100 KiB.
    of_representatives: OnceLock<Box<dyn SignsMu>>,
    public: MlDsaPublicKey,
}

impl MlDsaKey {
    /// A fresh key of `spec` in the form that is stored: PKCS#8 DER with the seed (RFC 9881), 54
    /// bytes. AWS-LC makes it from its own random source.
    ///
    /// # Errors
    /// [`KeyError::Unsupported`] for other specs, [`KeyError::Failed`].
    pub fn generate(spec: KeySpec) -> Result<SecretBytes, KeyError> {
        let set = ParameterSet::of(spec)?;
        let pair = PqdsaKeyPair::generate(set.sign).map_err(|_| KeyError::Failed)?;
        let der = pair.to_pkcs8v1().map_err(|_| KeyError::Failed)?;
        Ok(SecretBytes::new(der.as_ref().to_vec()))
    }

    /// Parses PKCS#8 DER of exactly `spec` that has the seed, alone or with the expanded key. An
    /// expanded key and a public key inside must be the seed's.
    ///
    /// # Errors
    /// [`KeyError::Malformed`], [`KeyError::OtherSpec`]; [`KeyError::Unsupported`] for specs that
    /// are not ML-DSA's and for keys without a seed.
    pub fn parse(spec: KeySpec, pkcs8: &[u8]) -> Result<Self, KeyError> {
        let set = ParameterSet::of(spec)?;
        let private = envelope::private(set.algorithm, pkcs8)?;
        let seed = SecretKey::from_slice(private.seed).ok_or(KeyError::Malformed)?;
        let pair =
            PqdsaKeyPair::from_seed(set.sign, seed.expose()).map_err(|_| KeyError::Failed)?;
        if let Some(expanded) = private.expanded {
            let own = pair.private_key().as_raw_bytes().map_err(|_| KeyError::Failed)?;
            if !secret::same(own.as_ref(), expanded) {
                return Err(KeyError::Malformed);
            }
        }
        if private.public.is_some_and(|public| public != pair.public_key().as_ref()) {
            return Err(KeyError::Malformed);
        }
        let der: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(|_| KeyError::Failed)?;
        let public = MlDsaPublicKey::parse(spec, der.as_ref())?;
        Ok(Self { pair, seed, of_representatives: OnceLock::new(), public })
    }

    /// The public key: `SubjectPublicKeyInfo` DER (RFC 9881) of 1,334, 1,974 or 2,614 bytes.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        self.public.der()
    }

    /// Signs a message of any length: ML-DSA.Sign (algorithm 2), hedged, with an empty context. The
    /// signature has 2,420, 3,309 or 4,627 bytes.
    ///
    /// # Errors
    /// [`UseError::Failed`].
    pub fn sign_raw(&self, message: &[u8]) -> Result<Vec<u8>, UseError> {
        let mut signature = vec![0; self.public.set.sign.signature_len()];
        let length = self.pair.sign(message, &mut signature).map_err(|_| UseError::Failed)?;
        signature.truncate(length);
        Ok(signature)
    }

    /// Signs the representative of a message, hedged: ML-DSA.Sign_internal (algorithm 7) from
    /// line 7 on. For a message M and an empty context it is SHAKE256(tr ‖ 00 00 ‖ M, 64), where tr
    /// is SHAKE256 of the public key, 64 bytes of it; then the signature is one of M.
    ///
    /// # Errors
    /// [`UseError::Failed`].
    pub fn sign_external_mu(&self, mu: &[u8; MU_LEN]) -> Result<Vec<u8>, UseError> {
        let expand = || (self.public.set.signer)(self.seed.expose());
        self.of_representatives.get_or_init(expand).sign(mu)
    }

    /// Verifies `signature` of a message by the public key.
    ///
    /// # Errors
    /// [`UseError::BadSignature`].
    pub fn verify_raw(&self, message: &[u8], signature: &[u8]) -> Result<(), UseError> {
        self.public.verify_raw(message, signature)
    }

    /// Verifies `signature` of a representative by the public key.
    ///
    /// # Errors
    /// [`UseError::BadSignature`].
    pub fn verify_external_mu(&self, mu: &[u8; MU_LEN], signature: &[u8]) -> Result<(), UseError> {
        self.public.verify_external_mu(mu, signature)
    }
}

/// A public key that stands alone.
pub struct MlDsaPublicKey {
    set: &'static ParameterSet,
    key: ParsedPublicKey,
    /// The same key for representatives, made when the first one comes; up to 75 KiB.
    of_representatives: OnceLock<Box<dyn VerifiesMu>>,
}

impl MlDsaPublicKey {
    /// Parses a `SubjectPublicKeyInfo` in DER of exactly `spec`.
    ///
    /// # Errors
    /// [`KeyError::Malformed`], [`KeyError::OtherSpec`]; [`KeyError::Unsupported`] for specs that
    /// are not ML-DSA's.
    pub fn parse(spec: KeySpec, spki: &[u8]) -> Result<Self, KeyError> {
        let set = ParameterSet::of(spec)?;
        let raw = envelope::public(set.algorithm, spki)?;
        if raw.len() != set.sign.public_key_len() {
            return Err(KeyError::Malformed);
        }
        let key = ParsedPublicKey::new(set.verify, spki).map_err(|_| KeyError::Malformed)?;
        Ok(Self { set, key, of_representatives: OnceLock::new() })
    }

    /// The `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        self.key.as_ref()
    }

    /// Verifies `signature` of a message: ML-DSA.Verify (algorithm 3) with an empty context.
    ///
    /// # Errors
    /// [`UseError::BadSignature`].
    pub fn verify_raw(&self, message: &[u8], signature: &[u8]) -> Result<(), UseError> {
        self.key.verify_sig(message, signature).map_err(|_| UseError::BadSignature)
    }

    /// Verifies `signature` of a representative: ML-DSA.Verify_internal (algorithm 8) from line 8
    /// on.
    ///
    /// # Errors
    /// [`UseError::BadSignature`].
    pub fn verify_external_mu(&self, mu: &[u8; MU_LEN], signature: &[u8]) -> Result<(), UseError> {
        let verifier = match self.of_representatives.get() {
            Some(verifier) => verifier,
            None => {
                let raw = envelope::public(self.set.algorithm, self.der());
                let raw = raw.map_err(|_| UseError::Failed)?;
                let verifier = (self.set.verifier)(raw).ok_or(UseError::Failed)?;
                self.of_representatives.get_or_init(|| verifier)
            }
        };
        if verifier.verifies(mu, signature) { Ok(()) } else { Err(UseError::BadSignature) }
    }
}

/// A parameter set (FIPS 204, section 4), by the names of the two libraries.
struct ParameterSet {
    /// RFC 9881.
    algorithm: ObjectIdentifier,
    sign: &'static PqdsaSigningAlgorithm,
    verify: &'static PqdsaVerificationAlgorithm,
    signer: fn(&[u8; SecretKey::LEN]) -> Box<dyn SignsMu>,
    /// None for a public key of another length.
    verifier: fn(&[u8]) -> Option<Box<dyn VerifiesMu>>,
}

impl ParameterSet {
    const ML_DSA_44: Self = Self {
        algorithm: ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.17"),
        sign: &ML_DSA_44_SIGNING,
        verify: &ML_DSA_44,
        signer: signer::<MlDsa44>,
        verifier: verifier::<MlDsa44>,
    };
    const ML_DSA_65: Self = Self {
        algorithm: ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.18"),
        sign: &ML_DSA_65_SIGNING,
        verify: &ML_DSA_65,
        signer: signer::<MlDsa65>,
        verifier: verifier::<MlDsa65>,
    };
    const ML_DSA_87: Self = Self {
        algorithm: ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.19"),
        sign: &ML_DSA_87_SIGNING,
        verify: &ML_DSA_87,
        signer: signer::<MlDsa87>,
        verifier: verifier::<MlDsa87>,
    };

    const fn of(spec: KeySpec) -> Result<&'static Self, KeyError> {
        match spec {
            KeySpec::MlDsa44 => Ok(&Self::ML_DSA_44),
            KeySpec::MlDsa65 => Ok(&Self::ML_DSA_65),
            KeySpec::MlDsa87 => Ok(&Self::ML_DSA_87),
            _ => Err(KeyError::Unsupported),
        }
    }
}

/// ml-dsa's private key of any parameter set.
trait SignsMu: Send + Sync {
    fn sign(&self, mu: &[u8; MU_LEN]) -> Result<Vec<u8>, UseError>;
}

impl<P: MlDsaParams + Send + Sync> SignsMu for ExpandedSigningKey<P> {
    fn sign(&self, mu: &[u8; MU_LEN]) -> Result<Vec<u8>, UseError> {
        let signature =
            self.sign_mu_randomized(mu.into(), &mut SystemEntropy).map_err(|_| UseError::Failed)?;
        Ok(signature.encode().to_vec())
    }
}

fn signer<P: MlDsaParams + Send + Sync + 'static>(seed: &[u8; SecretKey::LEN]) -> Box<dyn SignsMu> {
    Box::new(ExpandedSigningKey::<P>::from_seed(seed.into()))
}

/// ml-dsa's public key of any parameter set.
trait VerifiesMu: Send + Sync {
    fn verifies(&self, mu: &[u8; MU_LEN], signature: &[u8]) -> bool;
}

impl<P: MlDsaParams + Send + Sync> VerifiesMu for VerifyingKey<P> {
    fn verifies(&self, mu: &[u8; MU_LEN], signature: &[u8]) -> bool {
        Signature::<P>::try_from(signature)
            .is_ok_and(|signature| self.verify_mu(mu.into(), &signature))
    }
}

fn verifier<P: MlDsaParams + Send + Sync + 'static>(raw: &[u8]) -> Option<Box<dyn VerifiesMu>> {
    let raw = EncodedVerifyingKey::<P>::try_from(raw).ok()?;
    Some(Box::new(VerifyingKey::<P>::decode(&raw)))
}
