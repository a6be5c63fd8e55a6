//! The audit journal's segments: numbered, sealed frames, each bound to the one before it.
//! `docs/records.md` gives the format to the byte.

use crate::DomainKey;
use strongroom_crypto::aead::{Sequence, TAG_LEN};
use strongroom_crypto::kdf::KdfError;
use strongroom_crypto::{SecretBytes, hash};

const MAGIC: &[u8; 4] = b"SRJL";
const FORMAT: u8 = 1;
const LABEL: &str = "strongroom journal v1";
const PREFIX: usize = 4 + 8 + 8;

/// What a segment begins with; bound to its first frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentHeader {
    /// Number of the segment.
    pub number: u64,
    /// Number of the (global) domain key that the segment's key is derived from.
    pub domain: u32,
    /// Makes the segment's key unique; random.
    pub salt: [u8; 16],
    /// Tag of the last frame of the segment before; zeros in the first segment.
    pub previous: [u8; TAG_LEN],
}

impl SegmentHeader {
    /// Length in bytes: magic (4), format, number (8), domain (4), salt (16), previous (16).
    pub const LEN: usize = 4 + 1 + 8 + 4 + 16 + TAG_LEN;

    /// The header's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(Self::LEN);
        out.extend_from_slice(MAGIC);
        out.push(FORMAT);
        out.extend_from_slice(&self.number.to_be_bytes());
        out.extend_from_slice(&self.domain.to_be_bytes());
        out.extend_from_slice(&self.salt);
        out.extend_from_slice(&self.previous);
        out
    }

    /// Reads a header, which its first frame will authenticate.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(MAGIC)?;
        let (&[format], rest) = rest.split_first_chunk::<1>()?;
        let (number, rest) = rest.split_first_chunk::<8>()?;
        let (domain, rest) = rest.split_first_chunk::<4>()?;
        let (salt, rest) = rest.split_first_chunk::<16>()?;
        let previous = rest.first_chunk::<TAG_LEN>()?;
        (format == FORMAT).then_some(Self {
            number: u64::from_be_bytes(*number),
            domain: u32::from_be_bytes(*domain),
            salt: *salt,
            previous: *previous,
        })
    }
}

/// Seals or opens the frames of one segment, in order.
pub struct JournalKey {
    key: Sequence,
    next: u64,
    chain: [u8; TAG_LEN],
}

impl JournalKey {
    /// The key of the segment that begins with `header`.
    ///
    /// # Errors
    /// When AWS-LC fails.
    pub fn new(domain: &DomainKey, header: &SegmentHeader) -> Result<Self, KdfError> {
        let key = domain.derive(LABEL, &header.salt)?;
        let key = Sequence::new(&key).ok_or(KdfError)?;
        let digest = hash::sha256(&header.to_bytes());
        let chain = digest.first_chunk::<TAG_LEN>().copied().unwrap_or_default();
        Ok(Self { key, next: 0, chain })
    }

    /// The same key after so many frames, of which the last has the tag `chain`.
    #[must_use]
    pub fn after(mut self, frames: u64, chain: [u8; TAG_LEN]) -> Self {
        (self.next, self.chain) = (frames, chain);
        self
    }

    /// Frames so far.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.next
    }

    /// Tag of the latest frame.
    #[must_use]
    pub fn chain(&self) -> [u8; TAG_LEN] {
        self.chain
    }

    /// Appends the next frame to `out`: length of what follows the prefix (4 bytes) ‖ number of the
    /// frame (8) ‖ number of frames known to be durable (8) ‖ ciphertext ‖ tag. Associated data: tag
    /// of the frame before ‖ the first 20 bytes. The frame's number is its nonce.
    ///
    /// # Errors
    /// [`FrameError::Authentication`] when AWS-LC fails; `out` must then be thrown away.
    pub fn seal(
        &mut self,
        durable: u64,
        plain: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), FrameError> {
        let length = u32::try_from(plain.len() + TAG_LEN).map_err(|_| FrameError::Format)?;
        let prefix = out.len();
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&self.next.to_be_bytes());
        out.extend_from_slice(&durable.to_be_bytes());
        let aad = associated_data(&self.chain, out.get(prefix..).unwrap_or_default());
        self.key.seal(self.next, &aad, plain, out).map_err(|_| FrameError::Authentication)?;
        self.advance(out)
    }

    fn advance(&mut self, sealed: &[u8]) -> Result<(), FrameError> {
        self.chain = *sealed.last_chunk::<TAG_LEN>().ok_or(FrameError::Format)?;
        self.next += 1;
        Ok(())
    }
}

