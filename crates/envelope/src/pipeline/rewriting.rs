//! Frames to frames: the body of a message whose wrapping keys change.

use super::opening::{FrameBatch, FrameInput, Frames};
use super::sealing::Output;
use super::{Fill, Line, Progress, Workers, run};
use crate::body::BodyCipher;
use crate::encrypt::Totals;
use crate::error::{Error, StreamError};
use crate::header::Header;
use crate::signature::{Signing, Verifying};
use crate::suite::Suite;
use std::io::{Read, Write};

/// What becomes of each frame.
pub(crate) enum Change {
    /// It stays as it is.
    Keep,
    /// It is opened under one key and sealed under another.
    Reseal { from: BodyCipher, to: BodyCipher },
}

/// What the body of a framed message is made anew with.
pub(crate) struct Rewriting {
    pub(crate) suite: Suite,
    pub(crate) frame_len: u32,
    pub(crate) change: Change,
    /// Of the message that is read.
    pub(crate) verifying: Verifying,
    /// Of the message that is written.
    pub(crate) signing: Signing,
}

impl Rewriting {
    /// Writes `header`, and the body of `from` behind it.
    pub(crate) fn copy<R: Read + Send, W: Write + Send>(
        self,
        header: &Header,
        from: R,
        mut to: W,
        workers: &Workers,
        progress: Progress<'_>,
    ) -> Result<Totals, StreamError> {
        let header = header.as_bytes();
        to.write_all(header).map_err(StreamError::Write)?;
        let frames = Frames::new(self.frame_len)?;
        let line = Rewriter { change: self.change, frames, progress };
        let input = FrameInput::new(from, self.suite, Some(self.verifying));
        let totals = Totals { message: header.len() as u64, ..Totals::default() };
        let output = Output { to, signing: Some(self.signing), totals };
        let (_, mut output) = run(&line, input, output, frames.batch_len(), workers)?;
        output.to.flush().map_err(StreamError::Write)?;
        Ok(output.totals)
    }
}

struct Rewriter<'a> {
    change: Change,
    frames: Frames,
    progress: Progress<'a>,
}

impl<R: Read + Send, W: Write + Send> Line<FrameInput<R>, Output<W>> for Rewriter<'_> {
    type Batch = FrameBatch;

    fn batch(&self) -> FrameBatch {
        self.frames.batch()
    }

    fn fill(&self, input: &mut FrameInput<R>, batch: &mut FrameBatch) -> Result<Fill, StreamError> {
        input.fill(&self.frames, batch)
    }

    fn work(&self, batch: &mut FrameBatch) -> Result<(), Error> {
        let Change::Reseal { from, to } = &self.change else { return Ok(()) };
        batch.each(self.frames.frame, |aad, kind, number, frame| {
            from.open(aad, kind, number, frame)?;
            to.seal(aad, kind, number, frame)
        })
    }

    fn drain(&self, output: &mut Output<W>, batch: &mut FrameBatch) -> Result<(), StreamError> {
        let length = batch.len(self.frames.frame);
        let frames = batch.bytes.get(..length).ok_or(Error::Failed)?;
        output.write(frames, batch.last.is_some())?;
        let plaintext = batch.plaintext_len(self.frames.frame) as u64;
        output.totals.plaintext = output.totals.plaintext.saturating_add(plaintext);
        output.totals.frames = output.totals.frames.saturating_add(batch.count());
        (self.progress)(output.totals.plaintext);
        Ok(())
    }
}
