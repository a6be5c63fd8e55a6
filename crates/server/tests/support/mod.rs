//! A handler that echoes, a server on a free port, and clients that speak byte by byte.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use strongroom_crypto::SecretBytes;
use strongroom_server::{
    Config, Drained, Handler, Head, HeaderName, HeaderValue, Limits, Refusal, Request, Response,
    Server, StatusCode, Transport,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// No test waits longer for anything.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the answer to `/late` is held back.
pub const DELAY: Duration = Duration::from_secs(2);

/// Answers with what it was asked. `/slow` waits for `go` first, `/late` is held back; `/panic` is a
/// bug.
#[derive(Default)]
pub struct Echo {
    pub begun: AtomicUsize,
    pub done: AtomicUsize,
    pub go: Notify,
    pub sick: std::sync::Mutex<Option<String>>,
}

impl Handler for Echo {
    async fn answer(&self, request: Request) -> Response {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let head = &request.head;
        if head.path() == "/slow" {
            self.go.notified().await;
        }
        assert_ne!(head.path(), "/panic");
        let tls = head.tls.map_or("plain".to_owned(), |tls| {
            format!("{} {} {}", tls.version, tls.cipher_suite, tls.key_exchange.unwrap_or("-"))
        });
        let mut body =
            format!("{} {} {} {} {tls}\n", head.method, head.path(), head.query(), head.peer.ip())
                .into_bytes();
        body.extend_from_slice(request.body.expose());
        let late = if head.path() == "/late" { DELAY } else { Duration::ZERO };
        self.done.fetch_add(1, Ordering::SeqCst);
        Response { delay: late, ..response(StatusCode::OK, body) }
    }

    fn refuse(&self, head: &Head, refusal: Refusal) -> Response {
        response(refusal.status(), format!("{} {refusal}", head.path()).into_bytes())
    }

    fn ready(&self) -> Result<(), String> {
        self.sick.lock().unwrap().clone().map_or(Ok(()), Err)
    }
}

fn response(status: StatusCode, body: Vec<u8>) -> Response {
    Response {
        status,
        request_id: HeaderValue::from_static("b2a1"),
        content_type: HeaderValue::from_static("application/x-amz-json-1.1"),
        headers: vec![(HeaderName::from_static("x-extra"), HeaderValue::from_static("1"))],
        body: SecretBytes::new(body),
        delay: Duration::ZERO,
    }
}

/// A running server.
pub struct Running {
    pub address: SocketAddr,
    pub handler: Arc<Echo>,
    pub ca: Option<std::path::PathBuf>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Drained>,
}

impl Running {
    pub async fn plain(limits: Limits) -> Self {
        Self::start(Transport::Plain { anywhere: false }, limits).await
    }

    pub async fn start(transport: Transport, limits: Limits) -> Self {
        Self::on("127.0.0.1:0", transport, limits).await
    }

    pub async fn on(listen: &str, transport: Transport, limits: Limits) -> Self {
        let listen = listen.parse().unwrap();
        let server = Server::bind(Config { listen, transport, limits }).await.unwrap();
        let (address, ca) = (server.local_addr().unwrap(), server.ca_file());
        let handler = Arc::new(Echo::default());
        let (stop, stopped) = oneshot::channel();
        let shutdown = async {
            let _ = stopped.await;
        };
        let serving = Arc::clone(&handler);
        let task = tokio::spawn(async move { server.serve(serving, shutdown).await });
        Self { address, handler, ca, stop, task }
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Asks the server to stop.
    pub fn stop(self) -> JoinHandle<Drained> {
        self.stop.send(()).unwrap();
        self.task
    }

    /// Waits until `count` requests have reached the handler.
    pub async fn begun(&self, count: usize) {
        until(|| self.handler.begun.load(Ordering::SeqCst) >= count).await;
    }
}

pub async fn until(mut condition: impl FnMut() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, wait).await.expect("it never came to be");
}

/// A response as it came.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

pub async fn send<S: AsyncWrite + Unpin>(stream: &mut S, bytes: impl AsRef<[u8]>) {
    stream.write_all(bytes.as_ref()).await.unwrap();
    stream.flush().await.unwrap();
}

/// Reads one response, byte by byte so that nothing of the next is taken.
pub async fn receive<S: AsyncRead + Unpin>(stream: &mut S) -> Reply {
    timeout(PATIENCE, read_reply(stream)).await.expect("no response in time")
}

async fn read_reply<S: AsyncRead + Unpin>(stream: &mut S) -> Reply {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(
            stream.read_u8().await.unwrap_or_else(|error| {
                panic!("{error} after {:?}", String::from_utf8_lossy(&head))
            }),
        );
    }
    let head = String::from_utf8(head).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let mut reply = Reply { status, head, body: String::new() };
    let length = reply.header("content-length").map_or(0, |text| text.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    reply.body = String::from_utf8(body).unwrap();
    reply
}

/// Whether the server has closed, after at most `within`.
pub async fn closed<S: AsyncRead + Unpin>(stream: &mut S, within: Duration) -> bool {
    let mut rest = Vec::new();
    timeout(within, stream.read_to_end(&mut rest)).await.is_ok()
}

pub fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: kms\r\n\r\n")
}

pub fn post(path: &str, body: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: kms\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}
