//! The listener: what may be listened on, accepting, and stopping.

use crate::connection::{self, Accepted, Handshakes};
use crate::crowd::{Crowd, Peer};
use crate::log::{Level, log};
use crate::service::Shared;
use crate::sparing::Sparing;
use crate::task::{Background, spawn};
use crate::tls::{self, Certificates};
use crate::{Handler, Limits, TlsError, TlsSource, Traffic, clock, hardening};
use rustls::pki_types::ServerName;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};

/// After a failed accept, which is most often a want of file descriptors that passes.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Between two attempts to make room: those asked to go are gone by then, or did not wait.
const ROOM_PAUSE: Duration = Duration::from_millis(50);
/// Open files that connections leave to the rest of the server: store, journal, objects, and
/// connections to key stores, of which there may be 256 to each. At most half of all files.
const OTHER_FILES: u64 = 512;

/// What to listen on, and how.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address and port; port 0 is any free one.
    pub listen: SocketAddr,
    /// Plain HTTP or TLS.
    pub transport: Transport,
    /// Bounds.
    pub limits: Limits,
}

/// Plain HTTP or TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// HTTP without TLS: on a loopback address only, unless `anywhere`.
    Plain {
        /// Allows every address (`--insecure-plain-http`): for use behind a proxy that ends TLS.
        anywhere: bool,
    },
    /// HTTP over TLS 1.2 or 1.3.
    Tls(TlsSource),
}

/// Why the server does not listen.
#[derive(Debug)]
pub enum BindError {
    /// Plain HTTP was asked for on an address that other machines can reach.
    Plaintext(SocketAddr),
    /// The address cannot be listened on.
    Listen(SocketAddr, io::Error),
    /// There is no certificate.
    Tls(TlsError),
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plaintext(address) => write!(
                f,
                "plain http on {address} would send secrets over the network in the clear: give \
                 `--tls self-signed` or `--tls CERT KEY`, listen on 127.0.0.1, or, behind a proxy \
                 that ends tls, give `--insecure-plain-http`"
            ),
            Self::Listen(address, error) => write!(f, "cannot listen on {address}: {error}"),
            Self::Tls(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BindError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Plaintext(_) => None,
            Self::Listen(_, error) => Some(error),
            Self::Tls(error) => Some(error),
        }
    }
}

/// How serving ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// Every request was finished and every connection closed.
    All,
    /// This many connections were still open when the time was over. They end with the runtime.
    Left(usize),
}

/// A server that listens and does not yet serve.
pub struct Server {
    listener: TcpListener,
    certificates: Option<Arc<Certificates>>,
    handshakes: Option<Handshakes>,
    limits: Limits,
    traffic: Arc<Traffic>,
}

impl Server {
    /// Loads or makes the certificate and listens. Connections wait until [`Server::serve`].
    ///
    /// # Errors
    /// [`BindError`]: plain HTTP is not allowed there, the address cannot be had, or there is no
    /// usable certificate.
    pub async fn bind(config: Config) -> Result<Self, BindError> {
        let Config { listen, transport, mut limits } = config;
        limits.connections = within_open_files(limits.connections, hardening::open_files());
        let certificates = match transport {
            Transport::Plain { anywhere } if anywhere || is_loopback(listen) => None,
            Transport::Plain { .. } => return Err(BindError::Plaintext(listen)),
            Transport::Tls(source) => {
                let opened = Certificates::open(source, own_names(listen));
                Some(Arc::new(opened.map_err(BindError::Tls)?))
            }
        };
        let config = certificates.as_ref().map(|certificates| tls::config(certificates.clone()));
        let config = config.transpose().map_err(BindError::Tls)?;
        let traffic = Traffic::new(&limits);
        let handshakes = config.map(|config| Handshakes::new(config, limits.handshakes));
        let listener = TcpListener::bind(listen).await;
        let listener = listener.map_err(|error| BindError::Listen(listen, error))?;
        Ok(Self { listener, certificates, handshakes, limits, traffic })
    }

    /// The address listened on, with the port that port 0 became.
    ///
    /// # Errors
    /// Of the operating system; none is known.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// What is counted of it, from now until it ends.
    #[must_use]
    pub fn traffic(&self) -> Arc<Traffic> {
        Arc::clone(&self.traffic)
    }

    /// The file clients are to trust (`AWS_CA_BUNDLE`), if the certificate is our own.
    #[must_use]
    pub fn ca_file(&self) -> Option<PathBuf> {
        self.certificates.as_ref().and_then(|certificates| certificates.ca())
    }

    /// Serves until `shutdown` is ready; then takes no more connections, closes idle ones, gives
    /// requests in flight [`Limits::drain`] to finish, and returns.
    pub async fn serve<H: Handler>(
        self,
        handler: Arc<H>,
        shutdown: impl Future<Output = ()>,
    ) -> Drained {
        let Self { listener, certificates, handshakes, limits, traffic } = self;
        let _reload = certificates.map(|certificates| watch_files(certificates, limits.reload));
        let door = Door::new(listener, &limits, Arc::clone(&traffic));
        let places = Arc::clone(&traffic.places.semaphore);
        let (stop, stopped) = watch::channel(false);
        let large_bodies = semaphore(limits.large_bodies);
        let shared =
            Arc::new(Shared { handler, limits, large_bodies, traffic, stop: stopped.clone() });
        let accepting = async {
            // The listener goes with it.
            let mut door = door;
            loop {
                let accepted = door.next().await;
                let (shared, handshakes) = (Arc::clone(&shared), handshakes.clone());
                spawn(connection::run(shared, handshakes, accepted, stopped.clone()));
            }
        };
        tokio::select! {
            biased;
            () = shutdown => {}
            () = accepting => {}
        }
        let _ = stop.send(true);
        drain(&places, &shared.limits).await
    }
}

