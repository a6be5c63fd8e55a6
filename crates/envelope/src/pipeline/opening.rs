//! Frames to plaintext.

use super::{Fill, Line, Progress, Workers, frames_in_batch, read_full, read_some, run};
use crate::body::{Aad, BodyCipher, FINAL_HEAD, Next, Piece, REGULAR_HEAD, next_frame};
use crate::decrypt::{Decryptor, Wait};
use crate::encrypt::Totals;
use crate::error::{Error, FormatError, Refusal, StreamError};
use crate::header::Content;
use crate::signature::{HEAD, Verifying};
use crate::suite::Suite;
use crate::wiped::Wiped;
use std::io::{Read, Write};
use strongroom_crypto::gcm::TAG_LEN;

/// Bytes read at a time where there is one thread only.
const CHUNK: usize = 128 * 1024;

impl Decryptor {
    /// Reads the rest of a message from `from`, behind its header and to the end, and writes its
    /// plaintext to `to`, on several threads. `progress` is told, now and then, how many bytes of
    /// plaintext are written.
    ///
    /// # Errors
    /// Reading, writing, and those of [`Decryptor::push`]. What was written was verified frame by frame,
    /// but is not a whole message. [`Refusal::Begun`] after a push.
    pub fn copy<R: Read + Send, W: Write + Send>(
        self,
        mut from: R,
        mut to: W,
        workers: &Workers,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Totals, StreamError> {
        if self.is_begun {
            return Err(Refusal::Begun.into());
        }
        let frame_len = match (self.header.content(), self.wait) {
            (Content::Framed { frame_len }, Wait::Nothing | Wait::LastPiece) => frame_len,
            _ => return self.copy_alone(&mut from, &mut to, progress),
        };
        let frames = Frames::new(frame_len)?;
        let message = self.header.as_bytes().len() as u64;
        let input = FrameInput::new(from, self.header.suite(), self.verifying);
        let output = Output { to, totals: Totals { message, ..Totals::default() } };
        let line = Opening { cipher: self.cipher, frames, progress };
        let (_, mut output) = run(&line, input, output, frames.batch_len(), workers)?;
        output.to.flush().map_err(StreamError::Write)?;
        Ok(output.totals)
    }

    /// The same where a body has no frames, or nothing may be let out before the end.
    fn copy_alone<R: Read, W: Write>(
        mut self,
        from: &mut R,
        to: &mut W,
        progress: Progress<'_>,
    ) -> Result<Totals, StreamError> {
        let (mut chunk, mut room) = (vec![0; CHUNK], Wiped::default());
        // Plaintext comes once, so that this grows while it is empty.
        let out = room.with_room(0, 0);
        let mut written = 0_u64;
        loop {
            let read = read_full(from, &mut chunk)?;
            self.push(chunk.get(..read).unwrap_or_default(), out)?;
            to.write_all(out).map_err(StreamError::Write)?;
            written = written.saturating_add(out.len() as u64);
            progress(written);
            out.clear();
            if read < chunk.len() {
                break;
            }
        }
        let totals = self.finish(out)?;
        to.write_all(out).map_err(StreamError::Write)?;
        to.flush().map_err(StreamError::Write)?;
        progress(totals.plaintext);
        Ok(totals)
    }
}

/// How long frames are, and how many make a batch.
#[derive(Clone, Copy)]
pub(super) struct Frames {
    frame_len: u32,
    /// Bytes of a regular frame.
    pub(super) frame: usize,
    count: usize,
}

impl Frames {
    pub(super) fn new(frame_len: u32) -> Result<Self, Error> {
        let frame = Piece::Regular.len(usize::try_from(frame_len).map_err(|_| Error::Failed)?);
        Ok(Self { frame_len, frame, count: frames_in_batch(frame) })
    }

    /// Bytes that a batch begins with reading.
    pub(super) fn batch_len(&self) -> usize {
        self.frame.saturating_mul(self.count)
    }

