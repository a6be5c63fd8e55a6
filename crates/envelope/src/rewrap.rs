//! Other wrapping keys for a message that there is already.
//!
//! The tag of a header covers the encrypted data keys, so other ones need another tag. In version 1 a
//! header has a nonce of its own, and gets a fresh one. In version 2 the nonce is fixed, and key and
//! body follow from data key and message id: a second header over the same body is a second use of one
//! AES-GCM nonce. Whoever has both headers can work out the authentication key and forge frames of that
//! message. So a body of version 2 is kept only on demand, and is else sealed anew, frame by frame where
//! it stands, under a fresh data key. One without frames, which is not written here, then gets frames.
//!
//! A signed message is signed by a key that nobody has any more, and whose public half the wrapping keys
//! bind; so it gets a new pair, and its old signature is verified while the body goes through.

use crate::body::BodyCipher;
use crate::data_key::DataKey;
use crate::decrypt::UnopenedMessage;
use crate::derived_key::DerivedKey;
use crate::encrypt::{Encryptor, Totals};
use crate::error::{Error, Refusal, StreamError};
use crate::header::{Content, Header, Parts};
use crate::keyring::{Keyring, WrapRequest};
use crate::materials::{DecryptionMaterials, EncryptionMaterials, MaterialsManager};
use crate::pipeline::Workers;
use crate::pipeline::rewriting::{Change, Rewriting};
use crate::policy::{DEFAULT_MAX_ENCRYPTED_DATA_KEYS, EncryptOptions};
use crate::signature::{Signing, Verifying};
use crate::suite::Version;
use crate::whole::{Kept, Reframed};
use std::io::{Read, Write};
use strongroom_crypto::Entropy;
use strongroom_crypto::gcm::NONCE_LEN;
use strongroom_crypto::stream_signature::StreamSigningKey;

/// Whether a body stays byte for byte as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeepBody {
    /// Where the format has a nonce for the new header: in version 1. Bodies of version 2 are sealed
    /// anew.
    #[default]
    WhereSound,
    /// Always. In version 2, whoever has the old header and the new one can forge frames that the data
    /// key verifies; of signed messages the signature still shows it. Only for old headers that nobody
    /// has kept.
    DangerouslyAlways,
}

/// How wrapping keys are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RewrapOptions {
    /// Whether the body is kept.
    pub body: KeepBody,
    /// The most encrypted data keys.
    pub max_encrypted_data_keys: usize,
}

impl Default for RewrapOptions {
    fn default() -> Self {
        let max_encrypted_data_keys = DEFAULT_MAX_ENCRYPTED_DATA_KEYS;
        Self { body: KeepBody::default(), max_encrypted_data_keys }
    }
}

/// A message with other wrapping keys, whose body is to come.
pub struct Rewrapping {
    header: Header,
    keeps_body: bool,
    body: Body,
}

/// What becomes of the body.
enum Body {
    Frames(Box<Rewriting>),
    /// One without frames, as it is.
    Whole(Box<Kept>),
    /// One without frames, which gets frames: nothing else is sealed here.
    Reframed(Box<Reframed>),
}

impl UnopenedMessage {
    /// Opens the header with `opening`, and makes one whose data key is under the keys of `wrapping`.
    ///
    /// # Errors
    /// Those of [`UnopenedMessage::unwrap`] and of `wrapping`.
    pub async fn rewrap(
        self,
        opening: &dyn MaterialsManager,
        wrapping: &dyn Keyring,
        options: &RewrapOptions,
        entropy: &dyn Entropy,
    ) -> Result<Rewrapping, Error> {
        let materials = opening.decryption_materials(self.request()).await?;
        let old = &self.header;
        let old_key = DerivedKey::of(old, &materials.data_key)?;
        let keeps_body =
            old.suite().version() == Version::V1 || options.body == KeepBody::DangerouslyAlways;
        let data_key = keeps_body.then_some(&materials.data_key);
        let new = wrapped(old, data_key, wrapping, options, entropy).await?;
        if old.content() == Content::NonFramed && !keeps_body {
            return self.reframe(&materials, &new, options, entropy);
        }
        let new = New::make(old, new, keeps_body, entropy)?;
        let signing = Signing::begin(&new.header, new.signing_key.as_ref())?;
        let verifying = Verifying::begin(old, materials.verification_key.as_deref())?;
        let suite = old.suite();
        let body = match old.content() {
            Content::NonFramed => Body::Whole(Box::new(Kept { suite, verifying, signing })),
            Content::Framed { frame_len } => {
                let cipher =
                    |key, header: &Header| BodyCipher::new(key, header.message_id().to_vec());
                let change = match keeps_body {
                    true => Change::Keep,
                    false => Change::Reseal {
                        from: cipher(old_key.cipher, old),
                        to: cipher(new.key.cipher, &new.header),
                    },
                };
                Body::Frames(Box::new(Rewriting { suite, frame_len, change, verifying, signing }))
            }
        };
        Ok(Rewrapping { header: new.header, keeps_body, body })
    }

