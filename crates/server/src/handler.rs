//! What the transport hands to the service and takes back from it.

use crate::TlsInfo;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, StatusCode, Uri};
use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use strongroom_crypto::SecretBytes;

/// The service behind the transport; one value answers all connections.
pub trait Handler: Send + Sync + 'static {
    /// Answers one request. Once begun it is run to its end, even if the client hangs up, so an
    /// implementation never stops half-way at an `await`.
    fn answer(&self, request: Request) -> impl Future<Output = Response> + Send;

    /// The response to a request whose body the transport would not take, in the service's own
    /// error format. The connection is closed after it.
    fn refuse(&self, head: &Head, refusal: Refusal) -> Response;

    /// Whether requests can be served now, for `GET /readyz`.
    ///
    /// # Errors
    /// One line that says why not. It is shown to anyone who asks, so it names no key or caller.
    fn ready(&self) -> Result<(), String>;
}

/// Everything of a request but its body. Not `Debug`: headers carry session tokens.
pub struct Head {
    /// The method.
    pub method: Method,
    /// The request target as it was sent, not decoded.
    pub uri: Uri,
    /// Header fields, repeated ones in the order they came. At most 100.
    pub headers: HeaderMap,
    /// The other end of the connection; an IPv4 address is always written as one, also where it
    /// came in on a dual-stack socket.
    pub peer: SocketAddr,
    /// How the connection is protected; `None` over plain HTTP.
    pub tls: Option<TlsInfo>,
    /// When its first byte came.
    pub began: Instant,
}

impl Head {
    /// The path as it was sent, percent-encoding included; at least `/`.
    #[must_use]
    pub fn path(&self) -> &str {
        match self.uri.path() {
            // A target that is a host and nothing else (RFC 9112 §3.2.3).
            "" => "/",
            path => path,
        }
    }

    /// What follows the first `?` of the target, as it was sent; empty where there is none.
    #[must_use]
    pub fn query(&self) -> &str {
        self.uri.query().unwrap_or_default()
    }
}

/// A request with its whole body.
pub struct Request {
    /// Everything but the body.
    pub head: Head,
    /// The body: it may carry plaintext, so it is wiped when dropped.
    pub body: SecretBytes,
}

/// A response. The transport adds `Date`, `Content-Length` and `Connection`.
pub struct Response {
    /// Status code.
    pub status: StatusCode,
    /// The value of `x-amzn-RequestId`; there is no such header if it is empty.
    pub request_id: HeaderValue,
    /// The value of `Content-Type`.
    pub content_type: HeaderValue,
    /// Further header fields.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body: it may carry plaintext, so it is wiped when it has been written.
    pub body: SecretBytes,
    /// How long it is held back. Nobody else waits meanwhile: the request is with the handler no
    /// more. Cut short when the server stops.
    pub delay: Duration,
}

/// Why the transport does not pass a request on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The body is longer than `limit` bytes, by its announced or its real length.
    BodyTooLarge {
        /// The greatest length taken, bytes.
        limit: usize,
    },
    /// The body did not arrive in time.
    BodyTooSlow,
}

impl Refusal {
    /// The status code HTTP has for it (RFC 9110 §15.5.9 and §15.5.14).
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BodyTooLarge { limit } => write!(f, "the body is longer than {limit} bytes"),
            Self::BodyTooSlow => write!(f, "the body did not arrive in time"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn every_target_has_a_path() {
        let head = |target: &str| Head {
            method: Method::GET,
            uri: target.parse().unwrap(),
            headers: HeaderMap::new(),
            peer: SocketAddr::from((Ipv4Addr::LOCALHOST, 1)),
            tls: None,
            began: tokio::time::Instant::now().into_std(),
        };
        for (target, path) in
            [("host", "/"), ("host:80", "/"), ("http://host", "/"), ("/a?b", "/a"), ("*", "*")]
        {
            assert_eq!(head(target).path(), path, "{target}");
        }
    }
}
