//! The socket in the data directory by which a running server is asked: one line of JSON in, one out.
//! Only the directory's owner can reach it.

use super::{Request, perform};
use crate::backup;
use crate::clock::DevClock;
use crate::data::DataDir;
use crate::delivery::Courier;
use crate::terminal::Failure;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use strongroom_engine::Engine;
use strongroom_server::log::{self, Level};
use strongroom_types::Region;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::UnixListener;
use tokio::sync::{Mutex, Semaphore, watch};
use tokio::task::JoinSet;

const SOCKET: &str = "operator.sock";
/// The longest request, bytes: a policy, escaped.
const MAX_REQUEST: u64 = 64 * 1024;
/// The longest answer, bytes: some ten thousand accounts.
const MAX_ANSWER: u64 = 4 * 1024 * 1024;
/// How long somebody may take to say what they want, and to take the answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Most connections at one time; further ones wait. Our choice: an operator has a few shells.
const MOST: usize = 64;
/// How long nobody is let in after that has failed: what is short then, file descriptors most often,
/// is not there again at once.
const PAUSE: Duration = Duration::from_millis(200);

/// What requests are done with, beside the engine.
pub(crate) struct Desk<'a> {
    pub(crate) data: &'a DataDir,
    /// The clock for tests; `None` if it is the real one.
    pub(crate) clock: Option<&'a DevClock>,
    pub(crate) region: Region,
    /// What delivers the trail, if a server does.
    pub(crate) courier: Option<&'a Courier>,
}

/// Asks the server that runs on `data`.
pub(crate) fn ask(data: &Path, request: &Request) -> Result<Value, Failure> {
    let none = || {
        let path = data.join(SOCKET);
        Failure::new(format!("{}: is a server running on this directory?", path.display()))
    };
    ask_if_running(data, request)?.ok_or_else(none)
}

/// Asks the server that runs on `data`; `None` if there is none.
pub(crate) fn ask_if_running(data: &Path, request: &Request) -> Result<Option<Value>, Failure> {
    let path = data.join(SOCKET);
    let failed = |why: std::io::Error| Failure::of(path.display(), why);
    let Some(stream) = connect(data, request)? else { return Ok(None) };
    let mut line = String::new();
    BufReader::new(stream.take(MAX_ANSWER)).read_line(&mut line).map_err(failed)?;
    let mut answer: Value = serde_json::from_str(&line)
        .map_err(|_| Failure::new("the server did not answer; see its log"))?;
    match answer.get("error").and_then(Value::as_str) {
        Some(why) => Err(Failure::new(why)),
        None => Ok(answer.get_mut("ok").map(Value::take)),
    }
}

