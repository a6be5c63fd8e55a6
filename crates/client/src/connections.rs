//! Connections to few hosts (a KMS, proxies, buckets), kept open between requests.
//!
//! A connection is driven by the request that uses it and by nobody else: there are no tasks, and
//! a request that is given up takes its connection along.

use crate::Endpoint;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::client::conn::http1::{self, Connection, SendRequest};
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

/// Most bytes of an answer's head. Our choice.
const MAX_HEAD: usize = 16 * 1024;
/// How long one is kept. Our choice: less than the minute after which many servers hang up.
const MAX_AGE: Duration = Duration::from_secs(50);

/// Most time for one address of a host, before the next is tried. Our choice: two packets that are
/// lost are sent again within it.
const CONNECT: Duration = Duration::from_secs(3);

/// Most requests to one host at a time; what comes beyond is refused at once, so that a host that
/// does not answer ties up no more. Our choice: at 250 ms each, a thousand a second.
const MAX_AT_ONCE: usize = 256;

/// What is kept of answers and connections.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most bytes of an answer's body.
    pub answer: usize,
    /// Most connections kept while nobody uses them, to all hosts together.
    pub idle: usize,
}

/// Connections to all hosts of one kind.
pub struct Connections {
    limits: Limits,
    tls: TlsConnector,
    idle: Mutex<Vec<Idle>>,
    /// How many requests are under way to each.
    under_way: Mutex<HashMap<(String, u16), usize>>,
}

/// A request under way, counted until it is dropped.
struct UnderWay<'a> {
    connections: &'a Connections,
    to: (String, u16),
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut counts = lock(&self.connections.under_way);
        if let Some(count) = counts.get_mut(&self.to) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.to);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A connection that nobody uses.
struct Idle {
    to: Endpoint,
    since: Instant,
    open: Open,
}

/// A connection, and what moves its bytes.
struct Open {
    sender: SendRequest<Full<Bytes>>,
    /// `None` after its end.
    driver: Option<Driver>,
}

type Driver = Connection<TokioIo<Box<dyn Stream>>, Full<Bytes>>;

/// TCP, or TLS over it.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A whole answer.
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its header fields, 16 KiB at most.
    pub headers: HeaderMap,
    /// Its body, whole.
    pub body: Bytes,
}

/// Why there is no answer. Texts are for the operator or user; nothing of what was sent is in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionError {
    /// Too many requests to this host are under way already.
    Crowded,
    /// The host cannot be reached, or hung up before an answer began.
    Unreachable(String),
    /// TLS fails: the certificate is not trusted, or is another host's.
    Tls(String),
    /// What came is no answer.
    Invalid(String),
}

impl fmt::Display for ConnectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crowded => f.write_str("too many requests are under way already"),
            Self::Unreachable(why) => write!(f, "cannot be reached: {why}"),
            Self::Tls(why) => write!(f, "no tls connection: {why}"),
            Self::Invalid(why) => write!(f, "an answer that is none: {why}"),
        }
    }
}

impl Error for ConnectionError {}

/// Why there is no answer.
enum Broken {
    /// There was no connection.
    Refused(ConnectionError),
    /// The connection ended before an answer began: if it was kept, the host has hung up meanwhile.
    Lost(String),
    /// The connection ended within an answer.
    Cut(String),
    /// What came is no answer.
    Invalid(String),
}

impl Broken {
    /// As it is told to whoever asked; `cut` says what an answer that is cut off counts as.
    fn told(self, cut: fn(String) -> ConnectionError) -> ConnectionError {
        match self {
            Self::Refused(why) => why,
            Self::Lost(why) => ConnectionError::Unreachable(why),
            Self::Cut(why) => cut(why),
            Self::Invalid(why) => ConnectionError::Invalid(why),
        }
    }
}

impl Connections {
    /// None yet. TLS is spoken as `tls` says, where it is spoken.
    #[must_use]
    pub fn new(tls: Arc<ClientConfig>, limits: Limits) -> Self {
        let (idle, under_way) = (Mutex::default(), Mutex::default());
        Self { limits, tls: TlsConnector::from(tls), idle, under_way }
    }

