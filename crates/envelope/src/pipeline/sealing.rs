//! Plaintext to frames.

use super::ahead::{Ahead, Filled};
use super::{Fill, Line, Progress, Workers, frames_in_batch, run};
use crate::body::{Aad, BodyCipher, FINAL_HEAD, Piece, REGULAR_HEAD};
use crate::encrypt::{Encryptor, Totals};
use crate::error::{Error, FormatError, Refusal, StreamError};
use crate::signature::Signing;
use crate::wiped::Wiped;
use std::io::{Read, Write};

impl Encryptor {
    /// Writes the whole of `from` as one message to `to`, on several threads. `progress` is told, now
    /// and then, how many bytes of plaintext are written.
    ///
    /// # Errors
    /// Reading, writing, and those of [`Encryptor::push`]. What was written is then no message.
    /// [`Refusal::Begun`] after a push: the frames that it wrote have the first numbers, which are
    /// nonces.
    pub fn copy<R: Read + Send, W: Write + Send>(
        self,
        from: R,
        mut to: W,
        workers: &Workers,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Totals, StreamError> {
        if self.is_begun() {
            return Err(Refusal::Begun.into());
        }
        let header = self.header.as_bytes();
        to.write_all(header).map_err(StreamError::Write)?;
        let message = header.len() as u64;
        let frame = Piece::Regular.len(self.frame_len);
        let (frames, frame_len) = (frames_in_batch(frame), self.frame_len);
        let line = Sealing { cipher: self.cipher, frame_len, frames, progress };
        let input = Input {
            from: Ahead::new(from, self.frame_len),
            number: 1,
            plaintext: 0,
            announced: self.announced,
        };
        let totals = Totals { message, ..Totals::default() };
        let output = Output { to, signing: Some(self.signing), totals };
        let batch_len = frame.saturating_mul(frames);
        let (_, mut output) = run(&line, input, output, batch_len, workers)?;
        output.to.flush().map_err(StreamError::Write)?;
        Ok(output.totals)
    }
}

struct Sealing<'a> {
    cipher: BodyCipher,
    frame_len: usize,
    /// Frames in a batch.
    frames: usize,
    progress: Progress<'a>,
}

struct Input<R> {
    from: Ahead<R>,
    /// The number of the next frame.
    number: u32,
    plaintext: u64,
    announced: Option<u64>,
}

/// Where a message goes.
pub(super) struct Output<W> {
    pub(super) to: W,
    /// Taken with the last frame.
    pub(super) signing: Option<Signing>,
    pub(super) totals: Totals,
}

struct Batch {
    /// Frames one behind the other, with room for the last one's longer head.
    bytes: Wiped,
    number: u32,
    regular: usize,
    /// Bytes of plaintext in the last frame, if it is here.
    last: Option<usize>,
    plaintext: u64,
    aad: Aad,
}

impl Sealing<'_> {
    /// Bytes of a regular frame.
    fn frame(&self) -> usize {
        Piece::Regular.len(self.frame_len)
    }

    /// Makes a last frame of the `length` bytes that stand where frame `at` has its content.
    fn end(batch: &mut Batch, start: usize, length: usize) -> Result<Fill, StreamError> {
        let from = start.saturating_add(REGULAR_HEAD);
        let content = from..from.saturating_add(length);
        let to = start.saturating_add(FINAL_HEAD);
        if batch.bytes.len() < to.saturating_add(length) {
            return Err(Error::Failed.into());
        }
        batch.bytes.copy_within(content, to);
        batch.last = Some(length);
        Ok(Fill::Last)
    }

    /// Reads frames, as many as are at hand. The last one is the one that is not full.
    fn gather<R: Read>(
        &self,
        input: &mut Input<R>,
        batch: &mut Batch,
    ) -> Result<Fill, StreamError> {
        batch.regular = 0;
        for start in (0..self.frames).map(|at| at.saturating_mul(self.frame())) {
            let content = start.saturating_add(REGULAR_HEAD);
            let place = batch.bytes.get_mut(content..content.saturating_add(self.frame_len));
            let filled = input.from.fill(place.ok_or(Error::Failed)?, batch.regular == 0)?;
            let Filled::With(read) = filled else { return Ok(Fill::Paused) };
            batch.plaintext = batch.plaintext.saturating_add(read as u64);
            if read < self.frame_len {
                return Self::end(batch, start, read);
            }
            batch.regular = batch.regular.saturating_add(1);
        }
        Ok(Fill::More)
    }
}

