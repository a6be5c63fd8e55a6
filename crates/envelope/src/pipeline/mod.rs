//! The work between a reader and a writer, on several threads.
//!
//! Each thread takes a batch of frames from the reader, works on it where it stands, and writes it when
//! it is its turn. Reading is one after the other, and so is writing, in the order of reading; what is
//! between is at the same time. So memory is one batch a thread, whatever the length.

mod ahead;
mod opening;
pub(crate) mod rewriting;
mod sealing;

use crate::error::{Error, StreamError};
use std::io::{self, Read};
use std::num::NonZero;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Bytes of a batch, unless a frame is longer. Enough that taking turns costs nothing, and few enough
/// for the cache of a core.
const BATCH: usize = 512 * 1024;
/// The most bytes of all batches together, unless a frame is longer.
const MAX_BATCHES: usize = 32 * 1024 * 1024;
/// The most threads, unless told. Our choice: reading and writing keep no more of them busy.
const MAX_WORKERS: usize = 8;

/// How many threads work on a message. Short messages take one, however many there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Workers(usize);

impl Workers {
    /// So many, at least one.
    #[must_use]
    pub fn new(count: usize) -> Self {
        Self(count.max(1))
    }

    /// The thread that asks.
    #[must_use]
    pub fn one() -> Self {
        Self(1)
    }
}

/// As many as there are cores, at most eight.
impl Default for Workers {
    fn default() -> Self {
        Self(thread::available_parallelism().map_or(1, NonZero::get).min(MAX_WORKERS))
    }
}

/// What is told of progress: bytes of plaintext so far.
pub(crate) type Progress<'a> = &'a (dyn Fn(u64) + Sync);

/// Whether there is more behind a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fill {
    More,
    /// There is more, or the end, which may be long in coming.
    Paused,
    Last,
}

/// What is done with batches.
///
/// `I` is what is read from, and what is known of it; `O` is what is written to, in the order of reading.
/// One thread at a time has each of them.
trait Line<I, O>: Sync {
    type Batch: Send;

    fn batch(&self) -> Self::Batch;
    /// Reads a batch.
    fn fill(&self, input: &mut I, batch: &mut Self::Batch) -> Result<Fill, StreamError>;
    /// Works on a batch; several threads at a time.
    fn work(&self, batch: &mut Self::Batch) -> Result<(), Error>;
    /// Writes a batch.
    fn drain(&self, output: &mut O, batch: &mut Self::Batch) -> Result<(), StreamError>;
}

/// How many frames of `frame` bytes a batch has, at least one.
fn frames_in_batch(frame: usize) -> usize {
    (BATCH / frame.max(1)).max(1)
}

/// Runs `line` from `input` to `output`, and gives both back.
fn run<I: Send, O: Send, L: Line<I, O>>(
    line: &L,
    mut input: I,
    mut output: O,
    batch_len: usize,
    workers: &Workers,
) -> Result<(I, O), StreamError> {
    let mut batch = line.batch();
    // A file gives less than is asked for where it ends, which shows by asking again.
    for _ in 0..2 {
        let filled = line.fill(&mut input, &mut batch)?;
        line.work(&mut batch)?;
        line.drain(&mut output, &mut batch)?;
        match filled {
            Fill::Last => return Ok((input, output)),
            Fill::Paused => {}
            Fill::More => break,
        }
    }
    let most = (MAX_BATCHES / batch_len.max(1)).max(1);
    let floor = Floor {
        line,
        entrance: Mutex::new(Entrance { input, next: 0, open: true }),
        exit: Mutex::new(Exit { output, turn: 0, failure: None }),
        turned: Condvar::new(),
    };
    thread::scope(|scope| {
        for _ in 1..workers.0.min(most) {
            let floor = &floor;
            let hired =
                thread::Builder::new().spawn_scoped(scope, move || floor.serve(line.batch()));
            // Where there can be no more threads, those that there are do the work.
            if hired.is_err() {
                break;
            }
        }
        floor.serve(batch);
    });
    let exit = floor.exit.into_inner().unwrap_or_else(PoisonError::into_inner);
    let entrance = floor.entrance.into_inner().unwrap_or_else(PoisonError::into_inner);
    match exit.failure {
        Some(failure) => Err(failure),
        None => Ok((entrance.input, exit.output)),
    }
}

