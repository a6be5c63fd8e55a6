//! A backup of the running server, over the operator's socket: not an answer of one line, but
//! messages. Each has a letter, a length (4 bytes, big-endian) and what follows from it: `b` bytes of
//! the backup, `p` how many records are done and of how many (8 bytes each), `e` the end with what is
//! told of it, `x` why there is no backup.

use super::{about, files, source::Told};
use crate::data::DataDir;
use crate::terminal::Failure;
use serde::{Deserialize, Serialize};
use std::io::{ErrorKind, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;
use strongroom_engine::Engine;
use strongroom_engine::backup::{BackupFailure, Output};
use tokio::sync::oneshot;
use tokio::time::Instant;

/// How long somebody may take to take the next bytes. Our choice: a disk or a network that is slow
/// for a minute is gone, and as long as the backup waits the store's log grows.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes a second that must have been taken on average when that long was waited for them in all. Our
/// choice: any network is faster, and a store of a gigabyte is handed over within 70 minutes.
const LEAST_RATE: u64 = 256 << 10;

/// What is asked of the server that is answered by messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Wanted {
    /// A backup.
    BackUp {
        /// With what is delivered of the trail.
        with_trail: bool,
    },
}

/// Makes the backup on a thread of its own, since it blocks, and returns when it is made or whoever
/// asked for it is gone. Dropped before, it ends the thread.
pub(crate) async fn serve(
    wanted: Wanted,
    stream: tokio::net::UnixStream,
    engine: Arc<Engine>,
    data: Arc<DataDir>,
) -> std::io::Result<()> {
    let stream = stream.into_std()?;
    stream.set_nonblocking(false)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let _cut_off = CutOff(stream.try_clone()?);
    let (done, ended) = oneshot::channel();
    std::thread::Builder::new().name("backup".to_owned()).spawn(move || {
        let made = make(&wanted, &stream, &engine, &data);
        // The engine is let go of before it is told, and the server may wait for that.
        drop(engine);
        let _ = done.send(made);
    })?;
    ended.await.map_err(|_| std::io::Error::other("the backup's thread failed"))?
}

/// Whoever writes to the stream meanwhile is told that nobody reads.
struct CutOff(UnixStream);

impl Drop for CutOff {
    fn drop(&mut self) {
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

fn make(
    wanted: &Wanted,
    stream: &UnixStream,
    engine: &Engine,
    data: &DataDir,
) -> std::io::Result<()> {
    match backed_up(wanted, stream, engine, data) {
        Ok(told) => say(stream, b'e', serde_json::to_string(&told)?.as_bytes()),
        Err(why) => {
            let why = why.to_string();
            // Whoever asked is told, if they are still there.
            let _ = say(stream, b'x', why.as_bytes());
            Err(std::io::Error::other(why))
        }
    }
}

fn backed_up(
    Wanted::BackUp { with_trail }: &Wanted,
    stream: &UnixStream,
    engine: &Engine,
    data: &DataDir,
) -> Result<Told, Failure> {
    let mut pace = Pace::default();
    let now = engine.now();
    let output = Output {
        bytes: &mut |bytes| pace.say(stream, bytes),
        progress: &mut |done, total| {
            say(stream, b'p', &[done.to_be_bytes(), total.to_be_bytes()].concat())
        },
    };
    let done = super::runtime()?.block_on(async {
        let mut writer = engine.back_up(|root| about(data, root, now), output).await?;
        if *with_trail {
            files::add(&data.path().join("trail"), &mut writer)?;
        }
        let description = writer.description.clone();
        Ok::<_, BackupFailure>(Told::of(&description, &writer.finish()?))
    });
    done.map_err(|why| Failure::new(why.to_string()))
}

/// How fast the bytes are taken.
#[derive(Default)]
struct Pace {
    bytes: u64,
    /// How long they were waited for.
    waited: Duration,
}

impl Pace {
    /// Hands over the next bytes of the backup.
    fn say(&mut self, stream: &UnixStream, bytes: &[u8]) -> std::io::Result<()> {
        let length = u32::try_from(bytes.len()).map_err(std::io::Error::other)?;
        self.write(stream, &[b"b", length.to_be_bytes().as_slice()].concat())?;
        self.write(stream, bytes)
    }

    fn write(&mut self, mut stream: &UnixStream, mut bytes: &[u8]) -> std::io::Result<()> {
        while !bytes.is_empty() {
            let began = Instant::now();
            let count = match stream.write(bytes) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => count,
                Err(why) if why.kind() == ErrorKind::Interrupted => 0,
                Err(why) => return Err(why),
            };
            self.took(count, began.elapsed())?;
            bytes = bytes.get(count..).unwrap_or_default();
        }
        Ok(())
    }

    /// So many bytes were taken within so long.
    fn took(&mut self, count: usize, within: Duration) -> std::io::Result<()> {
        self.bytes = self.bytes.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        self.waited = self.waited.saturating_add(within);
        let least = self.waited.as_secs().saturating_mul(LEAST_RATE);
        if self.waited > PATIENCE && self.bytes < least {
            return Err(std::io::Error::other("the backup was taken too slowly"));
        }
        Ok(())
    }
}

/// The message that there is no backup, and why.
pub(crate) fn refusal(why: &str) -> Vec<u8> {
    let length = u32::try_from(why.len()).unwrap_or(u32::MAX);
    [b"x", length.to_be_bytes().as_slice(), why.as_bytes()].concat()
}

fn say(mut stream: &UnixStream, letter: u8, bytes: &[u8]) -> std::io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(std::io::Error::other)?;
    stream.write_all(&[letter])?;
    stream.write_all(&length.to_be_bytes())?;
    stream.write_all(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn whoever_takes_too_little_is_not_waited_for() {
        let second = Duration::from_secs(1);
        let whole = usize::try_from(LEAST_RATE).unwrap();
        let mut pace = Pace::default();
        (0..200).try_for_each(|_| pace.took(whole, second)).unwrap();
        let mut pace = Pace::default();
        let taken = (0..200).take_while(|_| pace.took(whole - 1, second).is_ok()).count();
        assert_eq!(taken, 60);
        // Of what it is given at once, so much may be waited for.
        let mut pace = Pace::default();
        pace.took(100 * whole, second).unwrap();
        (0..99).try_for_each(|_| pace.took(0, second)).unwrap();
        assert!(pace.took(0, second).is_err());
    }
}