    fn reframe(
        self,
        old: &DecryptionMaterials,
        new: &EncryptionMaterials,
        options: &RewrapOptions,
        entropy: &dyn Entropy,
    ) -> Result<Rewrapping, Error> {
        let options = EncryptOptions {
            suite: new.suite,
            max_encrypted_data_keys: options.max_encrypted_data_keys,
            ..EncryptOptions::default()
        };
        let to = Encryptor::new(new, &options, entropy)?;
        let header = to.header().clone();
        let body = Body::Reframed(Box::new(Reframed { from: self.open(old)?, to }));
        Ok(Rewrapping { header, keeps_body: false, body })
    }
}

/// Materials like those of `old` under the keys of `wrapping`, with `data_key` or a fresh one.
async fn wrapped(
    old: &Header,
    data_key: Option<&DataKey>,
    wrapping: &dyn Keyring,
    options: &RewrapOptions,
    entropy: &dyn Entropy,
) -> Result<EncryptionMaterials, Error> {
    let suite = old.suite();
    let mut context = old.context().without_reserved();
    let mut signing_key = None;
    if let Some(curve) = suite.curve() {
        let key = StreamSigningKey::generate(curve).map_err(|_| Error::Failed)?;
        context = context.with_public_key(&key.public_point().map_err(|_| Error::Failed)?);
        signing_key = Some(key);
    }
    let wrap = WrapRequest { suite, context: &context, data_key, entropy };
    let wrapped = wrapping.wrap(wrap).await?;
    let (found, max) = (wrapped.encrypted_data_keys.len(), options.max_encrypted_data_keys);
    if found > max {
        return Err(Refusal::TooManyEncryptedDataKeys { found, max }.into());
    }
    let (data_key, encrypted_data_keys) = (wrapped.data_key, wrapped.encrypted_data_keys);
    Ok(EncryptionMaterials { suite, context, data_key, encrypted_data_keys, signing_key })
}

/// A new header, with the key that it is under and the key that signs behind it.
struct New {
    header: Header,
    key: DerivedKey,
    signing_key: Option<StreamSigningKey>,
}

impl New {
    /// A header like `old` under these materials: of the same message if the body is kept, else of
    /// another one.
    fn make(
        old: &Header,
        materials: EncryptionMaterials,
        keeps_body: bool,
        entropy: &dyn Entropy,
    ) -> Result<Self, Error> {
        let suite = old.suite();
        let mut message_id = old.message_id().to_vec();
        if !keeps_body {
            entropy.fill(&mut message_id).map_err(|_| Error::Failed)?;
        }
        let key = DerivedKey::new(suite, &materials.data_key, &message_id)?;
        let parts = Parts {
            suite,
            message_id,
            context: materials.context,
            encrypted_data_keys: materials.encrypted_data_keys,
            content: old.content(),
            commitment: key.commitment,
        };
        let header = parts.seal(&key.cipher, header_nonce(suite.version(), entropy)?)?;
        Ok(Self { header, key, signing_key: materials.signing_key })
    }
}

/// The nonce of a new header. In version 1 a random one whose first half no frame has: frames count
/// from 1, and those of old SDKs were as random as this one.
fn header_nonce(version: Version, entropy: &dyn Entropy) -> Result<[u8; NONCE_LEN], Error> {
    let mut nonce = [0; NONCE_LEN];
    if version == Version::V1 {
        entropy.fill(&mut nonce).map_err(|_| Error::Failed)?;
        if let Some(first) = nonce.first_mut() {
            *first |= 0x80;
        }
    }
    Ok(nonce)
}

impl Rewrapping {
    /// The new header.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Whether the body stays byte for byte as it is.
    #[must_use]
    pub fn keeps_body(&self) -> bool {
        self.keeps_body
    }

    /// Reads the rest of the old message from `from`, behind its header and to the end, and writes the
    /// whole new one to `to`. A body that is kept is not verified, but for its signature: it stays as
    /// good or bad as it was.
    ///
    /// # Errors
    /// Reading, writing, and what is wrong with the old message. What was written is then no message.
    pub fn copy<R: Read + Send, W: Write + Send>(
        self,
        from: R,
        to: W,
        workers: &Workers,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Totals, StreamError> {
        match self.body {
            Body::Frames(body) => body.copy(&self.header, from, to, workers, progress),
            Body::Whole(body) => body.copy(&self.header, from, to, progress),
            Body::Reframed(body) => body.copy(from, to, workers, progress),
        }
    }
}
