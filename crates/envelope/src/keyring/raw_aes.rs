//! A wrapping key that is the caller's own: AES-GCM.

use super::{AWS_KMS, Keyring, Unwrapped, WrapRequest, Wrapped};
use crate::context::EncryptionContext;
use crate::data_key::{DataKey, EncryptedDataKey};
use crate::error::{Error, KeyringError, MaterialsFault};
use crate::kms::BoxFuture;
use crate::materials::DecryptionRequest;
use strongroom_crypto::SecretBytes;
use strongroom_crypto::gcm::{GcmKey, NONCE_LEN, TAG_LEN};

/// Behind the key's name, its information has the lengths of tag, in bits, and nonce, in bytes.
const LENGTHS: [u8; 8] = [0, 0, 0, 128, 0, 0, 0, 12];

/// AES-GCM with 128, 192 or 256 bits, by a random nonce for each data key.
///
/// A nonce that repeats reveals what is authenticated, so one key is for 2³² data keys at most
/// (NIST SP 800-38D, section 8.3). Counting them is the caller's.
pub struct RawAesKeyring {
    namespace: String,
    name: String,
    key: GcmKey,
}

impl RawAesKeyring {
    /// The key `name` of `namespace`, both of which are written into messages.
    ///
    /// # Errors
    /// [`MaterialsFault::WrappingKey`] for other lengths of `key`; [`MaterialsFault::KeyId`] for a
    /// namespace or name that is empty, too long or KMS's own.
    pub fn new(namespace: &str, name: &str, key: &SecretBytes) -> Result<Self, Error> {
        check_name(namespace, name)?;
        let key = GcmKey::new(key).ok_or(MaterialsFault::WrappingKey)?;
        Ok(Self { namespace: namespace.to_owned(), name: name.to_owned(), key })
    }

    fn wrap_now(&self, request: &WrapRequest<'_>) -> Result<Wrapped, Error> {
        let data_key = request.data_key()?;
        let mut nonce = [0; NONCE_LEN];
        request.entropy.fill(&mut nonce).map_err(|_| Error::Failed)?;
        let aad = request.context.serialize()?;
        let mut sealed = SecretBytes::new(data_key.secret().expose().to_vec());
        let tag = self.key.seal(nonce, &aad, sealed.expose_mut()).map_err(|_| Error::Failed)?;
        let ciphertext = [sealed.expose(), tag.as_slice()].concat();
        let provider_info = [self.name.as_bytes(), &LENGTHS, nonce.as_slice()].concat();
        let provider_id = self.namespace.clone();
        let encrypted = EncryptedDataKey { provider_id, provider_info, ciphertext };
        Ok(Wrapped { data_key, encrypted_data_keys: vec![encrypted] })
    }

    /// The nonce of `key`, if it is one of ours.
    fn nonce(&self, key: &EncryptedDataKey) -> Option<[u8; NONCE_LEN]> {
        let rest = key.provider_info.strip_prefix(self.name.as_bytes())?;
        let nonce = rest.strip_prefix(&LENGTHS)?.try_into().ok()?;
        (key.provider_id == self.namespace).then_some(nonce)
    }

    fn open(
        &self,
        key: &EncryptedDataKey,
        nonce: [u8; NONCE_LEN],
        context: &EncryptionContext,
        length: usize,
    ) -> Result<DataKey, &'static str> {
        let (body, tag) =
            key.ciphertext.split_last_chunk::<TAG_LEN>().ok_or("the ciphertext is too short")?;
        let aad = context.serialize().map_err(|_| "the encryption context is too long")?;
        let mut plain = SecretBytes::new(body.to_vec());
        self.key
            .open(nonce, &aad, plain.expose_mut(), tag)
            .map_err(|_| "it does not open it: another key, or an altered context")?;
        if plain.len() != length {
            return Err("the data key has not the length that the suite demands");
        }
        Ok(DataKey::new(plain))
    }

    fn unwrap_now(&self, request: &DecryptionRequest) -> Result<Unwrapped, KeyringError> {
        let mut error = KeyringError::default();
        for key in &request.encrypted_data_keys {
            let Some(nonce) = self.nonce(key) else { continue };
            match self.open(key, nonce, &request.context, request.suite.data_key_len()) {
                Ok(data_key) => return Ok(Unwrapped { data_key, encrypted: key.clone() }),
                Err(cause) => error.add(&key.wrapping_key(), cause),
            }
        }
        Err(none_of(error, request, &format!("{}/{}", self.namespace, self.name)))
    }
}

impl Keyring for RawAesKeyring {
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

/// Names of raw keys: neither empty nor KMS's.
pub(super) fn check_name(namespace: &str, name: &str) -> Result<(), Error> {
    // Behind the name there must be room for lengths and nonce.
    let fits = |text: &str| !text.is_empty() && text.len() <= usize::from(u16::MAX) - 64;
    if fits(namespace) && fits(name) && namespace != AWS_KMS {
        Ok(())
    } else {
        Err(MaterialsFault::KeyId.into())
    }
}

/// The error of a keyring that opened nothing: what was tried, or that nothing was its own.
pub(super) fn none_of(
    mut error: KeyringError,
    request: &DecryptionRequest,
    own: &str,
) -> KeyringError {
    if error.attempts().is_empty() {
        let others = request.encrypted_data_keys.iter().take(4);
        let others: Vec<_> = others.map(EncryptedDataKey::wrapping_key).collect();
        error.add(own, &format!("the message is for other keys: {}", others.join(", ")));
    }
    error
}
