//! SM2 (GM/T 0003, GB/T 32918): signatures, encryption and agreement on the curve of China's
//! cryptography administration, with SM3.
//!
//! AWS-LC's safe interface has none of it. The crate sm2 does the work, with field arithmetic that
//! was generated with its proof (fiat-crypto).

use crate::asymmetric::{KeyError, Message, UseError};
use crate::{SecretBytes, SystemEntropy};
use der::Decode as _;
use elliptic_curve::sec1::ToSec1Point as _;
use elliptic_curve::{Generate as _, ecdh};
use pkcs8::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use pkcs8::{EncodePrivateKey as _, EncodePublicKey as _, ObjectIdentifier, PrivateKeyInfoRef};
use sm2::dsa::signature::hazmat::{PrehashVerifier as _, RandomizedPrehashSigner as _};
use sm2::dsa::signature::{RandomizedSigner as _, Verifier as _};
use sm2::dsa::{Signature, SigningKey, VerifyingKey};
use sm2::pke::{Cipher, DecryptingKey, EncryptingKey, Mode};
use sm2::{Scalar, SecretKey};

/// The identifier of the signer that is hashed into a message where nobody agreed on another
/// (GM/T 0009-2012, section 10). It is the only one that KMS uses.
const DEFAULT_ID: &str = "1234567812345678";

/// Bytes of a digest, SM3's.
const DIGEST_LEN: usize = 32;

/// The longest envelope that is read, in bytes. Our choice: a private key takes 138.
const MAX_LEN: usize = 1024;

/// RFC 5480, section 2.1.1.
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// GM/T 0006-2012: sm2p256v1.
const SM2_CURVE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.301");

/// A private key, parsed once and ready for any number of uses, by many threads at a time.
///
/// The scalar is on the heap and wiped when the key is dropped; each use works on a copy on its
/// stack.
pub struct Sm2Key {
    secret: Box<SecretKey>,
    public: Sm2PublicKey,
}

impl Sm2Key {
    /// A fresh key in the form that is stored: PKCS#8 DER (RFC 5208 with RFC 5915) with the public
    /// key in it, 138 bytes.
    ///
    /// # Errors
    /// [`KeyError::Failed`].
    pub fn generate() -> Result<SecretBytes, KeyError> {
        let secret = SecretKey::try_generate_from_rng(&mut SystemEntropy);
        encoded(&secret.map_err(|_| KeyError::Failed)?)
    }

    /// The key in the form that [`Sm2Key::generate`] makes.
    ///
    /// # Errors
    /// [`KeyError::Failed`].
    pub fn to_pkcs8(&self) -> Result<SecretBytes, KeyError> {
        encoded(&self.secret)
    }

    /// Parses PKCS#8 DER. A public key inside must be the private key's.
    ///
    /// # Errors
    /// [`KeyError::Malformed`], also for n − 1, with which one cannot sign (GM/T 0003.1, section
    /// 6.1, ends at n − 2); [`KeyError::OtherSpec`].
    pub fn parse(pkcs8: &[u8]) -> Result<Self, KeyError> {
        let info = PrivateKeyInfoRef::from_der(bounded(pkcs8)?).map_err(|_| KeyError::Malformed)?;
        let outer = info.public_key;
        check(&info.algorithm)?;
        let secret = SecretKey::try_from(info).map_err(|_| KeyError::Malformed)?;
        let secret = Box::new(secret);
        if (*secret.to_nonzero_scalar() + Scalar::ONE).is_zero().into() {
            return Err(KeyError::Malformed);
        }
        let key = secret.public_key();
        let point = key.to_sec1_point(false);
        if outer.is_some_and(|bits| bits.as_bytes() != Some(point.as_bytes())) {
            return Err(KeyError::Malformed);
        }
        Ok(Self { secret, public: Sm2PublicKey::of(key)? })
    }

