//! ML-KEM (FIPS 203).
//!
//! AWS-LC encapsulates and decapsulates. Its safe interface reads expanded keys only, and a key is
//! stored as its seed, so ml-kem expands it once, when the key is parsed: that touches nothing an
//! attacker chooses. AWS-LC checks the expanded key at each use, by the hash that is in it.

use super::envelope;
use crate::asymmetric::{KeyError, UseError};
use crate::{Entropy as _, SecretBytes, SystemEntropy};
use aws_lc_rs::kem::{self, DecapsulationKey, EncapsulationKey};
#[expect(deprecated, reason = "only a seed is ever stored; the expanded key is for AWS-LC")]
use ml_kem::ExpandedKeyEncoding;
use ml_kem::array::sizes::U64;
use ml_kem::{FromSeed, KeyExport as _, MlKem512, MlKem768, MlKem1024};
use pkcs8::ObjectIdentifier;
use strongroom_types::KeySpec;
use zeroize::Zeroize as _;

/// Bytes of a seed: d ‖ z, the input of ML-KEM.KeyGen_internal (algorithm 16).
const SEED_LEN: usize = 64;

/// A private key, parsed once and ready for any number of uses, by many threads at a time.
///
/// What it holds is in AWS-LC's memory, which AWS-LC wipes when it frees it.
pub struct MlKemKey {
    key: DecapsulationKey,
    public: MlKemPublicKey,
}

impl MlKemKey {
    /// A fresh key of `spec` in the form that is stored: PKCS#8 DER with the seed (RFC 9935), 86
    /// bytes.
    ///
    /// # Errors
    /// [`KeyError::Unsupported`] for other specs, [`KeyError::Failed`].
    pub fn generate(spec: KeySpec) -> Result<SecretBytes, KeyError> {
        let set = ParameterSet::of(spec)?;
        let mut seed = SecretBytes::zeroed(SEED_LEN);
        SystemEntropy.fill(seed.expose_mut()).map_err(|_| KeyError::Failed)?;
        envelope::private_from_seed(set.algorithm, &seed)
    }

    /// Parses PKCS#8 DER of exactly `spec` that has the seed, alone or with the expanded key. An
    /// expanded key and a public key inside must be the seed's.
    ///
    /// # Errors
    /// [`KeyError::Malformed`], [`KeyError::OtherSpec`]; [`KeyError::Unsupported`] for specs that
    /// are not ML-KEM's and for keys without a seed.
    pub fn parse(spec: KeySpec, pkcs8: &[u8]) -> Result<Self, KeyError> {
        let set = ParameterSet::of(spec)?;
        let private = envelope::private(set.algorithm, pkcs8)?;
        let seed = private.seed.try_into().map_err(|_| KeyError::Malformed)?;
        let (expanded, public) = (set.expand)(seed);
        if private.expanded.is_some_and(|found| !expanded.same_as(found))
            || private.public.is_some_and(|found| found != public)
        {
            return Err(KeyError::Malformed);
        }
        let key = DecapsulationKey::new(set.kem, expanded.expose());
        let key = key.map_err(|_| KeyError::Failed)?;
        let spki = envelope::public_to_der(set.algorithm, &public)?;
        Ok(Self { key, public: MlKemPublicKey::new(set, spki, &public)? })
    }

    /// The public key: `SubjectPublicKeyInfo` DER (RFC 9935) of 822, 1,206 or 1,590 bytes.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        self.public.der()
    }

    /// A fresh secret of 32 bytes and its ciphertext of 768, 1,088 or 1,568 bytes:
    /// ML-KEM.Encaps (algorithm 20).
    ///
    /// # Errors
    /// [`UseError::Failed`].
    pub fn encapsulate(&self) -> Result<(Vec<u8>, SecretBytes), UseError> {
        self.public.encapsulate()
    }

    /// The secret inside `ciphertext`: ML-KEM.Decaps (algorithm 21). A ciphertext that was not made
    /// for this key, or was altered, gives a secret that nobody else has, and no error: that is
    /// the implicit rejection of FIPS 203.
    ///
    /// # Errors
    /// [`UseError::BadCiphertext`] for the one thing that can be seen, a wrong length;
    /// [`UseError::Failed`].
    pub fn decapsulate(&self, ciphertext: &[u8]) -> Result<SecretBytes, UseError> {
        if ciphertext.len() != self.public.set.ciphertext_len {
            return Err(UseError::BadCiphertext);
        }
        let secret = self.key.decapsulate(ciphertext.into()).map_err(|_| UseError::Failed)?;
        Ok(SecretBytes::new(secret.as_ref().to_vec()))
    }
}

