//! The import token: a wrapping key for key material on its way here, sealed so that whoever brings
//! the material keeps it for us. Nothing is stored. `docs/records.md` gives its form.

use crate::DomainKey;
use crate::codec::{self, secret, text, time};
use crate::sealed::{self, RecordError};
use minicbor::{Decode, Encode};
use strongroom_crypto::asymmetric::{KeyError, PrivateKey};
use strongroom_crypto::key_wrap::{UnwrapError, Wrapping, unwrap};
use strongroom_crypto::{Entropy, SecretBytes};
use strongroom_types::{
    EncryptionAlgorithm, KeyArn, KeySpec, Timestamp, WrappingAlgorithm, WrappingKeySpec,
};

/// Bytes of a token besides its private key, as it is encoded.
const ROOM: usize = 128;

/// What a token is, once it is open. It belongs to one key in one Region: it is sealed for its ARN.
#[derive(Encode, Decode)]
#[cbor(map)]
pub struct ImportToken {
    /// How material is wrapped for it.
    #[cbor(n(0), with = "text")]
    pub algorithm: WrappingAlgorithm,
    /// When it is good no more.
    #[cbor(n(1), with = "time")]
    pub expires: Timestamp,
    /// The wrapping key's private key: PKCS #8, DER.
    #[cbor(n(2), with = "secret")]
    private_key: SecretBytes,
}

impl ImportToken {
    /// A token with a fresh wrapping key, and the public key to wrap with: SubjectPublicKeyInfo,
    /// DER. Of RSA this takes up to seconds.
    ///
    /// # Errors
    /// [`KeyError::Failed`].
    pub fn generate(
        algorithm: WrappingAlgorithm,
        key: WrappingKeySpec,
        expires: Timestamp,
    ) -> Result<(Self, Vec<u8>), KeyError> {
        let private_key = PrivateKey::generate(key.key_spec())?;
        let parsed = PrivateKey::parse(key.key_spec(), private_key.expose())?;
        Ok((Self { algorithm, expires, private_key }, parsed.public_key().to_vec()))
    }