    /// The public key: `SubjectPublicKeyInfo` DER of 91 bytes, the point uncompressed.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        self.public.der()
    }

    /// Signs with SM2DSA: a message together with the default identifier, or the digest
    /// e = SM3(Z ‖ M) that somebody made, with any identifier. The signature is DER.
    ///
    /// # Errors
    /// [`UseError::DigestLength`]; [`UseError::Unsupported`] for [`Message::ExternalMu`];
    /// [`UseError::Failed`].
    pub fn sign(&self, message: Message<'_>) -> Result<Vec<u8>, UseError> {
        let signer = SigningKey::new(DEFAULT_ID, &self.secret).map_err(|_| UseError::Failed)?;
        let mut random = SystemEntropy;
        let signature = match message {
            Message::Raw(message) => signer.try_sign_with_rng(&mut random, message),
            Message::Digest(digest) => signer.sign_prehash_with_rng(&mut random, checked(digest)?),
            Message::ExternalMu(_) => return Err(UseError::Unsupported),
        };
        Ok(signature.map_err(|_| UseError::Failed)?.to_der().as_bytes().to_vec())
    }

    /// Verifies `signature` by the public key.
    ///
    /// # Errors
    /// As [`Sm2PublicKey::verify`].
    pub fn verify(&self, message: Message<'_>, signature: &[u8]) -> Result<(), UseError> {
        self.public.verify(message, signature)
    }

    /// Encrypts `plaintext` to the public key.
    ///
    /// # Errors
    /// As [`Sm2PublicKey::encrypt`].
    pub fn encrypt(&self, plaintext: &[u8]) -> Result<Vec<u8>, UseError> {
        self.public.encrypt(plaintext)
    }

    /// Decrypts what [`Sm2PublicKey::encrypt`] or another implementation made, in the same form.
    ///
    /// # Errors
    /// [`UseError::BadCiphertext`] for all that is wrong with it.
    pub fn decrypt(&self, ciphertext: &[u8]) -> Result<SecretBytes, UseError> {
        let cipher: Cipher<'_> =
            Cipher::from_der(ciphertext).map_err(|_| UseError::BadCiphertext)?;
        // Nothing is encrypted in it, and nobody encrypts nothing.
        if cipher.c2().is_empty() {
            return Err(UseError::BadCiphertext);
        }
        let key = DecryptingKey::new_with_mode(self.secret.to_nonzero_scalar(), Mode::C1C3C2);
        // What is refused was already decrypted: it is wiped as well.
        let mut plaintext = SecretBytes::zeroed(cipher.c2().len());
        key.decrypt_cipher_with_buf(&cipher, plaintext.expose_mut())
            .map_err(|_| UseError::BadCiphertext)?;
        Ok(plaintext)
    }

    /// The secret shared with the owner of `peer`, a `SubjectPublicKeyInfo` in DER: the raw X
    /// coordinate, 32 bytes. It is plain ECDH, not the key exchange of GM/T 0003.3.
    ///
    /// # Errors
    /// [`UseError::BadPublicKey`] for what is malformed, of another curve, off the curve or at
    /// infinity.
    pub fn agree(&self, peer: &[u8]) -> Result<SecretBytes, UseError> {
        let peer = Sm2PublicKey::parse(peer).map_err(|_| UseError::BadPublicKey)?;
        let secret = ecdh::diffie_hellman(self.secret.to_nonzero_scalar(), peer.key.as_affine());
        Ok(SecretBytes::new(secret.raw_secret_bytes().to_vec()))
    }
}

/// A public key that stands alone: a peer's, a recipient's, or a test vector's.
pub struct Sm2PublicKey {
    spki: Vec<u8>,
    /// The key with the hash Z of the default identifier.
    key: VerifyingKey,
}

impl Sm2PublicKey {
    /// The longest plaintext in bytes. SM2PKE has no limit of its own; it is the one of KMS
    /// (<https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html>).
    pub const MAX_PLAINTEXT: usize = 1024;

