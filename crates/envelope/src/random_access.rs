//! Parts of a message, without the rest.

use crate::body::{Aad, BodyCipher, FINAL_HEAD, Next, Piece, next_frame};
use crate::decrypt::{Decryptor, Wait};
use crate::error::{Error, FormatError, Refusal, StreamError};
use crate::header::Content;
use crate::inspect::cut_off;
use crate::signature::HEAD;
use crate::wiped::Wiped;
use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::Range;
use strongroom_crypto::gcm::TAG_LEN;

/// A message with frames, of which any part may be read. The last frame was verified, so the length is
/// the one that was written; each frame is verified when it is read. The signature of a signed message
/// is not: it is over all of it.
pub struct RandomAccess<R> {
    message: R,
    cipher: BodyCipher,
    frame_len: u32,
    /// Where the body begins.
    start: u64,
    /// Frames before the last one.
    regular: u32,
    last_len: u32,
    /// Room for a frame.
    frame: Wiped,
    aad: Aad,
}

impl Decryptor {
    /// Opens parts of `message`, which is the whole message and nothing else, header included.
    ///
    /// # Errors
    /// [`Refusal::NotFramed`]; [`Refusal::Signed`] where the signature was to be waited for; reading; a
    /// length that frames do not add up to, and a last frame that does not authenticate, as when the
    /// message was cut off.
    pub fn random_access<R: Read + Seek>(
        self,
        mut message: R,
    ) -> Result<RandomAccess<R>, StreamError> {
        let Content::Framed { frame_len } = self.header.content() else {
            return Err(Refusal::NotFramed.into());
        };
        if self.wait == Wait::Everything {
            return Err(Refusal::Signed.into());
        }
        let length = message.seek(SeekFrom::End(0)).map_err(StreamError::Read)?;
        let start = self.header.as_bytes().len() as u64;
        let body = length.checked_sub(start).ok_or(FormatError::Truncated)?;
        let mut parts = RandomAccess {
            message,
            cipher: self.cipher,
            frame_len,
            start,
            regular: 0,
            last_len: 0,
            frame: Wiped::default(),
            aad: Aad::default(),
        };
        let Some(curve) = self.header.suite().curve() else {
            return if parts.measure(body)? {
                Ok(parts)
            } else {
                Err(FormatError::Geometry.into())
            };
        };
        // How long the signature is stands before it. More than one length may seem to; the last frame
        // is found by the one that is.
        for signature in (0..=curve.max_signature_len()).rev() {
            let footer = (HEAD + signature) as u64;
            let Some(at) = length.checked_sub(footer) else { continue };
            if parts.number_at(at)? == signature && parts.measure(body.saturating_sub(footer))? {
                return Ok(parts);
            }
        }
        Err(FormatError::Geometry.into())
    }
}

impl<R: Read + Seek> RandomAccess<R> {
    /// Bytes of plaintext.
    #[must_use]
    pub fn len(&self) -> u64 {
        u64::from(self.regular)
            .saturating_mul(self.frame_len.into())
            .saturating_add(self.last_len.into())
    }

    /// Whether there is no plaintext.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes the plaintext of `range`, frame by frame as each is verified.
    ///
    /// # Errors
    /// [`Refusal::Range`] unless it is within the plaintext; reading, writing, and frames that do not
    /// authenticate.
    pub fn read(&mut self, range: Range<u64>, to: &mut dyn Write) -> Result<(), StreamError> {
        let len = self.len();
        if range.start > range.end || range.end > len {
            return Err(Refusal::Range { len }.into());
        }
        let frame_len = u64::from(self.frame_len.max(1));
        let mut at = range.start;
        while at < range.end {
            // INVARIANT: `at` is within the plaintext, so its frame is one that there is.
            let index = u32::try_from(at / frame_len).unwrap_or(u32::MAX).min(self.regular);
            let first = u64::from(index).saturating_mul(frame_len);
            let content = self.open(index)?;
            let skip = usize::try_from(at.saturating_sub(first)).unwrap_or(usize::MAX);
            let end = range.end.saturating_sub(first).min(content.len() as u64);
            let end = usize::try_from(end).unwrap_or(usize::MAX);
            let part = content.get(skip..end).filter(|part| !part.is_empty());
            let part = part.ok_or(FormatError::Geometry)?;
            to.write_all(part).map_err(StreamError::Write)?;
            at = at.saturating_add(part.len() as u64);
        }
        Ok(())
    }

    /// The plaintext of the frame at `index`, from 0, verified.
    fn open(&mut self, index: u32) -> Result<&[u8], StreamError> {
        let (kind, content) = if index < self.regular {
            (Piece::Regular, self.frame_len)
        } else {
            (Piece::Final, self.last_len)
        };
        let content = usize::try_from(content).map_err(|_| Error::Failed)?;
        let at = self.start.saturating_add(u64::from(index).saturating_mul(self.regular_frame()));
        if self.frame.len() != kind.len(content) {
            self.frame = Wiped::zeroed(kind.len(content));
        }
        self.message.seek(SeekFrom::Start(at)).map_err(StreamError::Read)?;
        self.message.read_exact(&mut self.frame).map_err(cut_off)?;
        if next_frame(&self.frame, self.frame_len)?
            != (Next::Known { kind, len: kind.len(content) })
        {
            return Err(FormatError::Geometry.into());
        }
        let number = index.checked_add(1).ok_or(FormatError::TooManyFrames)?;
        self.cipher.open(&mut self.aad, kind, number, &mut self.frame)?;
        let end = self.frame.len().saturating_sub(TAG_LEN);
        Ok(self.frame.get(kind.head_len()..end).ok_or(Error::Failed)?)
    }

    fn regular_frame(&self) -> u64 {
        (Piece::Regular.len(0) as u64).saturating_add(self.frame_len.into())
    }

    /// Finds the last frame of a body of so many bytes, and says whether it is one that authenticates.
    fn measure(&mut self, body: u64) -> Result<bool, StreamError> {
        let Some(rest) = body.checked_sub((FINAL_HEAD + TAG_LEN) as u64) else { return Ok(false) };
        let frame = self.regular_frame();
        let (Ok(regular), Ok(last)) = (u32::try_from(rest / frame), u32::try_from(rest % frame))
        else {
            return Ok(false);
        };
        if last > self.frame_len || regular == u32::MAX {
            return Ok(false);
        }
        (self.regular, self.last_len) = (regular, last);
        match self.open(regular) {
            Ok(_) => Ok(true),
            Err(StreamError::Message(_)) => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// The number of 16 bits that stands at `at`.
    fn number_at(&mut self, at: u64) -> Result<usize, StreamError> {
        let mut number = [0; HEAD];
        self.message.seek(SeekFrom::Start(at)).map_err(StreamError::Read)?;
        self.message.read_exact(&mut number).map_err(cut_off)?;
        Ok(u16::from_be_bytes(number).into())
    }
}
