//! The socket in the data directory by which a running server is asked: one line of JSON in, one out.
//! Only the directory's owner can reach it.

use super::{Request, Sealed, Wanted, perform};
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
use strongroom_crypto::SecretBytes;
use strongroom_engine::Engine;
use strongroom_server::log::{self, Level};
use strongroom_types::Region;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::UnixListener;
use tokio::sync::{Mutex, Semaphore, mpsc, watch};
use tokio::task::JoinSet;

const SOCKET: &str = "operator.sock";
const CHANGES: &str = "the server is starting or stopping; try again";
const SEALED: &str = "the server is sealed; open it with `strongroom unseal`";
/// The longest request, bytes: a policy, escaped.
const MAX_REQUEST: u64 = 64 * 1024;
/// The longest answer, bytes: some ten thousand accounts.
const MAX_ANSWER: u64 = 4 * 1024 * 1024;
/// Room for a request without growing: what is outgrown would not be wiped.
const LINE: usize = 4096;
/// How long somebody may take to say what they want, and to take the answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Most connections at one time; further ones wait. Our choice: an operator has a few shells.
const MOST: usize = 64;
/// How long a request waits for a server that is being opened or sealed.
const CHANGING: Duration = Duration::from_secs(30);
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
    let mut line = Vec::with_capacity(LINE);
    serde_json::to_writer(&mut line, request).map_err(|why| Failure::new(why.to_string()))?;
    line.push(b'\n');
    stream.write_all(SecretBytes::new(line).expose()).map_err(failed)?;
    Ok(Some(stream))
}

/// Where the operator is listened to.
pub(crate) struct Socket {
    listener: UnixListener,
    office: Arc<Office>,
}

/// Where requests are done: by an engine, or, while there is none, what brings one.
pub(crate) struct Office {
    data: Arc<DataDir>,
    clock: Option<Arc<DevClock>>,
    region: Region,
    state: watch::Sender<State>,
    /// Told when the server shall be sealed.
    seal: mpsc::Sender<()>,
    /// One thing is done at a time, however many are asked for.
    turn: Mutex<()>,
}

/// Whether the server is sealed.
#[derive(Clone, Default)]
enum State {
    /// Neither: it starts, or stops.
    #[default]
    Between,
    Sealed(Arc<Sealed>),
    Open(Arc<Engine>, Courier),
}

impl Office {
    /// One in which nothing can be done yet. Whoever wants the server sealed is told by `seal`.
    pub(crate) fn new(
        data: Arc<DataDir>,
        clock: Option<Arc<DevClock>>,
        region: Region,
        seal: mpsc::Sender<()>,
    ) -> Self {
        Self { data, clock, region, state: watch::Sender::default(), seal, turn: Mutex::new(()) }
    }

    /// The server waits for its root key.
    pub(crate) fn is_sealed(&self, sealed: Arc<Sealed>) {
        self.set(State::Sealed(sealed));
    }

    /// The server is open.
    pub(crate) fn is_open(&self, engine: Arc<Engine>, courier: Courier) {
        self.set(State::Open(engine, courier));
    }

    /// Lets go of the engine.
    pub(crate) fn is_between(&self) {
        self.set(State::Between);
    }

    fn set(&self, state: State) {
        let _ = self.state.send_replace(state);
    }

    /// The state, once it is one of the two; if it takes too long, neither.
    async fn state(&self) -> State {
        let mut states = self.state.subscribe();
        let settled = states.wait_for(|state| !matches!(state, State::Between));
        match tokio::time::timeout(CHANGING, settled).await {
            Ok(Ok(state)) => state.clone(),
            _ => State::Between,
        }
    }

    /// Has the server sealed, whatever else is under way, and waits until it is.
    async fn seal(&self) -> Result<Value, Failure> {
        if let State::Sealed(sealed) = self.state().await {
            return Ok(sealed.status());
        }
        if self.data.root_state().provider == Some(Wanted::File) {
            return Err(Failure::new(
                "the root key is in a file beside the store: sealing would protect nothing. Stop the \
                 server, or have another provider keep the root key",
            ));
        }
        // Whoever asks from now on is answered by the sealed server.
        self.is_between();
        let _ = self.seal.try_send(());
        match self.state().await {
            State::Sealed(sealed) => Ok(sealed.status()),
            _ => Err(Failure::new(
                "requests in flight hold the server up: it is sealed when they are answered",
            )),
        }
    }

