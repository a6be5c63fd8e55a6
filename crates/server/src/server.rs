//! The listener: what may be listened on, accepting, and stopping.

use crate::connection::{self, Accepted};
use crate::log::{Level, log};
use crate::service::Shared;
use crate::task::{Background, spawn};
use crate::tls::{self, Certificates};
use crate::{Handler, Limits, TlsError, TlsSource, clock};
use rustls::pki_types::ServerName;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsAcceptor;

/// After a failed accept, which is most often a want of file descriptors that passes.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// The least time between two warnings that connections have to wait.
const WARN_EVERY: Duration = Duration::from_secs(60);

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
    acceptor: Option<TlsAcceptor>,
    limits: Limits,
}

impl Server {
    /// Loads or makes the certificate and listens. Connections wait until [`Server::serve`].
    ///
    /// # Errors
    /// [`BindError`]: plain HTTP is not allowed there, the address cannot be had, or there is no
    /// usable certificate.
    pub async fn bind(config: Config) -> Result<Self, BindError> {
        let Config { listen, transport, limits } = config;
        let certificates = match transport {
            Transport::Plain { anywhere } if anywhere || is_loopback(listen) => None,
            Transport::Plain { .. } => return Err(BindError::Plaintext(listen)),
            Transport::Tls(source) => {
                let opened = Certificates::open(source, own_names(listen));
                Some(Arc::new(opened.map_err(BindError::Tls)?))
            }
        };
        let acceptor = certificates.as_ref().map(|certificates| {
            tls::config(Arc::clone(certificates)).map(|config| TlsAcceptor::from(Arc::new(config)))
        });
        let acceptor = acceptor.transpose().map_err(BindError::Tls)?;
        let listener = TcpListener::bind(listen).await;
        let listener = listener.map_err(|error| BindError::Listen(listen, error))?;
        Ok(Self { listener, certificates, acceptor, limits })
    }

    /// The address listened on, with the port that port 0 became.
    ///
    /// # Errors
    /// Of the operating system; none is known.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
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
        let Self { listener, certificates, acceptor, limits } = self;
        let _reload = certificates.map(|certificates| watch_files(certificates, limits.reload));
        let places = semaphore(usize::try_from(limits.connections).unwrap_or(usize::MAX));
        let (stop, stopped) = watch::channel(false);
        let large_bodies = semaphore(limits.large_bodies);
        let shared = Arc::new(Shared { handler, limits, large_bodies });
        let accepting = async {
            let mut gate = Gate { places: Arc::clone(&places), warned: None };
            loop {
                let place = gate.place().await;
                let (stream, peer) = accept(&listener).await;
                let accepted = Accepted { stream, peer, place };
                let (shared, acceptor) = (Arc::clone(&shared), acceptor.clone());
                spawn(connection::run(shared, acceptor, accepted, stopped.clone()));
            }
        };
        tokio::select! {
            biased;
            () = shutdown => {}
            () = accepting => {}
        }
        drop(listener);
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

/// Lets in as many connections as there are places.
struct Gate {
    places: Arc<Semaphore>,
    warned: Option<Instant>,
}

impl Gate {
    /// A place, once there is one.
    async fn place(&mut self) -> OwnedSemaphorePermit {
        if self.places.available_permits() == 0 {
            self.warn();
        }
        match Arc::clone(&self.places).acquire_owned().await {
            Ok(place) => place,
            // The semaphore is never closed; were it, nobody would be let in.
            Err(_) => std::future::pending().await,
        }
    }

    fn warn(&mut self) {
        if self.warned.is_none_or(|at| at.elapsed() >= WARN_EVERY) {
            self.warned = Some(Instant::now());
            log(Level::Warn, "as many connections are open as are allowed; further ones wait");
        }
    }
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                log(Level::Warn, &format!("cannot accept a connection: {error}"));
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
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
    fn the_address_listened_on_is_among_the_names() {
        let names = own_names("10.0.0.7:443".parse().unwrap());
        assert!(names.contains(&"localhost".to_owned()));
        assert!(names.contains(&"10.0.0.7".to_owned()));
        assert!(!own_names("0.0.0.0:443".parse().unwrap()).contains(&"0.0.0.0".to_owned()));
    }
}