fn semaphore(permits: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)))
}

/// Waits until every place is free again.
async fn drain(places: &Semaphore, limits: &Limits) -> Drained {
    let all = limits.connections;
    match timeout(limits.drain, places.acquire_many(all)).await {
        Ok(_) => Drained::All,
        Err(_) => {
            let all = usize::try_from(all).unwrap_or(usize::MAX);
            Drained::Left(all.saturating_sub(places.available_permits()))
        }
    }
}

/// Lets in as many connections as there are places, and as one peer may have.
struct Door {
    listener: TcpListener,
    crowd: Arc<Crowd>,
    traffic: Arc<Traffic>,
    refused: Sparing,
    full: Sparing,
    failed: Sparing,
}

impl Door {
    fn new(listener: TcpListener, limits: &Limits, traffic: Arc<Traffic>) -> Self {
        Self {
            listener,
            crowd: Crowd::new(limits.connections_per_peer),
            traffic,
            refused: Sparing::default(),
            full: Sparing::default(),
            failed: Sparing::default(),
        }
    }

    /// The next connection that may come in.
    async fn next(&mut self) -> Accepted {
        loop {
            let (stream, peer) = self.accept().await;
            match self.crowd.enter(Peer::at(peer.ip())) {
                Some(member) => {
                    // Not one of those that wait before it has a place, or it would be asked to
                    // make room for itself.
                    member.phase.serving();
                    let place = self.place().await;
                    member.phase.head();
                    self.traffic.accepted.increment();
                    return Accepted { stream, peer, place, member };
                }
                None => {
                    self.traffic.refused.increment();
                    self.refused.warn(|count| {
                        let peer = peer.ip().to_canonical();
                        format!(
                            "connections were refused ({count}): {peer} has as many open as one \
                             peer may, each with a request under way"
                        )
                    });
                }
            }
        }
    }

    /// A place, for which others that wait for their next request make room.
    async fn place(&mut self) -> OwnedSemaphorePermit {
        loop {
            let places = Arc::clone(&self.traffic.places.semaphore);
            if places.available_permits() == 0 {
                self.make_room();
            }
            let place = places.acquire_owned();
            // An error says that the semaphore is closed, which it never is.
            if let Ok(Ok(place)) = timeout(ROOM_PAUSE, place).await {
                return place;
            }
        }
    }

    fn make_room(&mut self) {
        let went = self.crowd.make_room();
        self.full.warn(|_| {
            let what = if went { "idle ones are closed" } else { "further ones wait" };
            format!("as many connections are open as are allowed; {what}")
        });
    }

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok(accepted) => return accepted,
                Err(error) => {
                    // Most often there are no more file descriptors, of which this frees some.
                    self.crowd.make_room();
                    self.traffic.failed.increment();
                    self.failed.warn(|count| {
                        format!("connections could not be accepted ({count}): {error}")
                    });
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

/// As many of `connections` as `files` open files allow.
fn within_open_files(connections: u32, files: Option<u64>) -> u32 {
    let Some(files) = files else { return connections };
    let allowed = files - OTHER_FILES.min(files / 2);
    let allowed = u32::try_from(allowed).unwrap_or(u32::MAX).max(1);
    if allowed < connections {
        log(
            Level::Warn,
            &format!(
                "at most {allowed} connections can be open, not {connections}: {files} files may \
                 be open; set LimitNOFILE in the systemd unit"
            ),
        );
    }
    connections.min(allowed)
}

/// Looks at the certificate files every `period`, off the threads that serve.
fn watch_files(certificates: Arc<Certificates>, period: Duration) -> Background {
    Background::start(async move {
        loop {
            sleep(period).await;
            let certificates = Arc::clone(&certificates);
            let look = move || certificates.refresh(clock::now());
            let _ = tokio::task::spawn_blocking(look).await;
        }
    })
}

fn is_loopback(address: SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}

/// The names under which clients on this machine and beside it know the server.
fn own_names(listen: SocketAddr) -> Vec<String> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let machine = rustix::system::uname();
    let host = machine.nodename().to_str().ok();
    names.extend(host.filter(|host| ServerName::try_from(*host).is_ok()).map(str::to_owned));
    if !listen.ip().is_unspecified() {
        names.push(listen.ip().to_canonical().to_string());
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_known_in_every_form() {
        for text in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            assert!(is_loopback(text.parse().unwrap()), "{text}");
        }
        for text in ["0.0.0.0:1", "[::]:1", "10.0.0.1:1", "[::ffff:10.0.0.1]:1", "[fe80::1]:1"] {
            assert!(!is_loopback(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn connections_leave_files_to_the_rest() {
        for (files, connections) in
            [(None, 10_000), (Some(20_000), 10_000), (Some(10_000), 9488), (Some(600), 300)]
        {
            assert_eq!(within_open_files(10_000, files), connections);
        }
        assert_eq!(within_open_files(10, Some(0)), 1);
    }

    #[test]
    fn the_address_listened_on_is_among_the_names() {
        let names = own_names("10.0.0.7:443".parse().unwrap());
        assert!(names.contains(&"localhost".to_owned()));
        assert!(names.contains(&"10.0.0.7".to_owned()));
        assert!(!own_names("0.0.0.0:443".parse().unwrap()).contains(&"0.0.0.0".to_owned()));
    }
}
