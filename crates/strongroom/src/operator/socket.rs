//! The socket in the data directory by which a running server is asked: one line of JSON in, one out.
//! Only the directory's owner can reach it.

use super::{Request, perform};
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
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;
use tokio::sync::watch;

const SOCKET: &str = "operator.sock";
/// The longest request, bytes: a policy, escaped.
const MAX_REQUEST: u64 = 64 * 1024;
/// The longest answer, bytes: some ten thousand accounts.
const MAX_ANSWER: u64 = 4 * 1024 * 1024;
/// How long somebody may take to say what they want.
const PATIENCE: Duration = Duration::from_secs(5);

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
    ask_running(data, request)?.ok_or_else(none)
}

/// Asks the server that runs on `data`; `None` if there is none.
pub(super) fn ask_running(data: &Path, request: &Request) -> Result<Option<Value>, Failure> {
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
    let mut line = String::new();
    BufReader::new(stream.take(MAX_ANSWER)).read_line(&mut line).map_err(failed)?;
    let mut answer: Value = serde_json::from_str(&line)
        .map_err(|_| Failure::new("the server did not answer; see its log"))?;
    match answer.get("error").and_then(Value::as_str) {
        Some(why) => Err(Failure::new(why)),
        None => Ok(answer.get_mut("ok").map(Value::take)),
    }
}

/// Where the operator is listened to.
pub(crate) struct Socket {
    listener: UnixListener,
    data: Arc<DataDir>,
    clock: Option<Arc<DevClock>>,
    region: Region,
    courier: Courier,
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
        Ok(Self { listener, data, clock, region, courier })
    }

    /// Answers until the server stops.
    pub(crate) async fn serve(self, engine: Arc<Engine>, mut stopped: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                accepted = self.listener.accept() => {
                    let Ok((stream, _)) = accepted else { continue };
                    if let Err(why) = self.answer(stream, &engine).await {
                        log::log(Level::Warn, &format!("operator: {why}"));
                    }
                }
                _ = stopped.changed() => break,
            }
        }
        let _ = std::fs::remove_file(self.data.path().join(SOCKET));
    }

    async fn answer(
        &self,
        mut stream: tokio::net::UnixStream,
        engine: &Engine,
    ) -> std::io::Result<()> {
        let mut line = String::new();
        let (reading, _) = stream.split();
        let mut reading = tokio::io::BufReader::new(reading.take(MAX_REQUEST));
        tokio::time::timeout(PATIENCE, reading.read_line(&mut line)).await??;
        let (clock, courier) = (self.clock.as_deref(), Some(&self.courier));
        let desk = Desk { data: &self.data, clock, region: self.region, courier };
        let done = match serde_json::from_str::<Request>(&line) {
            Ok(request) => perform(&request, engine, &desk).await,
            Err(_) => Err(Failure::new("not a request")),
        };
        let answer = match done {
            Ok(value) => json!({ "ok": value }),
            Err(why) => json!({ "error": why.to_string() }),
        };
        stream.write_all(format!("{answer}\n").as_bytes()).await
    }
}