    pub(super) fn batch(&self) -> FrameBatch {
        // Behind the last frame, which has a longer head, stands the signature; a byte more shows that
        // something follows.
        let room = (FINAL_HEAD - REGULAR_HEAD) + HEAD + MAX_SIGNATURE + 1;
        FrameBatch {
            bytes: Wiped::zeroed(self.batch_len().saturating_add(room)),
            number: 0,
            regular: 0,
            last: None,
            footer: 0,
            aad: Aad::default(),
        }
    }
}

/// Bytes of the longest signature of any suite.
const MAX_SIGNATURE: usize =
    strongroom_crypto::stream_signature::SignatureCurve::P384.max_signature_len();

/// Where the frames of a message come from.
pub(super) struct FrameInput<R> {
    from: R,
    suite: Suite,
    verifying: Option<Verifying>,
    /// The number of the next frame.
    number: u32,
    /// The beginning of it, if that was read with the one before.
    begun: Vec<u8>,
}

/// Frames one behind the other.
pub(super) struct FrameBatch {
    pub(super) bytes: Wiped,
    /// The number of the first.
    pub(super) number: u32,
    pub(super) regular: usize,
    /// Bytes of the last frame, if it is here.
    pub(super) last: Option<usize>,
    /// Bytes behind it.
    footer: usize,
    pub(super) aad: Aad,
}

impl<R: Read> FrameInput<R> {
    pub(super) fn new(from: R, suite: Suite, verifying: Option<Verifying>) -> Self {
        Self { from, suite, verifying, number: 1, begun: Vec::new() }
    }

    /// Reads frames. With the last one, all that may be behind it, and the signature is verified.
    pub(super) fn fill(
        &mut self,
        frames: &Frames,
        batch: &mut FrameBatch,
    ) -> Result<Fill, StreamError> {
        (batch.number, batch.last) = (self.number, None);
        let place = batch.bytes.get_mut(..frames.batch_len()).ok_or(Error::Failed)?;
        let (read, ended) = self.read(place, frames.frame)?;
        let is_full = read == place.len();
        let there = place.get(..read).ok_or(Error::Failed)?;
        let marked = |frame: &&[u8]| frame.starts_with(&crate::body::FINAL_MARK);
        let begun = there.chunks(frames.frame).take_while(|frame| !marked(frame)).count();
        batch.regular = begun.min(read / frames.frame.max(1));
        // The greatest number is the mark of last frames, so that only a last frame may have it.
        let regular = u32::try_from(batch.regular).map_err(|_| FormatError::TooManyFrames)?;
        self.number = self.number.checked_add(regular).ok_or(FormatError::TooManyFrames)?;
        let used = batch.regular.saturating_mul(frames.frame);
        if begun == batch.regular && used < read {
            return self.fill_last(frames, batch, used, read);
        }
        if ended {
            return Err(FormatError::Truncated.into());
        }
        self.begun.extend_from_slice(there.get(used..).unwrap_or_default());
        self.verify(batch.bytes.get(..used));
        Ok(if is_full { Fill::More } else { Fill::Paused })
    }

    /// Reads into `place`, where frames of `frame` bytes fit, until it is full or the input ends, and says
    /// how much there is and whether it ended. Once the input gives less than is asked for, what follows
    /// may be long in coming, and only a first frame is waited for.
    fn read(&mut self, place: &mut [u8], frame: usize) -> Result<(usize, bool), StreamError> {
        let mut read = self.begun.len();
        place.get_mut(..read).ok_or(Error::Failed)?.copy_from_slice(&self.begun);
        self.begun.clear();
        while let Some(rest) = place.get_mut(read..).filter(|rest| !rest.is_empty()) {
            let asked = rest.len();
            let count = read_some(&mut self.from, rest)?;
            read = read.saturating_add(count);
            if count == 0 {
                return Ok((read, true));
            }
            if count < asked && read >= frame {
                break;
            }
        }
        Ok((read, false))
    }

    /// Reads to the end, with the last frame at `start` and bytes up to `read` there already.
    fn fill_last(
        &mut self,
        frames: &Frames,
        batch: &mut FrameBatch,
        start: usize,
        read: usize,
    ) -> Result<Fill, StreamError> {
        let rest = batch.bytes.get_mut(read..).ok_or(Error::Failed)?;
        let end = read.saturating_add(read_full(&mut self.from, rest)?);
        let tail = batch.bytes.get(start..end).ok_or(Error::Failed)?;
        let Next::Known { len, .. } = next_frame(tail, frames.frame_len)? else {
            return Err(FormatError::Truncated.into());
        };
        let (_, footer) = tail.split_at_checked(len).ok_or(FormatError::Truncated)?;
        match Verifying::footer_len(self.suite, footer)? {
            Some(length) if length == footer.len() => {}
            Some(length) if length < footer.len() => {
                return Err(FormatError::TrailingData.into());
            }
            _ => return Err(FormatError::Truncated.into()),
        }
        (batch.last, batch.footer) = (Some(len), footer.len());
        self.verify(batch.bytes.get(..start.saturating_add(len)));
        if let Some(verifying) = self.verifying.take() {
            verifying.finish(footer)?;
        }
        Ok(Fill::Last)
    }

