//! A backup of the running server, over the operator's socket: not an answer of one line, but
//! messages. Each has a letter, a length (4 bytes, big-endian) and what follows from it: `b` bytes of
//! the backup, `p` how many records are done and of how many (8 bytes each), `e` the end with what is
//! told of it, `x` why there is no backup.

use super::{about, files, source::Told};
use crate::data::DataDir;
use crate::terminal::Failure;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;
use strongroom_engine::Engine;
use strongroom_engine::backup::{BackupFailure, Output};
use tokio::sync::oneshot;

/// How long somebody may take to take the next bytes. Our choice: a disk or a network that is slow
/// for a minute is gone, and as long as the backup waits the store's log grows.
const PATIENCE: Duration = Duration::from_secs(60);

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
    let about = about(data, engine.now())?;
    let output = Output {
        bytes: &mut |bytes| say(stream, b'b', bytes),
        progress: &mut |done, total| {
            say(stream, b'p', &[done.to_be_bytes(), total.to_be_bytes()].concat())
        },
    };
    let done = super::runtime()?.block_on(async {
        let mut writer = engine.back_up(about, output).await?;
        if *with_trail {
            files::add(&data.path().join("trail"), &mut writer)?;
        }
        let description = writer.description.clone();
        Ok::<_, BackupFailure>(Told::of(&description, &writer.finish()?))
    });
    done.map_err(|why| Failure::new(why.to_string()))
}

fn say(mut stream: &UnixStream, letter: u8, bytes: &[u8]) -> std::io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(std::io::Error::other)?;
    stream.write_all(&[letter])?;
    stream.write_all(&length.to_be_bytes())?;
    stream.write_all(bytes)
}
