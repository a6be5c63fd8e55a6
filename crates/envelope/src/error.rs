//! Why a message was not made or not opened.

use crate::suite::Suite;
use std::{fmt, io};

/// The longest foreign text in an error, in characters. Our choice: an ARN of an alias is shorter.
const MAX_TEXT: usize = 300;
/// The most attempts that an error of keyrings tells. Our choice.
const MAX_ATTEMPTS: usize = 16;

/// Why a message was not made or not opened. One line, which names the cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The bytes are not a message, or not a whole one.
    Format(FormatError),
    /// The message is not what was written under its data key.
    NotAuthentic(Authenticity),
    /// A policy or bound does not allow it.
    Refused(Refusal),
    /// No wrapping key opened, or not all sealed.
    Keyring(KeyringError),
    /// A key that was given is none, or a manager's materials do not fit the message.
    Materials(MaterialsFault),
    /// AWS-LC or the random source failed.
    Failed,
}

/// What is wrong with the form of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormatError {
    /// It ends too early.
    Truncated,
    /// Something follows its end.
    TrailingData,
    /// The first byte is no version that there is.
    UnknownVersion(u8),
    /// The type is not 0x80, customer authenticated encrypted data.
    UnknownType(u8),
    /// There is no such algorithm suite.
    UnknownSuite(u16),
    /// The suite is of the other version.
    SuiteOfOtherVersion(Suite),
    /// The encryption context is malformed.
    Context,
    /// The encryption context has a key twice.
    DuplicateContextKey,
    /// It has no encrypted data key.
    NoEncryptedDataKeys,
    /// The name of a key's provider is not UTF-8.
    ProviderId,
    /// The content is neither framed nor not.
    UnknownContentType(u8),
    /// The reserved bytes are not zero.
    Reserved,
    /// The length of nonces is not the suite's.
    IvLength(u8),
    /// A framed message with frames of no length, or one without frames that has a length of them.
    FrameLength(u32),
    /// A frame has another number than the one that its place demands.
    FrameOutOfOrder {
        /// The number of the place.
        expected: u32,
        /// The number in the frame.
        found: u32,
    },
    /// The last frame is longer than frames are.
    FinalFrameLength(u32),
    /// There are more frames than can be numbered.
    TooManyFrames,
    /// The signature is longer than signatures of the suite.
    SignatureLength(u16),
    /// Where the message's frames end cannot be told from its length.
    Geometry,
}

/// What did not authenticate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authenticity {
    /// The data key is not the one that the message commits to.
    Commitment,
    /// The header.
    Header,
    /// The frame of this number, from 1; the whole body of a message without frames.
    Frame(u32),
    /// The signature.
    Signature,
}

/// What is not allowed, or beyond a bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A suite without key commitment, while the policy demands it.
    CommitmentRequired(Suite),
    /// A suite that is read but not written.
    NotWritten(Suite),
    /// A signed message, where signatures cannot be waited for.
    Signed,
    /// More encrypted data keys than allowed.
    TooManyEncryptedDataKeys {
        /// How many there are.
        found: usize,
        /// How many may be.
        max: usize,
    },
    /// Longer frames, or a longer body without frames, than memory is allowed for.
    FrameTooLong {
        /// Bytes of a frame, or of the body.
        found: u64,
        /// How many may be.
        max: u64,
    },
    /// A header longer than allowed.
    HeaderTooLong {
        /// How many bytes may be.
        max: usize,
    },
    /// More plaintext than may be held back until the signature is verified.
    HeldTooLong {
        /// How many bytes may be.
        max: u64,
    },
    /// More plaintext than was announced.
    PlaintextTooLong {
        /// How many bytes were announced.
        announced: u64,
    },
    /// A frame length that is zero, or longer than every SDK reads.
    FrameLength(u32),
    /// A context key that begins with the reserved prefix.
    ReservedContextKey(String),
    /// A context of more than 65,535 serialized bytes.
    ContextTooLong,
    /// The message's context has not this pair.
    ContextMismatch(String),
    /// A range that is not within the plaintext.
    Range {
        /// Bytes of plaintext.
        len: u64,
    },
    /// Random access to a message without frames.
    NotFramed,
    /// A stream for a message of which parts went another way already.
    Begun,
}

/// What is wrong with keys or materials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaterialsFault {
    /// A key that was configured is malformed, or of a kind or length that is not taken.
    WrappingKey,
    /// A key identifier that is empty or too long.
    KeyId,
    /// A keyring of nothing, or a first keyring that cannot make data keys.
    EmptyKeyring,
    /// The data key is not as long as the suite demands.
    DataKeyLength,
    /// No wrapping key has encrypted the data key.
    NothingWrapped,
    /// A signed message without a public key in its context, or a malformed one.
    PublicKey,
    /// A message that is not signed with a public key in its context.
    UnexpectedPublicKey,
    /// Materials of another suite than was asked for.
    OtherSuite,
}

