//! One connection, from the accepted socket to its end.

use crate::crowd::Member;
use crate::guarded::Guarded;
use crate::log::{Level, log};
use crate::service::{self, Connection, Shared};
use crate::tls::TlsInfo;
use crate::{Handler, Limits};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls::server::Acceptor;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, timeout};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

/// The least buffer hyper works with, bytes; it panics on less.
const LEAST_BUFFER: usize = 8192;

/// A socket that was accepted, and its place among the connections.
pub(crate) struct Accepted {
    pub(crate) stream: TcpStream,
    pub(crate) peer: SocketAddr,
    pub(crate) place: OwnedSemaphorePermit,
    pub(crate) member: Member,
}

/// How connections are made secure.
#[derive(Clone)]
pub(crate) struct Handshakes {
    config: Arc<ServerConfig>,
    /// A permit for each that may be computed at one time.
    turns: Arc<Semaphore>,
}

impl Handshakes {
    pub(crate) fn new(config: ServerConfig, at_once: u32) -> Self {
        let at_once = usize::try_from(at_once).unwrap_or(usize::MAX);
        let turns = Arc::new(Semaphore::new(at_once.min(Semaphore::MAX_PERMITS)));
        Self { config: Arc::new(config), turns }
    }

    /// Shakes hands. A turn is waited for only once the client's first message is there, and given
    /// up when the server's is computed, which is nearly all that there is to compute: so slow
    /// clients hold none, and a flood of fast ones leaves processors to those that are connected.
    async fn shake(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let hello = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
        let rest = {
            let _turn = self.turns.acquire().await;
            hello.into_stream(Arc::clone(&self.config))
        };
        rest.await
    }
}

/// Serves `accepted` until it is closed or, once `stop` says so or others need the place, its
/// request in flight is done.
pub(crate) async fn run<H: Handler>(
    shared: Arc<Shared<H>>,
    handshakes: Option<Handshakes>,
    accepted: Accepted,
    stop: watch::Receiver<bool>,
) {
    let Accepted { stream, peer, place, member } = accepted;
    // Replies are written whole; waiting for more to send only delays them.
    let _ = stream.set_nodelay(true);
    let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
    let (handshake_limit, traffic) = (shared.limits.handshake, Arc::clone(&shared.traffic));
    let phase = member.phase.clone();
    let connection = |tls| Arc::new(Connection { shared, peer, tls, member, _place: place });
    let Some(handshakes) = handshakes else {
        return speak(connection(None), stream, stop).await;
    };
    let begun = Instant::now();
    let shaken = tokio::select! {
        biased;
        shaken = timeout(handshake_limit, handshakes.shake(stream)) => shaken,
        () = stopped(stop.clone()) => return,
        () = phase.asked_to_go() => return traffic.evicted.increment(),
    };
    match shaken {
        Ok(Ok(stream)) => {
            traffic.handshakes.observe_time(begun.elapsed());
            let tls = TlsInfo::of(stream.get_ref().1);
            speak(connection(tls), stream, stop).await;
        }
        Ok(Err(error)) => {
            traffic.handshakes_failed.increment();
            log(Level::Debug, &format!("{peer}: TLS handshake failed: {error}"));
        }
        Err(_) => {
            traffic.handshakes_late.increment();
            log(Level::Debug, &format!("{peer}: TLS handshake took too long"));
        }
    }
}

/// Ready once the server stops.
pub(crate) async fn stopped(mut stop: watch::Receiver<bool>) {
    // An error says that the server is gone, which comes to the same.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// HTTP/1.1 over `stream`.
pub(crate) async fn speak<H: Handler, S: AsyncRead + AsyncWrite + Unpin>(
    connection: Arc<Connection<H>>,
    stream: S,
    stop: watch::Receiver<bool>,
) {
    let limits = &connection.shared.limits;
    let phase = connection.member.phase.clone();
    let io = TokioIo::new(Guarded::new(stream, phase.clone(), limits));
    let service = service_fn(|request| service::answer(Arc::clone(&connection), request));
    let mut served = pin!(builder(limits).serve_connection(io, service));
    let outcome = tokio::select! {
        biased;
        outcome = served.as_mut() => outcome,
        () = stopped(stop) => {
            served.as_mut().graceful_shutdown();
            served.await
        }
        () = phase.asked_to_go() => {
            connection.shared.traffic.evicted.increment();
            // Half a request is not waited for.
            if phase.waiting_since().is_some() && !phase.is_idle() {
                return;
            }
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = outcome {
        log(Level::Debug, &format!("{}: connection ended: {error}", connection.peer));
    }
}

fn builder(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .max_header_size(limits.header_bytes)
        .max_buf_size(limits.header_bytes.max(LEAST_BUFFER))
        // `Guarded` watches the clock.
        .header_read_timeout(None)
        // Bodies are written from where they are: a copy in hyper's buffer would not be wiped.
        .writev(true);
    builder
}
