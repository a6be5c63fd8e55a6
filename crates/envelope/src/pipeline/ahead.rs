//! Reading plaintext for frames of any length, without waiting for more than one of them.

use super::read_some;
use crate::error::StreamError;
use crate::wiped::Wiped;
use std::io::Read;

/// Bytes read at a time for frames that are shorter.
const AHEAD: usize = 32 * 1024;

/// A reader of frames, which reads ahead if they are short.
pub(super) struct Ahead<R> {
    from: R,
    buffer: Wiped,
    /// What of it was read and not taken.
    start: usize,
    end: usize,
    /// Whether the input gave less than it was asked for, as a pipe does that may be long in giving more.
    was_short: bool,
}

/// What a frame's place was filled with.
pub(super) enum Filled {
    /// So much: the whole place, or all that there was before the end.
    With(usize),
    /// Nothing yet.
    Paused,
}

impl<R: Read> Ahead<R> {
    pub(super) fn new(from: R, frame_len: usize) -> Self {
        let room = if frame_len < AHEAD { AHEAD } else { 0 };
        Self { from, buffer: Wiped::zeroed(room), start: 0, end: 0, was_short: false }
    }

    /// Fills `place`. The first one of a batch is waited for; behind it, nothing is asked of an input
    /// that has paused.
    pub(super) fn fill(&mut self, place: &mut [u8], is_first: bool) -> Result<Filled, StreamError> {
        let mut filled = 0_usize;
        while let Some(rest) = place.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let mut count = self.take(rest);
            if count == 0 {
                if self.was_short && !is_first {
                    self.keep(place.get(..filled).unwrap_or_default());
                    return Ok(Filled::Paused);
                }
                count = self.ask(rest, filled == 0)?;
            }
            if count == 0 {
                break;
            }
            filled = filled.saturating_add(count);
        }
        Ok(Filled::With(filled))
    }

    /// Takes from what was read ahead.
    fn take(&mut self, place: &mut [u8]) -> usize {
        let there = self.buffer.get(self.start..self.end).unwrap_or_default();
        let count = there.len().min(place.len());
        if let (Some(to), Some(from)) = (place.get_mut(..count), there.get(..count)) {
            to.copy_from_slice(from);
        }
        self.start = self.start.saturating_add(count);
        count
    }

    /// Reads once, for `place` or ahead of it. There is nothing left of what was read ahead before. That
    /// the rest of a frame comes in full says nothing of what is behind it.
    fn ask(&mut self, place: &mut [u8], is_whole: bool) -> Result<usize, StreamError> {
        if place.len() >= self.buffer.len() {
            let count = read_some(&mut self.from, place)?;
            self.was_short = count < place.len() || (self.was_short && !is_whole);
            return Ok(count);
        }
        self.end = read_some(&mut self.from, &mut self.buffer)?;
        self.start = 0;
        self.was_short = self.end < self.buffer.len();
        Ok(self.take(place))
    }

    /// Puts `part` back. There is nothing left of what was read ahead before.
    fn keep(&mut self, part: &[u8]) {
        if self.buffer.len() < part.len() {
            self.buffer = Wiped::zeroed(part.len());
        }
        if let Some(place) = self.buffer.get_mut(..part.len()) {
            place.copy_from_slice(part);
        }
        (self.start, self.end) = (0, part.len());
    }
}
