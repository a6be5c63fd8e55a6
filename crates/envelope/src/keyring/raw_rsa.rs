//! A wrapping key that is the caller's own: RSA.

use super::raw_aes::{check_name, none_of};
use super::{Keyring, Unwrapped, WrapRequest, Wrapped};
use crate::data_key::{DataKey, EncryptedDataKey};
use crate::error::{Error, KeyringError, MaterialsFault};
use crate::kms::BoxFuture;
use crate::materials::DecryptionRequest;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer};
use strongroom_crypto::SecretBytes;
use strongroom_crypto::rsa_encryption::{RsaDecryptingKey, RsaEncryptingKey, RsaPadding};

/// What a PEM file begins with.
const PEM: &[u8] = b"-----BEGIN";

/// An RSA key: the public one encrypts, the private one decrypts; each may be missing.
///
/// RSA binds nothing to the data key, the encryption context neither, and whoever has the public key
/// can write messages.
pub struct RawRsaKeyring {
    namespace: String,
    name: String,
    padding: RsaPadding,
    public: Option<RsaEncryptingKey>,
    private: Option<RsaDecryptingKey>,
}

impl RawRsaKeyring {
    /// The key `name` of `namespace`, both of which are written into messages; without keys yet.
    ///
    /// # Errors
    /// [`MaterialsFault::KeyId`] for a namespace or name that is empty, too long or KMS's own.
    pub fn new(namespace: &str, name: &str, padding: RsaPadding) -> Result<Self, Error> {
        check_name(namespace, name)?;
        Ok(Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            padding,
            public: None,
            private: None,
        })
    }

    /// With a public key of 2,048 to 8,192 bits: a `SubjectPublicKeyInfo`, DER or PEM.
    ///
    /// # Errors
    /// [`MaterialsFault::WrappingKey`].
    pub fn with_public_key(mut self, key: &[u8]) -> Result<Self, Error> {
        let der = match key.trim_ascii_start().starts_with(PEM) {
            true => SubjectPublicKeyInfoDer::from_pem_slice(key)
                .map_err(|_| MaterialsFault::WrappingKey)?
                .to_vec(),
            false => key.to_vec(),
        };
        let key = RsaEncryptingKey::parse(self.padding, &der);
        self.public = Some(key.map_err(|_| MaterialsFault::WrappingKey)?);
        Ok(self)
    }

    /// With a private key of 2,048 to 8,192 bits: PKCS #8, DER or PEM.
    ///
    /// # Errors
    /// [`MaterialsFault::WrappingKey`].
    pub fn with_private_key(mut self, key: &SecretBytes) -> Result<Self, Error> {
        let decoded;
        let der = if key.expose().trim_ascii_start().starts_with(PEM) {
            let pem = PrivatePkcs8KeyDer::from_pem_slice(key.expose())
                .map_err(|_| MaterialsFault::WrappingKey)?;
            decoded = SecretBytes::new(pem.secret_pkcs8_der().to_vec());
            &decoded
        } else {
            key
        };
        let key = RsaDecryptingKey::parse(self.padding, der);
        self.private = Some(key.map_err(|_| MaterialsFault::WrappingKey)?);
        Ok(self)
    }

    fn own(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    fn wrap_now(&self, request: &WrapRequest<'_>) -> Result<Wrapped, Error> {
        let Some(public) = &self.public else {
            return Err(
                KeyringError::new(&self.own(), "it has no public key to encrypt with").into()
            );
        };
        let data_key = request.data_key()?;
        let ciphertext = public
            .encrypt(data_key.secret())
            .map_err(|error| KeyringError::new(&self.own(), &error.to_string()))?;
        let encrypted = EncryptedDataKey {
            provider_id: self.namespace.clone(),
            provider_info: self.name.as_bytes().to_vec(),
            ciphertext,
        };
        Ok(Wrapped { data_key, encrypted_data_keys: vec![encrypted] })
    }

    fn unwrap_now(&self, request: &DecryptionRequest) -> Result<Unwrapped, KeyringError> {
        let Some(private) = &self.private else {
            return Err(KeyringError::new(&self.own(), "it has no private key to decrypt with"));
        };
        let mut error = KeyringError::default();
        for key in &request.encrypted_data_keys {
            if key.provider_id != self.namespace || key.provider_info != self.name.as_bytes() {
                continue;
            }
            // Whether padding or length is wrong is not told: it would be an oracle.
            let opened = private.decrypt(&key.ciphertext).ok();
            match opened.filter(|plain| plain.len() == request.suite.data_key_len()) {
                Some(plain) => {
                    let data_key = DataKey::new(plain);
                    return Ok(Unwrapped { data_key, encrypted: key.clone() });
                }
                None => {
                    error.add(&key.wrapping_key(), "it does not open it: another key or padding")
                }
            }
        }
        Err(none_of(error, request, &self.own()))
    }
}

impl Keyring for RawRsaKeyring {
    fn wrap<'a>(&'a self, request: WrapRequest<'a>) -> BoxFuture<'a, Result<Wrapped, Error>> {
        Box::pin(async move { self.wrap_now(&request) })
    }

    fn unwrap<'a>(
        &'a self,
        request: &'a DecryptionRequest,
    ) -> BoxFuture<'a, Result<Unwrapped, KeyringError>> {
        Box::pin(async move { self.unwrap_now(request) })
    }
}