/// Tells the server that runs on `data` what is asked for; `None` if there is none.
pub(crate) fn connect(
    data: &Path,
    request: &impl serde::Serialize,
) -> Result<Option<UnixStream>, Failure> {
    let path = data.join(SOCKET);
    let failed = |why: std::io::Error| Failure::of(path.display(), why);
    let mut stream = match UnixStream::connect(&path) {
        Ok(stream) => stream,
        Err(why) if matches!(why.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        Err(why) => return Err(failed(why)),
    };
    let line = serde_json::to_string(request).map_err(|why| Failure::new(why.to_string()))?;
    writeln!(stream, "{line}").map_err(failed)?;
    Ok(Some(stream))
}

/// Where the operator is listened to.
pub(crate) struct Socket {
    listener: UnixListener,
    counter: Arc<Counter>,
}

/// Where requests are done.
struct Counter {
    data: Arc<DataDir>,
    clock: Option<Arc<DevClock>>,
    region: Region,
    courier: Courier,
    /// One thing is done at a time, however many are asked for.
    turn: Mutex<()>,
}

impl Socket {
    /// Listens in the data directory.
    pub(crate) fn bind(
        data: Arc<DataDir>,
        clock: Option<Arc<DevClock>>,
        region: Region,
        courier: Courier,
    ) -> Result<Self, Failure> {
        let path = data.path().join(SOCKET);
        let failed = |why: std::io::Error| Failure::of(path.display(), why);
        // What an earlier server left; the directory's lock says that none is running.
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).map_err(failed)?;
        // The directory has mode 0700, so that nobody was able to connect before.
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).map_err(failed)?;
        let turn = Mutex::new(());
        let counter = Arc::new(Counter { data, clock, region, courier, turn });
        Ok(Self { listener, counter })
    }

    /// Answers until the server stops, and then those who have asked already.
    pub(crate) async fn serve(self, engine: Arc<Engine>, mut stopped: watch::Receiver<bool>) {
        let mut answering = JoinSet::new();
        tokio::select! {
            () = self.let_in(&engine, &mut answering) => {}
            _ = stopped.changed() => {}
        }
        let path = self.counter.data.path().join(SOCKET);
        drop(self);
        let _ = std::fs::remove_file(path);
        // Whoever has not taken an answer by then gets none.
        let done = async { while answering.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(PATIENCE, done).await;
    }

    /// Lets in whoever comes; it does not end by itself.
    async fn let_in(&self, engine: &Arc<Engine>, answering: &mut JoinSet<()>) {
        let places = Arc::new(Semaphore::new(MOST));
        loop {
            // It is never closed.
            let Ok(place) = places.clone().acquire_owned().await else { return };
            while answering.try_join_next().is_some() {}
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                Err(why) => {
                    log::log(Level::Warn, &format!("operator: nobody can be let in: {why}"));
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            let (counter, engine) = (self.counter.clone(), engine.clone());
            let _ = answering.spawn(async move {
                if let Err(why) = counter.answer(stream, &engine).await {
                    log::log(Level::Warn, &format!("operator: {why}"));
                }
                drop(place);
            });
        }
    }
}

impl Counter {
    async fn answer(
        &self,
        mut stream: tokio::net::UnixStream,
        engine: &Arc<Engine>,
    ) -> std::io::Result<()> {
        let mut line = String::new();
        let (reading, mut writing) = stream.split();
        let mut reading = tokio::io::BufReader::new(reading.take(MAX_REQUEST));
        tokio::time::timeout(PATIENCE, reading.read_line(&mut line)).await??;
        if let Ok(wanted) = serde_json::from_str::<backup::Wanted>(&line) {
            // It takes long, and changes nothing: other requests have their turn meanwhile.
            return backup::serve(wanted, stream, engine.clone(), self.data.clone()).await;
        }
        let answer = match self.done(&line, engine).await {
            Ok(value) => json!({ "ok": value }),
            Err(why) => json!({ "error": why.to_string() }),
        };
        hand_over(&mut writing, &format!("{answer}\n"), PATIENCE).await
    }

    async fn done(&self, line: &str, engine: &Engine) -> Result<Value, Failure> {
        let request: Request =
            serde_json::from_str(line).map_err(|_| Failure::new("not a request"))?;
        let _turn = self.turn.lock().await;
        let (clock, courier) = (self.clock.as_deref(), Some(&self.courier));
        let desk = Desk { data: &self.data, clock, region: self.region, courier };
        perform(&request, engine, &desk).await
    }
}

/// Writes the answer to somebody who takes it within `patience`.
async fn hand_over(
    to: &mut (impl AsyncWrite + Unpin),
    answer: &str,
    patience: Duration,
) -> std::io::Result<()> {
    tokio::time::timeout(patience, to.write_all(answer.as_bytes())).await?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_not_take_the_answer_is_not_waited_for() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let (mut near, _far) = tokio::io::duplex(8);
        let patience = Duration::from_millis(20);
        let done = runtime.block_on(hand_over(&mut near, "more than fits", patience));
        assert_eq!(done.map_err(|why| why.kind()), Err(ErrorKind::TimedOut));
    }
}
