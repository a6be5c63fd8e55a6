//! What is asked of messages when they are written and read: options with their defaults and bounds.

use crate::context::EncryptionContext;
use crate::error::{Error, Refusal, bounded};
use crate::header::Header;
use crate::suite::Suite;

/// Bytes of plaintext in a frame, unless told. AWS's default is 4,096; frames of this length cost a
/// third less processor time, and random access still decrypts little more than it was asked for.
/// Every SDK reads them.
pub const DEFAULT_FRAME_LEN: u32 = 64 * 1024;
/// The longest frames that are written: the longest that the SDK for Python reads.
const MAX_WRITTEN_FRAME_LEN: u32 = i32::MAX as u32;
/// The most encrypted data keys, unless told. AWS has no bound unless told; ours keeps what a hostile
/// message may cost small.
pub const DEFAULT_MAX_ENCRYPTED_DATA_KEYS: usize = 128;
/// The longest frame, or body without frames, that is read unless told. Our choice: a frame stands in
/// memory whole before it is verified.
pub const DEFAULT_MAX_FRAME_LEN: u64 = 16 * 1024 * 1024;
/// The longest header that is read. Our choice: a context may take 64 KiB, 128 data keys under KMS
/// keys as much.
pub(crate) const MAX_HEADER_LEN: usize = 1024 * 1024;

/// How a message is written.
#[derive(Debug, Clone)]
pub struct EncryptOptions {
    /// [`Suite::CommittedSigned`] unless told, as AWS's; or [`Suite::Committed`].
    pub suite: Suite,
    /// Bytes of plaintext in each frame but the last.
    pub frame_len: u32,
    /// Stored with the message, and bound to it.
    pub context: EncryptionContext,
    /// The length of the plaintext, if it is known: no more is then taken, and a cache of data keys
    /// counts it. Without it no cached key is used.
    pub plaintext_len: Option<u64>,
    /// The most encrypted data keys.
    pub max_encrypted_data_keys: usize,
}

impl Default for EncryptOptions {
    fn default() -> Self {
        Self {
            suite: Suite::CommittedSigned,
            frame_len: DEFAULT_FRAME_LEN,
            context: EncryptionContext::empty(),
            plaintext_len: None,
            max_encrypted_data_keys: DEFAULT_MAX_ENCRYPTED_DATA_KEYS,
        }
    }
}

impl EncryptOptions {
    pub(crate) fn check(&self) -> Result<(), Error> {
        if !self.suite.is_committing() {
            return Err(Refusal::NotWritten(self.suite).into());
        }
        if self.frame_len == 0 || self.frame_len > MAX_WRITTEN_FRAME_LEN {
            return Err(Refusal::FrameLength(self.frame_len).into());
        }
        self.context.check_unreserved()
    }
}

/// Which messages are written and read, by AWS's names. What AWS calls forbid-encrypt is not offered:
/// messages without commitment are not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CommitmentPolicy {
    /// Only messages with key commitment are written, and read.
    #[default]
    RequireEncryptRequireDecrypt,
    /// Only messages with key commitment are written; those without are read, too.
    RequireEncryptAllowDecrypt,
}

/// When the plaintext of a signed message is let out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SignedMessages {
    /// Frame by frame, as each is verified under the data key, but for the last one, or a body without
    /// frames, which waits for the signature. If that is bad, the end fails, and the receiver must drop
    /// what it has got.
    #[default]
    ReleaseVerifiedFrames,
    /// All at once, when the signature is verified; messages with more plaintext are refused.
    HoldUntilVerified {
        /// The most bytes to hold. Up to twice as many stand in memory while they come in.
        limit: u64,
    },
    /// Not at all: signed messages are refused, as AWS's mode decrypt-unsigned does.
    Refuse,
}

/// What is asked of a message before it is opened.
#[derive(Debug, Clone)]
pub struct DecryptOptions {
    /// Whether messages without key commitment are read.
    pub commitment: CommitmentPolicy,
    /// When the plaintext of signed messages is let out.
    pub signed: SignedMessages,
    /// The most encrypted data keys.
    pub max_encrypted_data_keys: usize,
    /// The longest frame, or body without frames, in bytes.
    pub max_frame_len: u64,
    /// Pairs that the message's context must have; without a value, any value does.
    pub expected_context: Vec<(String, Option<String>)>,
}

impl Default for DecryptOptions {
    fn default() -> Self {
        Self {
            commitment: CommitmentPolicy::default(),
            signed: SignedMessages::default(),
            max_encrypted_data_keys: DEFAULT_MAX_ENCRYPTED_DATA_KEYS,
            max_frame_len: DEFAULT_MAX_FRAME_LEN,
            expected_context: Vec::new(),
        }
    }
}

impl DecryptOptions {
    /// Whether a message with this header may be opened.
    pub(crate) fn check(&self, header: &Header) -> Result<(), Error> {
        let suite = header.suite();
        let requires = self.commitment == CommitmentPolicy::RequireEncryptRequireDecrypt;
        if requires && !suite.is_committing() {
            return Err(Refusal::CommitmentRequired(suite).into());
        }
        if suite.is_signed() && self.signed == SignedMessages::Refuse {
            return Err(Refusal::Signed.into());
        }
        let found = u64::from(header.frame_len());
        if found > self.max_frame_len {
            return Err(Refusal::FrameTooLong { found, max: self.max_frame_len }.into());
        }
        self.check_context(header.context())
    }

    fn check_context(&self, context: &EncryptionContext) -> Result<(), Error> {
        for (key, value) in &self.expected_context {
            let matches = match (context.value(key), value) {
                (Some(found), Some(expected)) => found == expected,
                (Some(_), None) => true,
                (None, _) => false,
            };
            if !matches {
                let pair = match value {
                    Some(value) => format!("{key}={value}"),
                    None => key.clone(),
                };
                return Err(Refusal::ContextMismatch(bounded(&pair)).into());
            }
        }
        Ok(())
    }
}
