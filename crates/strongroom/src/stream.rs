//! Events as lines of JSON, beside delivery: to the standard output, or to the system's log.
//!
//! Who takes them may be slow or not read at all. That holds up neither delivery nor the end of the
//! server: lines wait for a thread of their own, and when too many do, the newest are left out,
//! which a warning tells. They are in the log files all the same.

use rustix::io::Errno;
use std::fmt;
use std::io::{self, Write};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use strongroom_server::log::{self, Level};
use strongroom_trail::Event;
use strongroom_trail::shipper::Stream;
use tokio::time::Instant;

/// Facility `authpriv` (10), severity `informational` (6). Source: RFC 5424, section 6.2.1.
const PRIORITY: u8 = 10 * 8 + 6;
/// The most lines that wait to be told.
const MOST_LINES: usize = 50_000;
/// The most bytes of them.
const MOST_BYTES: usize = 64 << 20;
/// How long a log daemon may take for one line.
const SEND: Duration = Duration::from_secs(1);
/// The shortest time between two warnings.
const WARN: Duration = Duration::from_secs(60);
/// How long the end of the server waits for what is left.
const LAST: Duration = Duration::from_secs(1);
/// How often it looks.
const LOOK: Duration = Duration::from_millis(10);

/// Where events are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// On the standard output.
    Stdout,
    /// To the log daemon that listens on this socket.
    Syslog(PathBuf),
}

impl Target {
    /// `stdout`, or `syslog:` and the path of a socket.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            None if text == "stdout" => Some(Self::Stdout),
            None if text == "syslog" => Some(Self::Syslog("/dev/log".into())),
            Some(("syslog", path)) if path.starts_with('/') => Some(Self::Syslog(path.into())),
            _ => None,
        }
    }

    /// What is told of an event.
    fn line(&self, event: &Event) -> String {
        match self {
            Self::Stdout => format!("{}\n", event.json),
            Self::Syslog(_) => message(event.time.civil(), "event", &event.json),
        }
    }

    fn outlet(&self) -> Outlet {
        match self {
            Self::Stdout => Box::new(|line| {
                let mut out = io::stdout().lock();
                out.write_all(line.as_bytes())?;
                out.flush()
            }),
            Self::Syslog(path) => {
                let mut daemon = Daemon { path: path.clone(), socket: None };
                Box::new(move |line| daemon.tell(line))
            }
        }
    }
}

/// Tells a line; it may wait.
type Outlet = Box<dyn FnMut(&str) -> io::Result<()> + Send>;

/// Hands events to the thread that tells them.
pub(crate) struct Telling {
    target: Target,
    lines: SyncSender<String>,
    count: Arc<Count>,
    warned: Option<Instant>,
}

/// What waits, and what was left out.
#[derive(Default)]
struct Count {
    waiting: AtomicUsize,
    lost: AtomicU64,
    /// Why the latest was.
    why: Mutex<String>,
}

impl Count {
    fn lose(&self, why: &str) {
        why.clone_into(&mut self.why.lock().unwrap_or_else(PoisonError::into_inner));
        self.lost.fetch_add(1, Ordering::Relaxed);
    }
}

impl Telling {
    pub(crate) fn new(target: Target) -> Self {
        let outlet = target.outlet();
        Self::by(target, outlet)
    }

    /// Nobody joins the thread, since it may wait for a reader for ever. Without it all lines are
    /// left out.
    fn by(target: Target, outlet: Outlet) -> Self {
        let (lines, waiting) = sync_channel(MOST_LINES);
        let count = Arc::<Count>::default();
        let counted = count.clone();
        let thread = std::thread::Builder::new().name("stream".to_owned());
        if let Err(why) = thread.spawn(move || tell(outlet, &waiting, &counted)) {
            log::log(Level::Error, &format!("a thread could not be started: {why}"));
        }
        Self { target, lines, count, warned: None }
    }

    fn hand_over(&self, line: String) {
        let length = line.len();
        let before = self.count.waiting.fetch_add(length, Ordering::AcqRel);
        let fits = before.saturating_add(length) <= MOST_BYTES;
        if !fits || self.lines.try_send(line).is_err() {
            self.count.waiting.fetch_sub(length, Ordering::AcqRel);
            self.count.lose("they are not taken as fast as they come");
        }
    }

    fn warn(&mut self, now: Instant) {
        if self.warned.is_some_and(|before| now.duration_since(before) < WARN) {
            return;
        }
        let lost = self.count.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            self.warned = Some(now);
            let why = self.count.why.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let target = &self.target;
            log::log(Level::Warn, &format!("{lost} events were not told ({target:?}): {why}"));
        }
    }
}

impl Stream for Telling {
    fn take(&mut self, events: &[Event]) {
        for event in events {
            self.hand_over(self.target.line(event));
        }
        self.warn(Instant::now());
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        let end = Instant::now() + LAST;
        while self.count.waiting.load(Ordering::Acquire) > 0 && Instant::now() < end {
            std::thread::sleep(LOOK);
        }
        if self.count.waiting.load(Ordering::Acquire) > 0 {
            log::log(Level::Warn, "events that still waited to be told are left out");
        }
        self.warned = None;
        self.warn(Instant::now());
    }
}

/// Tells lines until no more can come.
fn tell(mut outlet: Outlet, lines: &Receiver<String>, count: &Count) {
    for line in lines {
        if let Err(why) = outlet(&line) {
            count.lose(&why.to_string());
        }
        count.waiting.fetch_sub(line.len(), Ordering::AcqRel);
    }
}

/// The log daemon.
struct Daemon {
    path: PathBuf,
    socket: Option<UnixDatagram>,
}

