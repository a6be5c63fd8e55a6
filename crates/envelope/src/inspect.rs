//! The structure of a message, which takes no key: nothing of it is verified.

use crate::body::{FINAL_MARK, WHOLE_HEAD};
use crate::decrypt::read_header;
use crate::error::{Error, FormatError, StreamError};
use crate::header::{Content, Header};
use crate::pipeline::read_full;
use crate::policy::DecryptOptions;
use crate::signature::{HEAD, Verifying};
use std::io::{self, BufReader, Read, Write};
use strongroom_crypto::gcm::{NONCE_LEN, TAG_LEN};

/// Bytes read at a time.
const CHUNK: usize = 128 * 1024;

/// What a message looks like from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Its header.
    pub header: Header,
    /// Frames; one for a body without frames.
    pub frames: u64,
    /// Bytes of plaintext.
    pub plaintext_len: u64,
    /// Bytes of the signature of a signed message.
    pub signature_len: Option<u16>,
    /// Bytes of all of it.
    pub message_len: u64,
}

/// Walks through the whole of a message, to the end of `from`.
///
/// # Errors
/// Reading, [`FormatError`], and the refusals of `options`.
pub fn inspect<R: Read>(from: R, options: &DecryptOptions) -> Result<Inspection, StreamError> {
    let mut from = BufReader::with_capacity(CHUNK, from);
    let header = read_header(&mut from, options)?.header().clone();
    let mut walk =
        Walk { frames: 0, plaintext_len: 0, message_len: header.as_bytes().len() as u64, from };
    match header.content() {
        Content::Framed { frame_len } => walk.frames(frame_len)?,
        Content::NonFramed => walk.whole()?,
    }
    let signature_len = walk.footer(&header)?;
    at_end(&mut walk.from)?;
    let Walk { frames, plaintext_len, message_len, .. } = walk;
    Ok(Inspection { header, frames, plaintext_len, signature_len, message_len })
}

struct Walk<R> {
    from: R,
    frames: u64,
    plaintext_len: u64,
    message_len: u64,
}

impl<R: Read> Walk<R> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], StreamError> {
        let mut bytes = [0; N];
        self.from.read_exact(&mut bytes).map_err(cut_off)?;
        self.message_len = self.message_len.saturating_add(N as u64);
        Ok(bytes)
    }

    fn skip(&mut self, length: u64) -> Result<(), StreamError> {
        self.message_len = self.message_len.saturating_add(length);
        pass(&mut self.from, &mut io::sink(), length, |_| ())
    }

    fn frames(&mut self, frame_len: u32) -> Result<(), StreamError> {
        for expected in 1..=u32::MAX {
            let mark: [u8; 4] = self.take()?;
            let is_last = mark == FINAL_MARK;
            let found =
                if is_last { u32::from_be_bytes(self.take()?) } else { u32::from_be_bytes(mark) };
            if found != expected {
                return Err(FormatError::FrameOutOfOrder { expected, found }.into());
            }
            self.skip(NONCE_LEN as u64)?;
            let mut length = frame_len;
            if is_last {
                length = u32::from_be_bytes(self.take()?);
                if length > frame_len {
                    return Err(FormatError::FinalFrameLength(length).into());
                }
            }
            self.skip(u64::from(length).saturating_add(TAG_LEN as u64))?;
            self.frames = self.frames.saturating_add(1);
            self.plaintext_len = self.plaintext_len.saturating_add(length.into());
            if is_last {
                return Ok(());
            }
        }
        Err(FormatError::TooManyFrames.into())
    }

    fn whole(&mut self) -> Result<(), StreamError> {
        let copied = Whole::copy(&mut self.from, &mut io::sink(), |_| ())?;
        self.frames = 1;
        self.plaintext_len = copied.plaintext;
        self.message_len = self.message_len.saturating_add(copied.message);
        Ok(())
    }

    fn footer(&mut self, header: &Header) -> Result<Option<u16>, StreamError> {
        if !header.suite().is_signed() {
            return Ok(None);
        }
        let head: [u8; HEAD] = self.take()?;
        let length = Verifying::footer_len(header.suite(), &head)?.unwrap_or_default();
        let length = u16::try_from(length.saturating_sub(HEAD)).map_err(|_| Error::Failed)?;
        self.skip(length.into())?;
        Ok(Some(length))
    }
}

/// Nothing follows the end of a message.
pub(crate) fn at_end<R: Read>(from: &mut R) -> Result<(), StreamError> {
    match read_full(from, &mut [0])? {
        0 => Ok(()),
        _ => Err(FormatError::TrailingData.into()),
    }
}

/// How long a body without frames is.
pub(crate) struct Whole {
    pub(crate) plaintext: u64,
    pub(crate) message: u64,
}

impl Whole {
    /// Copies a body without frames, and shows `seen` all of it.
    pub(crate) fn copy<R: Read, W: Write>(
        from: &mut R,
        to: &mut W,
        mut seen: impl FnMut(&[u8]),
    ) -> Result<Self, StreamError> {
        let mut head = [0; WHOLE_HEAD];
        from.read_exact(&mut head).map_err(cut_off)?;
        seen(&head);
        to.write_all(&head).map_err(StreamError::Write)?;
        let plaintext = head.last_chunk().map_or(0, |length| u64::from_be_bytes(*length));
        let rest = plaintext.saturating_add(TAG_LEN as u64);
        pass(from, to, rest, seen)?;
        Ok(Self { plaintext, message: rest.saturating_add(WHOLE_HEAD as u64) })
    }
}

/// Passes on exactly `length` bytes, and shows them to `seen`.
fn pass<R: Read, W: Write>(
    from: &mut R,
    to: &mut W,
    length: u64,
    mut seen: impl FnMut(&[u8]),
) -> Result<(), StreamError> {
    let mut chunk = vec![0; usize::try_from(length).unwrap_or(CHUNK).min(CHUNK)];
    let mut left = length;
    while left > 0 {
        let count = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        let part = chunk.get_mut(..count).ok_or(Error::Failed)?;
        from.read_exact(part).map_err(cut_off)?;
        seen(part);
        to.write_all(part).map_err(StreamError::Write)?;
        left = left.saturating_sub(count as u64);
    }
    Ok(())
}

/// A message that ends before it should is at fault itself.
pub(crate) fn cut_off(error: io::Error) -> StreamError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => FormatError::Truncated.into(),
        _ => StreamError::Read(error),
    }
}