    fn verify(&mut self, bytes: Option<&[u8]>) {
        if let (Some(verifying), Some(bytes)) = (&mut self.verifying, bytes) {
            verifying.update(bytes);
        }
    }
}

impl FrameBatch {
    /// Calls `each` with every frame in turn: its kind, its number and its place among the bytes.
    pub(super) fn each(
        &mut self,
        frame: usize,
        mut each: impl FnMut(&mut Aad, Piece, u32, &mut [u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let used = self.regular.saturating_mul(frame);
        let (regular, rest) = self.bytes.split_at_mut_checked(used).ok_or(Error::Failed)?;
        let mut number = self.number;
        for frame in regular.chunks_exact_mut(frame) {
            each(&mut self.aad, Piece::Regular, number, frame)?;
            number = number.saturating_add(1);
        }
        if let Some(len) = self.last {
            let frame = rest.get_mut(..len).ok_or(Error::Failed)?;
            each(&mut self.aad, Piece::Final, number, frame)?;
        }
        Ok(())
    }

    /// Bytes of all its frames.
    pub(super) fn len(&self, frame: usize) -> usize {
        self.regular.saturating_mul(frame).saturating_add(self.last.unwrap_or_default())
    }

    /// Bytes of plaintext in its frames.
    pub(super) fn plaintext_len(&self, frame: usize) -> usize {
        let last = self.last.map_or(0, |len| len.saturating_sub(Piece::Final.len(0)));
        let content = frame.saturating_sub(Piece::Regular.len(0));
        self.regular.saturating_mul(content).saturating_add(last)
    }

    /// How many frames it has.
    pub(super) fn count(&self) -> u64 {
        self.regular as u64 + u64::from(self.last.is_some())
    }

    /// Moves the opened contents together, to the front.
    fn join(&mut self, frame: usize) {
        let content = frame.saturating_sub(Piece::Regular.len(0));
        for at in 0..self.regular {
            let from = at.saturating_mul(frame).saturating_add(REGULAR_HEAD);
            let to = at.saturating_mul(content);
            self.bytes.copy_within(from..from.saturating_add(content), to);
        }
        if let Some(len) = self.last {
            let start = self.regular.saturating_mul(frame);
            let place = start.saturating_add(FINAL_HEAD)..start.saturating_add(len - TAG_LEN);
            self.bytes.copy_within(place, self.regular.saturating_mul(content));
        }
    }
}

struct Opening<'a> {
    cipher: BodyCipher,
    frames: Frames,
    progress: Progress<'a>,
}

struct Output<W> {
    to: W,
    totals: Totals,
}

impl<R: Read + Send, W: Write + Send> Line<FrameInput<R>, Output<W>> for Opening<'_> {
    type Batch = FrameBatch;

    fn batch(&self) -> FrameBatch {
        self.frames.batch()
    }

    fn fill(&self, input: &mut FrameInput<R>, batch: &mut FrameBatch) -> Result<Fill, StreamError> {
        input.fill(&self.frames, batch)
    }

    fn work(&self, batch: &mut FrameBatch) -> Result<(), Error> {
        batch.each(self.frames.frame, |aad, kind, number, frame| {
            self.cipher.open(aad, kind, number, frame)
        })?;
        batch.join(self.frames.frame);
        Ok(())
    }

    fn drain(&self, output: &mut Output<W>, batch: &mut FrameBatch) -> Result<(), StreamError> {
        let length = batch.plaintext_len(self.frames.frame);
        let plaintext = batch.bytes.get(..length).ok_or(Error::Failed)?;
        output.to.write_all(plaintext).map_err(StreamError::Write)?;
        let totals = &mut output.totals;
        totals.plaintext = totals.plaintext.saturating_add(length as u64);
        let read = batch.len(self.frames.frame).saturating_add(batch.footer);
        totals.message = totals.message.saturating_add(read as u64);
        totals.frames = totals.frames.saturating_add(batch.count());
        (self.progress)(totals.plaintext);
        Ok(())
    }
}