    /// A place among the requests to `to`.
    fn begin(&self, to: &Endpoint) -> Result<UnderWay<'_>, ConnectionError> {
        let mut counts = lock(&self.under_way);
        let count = counts.entry(to.peer.clone()).or_default();
        if *count >= MAX_AT_ONCE {
            return Err(ConnectionError::Crowded);
        }
        *count += 1;
        Ok(UnderWay { connections: self, to: to.peer.clone() })
    }

    /// Sends `request` over a kept connection or a new one, and receives the whole answer. When a
    /// kept connection turns out to be lost, tries once more on a new one: what is asked here changes
    /// nothing or puts the same again, so it does no harm if the first was heard. Its future needs a
    /// runtime of tokio with I/O and time.
    ///
    /// # Errors
    /// [`ConnectionError`]. An answer that is cut off is none.
    pub async fn ask(
        &self,
        to: &Endpoint,
        request: Request<Full<Bytes>>,
    ) -> Result<Answer, ConnectionError> {
        let exchanged = self.exchanged(to, request).await;
        exchanged.map_err(|broken| broken.told(ConnectionError::Invalid))
    }

    /// The same for who asks again: where an answer is cut off, the host was lost.
    pub(crate) async fn ask_whole(
        &self,
        to: &Endpoint,
        request: Request<Full<Bytes>>,
    ) -> Result<Answer, ConnectionError> {
        let exchanged = self.exchanged(to, request).await;
        exchanged.map_err(|broken| broken.told(ConnectionError::Unreachable))
    }

    async fn exchanged(
        &self,
        to: &Endpoint,
        request: Request<Full<Bytes>>,
    ) -> Result<Answer, Broken> {
        let _place = self.begin(to).map_err(Broken::Refused)?;
        if let Some(kept) = self.kept(to) {
            match self.exchange(to, kept, request.clone()).await {
                // The others were probably hung up with it.
                Err(Broken::Lost(_)) => self.forget(to),
                done => return done,
            }
        }
        let fresh = self.open(to).await.map_err(Broken::Refused)?;
        self.exchange(to, fresh, request).await
    }

    async fn open(&self, to: &Endpoint) -> Result<Open, ConnectionError> {
        let unreachable = |error: &dyn ToString| ConnectionError::Unreachable(error.to_string());
        let tcp = connected(to).await.map_err(|error| unreachable(&error))?;
        tcp.set_nodelay(true).map_err(|error| unreachable(&error))?;
        let stream: Box<dyn Stream> = if to.tls {
            let failed = |error: &dyn ToString| ConnectionError::Tls(error.to_string());
            let name = ServerName::try_from(to.host.clone()).map_err(|error| failed(&error))?;
            // A network that fails within the handshake is no fault of TLS.
            let secured = self.tls.connect(name, tcp).await.map_err(|error| {
                let own = error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>());
                if own { failed(&error) } else { unreachable(&error) }
            });
            Box::new(secured?)
        } else {
            Box::new(tcp)
        };
        let (sender, driver) = http1::Builder::new()
            .max_buf_size(MAX_HEAD)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| unreachable(&error))?;
        Ok(Open { sender, driver: Some(driver) })
    }

    async fn exchange(
        &self,
        to: &Endpoint,
        mut open: Open,
        request: Request<Full<Bytes>>,
    ) -> Result<Answer, Broken> {
        let Open { sender, driver } = &mut open;
        let answer = async {
            sender.ready().await.map_err(|error| broken(&error))?;
            let response = sender.send_request(request).await.map_err(|error| broken(&error))?;
            let (head, body) = response.into_parts();
            let most = self.limits.answer;
            let body = Limited::new(body, most).collect().await.map_err(|error| {
                if error.is::<LengthLimitError>() {
                    return Broken::Invalid(format!("the answer is longer than {most} bytes"));
                }
                match is_cut(error.as_ref()) {
                    true => Broken::Cut(error.to_string()),
                    false => Broken::Invalid(error.to_string()),
                }
            })?;
            Ok(Answer { status: head.status, headers: head.headers, body: body.to_bytes() })
        };
        let answer = drive(driver, answer).await;
        if answer.is_ok() && open.driver.is_some() {
            self.keep(to, open);
        }
        answer
    }

    /// A kept connection to `to`, the one used last.
    fn kept(&self, to: &Endpoint) -> Option<Open> {
        let mut idle = lock(&self.idle);
        idle.retain(|idle| idle.since.elapsed() < MAX_AGE);
        let at = idle.iter().rposition(|idle| idle.to == *to)?;
        Some(idle.remove(at).open)
    }

    fn keep(&self, to: &Endpoint, open: Open) {
        if self.limits.idle == 0 {
            return;
        }
        let mut idle = lock(&self.idle);
        if idle.len() >= self.limits.idle {
            idle.remove(0);
        }
        idle.push(Idle { to: to.clone(), since: Instant::now(), open });
    }

    fn forget(&self, to: &Endpoint) {
        let mut idle = lock(&self.idle);
        idle.retain(|idle| idle.to != *to);
    }
}

/// Waits for `work` while moving the connection's bytes.
async fn drive<D: Future + Unpin, W: Future>(driver: &mut Option<D>, work: W) -> W::Output {
    let mut work = pin!(work);
    poll_fn(|context| {
        loop {
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(done);
            }
            match driver.as_mut().map(|driver| Pin::new(driver).poll(context)) {
                Some(Poll::Pending) | None => return Poll::Pending,
                // A request that it still holds is given back when it is dropped.
                Some(Poll::Ready(_)) => *driver = None,
            }
        }
    })
    .await
}

/// A connection to the first address of a host that answers in time.
async fn connected(to: &Endpoint) -> io::Result<TcpStream> {
    let mut failure = None;
    for address in tokio::net::lookup_host((to.peer.0.as_str(), to.peer.1)).await? {
        let connecting = tokio::time::timeout(CONNECT, TcpStream::connect(address)).await;
        match connecting.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            Ok(tcp) => return Ok(tcp),
            Err(why) => failure = Some(why),
        }
    }
    Err(failure.unwrap_or_else(|| io::Error::other("its name has no address")))
}

/// Whether the connection ended, and not what came over it was wrong.
fn is_cut(error: &(dyn Error + 'static)) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, TimedOut, UnexpectedEof};
    let kinds = [BrokenPipe, ConnectionAborted, ConnectionReset, TimedOut, UnexpectedEof];
    let mut cause = Some(error);
    while let Some(error) = cause {
        let network = error.downcast_ref::<io::Error>();
        let hyper = error.downcast_ref::<hyper::Error>();
        if network.is_some_and(|error| kinds.contains(&error.kind()))
            || hyper.is_some_and(hyper::Error::is_incomplete_message)
        {
            return true;
        }
        cause = error.source();
    }
    false
}

fn broken(error: &hyper::Error) -> Broken {
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    match error.is_parse() || error.is_parse_too_large() {
        true => Broken::Invalid(format!("not HTTP: {error}{cause}")),
        false => Broken::Lost(format!("{error}{cause}")),
    }
}