    async fn answer(&self, mut stream: tokio::net::UnixStream) -> std::io::Result<()> {
        let mut line = String::with_capacity(LINE);
        let (reading, mut writing) = stream.split();
        let mut reading = tokio::io::BufReader::new(reading.take(MAX_REQUEST));
        let read = tokio::time::timeout(PATIENCE, reading.read_line(&mut line)).await;
        // A passphrase or a share may be in it.
        let line = SecretBytes::new(line.into_bytes());
        read??;
        if let Ok(wanted) = serde_json::from_slice::<backup::Wanted>(line.expose()) {
            // It takes long, and changes nothing: other requests have their turn meanwhile.
            let why = match self.state().await {
                State::Open(engine, _) => return self.back_up(wanted, stream, engine).await,
                State::Sealed(_) => SEALED,
                State::Between => CHANGES,
            };
            let refusal = SecretBytes::new(backup::refusal(why));
            return hand_over(&mut writing, &refusal, PATIENCE).await;
        }
        let answer = match self.done(&line).await {
            Ok(value) => json!({ "ok": value }),
            Err(why) => json!({ "error": why.to_string() }),
        };
        // A fresh secret access key may be in it, or shares.
        let answer = SecretBytes::new(format!("{answer}\n").into_bytes());
        hand_over(&mut writing, &answer, PATIENCE).await
    }

    /// Makes a backup, as long as the server is open: whoever seals it is not held up.
    async fn back_up(
        &self,
        wanted: backup::Wanted,
        stream: tokio::net::UnixStream,
        engine: Arc<Engine>,
    ) -> std::io::Result<()> {
        let mut states = self.state.subscribe();
        tokio::select! {
            done = backup::serve(wanted, stream, engine, self.data.clone()) => done,
            _ = states.wait_for(|state| !matches!(state, State::Open(..))) => {
                Err(std::io::Error::other("a backup was given up, for the server leaves its store"))
            }
        }
    }

    async fn done(&self, line: &SecretBytes) -> Result<Value, Failure> {
        let request: Request =
            serde_json::from_slice(line.expose()).map_err(|_| Failure::new("not a request"))?;
        if request == Request::Seal {
            return self.seal().await;
        }
        let _turn = self.turn.lock().await;
        match self.state().await {
            State::Between => Err(Failure::new(CHANGES)),
            State::Sealed(sealed) => while_sealed(&sealed, request).await,
            State::Open(engine, courier) => {
                let (clock, courier) = (self.clock.as_deref(), Some(&courier));
                let desk = Desk { data: &self.data, clock, region: self.region, courier };
                perform(&request, &engine, &desk).await
            }
        }
    }
}

/// What can be asked of a sealed server.
async fn while_sealed(sealed: &Sealed, request: Request) -> Result<Value, Failure> {
    match request {
        Request::Unseal(secret) => sealed.bring(secret.into_secret()).await,
        Request::ResetUnseal => {
            sealed.reset();
            Ok(sealed.status())
        }
        Request::RootKeyStatus | Request::Seal => Ok(sealed.status()),
        _ => Err(Failure::new(SEALED)),
    }
}

impl Socket {
    /// Listens in the data directory.
    pub(crate) fn bind(office: Arc<Office>) -> Result<Self, Failure> {
        let path = office.data.path().join(SOCKET);
        let failed = |why: std::io::Error| Failure::of(path.display(), why);
        // What an earlier server left; the directory's lock says that none is running.
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).map_err(failed)?;
        // The directory has mode 0700, so that nobody was able to connect before.
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).map_err(failed)?;
        Ok(Self { listener, office })
    }

    /// Answers until the server stops, and then those who have asked already.
    pub(crate) async fn serve(self, mut stopped: watch::Receiver<bool>) {
        let mut answering = JoinSet::new();
        tokio::select! {
            () = self.let_in(&mut answering) => {}
            _ = stopped.wait_for(|stopped| *stopped) => {}
        }
        let path = self.office.data.path().join(SOCKET);
        drop(self);
        let _ = std::fs::remove_file(path);
        // Whoever has not taken an answer by then gets none.
        let done = async { while answering.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(PATIENCE, done).await;
    }

    /// Lets in whoever comes; it does not end by itself.
    async fn let_in(&self, answering: &mut JoinSet<()>) {
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
            let office = self.office.clone();
            let _ = answering.spawn(async move {
                if let Err(why) = office.answer(stream).await {
                    log::log(Level::Warn, &format!("operator: {why}"));
                }
                drop(place);
            });
        }
    }
}

/// Writes the answer to somebody who takes it within `patience`.
async fn hand_over(
    to: &mut (impl AsyncWrite + Unpin),
    answer: &SecretBytes,
    patience: Duration,
) -> std::io::Result<()> {
    tokio::time::timeout(patience, to.write_all(answer.expose())).await?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_not_take_the_answer_is_not_waited_for() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let (mut near, _far) = tokio::io::duplex(8);
        let patience = Duration::from_millis(20);
        let answer = SecretBytes::new(b"more than fits".to_vec());
        let done = runtime.block_on(hand_over(&mut near, &answer, patience));
        assert_eq!(done.map_err(|why| why.kind()), Err(ErrorKind::TimedOut));
    }
}