/// All that was tried and why each failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyringError {
    attempts: Vec<Attempt>,
    /// Those beyond what is told.
    more: usize,
}

/// One wrapping key, and why it did not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The key; bounded and printable.
    pub key: String,
    /// Why not; bounded and printable.
    pub cause: String,
}

impl KeyringError {
    /// One attempt.
    #[must_use]
    pub fn new(key: &str, cause: &str) -> Self {
        let mut error = Self::default();
        error.add(key, cause);
        error
    }

    /// Adds an attempt, unless the same one is told already.
    pub fn add(&mut self, key: &str, cause: &str) {
        self.push(Attempt { key: bounded(key), cause: bounded(cause) });
    }

    /// Adds all attempts of `other`.
    pub fn merge(&mut self, other: Self) {
        self.more = self.more.saturating_add(other.more);
        other.attempts.into_iter().for_each(|attempt| self.push(attempt));
    }

    fn push(&mut self, attempt: Attempt) {
        if self.attempts.contains(&attempt) {
            return;
        }
        if self.attempts.len() < MAX_ATTEMPTS {
            self.attempts.push(attempt);
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    /// The attempts, the first sixteen of them.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }
}

impl fmt::Display for KeyringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no wrapping key could be used")?;
        for (at, Attempt { key, cause }) in self.attempts.iter().enumerate() {
            let before = if at == 0 { ": " } else { "; " };
            write!(f, "{before}`{key}`: {cause}")?;
        }
        if self.more > 0 {
            write!(f, "; and {} more", self.more)?;
        }
        Ok(())
    }
}

impl std::error::Error for KeyringError {}

/// Foreign text as it may stand in an error: printable, and not longer than errors are.
pub(crate) fn bounded(text: &str) -> String {
    let mut out: String = text.chars().take(MAX_TEXT).flat_map(printable).collect();
    if text.chars().nth(MAX_TEXT).is_some() {
        out.push('…');
    }
    out
}

fn printable(letter: char) -> Vec<char> {
    if letter.is_control() { letter.escape_default().collect() } else { vec![letter] }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format(error) => error.fmt(f),
            Self::NotAuthentic(error) => error.fmt(f),
            Self::Refused(error) => error.fmt(f),
            Self::Keyring(error) => error.fmt(f),
            Self::Materials(error) => error.fmt(f),
            Self::Failed => f.write_str("the cryptographic library failed"),
        }
    }
}

impl std::error::Error for Error {}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("the message is cut off"),
            Self::TrailingData => f.write_str("something follows the end of the message"),
            // What binary messages begin with is an `A` in Base64.
            Self::UnknownVersion(b'A') => {
                f.write_str("not a message of the AWS Encryption SDK; it may be one in Base64")
            }
            Self::UnknownVersion(byte) => {
                write!(f, "not a message of the AWS Encryption SDK: unsupported version {byte}")
            }
            Self::UnknownType(byte) => write!(f, "unsupported type {byte} of message"),
            Self::UnknownSuite(id) => write!(f, "unknown algorithm suite 0x{id:04X}"),
            Self::SuiteOfOtherVersion(suite) => {
                write!(f, "algorithm suite {suite} is of another version of the message format")
            }
            Self::Context => f.write_str("the encryption context is malformed"),
            Self::DuplicateContextKey => f.write_str("duplicate key in the encryption context"),
            Self::NoEncryptedDataKeys => f.write_str("the message has no encrypted data key"),
            Self::ProviderId => f.write_str("the name of a key provider is not UTF-8"),
            Self::UnknownContentType(byte) => write!(f, "unknown content type {byte}"),
            Self::Reserved => f.write_str("the reserved bytes of the header are not zero"),
            Self::IvLength(byte) => {
                write!(f, "the IV length {byte} does not match the algorithm suite's, 12")
            }
            Self::FrameLength(length) => {
                write!(f, "the frame length {length} does not match the content type")
            }
            Self::FrameOutOfOrder { expected, found } => {
                write!(f, "frame {found} stands where frame {expected} should")
            }
            Self::FinalFrameLength(length) => {
                write!(f, "the final frame says that it is {length} bytes long, more than a frame")
            }
            Self::TooManyFrames => f.write_str("the message has more frames than 2^32 - 1"),
            Self::SignatureLength(length) => {
                write!(f, "a signature of {length} bytes is longer than signatures are")
            }
            Self::Geometry => f.write_str("the frames do not add up to the length of the message"),
        }
    }
}