/// Why a frame did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameError {
    /// The bytes end before the frame does.
    Short,
    /// The length is impossible.
    Format,
    /// The frame was altered, moved, or never written whole.
    Authentication,
}

/// A frame's bytes, not yet opened.
struct RawFrame<'a> {
    prefix: &'a [u8],
    sealed: &'a [u8],
}

/// Reads the frames of one segment.
pub struct JournalReader<'a> {
    key: JournalKey,
    rest: &'a [u8],
    consumed: usize,
}

impl<'a> JournalReader<'a> {
    /// Reads `frames`, the bytes after the header.
    #[must_use]
    pub fn new(key: JournalKey, frames: &'a [u8]) -> Self {
        Self { key, rest: frames, consumed: 0 }
    }

    /// The next frame's content and the number of frames it knew to be durable; `None` at the end.
    ///
    /// # Errors
    /// [`FrameError`]. After one, [`JournalReader::was_durable`] tells damage from a torn end.
    pub fn next_frame(&mut self) -> Result<Option<(u64, SecretBytes)>, FrameError> {
        let Some(RawFrame { prefix, sealed }) = self.peek()? else { return Ok(None) };
        let (number, durable) = numbers(prefix);
        if number != self.key.next {
            return Err(FrameError::Authentication);
        }
        let aad = associated_data(&self.key.chain, prefix);
        let plain = self.key.key.open(self.key.next, &aad, sealed);
        let plain = plain.map_err(|_| FrameError::Authentication)?;
        self.pass(sealed)?;
        Ok(Some((durable, plain)))
    }

    /// Whether an authentic frame somewhere behind the one that did not open says that this one had
    /// been durable: then it was damaged, and not left unfinished by a crash. However many frames
    /// were damaged, and whatever lengths with them, one that was not is found.
    #[must_use]
    pub fn was_durable(&self) -> bool {
        (TAG_LEN..self.rest.len()).any(|at| self.knows_at(at))
    }

    /// Whether a frame begins `at` bytes behind here, after the tag of the one before it, that knew
    /// the next frame to be durable.
    fn knows_at(&self, at: usize) -> bool {
        let Some((before, rest)) = self.rest.split_at_checked(at) else { return false };
        let (Some(chain), Some((prefix, rest))) =
            (before.last_chunk::<TAG_LEN>(), rest.split_at_checked(PREFIX))
        else {
            return false;
        };
        let (number, durable) = numbers(prefix);
        // So many frames fit between here and there at most. This and the next line rule out
        // nearly every place that is no frame, before AES-GCM rules out the others.
        let between = u64::try_from(at / (PREFIX + TAG_LEN)).unwrap_or(u64::MAX);
        let numbered = number > self.key.next && number - self.key.next <= between;
        let known = durable > self.key.next && durable <= number;
        let length = usize::try_from(leading(prefix)).ok().filter(|length| *length >= TAG_LEN);
        let Some(sealed) = length.filter(|_| numbered && known).and_then(|len| rest.get(..len))
        else {
            return false;
        };
        self.key.key.open(number, &associated_data(chain, prefix), sealed).is_ok()
    }

    /// Frames read so far.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.key.next
    }

    /// Bytes read so far, after the header.
    #[must_use]
    pub fn consumed(&self) -> usize {
        self.consumed
    }

    /// Tag of the latest frame read.
    #[must_use]
    pub fn chain(&self) -> [u8; TAG_LEN] {
        self.key.chain
    }

    fn peek(&self) -> Result<Option<RawFrame<'a>>, FrameError> {
        let (prefix, rest) = match self.rest {
            [] => return Ok(None),
            bytes => bytes.split_at_checked(PREFIX).ok_or(FrameError::Short)?,
        };
        let length = usize::try_from(leading(prefix)).map_err(|_| FrameError::Format)?;
        match length {
            // Zeros are what a file system may leave past the last whole write.
            0 if prefix.iter().chain(rest).all(|byte| *byte == 0) => Ok(None),
            0..TAG_LEN => Err(FrameError::Format),
            _ => {
                let sealed = rest.get(..length).ok_or(FrameError::Short)?;
                Ok(Some(RawFrame { prefix, sealed }))
            }
        }
    }

    fn pass(&mut self, sealed: &'a [u8]) -> Result<(), FrameError> {
        self.key.advance(sealed)?;
        let length = PREFIX + sealed.len();
        self.consumed += length;
        self.rest = self.rest.get(length..).unwrap_or_default();
        Ok(())
    }
}

