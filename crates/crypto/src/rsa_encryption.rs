//! RSA encryption (RFC 8017) of short secrets, by keys and paddings that KMS keys do not have: those of
//! raw keyrings of the AWS Encryption SDK.

use crate::asymmetric::{KeyError, UseError};
use crate::secret::SecretBytes;
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384, OAEP_SHA512_MGF1SHA512,
    OaepAlgorithm, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, Pkcs1PrivateDecryptingKey,
    Pkcs1PublicEncryptingKey, PrivateDecryptingKey, PublicEncryptingKey,
};

/// A padding. OAEP's label is empty, and its MGF1 has the same hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RsaPadding {
    /// RSAES-PKCS1-v1_5. Whoever can tell that a decryption failed can decrypt with the key
    /// (Bleichenbacher's attack): only for what was encrypted so already.
    Pkcs1,
    /// RSAES-OAEP with SHA-1.
    OaepSha1,
    /// RSAES-OAEP with SHA-256.
    OaepSha256,
    /// RSAES-OAEP with SHA-384.
    OaepSha384,
    /// RSAES-OAEP with SHA-512.
    OaepSha512,
}

impl RsaPadding {
    /// AWS-LC's name of it; none for PKCS #1 v1.5.
    const fn oaep(self) -> Option<&'static OaepAlgorithm> {
        match self {
            Self::Pkcs1 => None,
            Self::OaepSha1 => Some(&OAEP_SHA1_MGF1SHA1),
            Self::OaepSha256 => Some(&OAEP_SHA256_MGF1SHA256),
            Self::OaepSha384 => Some(&OAEP_SHA384_MGF1SHA384),
            Self::OaepSha512 => Some(&OAEP_SHA512_MGF1SHA512),
        }
    }
}

/// A public key of 2,048 to 8,192 bits, for one padding.
pub struct RsaEncryptingKey(Encrypting);

enum Encrypting {
    Pkcs1(Pkcs1PublicEncryptingKey),
    Oaep(OaepPublicEncryptingKey, &'static OaepAlgorithm),
}

impl RsaEncryptingKey {
    /// Parses a `SubjectPublicKeyInfo` (RFC 5280) in DER.
    ///
    /// # Errors
    /// [`KeyError::Malformed`], also for keys of other sizes.
    pub fn parse(padding: RsaPadding, spki: &[u8]) -> Result<Self, KeyError> {
        let key = PublicEncryptingKey::from_der(spki).map_err(|_| KeyError::Malformed)?;
        let key = match padding.oaep() {
            None => Pkcs1PublicEncryptingKey::new(key).map(Encrypting::Pkcs1),
            Some(algorithm) => {
                OaepPublicEncryptingKey::new(key).map(|key| Encrypting::Oaep(key, algorithm))
            }
        };
        key.map(Self).map_err(|_| KeyError::Failed)
    }

    /// Encrypts `secret`; the ciphertext has the length of the modulus.
    ///
    /// # Errors
    /// [`UseError::TooLong`], [`UseError::Failed`].
    pub fn encrypt(&self, secret: &SecretBytes) -> Result<Vec<u8>, UseError> {
        let (max, size) = match &self.0 {
            Encrypting::Pkcs1(key) => (key.max_plaintext_size(), key.ciphertext_size()),
            Encrypting::Oaep(key, algorithm) => {
                (key.max_plaintext_size(algorithm), key.ciphertext_size())
            }
        };
        if secret.len() > max {
            return Err(UseError::TooLong { max });
        }
        let mut out = vec![0; size];
        let done = match &self.0 {
            Encrypting::Pkcs1(key) => key.encrypt(secret.expose(), &mut out).map(|_| ()),
            Encrypting::Oaep(key, algorithm) => {
                key.encrypt(algorithm, secret.expose(), &mut out, None).map(|_| ())
            }
        };
        done.map_err(|_| UseError::Failed)?;
        Ok(out)
    }
}

/// A private key of 2,048 to 8,192 bits, for one padding.
pub struct RsaDecryptingKey(Decrypting);

enum Decrypting {
    Pkcs1(Pkcs1PrivateDecryptingKey),
    Oaep(OaepPrivateDecryptingKey, &'static OaepAlgorithm),
}

impl RsaDecryptingKey {
    /// Parses PKCS #8 (RFC 5208) in DER.
    ///
    /// # Errors
    /// [`KeyError::Malformed`], also for keys of other sizes.
    pub fn parse(padding: RsaPadding, pkcs8: &SecretBytes) -> Result<Self, KeyError> {
        let key =
            PrivateDecryptingKey::from_pkcs8(pkcs8.expose()).map_err(|_| KeyError::Malformed)?;
        let key = match padding.oaep() {
            None => Pkcs1PrivateDecryptingKey::new(key).map(Decrypting::Pkcs1),
            Some(algorithm) => {
                OaepPrivateDecryptingKey::new(key).map(|key| Decrypting::Oaep(key, algorithm))
            }
        };
        key.map(Self).map_err(|_| KeyError::Failed)
    }

    /// Decrypts `ciphertext`.
    ///
    /// # Errors
    /// [`UseError::BadCiphertext`], without saying what is wrong with it.
    pub fn decrypt(&self, ciphertext: &[u8]) -> Result<SecretBytes, UseError> {
        let size = match &self.0 {
            Decrypting::Pkcs1(key) => key.min_output_size(),
            Decrypting::Oaep(key, _) => key.min_output_size(),
        };
        let mut whole = SecretBytes::zeroed(size);
        let plain = match &self.0 {
            Decrypting::Pkcs1(key) => key.decrypt(ciphertext, whole.expose_mut()),
            Decrypting::Oaep(key, algorithm) => {
                key.decrypt(algorithm, ciphertext, whole.expose_mut(), None)
            }
        };
        let plain = plain.map_err(|_| UseError::BadCiphertext)?;
        Ok(SecretBytes::new(plain.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asymmetric::PrivateKey;
    use strongroom_types::KeySpec;

    const PADDINGS: [RsaPadding; 5] = [
        RsaPadding::Pkcs1,
        RsaPadding::OaepSha1,
        RsaPadding::OaepSha256,
        RsaPadding::OaepSha384,
        RsaPadding::OaepSha512,
    ];

    #[test]
    fn each_padding_opens_its_own_ciphertexts_only() {
        let pkcs8 = PrivateKey::generate(KeySpec::Rsa2048).unwrap();
        let spki =
            PrivateKey::parse(KeySpec::Rsa2048, pkcs8.expose()).unwrap().public_key().to_vec();
        let secret = SecretBytes::new(vec![7; 32]);
        for padding in PADDINGS {
            let sealed = RsaEncryptingKey::parse(padding, &spki).unwrap().encrypt(&secret).unwrap();
            assert_eq!(sealed.len(), 256);
            for other in PADDINGS {
                let key = RsaDecryptingKey::parse(other, &pkcs8).unwrap();
                let opened = key.decrypt(&sealed);
                assert_eq!(opened.is_ok_and(|it| it.expose() == [7; 32]), other == padding);
                assert!(key.decrypt(&sealed[1..]).is_err());
            }
        }
        let long = SecretBytes::zeroed(246);
        let key = RsaEncryptingKey::parse(RsaPadding::Pkcs1, &spki).unwrap();
        assert!(matches!(key.encrypt(&long), Err(UseError::TooLong { max: 245 })));
        assert!(RsaEncryptingKey::parse(RsaPadding::Pkcs1, b"").is_err());
        assert!(RsaDecryptingKey::parse(RsaPadding::Pkcs1, &SecretBytes::new(spki)).is_err());
    }
}