impl Daemon {
    fn tell(&mut self, line: &str) -> io::Result<()> {
        let was_connected = self.socket.is_some();
        match self.send(line) {
            // It may have been started anew since the line before.
            Err(why) if was_connected && !is_too_long(&why) && !is_late(&why) => self.send(line),
            sent => sent,
        }
    }

    fn send(&mut self, line: &str) -> io::Result<()> {
        let socket = match self.socket.take() {
            Some(socket) => socket,
            None => connected(&self.path)?,
        };
        let sent = socket.send(line.as_bytes());
        if sent.as_ref().err().is_none_or(is_too_long) {
            self.socket = Some(socket);
        }
        sent.map(drop)
    }
}

fn connected(path: &Path) -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    socket.connect(path)?;
    socket.set_write_timeout(Some(SEND))?;
    Ok(socket)
}

/// Tells the log daemon at `path` lines that must not be lost: the first failure is the caller's.
pub(crate) fn told_for_sure(path: &Path, kind: &str, lines: &[String]) -> io::Result<()> {
    let socket = connected(path)?;
    for line in lines {
        socket.send(message("-", kind, line).as_bytes())?;
    }
    Ok(())
}

/// Whether it is for the line and not for the daemon that it was not sent.
fn is_too_long(why: &io::Error) -> bool {
    why.raw_os_error() == Some(Errno::MSGSIZE.raw_os_error())
}

fn is_late(why: &io::Error) -> bool {
    matches!(why.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// A message of RFC 5424; `time` is `-` where none is told.
fn message(time: impl fmt::Display, kind: &str, text: &str) -> String {
    format!("<{PRIORITY}>1 {time} - strongroom {} {kind} - {text}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;
    use strongroom_engine::event_id::EventId;
    use strongroom_trail::event::Attributes;
    use strongroom_types::{AccountId, Timestamp};

    fn event(json: &str) -> Event {
        Event {
            account: AccountId::INITIAL,
            region: "eu-west-2".parse().unwrap(),
            time: Timestamp::from_millis(0),
            id: EventId::shared(Timestamp::from_millis(0), [0; 16]),
            source: "kms.amazonaws.com".into(),
            is_read_only: true,
            is_management: true,
            is_global: false,
            is_served: true,
            attributes: Attributes::default(),
            json: json.to_owned(),
        }
    }

    #[test]
    fn targets_are_named() {
        assert_eq!(Target::parse("stdout"), Some(Target::Stdout));
        assert_eq!(Target::parse("syslog"), Some(Target::Syslog("/dev/log".into())));
        assert_eq!(Target::parse("syslog:/run/log"), Some(Target::Syslog("/run/log".into())));
        for text in ["", "stderr", "syslog:", "syslog:host", "file:/x"] {
            assert_eq!(Target::parse(text), None, "{text}");
        }
    }

    /// The first line is being told, as many as there is room for wait, the others are counted.
    #[test]
    fn who_does_not_read_holds_nobody_up() {
        let (stuck, never) = sync_channel::<()>(0);
        let (begun, first) = sync_channel(1);
        let mut telling = Telling::by(
            Target::Stdout,
            Box::new(move |_| {
                let _ = begun.try_send(());
                never.recv().map_err(io::Error::other)
            }),
        );
        let started = Instant::now();
        telling.hand_over("first".to_owned());
        first.recv().unwrap();
        telling.take(&vec![event("{}"); MOST_LINES]);
        assert_eq!(telling.count.lost.load(Ordering::Relaxed), 0);
        telling.warned = Some(started);
        telling.take(&vec![event("{}"); 7]);
        assert_eq!(telling.count.lost.load(Ordering::Relaxed), 7);
        drop(telling);
        assert!(started.elapsed() < Duration::from_secs(20));
        drop(stuck);
    }

    #[test]
    fn the_bytes_that_wait_are_bounded_and_warnings_rare() {
        let (stuck, never) = sync_channel::<()>(0);
        let mut telling =
            Telling::by(Target::Stdout, Box::new(move |_| never.recv().map_err(io::Error::other)));
        for _ in 0..9 {
            telling.hand_over("x".repeat(8 << 20));
        }
        let lost = |telling: &Telling| telling.count.lost.load(Ordering::Relaxed);
        assert_eq!(lost(&telling), 1);
        let now = Instant::now();
        telling.warn(now);
        telling.hand_over("x".repeat(8 << 20));
        telling.warn(now + WARN / 2);
        assert_eq!(lost(&telling), 1);
        telling.warn(now + WARN);
        assert_eq!(lost(&telling), 0);
        drop(stuck);
    }

    #[test]
    fn a_line_that_is_too_long_alone_is_left_out_and_a_new_daemon_is_found() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("log");
        let mut telling = Telling::new(Target::Syslog(path.clone()));
        let listen = || {
            let socket = UnixDatagram::bind(&path).unwrap();
            socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            socket
        };
        let heard = |socket: &UnixDatagram| {
            let mut line = [0; 100];
            let length = socket.recv(&mut line).unwrap();
            String::from_utf8_lossy(&line[..length]).into_owned()
        };
        let socket = listen();
        telling.warned = Some(Instant::now());
        telling.take(&[event("{1}"), event(&"x".repeat(16 << 20)), event("{2}")]);
        let pid = std::process::id();
        let message =
            |json| format!("<86>1 1970-01-01T00:00:00Z - strongroom {pid} event - {json}");
        assert_eq!([heard(&socket), heard(&socket)], [message("{1}"), message("{2}")]);
        assert_eq!(telling.count.lost.load(Ordering::Relaxed), 1);
        drop(socket);
        std::fs::remove_file(&path).unwrap();
        let socket = listen();
        telling.take(&[event("{3}")]);
        assert_eq!(heard(&socket), message("{3}"));
    }
}
