//! The key of one message, derived from its data key.

use crate::data_key::DataKey;
use crate::error::{Authenticity, Error, MaterialsFault};
use crate::header::{COMMITMENT_LEN, Header};
use crate::suite::{Suite, Version};
use strongroom_crypto::gcm::GcmKey;
use strongroom_crypto::hkdf;

/// What HKDF's output is for, in version 2.
const KEY_LABEL: &[u8] = b"DERIVEKEY";
const COMMIT_LABEL: &[u8] = b"COMMITKEY";

/// The key under which a message's header and frames are, and the commitment to its data key.
pub(crate) struct DerivedKey {
    pub(crate) cipher: GcmKey,
    pub(crate) commitment: Option<[u8; COMMITMENT_LEN]>,
}

impl DerivedKey {
    /// Derives the key of the message `message_id`.
    ///
    /// Version 1: HKDF(salt = none, `data_key`, suite ‖ message id), or the data key itself. Version 2:
    /// HKDF(salt = message id, `data_key`, suite ‖ "DERIVEKEY"), and the commitment with "COMMITKEY".
    pub(crate) fn new(suite: Suite, data_key: &DataKey, message_id: &[u8]) -> Result<Self, Error> {
        let secret = data_key.secret();
        if secret.len() != suite.data_key_len() {
            return Err(MaterialsFault::DataKeyLength.into());
        }
        let id = suite.id().to_be_bytes();
        let length = suite.data_key_len();
        let (salt, info) = match suite.version() {
            Version::V1 => (&[][..], message_id),
            Version::V2 => (message_id, KEY_LABEL),
        };
        let Some(hash) = suite.kdf() else {
            let cipher = GcmKey::new(secret).ok_or(Error::Failed)?;
            return Ok(Self { cipher, commitment: None });
        };
        let derived =
            hkdf::derive(hash, salt, secret, &[&id, info], length).map_err(|_| Error::Failed)?;
        let commitment = if suite.is_committing() {
            let made = hkdf::derive(hash, salt, secret, &[COMMIT_LABEL], COMMITMENT_LEN)
                .map_err(|_| Error::Failed)?;
            // A commitment is public: it stands in the header.
            Some(made.expose().try_into().map_err(|_| Error::Failed)?)
        } else {
            None
        };
        let cipher = GcmKey::new(&derived).ok_or(Error::Failed)?;
        Ok(Self { cipher, commitment })
    }

    /// The key of the message with `header`, if that was written under it.
    pub(crate) fn of(header: &Header, data_key: &DataKey) -> Result<Self, Error> {
        let key = Self::new(header.suite(), data_key, header.message_id())?;
        match (header.commitment(), &key.commitment) {
            (None, None) => {}
            (Some(found), Some(made)) if strongroom_crypto::secret::same(found, made) => {}
            _ => return Err(Authenticity::Commitment.into()),
        }
        key.cipher
            .open(header.nonce(), header.authenticated(), &mut [], header.tag())
            .map_err(|_| Authenticity::Header)?;
        Ok(key)
    }
}
