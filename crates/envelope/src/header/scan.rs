//! Finding the end of a header while it comes in, before anything else is made of it.

use super::{COMMITMENT_LEN, TYPE};
use crate::error::{Error, FormatError, Refusal};
use crate::policy::MAX_HEADER_LEN;
use crate::suite::{Suite, Version};
use strongroom_crypto::gcm::{NONCE_LEN, TAG_LEN};

/// Gathers a header, never a byte more. What no header can be is refused as soon as it is seen, and
/// each byte is looked at once, however small the parts are that it comes in.
pub(crate) struct Scanner {
    bytes: Vec<u8>,
    /// How many bytes there must be for the next step.
    wanted: usize,
    stage: Stage,
    max_encrypted_data_keys: usize,
}

#[derive(Clone, Copy)]
enum Stage {
    Version,
    /// Up to the length of the context.
    Fixed,
    /// Up to the number of encrypted data keys.
    Context(Suite),
    /// So many lengths are still to come, three for each encrypted data key.
    Keys {
        suite: Suite,
        lengths: usize,
    },
    /// Up to the end.
    Tail,
    Complete,
}

impl Scanner {
    pub(crate) fn new(max_encrypted_data_keys: usize) -> Self {
        Self { bytes: Vec::new(), wanted: 1, stage: Stage::Version, max_encrypted_data_keys }
    }

    /// How many bytes can be taken without one too many; none when the header is complete.
    pub(crate) fn wants(&self) -> usize {
        self.wanted.saturating_sub(self.bytes.len())
    }

    pub(crate) fn is_complete(&self) -> bool {
        matches!(self.stage, Stage::Complete)
    }

    /// The header, or what there is of it.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Takes bytes up to the header's end, and says how many.
    pub(crate) fn push(&mut self, input: &[u8]) -> Result<usize, Error> {
        let mut rest = input;
        while !self.is_complete() {
            let count = self.wants().min(rest.len());
            let (taken, after) = rest.split_at_checked(count).unwrap_or((rest, &[]));
            self.bytes.extend_from_slice(taken);
            rest = after;
            if self.wants() > 0 {
                break;
            }
            self.step()?;
        }
        Ok(input.len().saturating_sub(rest.len()))
    }

    /// What follows from the bytes that were wanted.
    fn step(&mut self) -> Result<(), Error> {
        match self.stage {
            Stage::Version => match self.bytes.first() {
                Some(1) => self.next(Stage::Fixed, 1 + 2 + 16 + 2),
                Some(2) => self.next(Stage::Fixed, 2 + 32 + 2),
                other => {
                    let found = other.copied().unwrap_or_default();
                    Err(FormatError::UnknownVersion(found).into())
                }
            },
            Stage::Fixed => {
                let suite = suite(&self.bytes)?;
                let context = self.last_number();
                self.next(Stage::Context(suite), usize::from(context) + 2)
            }
            Stage::Context(suite) => {
                let (found, max) = (usize::from(self.last_number()), self.max_encrypted_data_keys);
                match found {
                    0 => Err(FormatError::NoEncryptedDataKeys.into()),
                    _ if found > max => {
                        Err(Refusal::TooManyEncryptedDataKeys { found, max }.into())
                    }
                    _ => self.next(Stage::Keys { suite, lengths: found * 3 }, 2),
                }
            }
            Stage::Keys { suite, lengths } => {
                let field = usize::from(self.last_number());
                match lengths.checked_sub(1) {
                    None | Some(0) => self.next(Stage::Tail, field + tail_len(suite)),
                    Some(lengths) => self.next(Stage::Keys { suite, lengths }, field + 2),
                }
            }
            Stage::Tail => {
                self.stage = Stage::Complete;
                Ok(())
            }
            Stage::Complete => Ok(()),
        }
    }

    fn next(&mut self, stage: Stage, more: usize) -> Result<(), Error> {
        self.wanted = self.wanted.saturating_add(more);
        if self.wanted > MAX_HEADER_LEN {
            return Err(Refusal::HeaderTooLong { max: MAX_HEADER_LEN }.into());
        }
        self.stage = stage;
        Ok(())
    }

    /// The number that the bytes end with.
    fn last_number(&self) -> u16 {
        self.bytes.last_chunk().map_or(0, |number| u16::from_be_bytes(*number))
    }
}

/// The suite that a header begins with, which must have all up to the suite.
fn suite(bytes: &[u8]) -> Result<Suite, FormatError> {
    let (version, id) = match bytes {
        [1, TYPE, high, low, ..] => (Version::V1, [*high, *low]),
        [1, other, ..] => return Err(FormatError::UnknownType(*other)),
        [2, high, low, ..] => (Version::V2, [*high, *low]),
        _ => return Err(FormatError::Truncated),
    };
    let id = u16::from_be_bytes(id);
    let suite = Suite::from_id(id).ok_or(FormatError::UnknownSuite(id))?;
    if suite.version() == version {
        Ok(suite)
    } else {
        Err(FormatError::SuiteOfOtherVersion(suite))
    }
}

/// Bytes behind the encrypted data keys.
const fn tail_len(suite: Suite) -> usize {
    match suite.version() {
        // Content type, reserved, IV length, frame length; nonce and tag.
        Version::V1 => 1 + 4 + 1 + 4 + NONCE_LEN + TAG_LEN,
        // Content type, frame length, commitment; tag.
        Version::V2 => 1 + 4 + COMMITMENT_LEN + TAG_LEN,
    }
}