/// The length at the beginning of a prefix.
fn leading(prefix: &[u8]) -> u32 {
    prefix.first_chunk::<4>().map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

/// A prefix's number of the frame, and its number of durable frames.
fn numbers(prefix: &[u8]) -> (u64, u64) {
    let number = |at: usize| {
        let bytes = prefix.get(at..).and_then(<[u8]>::first_chunk::<8>);
        bytes.map_or(0, |bytes| u64::from_be_bytes(*bytes))
    };
    (number(4), number(12))
}

fn associated_data(chain: &[u8; TAG_LEN], prefix: &[u8]) -> Vec<u8> {
    [chain, prefix].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DomainName;
    use strongroom_crypto::SecretKey;

    const HEADER: SegmentHeader =
        SegmentHeader { number: 1, domain: 1, salt: [9; 16], previous: [0; 16] };

    fn key() -> JournalKey {
        let key = SecretKey::from_slice(&[3; 32]).unwrap();
        JournalKey::new(&DomainKey::new(DomainName::global(), 1, key), &HEADER).unwrap()
    }

    fn three() -> Vec<u8> {
        let (mut key, mut out) = (key(), Vec::new());
        for (durable, text) in [(0, "first"), (0, "second"), (2, "third")] {
            key.seal(durable, text.as_bytes(), &mut out).unwrap();
        }
        out
    }

    #[test]
    fn frames_come_back_in_order() {
        let bytes = three();
        let mut reader = JournalReader::new(key(), &bytes);
        for expected in [(0, "first"), (0, "second"), (2, "third")] {
            let (durable, plain) = reader.next_frame().unwrap().unwrap();
            assert_eq!((durable, plain.expose()), (expected.0, expected.1.as_bytes()));
        }
        assert!(reader.next_frame().unwrap().is_none());
        assert_eq!(reader.consumed(), bytes.len());
        assert_eq!(SegmentHeader::parse(&HEADER.to_bytes()), Some(HEADER));
    }

    #[test]
    fn any_flipped_bit_is_noticed() {
        let bytes = three();
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            let mut reader = JournalReader::new(key(), &flipped);
            let whole = std::iter::from_fn(|| reader.next_frame().ok().flatten()).count();
            assert!(whole < 3, "byte {at}");
        }
    }

    #[test]
    fn damage_is_told_from_a_torn_end_whatever_was_damaged() {
        let bytes = three();
        let (first, second) = (PREFIX + 5 + TAG_LEN, PREFIX + 6 + TAG_LEN);
        let opens_none = |bytes: &[u8], opened: usize| {
            let mut reader = JournalReader::new(key(), bytes);
            let read = std::iter::from_fn(|| reader.next_frame().ok().flatten()).count();
            assert_eq!(read, opened);
            reader.was_durable()
        };
        // The third frame knew two to be durable.
        for at in 0..first + second - TAG_LEN {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            assert!(opens_none(&flipped, usize::from(at >= first)), "byte {at}");
        }
        let mut wiped = bytes.clone();
        wiped[..first + second - TAG_LEN].fill(0xee);
        assert!(opens_none(&wiped, 0));
        // The third frame itself was not known to be durable, nor was anything a crash cut short.
        let third = first + second;
        for at in third..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            assert!(!opens_none(&flipped, 2), "byte {at}");
            assert!(!opens_none(&bytes[..at], 2) || at == third, "length {at}");
        }
    }

    #[test]
    fn a_frame_removed_from_the_middle_is_noticed() {
        let bytes = three();
        let first = PREFIX + 5 + TAG_LEN;
        let second = PREFIX + 6 + TAG_LEN;
        let cut = [&bytes[..first], &bytes[first + second..]].concat();
        let mut reader = JournalReader::new(key(), &cut);
        assert!(reader.next_frame().is_ok());
        assert_eq!(reader.next_frame().err(), Some(FrameError::Authentication));
    }

    #[test]
    fn a_torn_tail_ends_the_segment() {
        let bytes = three();
        let mut reader = JournalReader::new(key(), &bytes[..bytes.len() - 1]);
        assert!(reader.next_frame().is_ok() && reader.next_frame().is_ok());
        assert_eq!(reader.next_frame().err(), Some(FrameError::Short));
        let padded = [bytes.as_slice(), &[0; 100]].concat();
        let mut reader = JournalReader::new(key(), &padded);
        while reader.next_frame().unwrap().is_some() {}
        assert_eq!(reader.frames(), 3);
    }
}