    /// Seals it for `arn`. With the longest wrapping key it has some 2,500 bytes, of the 6,144
    /// that a token may have.
    ///
    /// # Errors
    /// [`RecordError::Sealing`].
    pub fn seal(
        &self,
        domain: &DomainKey,
        arn: &KeyArn,
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, RecordError> {
        let room = self.private_key.len() + ROOM;
        let plain = SecretBytes::new(codec::encode_in(room, self));
        sealed::seal(domain, &place(arn), 0, plain.expose(), entropy)
    }

    /// Opens the token `sealed` of `arn`.
    ///
    /// # Errors
    /// [`RecordError`] when it is none, or another key's.
    pub fn open(domain: &DomainKey, arn: &KeyArn, sealed: &[u8]) -> Result<Self, RecordError> {
        let plain = sealed::open(domain, &place(arn), 0, sealed)?;
        codec::decode(plain.expose()).map_err(|_| RecordError::Format)
    }

    /// The key material in `wrapped`, which is never empty. Of RSA this takes some milliseconds.
    ///
    /// # Errors
    /// [`UnwrapError`], whatever the reason.
    pub fn unwrap(&self, wrapped: &[u8]) -> Result<SecretBytes, UnwrapError> {
        let wrapping = match self.algorithm {
            WrappingAlgorithm::RsaesOaepSha1 => Wrapping::OaepSha1,
            WrappingAlgorithm::RsaesOaepSha256 => Wrapping::OaepSha256,
            WrappingAlgorithm::RsaAesKeyWrapSha1 => Wrapping::AesKeyWrapSha1,
            WrappingAlgorithm::RsaAesKeyWrapSha256 => Wrapping::AesKeyWrapSha256,
            WrappingAlgorithm::Sm2Pke => return self.unwrap_by_sm2(wrapped),
            WrappingAlgorithm::RsaesPkcs1V15 => return Err(UnwrapError),
        };
        unwrap(self.private_key.expose(), wrapping, wrapped)
    }

    fn unwrap_by_sm2(&self, wrapped: &[u8]) -> Result<SecretBytes, UnwrapError> {
        let key = PrivateKey::parse(KeySpec::Sm2, self.private_key.expose());
        let key = key.map_err(|_| UnwrapError)?;
        key.decrypt(EncryptionAlgorithm::Sm2Pke, wrapped).map_err(|_| UnwrapError)
    }
}

fn place(arn: &KeyArn) -> Vec<u8> {
    [b"import token ", arn.to_string().as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DomainName;
    use strongroom_crypto::SystemEntropy;
    use strongroom_crypto::key_wrap::wrap;
    use strongroom_crypto::sm2::Sm2PublicKey;
    use strongroom_types::{AccountId, KeyId};

    const EXPIRES: Timestamp = Timestamp::from_millis(1_795_329_425_123);

    fn arn(byte: u8) -> KeyArn {
        let key = KeyId::multi_region_from_random([byte; 16]);
        KeyArn { region: "eu-west-2".parse().unwrap(), account: AccountId::INITIAL, key }
    }

    fn domain() -> DomainKey {
        DomainKey::generate(DomainName::global(), 1, &SystemEntropy).unwrap()
    }

    #[test]
    fn a_token_is_good_for_its_key_in_its_region() {
        let (algorithm, key) = (WrappingAlgorithm::RsaesOaepSha256, WrappingKeySpec::Rsa2048);
        let (token, _) = ImportToken::generate(algorithm, key, EXPIRES).unwrap();
        let domain = domain();
        let sealed = token.seal(&domain, &arn(1), &SystemEntropy).unwrap();
        let opened = ImportToken::open(&domain, &arn(1), &sealed).unwrap();
        assert_eq!((opened.algorithm, opened.expires), (algorithm, EXPIRES));
        assert_eq!(opened.private_key.expose(), token.private_key.expose());
        let elsewhere = KeyArn { region: "us-east-1".parse().unwrap(), ..arn(1) };
        for other in [arn(2), elsewhere] {
            let refused = ImportToken::open(&domain, &other, &sealed).err();
            assert_eq!(refused, Some(RecordError::Authentication));
        }
        for at in 0..sealed.len() {
            let mut flipped = sealed.clone();
            flipped[at] ^= 1;
            assert!(ImportToken::open(&domain, &arn(1), &flipped).is_err(), "byte {at}");
        }
    }

    #[test]
    fn each_algorithm_unwraps_under_each_wrapping_key() {
        let material = [9; 32];
        let domain = domain();
        let pairs = [
            (WrappingAlgorithm::RsaesOaepSha1, Wrapping::OaepSha1),
            (WrappingAlgorithm::RsaesOaepSha256, Wrapping::OaepSha256),
            (WrappingAlgorithm::RsaAesKeyWrapSha1, Wrapping::AesKeyWrapSha1),
            (WrappingAlgorithm::RsaAesKeyWrapSha256, Wrapping::AesKeyWrapSha256),
        ];
        for key in [WrappingKeySpec::Rsa2048, WrappingKeySpec::Rsa3072, WrappingKeySpec::Rsa4096] {
            let (mut token, public) =
                ImportToken::generate(WrappingAlgorithm::RsaesPkcs1V15, key, EXPIRES).unwrap();
            for (algorithm, wrapping) in pairs {
                token.algorithm = algorithm;
                let sealed = token.seal(&domain, &arn(1), &SystemEntropy).unwrap();
                assert!(sealed.len() <= 6144, "{key}: {} bytes", sealed.len());
                let opened = ImportToken::open(&domain, &arn(1), &sealed).unwrap();
                let wrapped = wrap(&SystemEntropy, &public, wrapping, &material).unwrap();
                assert_eq!(opened.unwrap(&wrapped).unwrap().expose(), material, "{algorithm}");
                token.algorithm = WrappingAlgorithm::RsaesPkcs1V15;
                assert!(token.unwrap(&wrapped).is_err());
            }
        }
        let (algorithm, key) = (WrappingAlgorithm::Sm2Pke, WrappingKeySpec::Sm2);
        let (token, public) = ImportToken::generate(algorithm, key, EXPIRES).unwrap();
        let wrapped = Sm2PublicKey::parse(&public).unwrap().encrypt(&material).unwrap();
        assert_eq!(token.unwrap(&wrapped).unwrap().expose(), material);
        assert!(token.unwrap(&wrapped[1..]).is_err());
    }
}