impl fmt::Display for Authenticity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Commitment => f.write_str(
                "key commitment validation failed: the data key is not the one of the message",
            ),
            Self::Header => f.write_str("header authorization failed: the header was altered"),
            Self::Frame(number) => {
                write!(f, "frame {number} does not authenticate: the message was altered")
            }
            Self::Signature => f.write_str("the signature of the message is not valid"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CommitmentRequired(suite) => write!(
                f,
                "configuration conflict: cannot decrypt, because the commitment policy requires \
                 key commitment and {suite} has none"
            ),
            Self::NotWritten(suite) => {
                write!(
                    f,
                    "messages with {suite} are read, but not written: it has no key commitment"
                )
            }
            Self::Signed => f.write_str("configuration conflict: cannot decrypt signed message"),
            Self::TooManyEncryptedDataKeys { found, max } => {
                write!(f, "{found} encrypted data keys, more than the maximum of {max}")
            }
            Self::FrameTooLong { found, max } => {
                write!(f, "frames of {found} bytes, more than the {max} that memory is allowed for")
            }
            Self::HeaderTooLong { max } => write!(f, "a header of more than {max} bytes"),
            Self::HeldTooLong { max } => write!(
                f,
                "the plaintext is longer than the {max} bytes that may wait for the signature"
            ),
            Self::PlaintextTooLong { announced } => {
                write!(f, "the plaintext is longer than the {announced} bytes that were announced")
            }
            Self::FrameLength(length) => write!(f, "{length} is no length of frames"),
            Self::ReservedContextKey(key) => write!(
                f,
                "encryption context keys that begin with `aws-crypto-` are reserved: `{key}`"
            ),
            Self::ContextTooLong => f.write_str("the serialized encryption context is too large"),
            Self::ContextMismatch(pair) => write!(
                f,
                "encryption context mismatch: the message has not the required pair `{pair}`"
            ),
            Self::Range { len } => {
                write!(f, "the range is not within the {len} bytes of plaintext")
            }
            Self::NotFramed => f.write_str("a message without frames has no random access"),
            Self::Begun => {
                f.write_str("the message was begun in parts, which a stream cannot continue")
            }
        }
    }
}

impl fmt::Display for MaterialsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrappingKey => "the wrapping key is malformed, or of an unsupported kind",
            Self::KeyId => "the key identifier is empty or too long",
            Self::EmptyKeyring => "there is no wrapping key to make a data key with",
            Self::DataKeyLength => "the data key has not the length that the suite demands",
            Self::NothingWrapped => "no wrapping key has encrypted the data key",
            Self::PublicKey => "the message is signed, but its context has no valid public key",
            Self::UnexpectedPublicKey => {
                "the message is not signed, but its context has a public key"
            }
            Self::OtherSuite => "the materials are of another algorithm suite",
        })
    }
}

impl From<FormatError> for Error {
    fn from(error: FormatError) -> Self {
        Self::Format(error)
    }
}

impl From<Authenticity> for Error {
    fn from(error: Authenticity) -> Self {
        Self::NotAuthentic(error)
    }
}

impl From<Refusal> for Error {
    fn from(error: Refusal) -> Self {
        Self::Refused(error)
    }
}

impl From<KeyringError> for Error {
    fn from(error: KeyringError) -> Self {
        Self::Keyring(error)
    }
}

impl From<MaterialsFault> for Error {
    fn from(error: MaterialsFault) -> Self {
        Self::Materials(error)
    }
}

/// What the work between a reader and a writer ended with.
#[derive(Debug)]
pub enum StreamError {
    /// The input could not be read.
    Read(io::Error),
    /// The output could not be written.
    Write(io::Error),
    /// The message is at fault.
    Message(Error),
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => write!(f, "reading failed: {error}"),
            Self::Write(error) => write!(f, "writing failed: {error}"),
            Self::Message(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StreamError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read(error) | Self::Write(error) => Some(error),
            Self::Message(error) => Some(error),
        }
    }
}

impl<E: Into<Error>> From<E> for StreamError {
    fn from(error: E) -> Self {
        Self::Message(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_keyrings_are_bounded_and_printable() {
        let mut error = KeyringError::default();
        for number in 0..100 {
            error.add(&format!("key {number}"), &format!("\x1b[31m{}", "x".repeat(10_000)));
            error.add(&format!("key {number}"), &format!("\x1b[31m{}", "x".repeat(10_000)));
        }
        let text = error.to_string();
        assert!(
            text.len() < 7_000 && !text.contains('\x1b') && text.ends_with("; and 168 more"),
            "{text}"
        );
        assert_eq!(error.attempts().len(), 16);
        let mut other = KeyringError::new("a", "b");
        other.merge(error);
        assert_eq!(other.attempts().len(), 16);
    }
}