    /// Parses a `SubjectPublicKeyInfo` in DER; the point may be compressed.
    ///
    /// # Errors
    /// [`KeyError::Malformed`], also for points off the curve and at infinity;
    /// [`KeyError::OtherSpec`].
    pub fn parse(spki: &[u8]) -> Result<Self, KeyError> {
        let info =
            SubjectPublicKeyInfoRef::from_der(bounded(spki)?).map_err(|_| KeyError::Malformed)?;
        check(&info.algorithm)?;
        let point = info.subject_public_key.as_bytes().ok_or(KeyError::Malformed)?;
        // RFC 5480, section 2.2: any other first octet MUST be rejected.
        if !matches!(point.first(), Some(2..=4)) {
            return Err(KeyError::Malformed);
        }
        Self::of(sm2::PublicKey::from_sec1_bytes(point).map_err(|_| KeyError::Malformed)?)
    }

    fn of(key: sm2::PublicKey) -> Result<Self, KeyError> {
        let spki = key.to_public_key_der().map_err(|_| KeyError::Failed)?.into_vec();
        let key = VerifyingKey::new(DEFAULT_ID, key).map_err(|_| KeyError::Failed)?;
        Ok(Self { spki, key })
    }

    /// The `SubjectPublicKeyInfo`, the point uncompressed.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.spki
    }

    /// Verifies a signature that [`Sm2Key::sign`] or another implementation made, in DER.
    ///
    /// # Errors
    /// [`UseError::BadSignature`]; [`UseError::DigestLength`]; [`UseError::Unsupported`] for
    /// [`Message::ExternalMu`].
    pub fn verify(&self, message: Message<'_>, signature: &[u8]) -> Result<(), UseError> {
        // What could not be signed either is said before the signature is looked at.
        match message {
            Message::Raw(message) => self.key.verify(message, &parsed(signature)?),
            Message::Digest(digest) => {
                self.key.verify_prehash(checked(digest)?, &parsed(signature)?)
            }
            Message::ExternalMu(_) => return Err(UseError::Unsupported),
        }
        .map_err(|_| UseError::BadSignature)
    }

    /// Encrypts `plaintext` with SM2PKE. The ciphertext is the DER of GM/T 0009-2012, section 7.2:
    /// the coordinates of C1, C3, C2.
    ///
    /// # Errors
    /// [`UseError::TooLong`] beyond [`Sm2PublicKey::MAX_PLAINTEXT`]; [`UseError::Unsupported`] for
    /// the empty plaintext, for which the algorithm is not defined; [`UseError::Failed`].
    pub fn encrypt(&self, plaintext: &[u8]) -> Result<Vec<u8>, UseError> {
        match plaintext.len() {
            0 => Err(UseError::Unsupported),
            1..=Self::MAX_PLAINTEXT => {
                let key = EncryptingKey::new_with_mode((&self.key).into(), Mode::C1C3C2);
                key.encrypt_der(&mut SystemEntropy, plaintext).map_err(|_| UseError::Failed)
            }
            _ => Err(UseError::TooLong { max: Self::MAX_PLAINTEXT }),
        }
    }
}

fn parsed(signature: &[u8]) -> Result<Signature, UseError> {
    Signature::from_der(signature).map_err(|_| UseError::BadSignature)
}

fn checked(digest: &[u8]) -> Result<&[u8], UseError> {
    if digest.len() == DIGEST_LEN { Ok(digest) } else { Err(UseError::DigestLength) }
}

fn check(algorithm: &AlgorithmIdentifierRef<'_>) -> Result<(), KeyError> {
    if algorithm.oid != EC_PUBLIC_KEY {
        return Err(KeyError::OtherSpec);
    }
    match algorithm.parameters_oid() {
        Ok(SM2_CURVE) => Ok(()),
        Ok(_) => Err(KeyError::OtherSpec),
        Err(_) => Err(KeyError::Malformed),
    }
}

fn encoded(secret: &SecretKey) -> Result<SecretBytes, KeyError> {
    let der = secret.to_pkcs8_der().map_err(|_| KeyError::Failed)?;
    Ok(SecretBytes::new(der.as_bytes().to_vec()))
}

fn bounded(der: &[u8]) -> Result<&[u8], KeyError> {
    if der.len() > MAX_LEN { Err(KeyError::Malformed) } else { Ok(der) }
}