/// A public key that stands alone.
pub struct MlKemPublicKey {
    set: &'static ParameterSet,
    spki: Vec<u8>,
    key: EncapsulationKey,
}

impl MlKemPublicKey {
    /// Parses a `SubjectPublicKeyInfo` in DER of exactly `spec`.
    ///
    /// # Errors
    /// [`KeyError::Malformed`], also for coefficients that are not reduced (FIPS 203, section 7.2);
    /// [`KeyError::OtherSpec`]; [`KeyError::Unsupported`] for specs that are not ML-KEM's.
    pub fn parse(spec: KeySpec, spki: &[u8]) -> Result<Self, KeyError> {
        let set = ParameterSet::of(spec)?;
        let raw = envelope::public(set.algorithm, spki)?;
        let key = Self::new(set, spki.to_vec(), raw)?;
        // AWS-LC makes the check of the modulus with each use and not before.
        key.encapsulate().map_err(|_| KeyError::Malformed)?;
        Ok(key)
    }

    fn new(set: &'static ParameterSet, spki: Vec<u8>, raw: &[u8]) -> Result<Self, KeyError> {
        let key = EncapsulationKey::new(set.kem, raw).map_err(|_| KeyError::Malformed)?;
        Ok(Self { set, spki, key })
    }

    /// The `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.spki
    }

    /// As [`MlKemKey::encapsulate`].
    ///
    /// # Errors
    /// [`UseError::Failed`].
    pub fn encapsulate(&self) -> Result<(Vec<u8>, SecretBytes), UseError> {
        let (ciphertext, secret) = self.key.encapsulate().map_err(|_| UseError::Failed)?;
        Ok((ciphertext.as_ref().to_vec(), SecretBytes::new(secret.as_ref().to_vec())))
    }
}

/// A parameter set (FIPS 203, section 8), by the names of the two libraries.
struct ParameterSet {
    /// RFC 9935.
    algorithm: ObjectIdentifier,
    kem: &'static kem::Algorithm,
    /// FIPS 203, table 3.
    ciphertext_len: usize,
    expand: fn(&[u8; SEED_LEN]) -> (SecretBytes, Vec<u8>),
}

impl ParameterSet {
    const ML_KEM_512: Self = Self {
        algorithm: ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.4.1"),
        kem: &kem::ML_KEM_512,
        ciphertext_len: 768,
        expand: expand::<MlKem512>,
    };
    const ML_KEM_768: Self = Self {
        algorithm: ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.4.2"),
        kem: &kem::ML_KEM_768,
        ciphertext_len: 1088,
        expand: expand::<MlKem768>,
    };
    const ML_KEM_1024: Self = Self {
        algorithm: ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.4.3"),
        kem: &kem::ML_KEM_1024,
        ciphertext_len: 1568,
        expand: expand::<MlKem1024>,
    };

    const fn of(spec: KeySpec) -> Result<&'static Self, KeyError> {
        match spec {
            KeySpec::MlKem512 => Ok(&Self::ML_KEM_512),
            KeySpec::MlKem768 => Ok(&Self::ML_KEM_768),
            KeySpec::MlKem1024 => Ok(&Self::ML_KEM_1024),
            _ => Err(KeyError::Unsupported),
        }
    }
}

/// The expanded key and the public key of a seed: ML-KEM.KeyGen_internal (algorithm 16).
#[expect(deprecated, reason = "only a seed is ever stored; the expanded key is for AWS-LC")]
fn expand<K>(seed: &[u8; SEED_LEN]) -> (SecretBytes, Vec<u8>)
where
    K: FromSeed<SeedSize = U64>,
    K::DecapsulationKey: ExpandedKeyEncoding,
{
    let (private, public) = K::from_seed(seed.into());
    let mut bytes = private.to_expanded_bytes();
    let expanded = SecretBytes::new(bytes.to_vec());
    bytes.as_mut_slice().zeroize();
    (expanded, public.to_bytes().to_vec())
}