/// Where the threads meet.
struct Floor<'a, I, O, L> {
    line: &'a L,
    entrance: Mutex<Entrance<I>>,
    exit: Mutex<Exit<O>>,
    turned: Condvar,
}

struct Entrance<I> {
    input: I,
    /// The number of the next batch.
    next: u64,
    /// Whether there is another batch.
    open: bool,
}

struct Exit<O> {
    output: O,
    /// The number of the batch that is to be written next.
    turn: u64,
    failure: Option<StreamError>,
}

impl<I: Send, O: Send, L: Line<I, O>> Floor<'_, I, O, L> {
    /// What each thread does: one batch after the other, until there is none or something failed.
    fn serve(&self, mut batch: L::Batch) {
        let guard = Guard(self);
        while let Some((number, filled)) = self.enter(&mut batch) {
            let worked = filled.and_then(|()| Ok(self.line.work(&mut batch)?));
            if !self.leave(number, worked, &mut batch) {
                break;
            }
        }
        std::mem::forget(guard);
    }

    /// Takes the next batch, and whether it could be read.
    fn enter(&self, batch: &mut L::Batch) -> Option<(u64, Result<(), StreamError>)> {
        let mut entrance = lock(&self.entrance);
        if !entrance.open {
            return None;
        }
        let number = entrance.next;
        entrance.next = number.saturating_add(1);
        let filled = self.line.fill(&mut entrance.input, batch);
        entrance.open = matches!(filled, Ok(Fill::More | Fill::Paused));
        Some((number, filled.map(|_| ())))
    }

    /// Writes the batch when it is its turn, and says whether to go on.
    fn leave(&self, number: u64, worked: Result<(), StreamError>, batch: &mut L::Batch) -> bool {
        let mut exit = lock(&self.exit);
        while exit.turn != number && exit.failure.is_none() {
            exit = self.turned.wait(exit).unwrap_or_else(PoisonError::into_inner);
        }
        if exit.failure.is_some() {
            return false;
        }
        let done = worked.and_then(|()| self.line.drain(&mut exit.output, batch));
        exit.turn = number.saturating_add(1);
        let goes_on = done.is_ok();
        exit.failure = done.err();
        drop(exit);
        self.turned.notify_all();
        if !goes_on {
            lock(&self.entrance).open = false;
        }
        goes_on
    }
}

/// Ends the work of all if one thread panics, which would else be waited for.
struct Guard<'a, 'b, I, O, L>(&'a Floor<'b, I, O, L>);

impl<I, O, L> Drop for Guard<'_, '_, I, O, L> {
    fn drop(&mut self) {
        lock(&self.0.exit).failure = Some(Error::Failed.into());
        lock(&self.0.entrance).open = false;
        self.0.turned.notify_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads once, and says how much: nothing at the end of the input, or where there is no place.
fn read_some<R: Read>(from: &mut R, place: &mut [u8]) -> Result<usize, StreamError> {
    loop {
        match from.read(place) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read.map_err(StreamError::Read),
        }
    }
}

/// Reads until `place` is full or the input ends, and says how much was read.
pub(crate) fn read_full<R: Read>(from: &mut R, place: &mut [u8]) -> Result<usize, StreamError> {
    let mut read = 0_usize;
    while let Some(rest) = place.get_mut(read..).filter(|rest| !rest.is_empty()) {
        match read_some(from, rest)? {
            0 => break,
            count => read = read.saturating_add(count),
        }
    }
    Ok(read)
}