impl<R: Read + Send, W: Write + Send> Line<Input<R>, Output<W>> for Sealing<'_> {
    type Batch = Batch;

    fn batch(&self) -> Batch {
        let room = self.frame().saturating_mul(self.frames) + (FINAL_HEAD - REGULAR_HEAD);
        Batch {
            bytes: Wiped::zeroed(room),
            number: 0,
            regular: 0,
            last: None,
            plaintext: 0,
            aad: Aad::default(),
        }
    }

    fn fill(&self, input: &mut Input<R>, batch: &mut Batch) -> Result<Fill, StreamError> {
        (batch.number, batch.plaintext, batch.last) = (input.number, 0, None);
        let fill = self.gather(input, batch)?;
        // The greatest number is the mark of last frames, so that only a last frame may have it.
        let regular = u32::try_from(batch.regular).map_err(|_| FormatError::TooManyFrames)?;
        input.number = input.number.checked_add(regular).ok_or(FormatError::TooManyFrames)?;
        input.plaintext = input.plaintext.saturating_add(batch.plaintext);
        match input.announced {
            Some(announced) if input.plaintext > announced => {
                Err(Refusal::PlaintextTooLong { announced }.into())
            }
            _ => Ok(fill),
        }
    }

    fn work(&self, batch: &mut Batch) -> Result<(), Error> {
        let mut number = batch.number;
        for at in 0..batch.regular {
            let frame = batch.bytes.chunks_exact_mut(self.frame()).nth(at).ok_or(Error::Failed)?;
            self.cipher.seal(&mut batch.aad, Piece::Regular, number, frame)?;
            number = number.saturating_add(1);
        }
        let Some(length) = batch.last else { return Ok(()) };
        let start = batch.regular.saturating_mul(self.frame());
        let place = start..start.saturating_add(Piece::Final.len(length));
        let frame = batch.bytes.get_mut(place).ok_or(Error::Failed)?;
        self.cipher.seal(&mut batch.aad, Piece::Final, number, frame)
    }

    fn drain(&self, output: &mut Output<W>, batch: &mut Batch) -> Result<(), StreamError> {
        let last = batch.last.map_or(0, |length| Piece::Final.len(length));
        let used = batch.regular.saturating_mul(self.frame()).saturating_add(last);
        let bytes = batch.bytes.get(..used).ok_or(Error::Failed)?;
        output.write(bytes, batch.last.is_some())?;
        let frames = batch.regular as u64 + u64::from(batch.last.is_some());
        output.totals.frames = output.totals.frames.saturating_add(frames);
        output.totals.plaintext = output.totals.plaintext.saturating_add(batch.plaintext);
        (self.progress)(output.totals.plaintext);
        Ok(())
    }
}

impl<W: Write> Output<W> {
    /// Writes frames, and the signature behind the last one.
    pub(super) fn write(&mut self, bytes: &[u8], last: bool) -> Result<(), StreamError> {
        if let Some(signing) = &mut self.signing {
            signing.update(bytes);
        }
        self.to.write_all(bytes).map_err(StreamError::Write)?;
        self.totals.message = self.totals.message.saturating_add(bytes.len() as u64);
        let signing = if last { self.signing.take() } else { None };
        if let Some(signing) = signing {
            let mut footer = Vec::new();
            signing.finish(&mut footer)?;
            self.to.write_all(&footer).map_err(StreamError::Write)?;
            self.totals.message = self.totals.message.saturating_add(footer.len() as u64);
        }
        Ok(())
    }
}
