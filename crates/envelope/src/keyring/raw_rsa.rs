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
use strongroom_crypto::hkdf::{self, HkdfHash};
use strongroom_crypto::rsa_encryption::{RsaDecryptingKey, RsaEncryptingKey, RsaPadding};
use zeroize::Zeroize as _;

/// What a PEM file begins with.
const PEM: &[u8] = b"-----BEGIN";
/// What the secret behind decoys is derived for.
const DECOY: &[u8] = b"strongroom envelope PKCS #1 v1.5 decoy";

/// An RSA key: the public one encrypts, the private one decrypts; each may be missing.
///
/// RSA binds nothing to the data key, the encryption context neither, and whoever has the public key
/// can write messages.
///
/// With PKCS #1 v1.5, who can tell that a decryption failed can decrypt with the key. So a ciphertext that
/// does not open is answered with a decoy, a data key that follows from it and that nobody knows; the
/// message then fails as one whose data key is not its own. Other encrypted data keys that name the same
/// key are not tried.
pub struct RawRsaKeyring {
    namespace: String,
    name: String,
    padding: RsaPadding,
    public: Option<RsaEncryptingKey>,
    private: Option<Private>,
}

struct Private {
    key: RsaDecryptingKey,
    /// With PKCS #1 v1.5: what decoys are derived from.
    decoys: Option<SecretBytes>,
}

impl Private {
    fn parse(padding: RsaPadding, pkcs8: &SecretBytes) -> Result<Self, Error> {
        let key = RsaDecryptingKey::parse(padding, pkcs8);
        let key = key.map_err(|_| MaterialsFault::WrappingKey)?;
        let decoys = match padding {
            RsaPadding::Pkcs1 => Some(derive(pkcs8, b"", SECRET_LEN)?),
            _ => None,
        };
        Ok(Self { key, decoys })
    }

    /// The data key in `ciphertext`. The decoy is made also where it is not needed, for the time.
    fn open(&self, ciphertext: &[u8], length: usize) -> Option<SecretBytes> {
        let decoy = self.decoys.as_ref().map(|secret| derive(secret, ciphertext, length));
        let decoy = decoy.transpose().ok()?;
        let opened = self.key.decrypt(ciphertext).ok();
        opened.filter(|plain| plain.len() == length).or(decoy)
    }
}

/// Bytes of the secret that decoys are derived from.
const SECRET_LEN: usize = 32;

fn derive(secret: &SecretBytes, of: &[u8], length: usize) -> Result<SecretBytes, Error> {
    let derived = hkdf::derive(HkdfHash::Sha256, of, secret, &[DECOY], length);
    derived.map_err(|_| Error::Failed)
}

/// The DER in a PEM file of a private key. The library's copy is wiped.
fn from_pem(pem: &[u8]) -> Option<SecretBytes> {
    let mut key = PrivatePkcs8KeyDer::from_pem_slice(pem).ok()?;
    let der = SecretBytes::new(key.secret_pkcs8_der().to_vec());
    key.zeroize();
    Some(der)
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
            decoded = from_pem(key.expose()).ok_or(MaterialsFault::WrappingKey)?;
            &decoded
        } else {
            key
        };
        self.private = Some(Private::parse(self.padding, der)?);
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
            // Whether padding or length is wrong is not told.
            match private.open(&key.ciphertext, request.suite.data_key_len()) {
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
