//! The header of a message.
//!
//! Source: AWS Encryption SDK Developer Guide, "AWS Encryption SDK message format reference".

mod parse;
mod scan;
mod write;

pub(crate) use scan::Scanner;
pub(crate) use write::Parts;

use crate::context::EncryptionContext;
use crate::data_key::EncryptedDataKey;
use crate::suite::Suite;
use strongroom_crypto::gcm::{NONCE_LEN, TAG_LEN};

/// The type of a message in version 1: customer authenticated encrypted data.
const TYPE: u8 = 0x80;
/// Bytes of the commitment to a data key.
pub(crate) const COMMITMENT_LEN: usize = 32;

/// How the plaintext is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// One piece of any length. Read, not written.
    NonFramed,
    /// Frames of one length; the last one may be shorter.
    Framed {
        /// Bytes of plaintext in a frame, at least one.
        frame_len: u32,
    },
}

/// What a message says of itself before its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    suite: Suite,
    message_id: Vec<u8>,
    context: EncryptionContext,
    encrypted_data_keys: Vec<EncryptedDataKey>,
    content: Content,
    commitment: Option<[u8; COMMITMENT_LEN]>,
    nonce: [u8; NONCE_LEN],
    tag: [u8; TAG_LEN],
    /// All of it as it stands in the message.
    bytes: Vec<u8>,
    /// How many of them the tag authenticates.
    authenticated: usize,
}

impl Header {
    /// The algorithm suite.
    #[must_use]
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// What no other message has.
    #[must_use]
    pub fn message_id(&self) -> &[u8] {
        &self.message_id
    }

    /// The encryption context, with the pairs of the format itself.
    #[must_use]
    pub fn context(&self) -> &EncryptionContext {
        &self.context
    }

    /// The data key under each wrapping key.
    #[must_use]
    pub fn encrypted_data_keys(&self) -> &[EncryptedDataKey] {
        &self.encrypted_data_keys
    }

    /// How the plaintext is cut.
    #[must_use]
    pub fn content(&self) -> Content {
        self.content
    }

    /// All of it as it stands in the message.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Bytes of plaintext in a frame; zero without frames.
    pub(crate) fn frame_len(&self) -> u32 {
        match self.content {
            Content::NonFramed => 0,
            Content::Framed { frame_len } => frame_len,
        }
    }

    pub(crate) fn commitment(&self) -> Option<&[u8; COMMITMENT_LEN]> {
        self.commitment.as_ref()
    }

    pub(crate) fn nonce(&self) -> [u8; NONCE_LEN] {
        self.nonce
    }

    pub(crate) fn tag(&self) -> &[u8; TAG_LEN] {
        &self.tag
    }

    /// What the tag authenticates.
    pub(crate) fn authenticated(&self) -> &[u8] {
        self.bytes.get(..self.authenticated).unwrap_or_default()
    }
}
