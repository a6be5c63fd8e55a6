//! RSAES-OAEP (RFC 8017, section 7.1): empty label, MGF1 with the same hash.

use super::{PublicKey, UseError};
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm};
use strongroom_types::{EncryptionAlgorithm, KeySpec};

/// The greatest plaintext in bytes that a key of `spec` encrypts: modulus less two digests less
/// two. `None` when the pair of spec and algorithm is no RSAES-OAEP.
#[must_use]
pub const fn oaep_capacity(spec: KeySpec, algorithm: EncryptionAlgorithm) -> Option<usize> {
    match (modulus_len(spec), digest_len(algorithm)) {
        (Some(modulus), Some(digest)) => Some(modulus - 2 * digest - 2),
        _ => None,
    }
}

/// Encrypts `plaintext` to the RSA public key `spki`, a `SubjectPublicKeyInfo` in DER.
///
/// # Errors
/// [`UseError::BadPublicKey`] unless it is an RSA key of 2,048, 3,072 or 4,096 bits; those of
/// [`PublicKey::encrypt`].
pub fn oaep_encrypt(
    spki: &[u8],
    algorithm: EncryptionAlgorithm,
    plaintext: &[u8],
) -> Result<Vec<u8>, UseError> {
    let key = PublicKey::parse(spki).map_err(|_| UseError::BadPublicKey)?;
    if modulus_len(key.spec()).is_none() {
        return Err(UseError::BadPublicKey);
    }
    key.encrypt(algorithm, plaintext)
}

/// Length of an RSA modulus in bytes.
pub(super) const fn modulus_len(spec: KeySpec) -> Option<usize> {
    match spec {
        KeySpec::Rsa2048 => Some(256),
        KeySpec::Rsa3072 => Some(384),
        KeySpec::Rsa4096 => Some(512),
        _ => None,
    }
}

const fn digest_len(algorithm: EncryptionAlgorithm) -> Option<usize> {
    match algorithm {
        EncryptionAlgorithm::RsaesOaepSha1 => Some(20),
        EncryptionAlgorithm::RsaesOaepSha256 => Some(32),
        EncryptionAlgorithm::SymmetricDefault | EncryptionAlgorithm::Sm2Pke => None,
    }
}

/// AWS-LC's name of the algorithm.
pub(super) fn scheme(algorithm: EncryptionAlgorithm) -> Result<&'static OaepAlgorithm, UseError> {
    match algorithm {
        EncryptionAlgorithm::RsaesOaepSha1 => Ok(&OAEP_SHA1_MGF1SHA1),
        EncryptionAlgorithm::RsaesOaepSha256 => Ok(&OAEP_SHA256_MGF1SHA256),
        EncryptionAlgorithm::SymmetricDefault | EncryptionAlgorithm::Sm2Pke => {
            Err(UseError::Unsupported)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: AWS KMS Developer Guide, "RSA key specs for encryption and decryption".
    #[test]
    fn capacities_are_those_of_the_guide() {
        let capacity = |spec| {
            [EncryptionAlgorithm::RsaesOaepSha1, EncryptionAlgorithm::RsaesOaepSha256]
                .map(|algorithm| oaep_capacity(spec, algorithm))
        };
        assert_eq!(capacity(KeySpec::Rsa2048), [Some(214), Some(190)]);
        assert_eq!(capacity(KeySpec::Rsa3072), [Some(342), Some(318)]);
        assert_eq!(capacity(KeySpec::Rsa4096), [Some(470), Some(446)]);
        assert_eq!(capacity(KeySpec::EccNistP256), [None, None]);
        assert_eq!(oaep_capacity(KeySpec::Rsa2048, EncryptionAlgorithm::Sm2Pke), None);
    }
}
