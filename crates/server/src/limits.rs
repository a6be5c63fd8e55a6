//! The bounds of everything a peer may send or hold.

use std::time::Duration;

/// The greatest number of header fields in a request; more are answered with 431. It is the bound
/// of hyper when none is set, and the only one for which it needs no heap.
pub const HEADER_FIELDS: usize = 100;

/// Body length up to which a body is read without taking one of [`Limits::large_bodies`], bytes.
/// Every KMS request fits: the longest, a key policy of 32 KiB, is escaped to less than this.
pub(crate) const SMALL_BODY: usize = 64 * 1024;

/// How much of a refused body is read and thrown away, bytes, so that a client which sends all of
/// it before it listens sees the refusal and not a reset connection.
pub(crate) const DISCARDED_BODY: usize = 8 * 1024 * 1024;

/// How long is spent on throwing it away.
pub(crate) const DISCARD_TIME: Duration = Duration::from_secs(5);

/// Bounds on connections, requests and waiting. [`Limits::default`] is what the binary serves
/// with; all values are our choice, with the reason beside each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections open at one time, requests left behind by their clients included. Above it a
    /// newcomer takes the place of one that waits for its next request or does not take its answer,
    /// and waits itself where there is none. 10 000: about 1.3 GB if every peer fills its buffers of headers and body.
    pub connections: u32,
    /// Of these, those of one peer: an IPv4 address or the /64 network of an IPv6 address. Loopback
    /// has no such bound. Above it the peer's own idle ones are closed, and a newcomer is refused
    /// where there is none. 1000: many clients behind one address are served, and one address
    /// holds a tenth of all places.
    pub connections_per_peer: u32,
    /// Requests that are with the handler at one time; others wait, each with its whole body. 1024:
    /// several times what is needed to keep processors and disks busy.
    pub requests: u32,
    /// TLS handshakes computed at one time; others wait within their own `handshake` time. Half of
    /// the processors, at least one: the rest is for those that are connected.
    pub handshakes: u32,
    /// Request line and headers, bytes; more are answered with 431. At least 8192. 64 KiB: a
    /// session token is a few KiB.
    pub header_bytes: usize,
    /// Body, bytes; more are refused with [`Refusal::BodyTooLarge`](crate::Refusal). 1 MiB, eight
    /// times the largest IAM request.
    pub body_bytes: usize,
    /// Bodies over 64 KiB that are held at one time; others wait within their own `body` time.
    pub large_bodies: usize,
    /// From the TCP connection to the end of the TLS handshake. 10 s.
    pub handshake: Duration,
    /// From a request's first byte, or from the start of the connection, to the end of its
    /// headers; not extended by progress. 30 s.
    pub head: Duration,
    /// From the end of the headers to the end of the body; not extended by progress. 30 s.
    pub body: Duration,
    /// Between a response and the first byte of the next request. 60 s, longer than the SDKs keep
    /// an idle connection, so that the client is the one to close it.
    pub idle: Duration,
    /// From the first write that the peer does not take to the end of the response, or, with requests
    /// that were sent in advance, of the last of them. 30 s.
    pub write: Duration,
    /// After the signal to stop, for the requests in flight. 25 s, below the 30 s after which
    /// Kubernetes kills.
    pub drain: Duration,
    /// Between two looks at the certificate files. 5 s.
    pub reload: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            connections_per_peer: 1000,
            requests: 1024,
            handshakes: half_of_the_processors(),
            header_bytes: 64 * 1024,
            body_bytes: 1024 * 1024,
            large_bodies: 64,
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(30),
            body: Duration::from_secs(30),
            idle: Duration::from_secs(60),
            write: Duration::from_secs(30),
            drain: Duration::from_secs(25),
            reload: Duration::from_secs(5),
        }
    }
}

fn half_of_the_processors() -> u32 {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    u32::try_from(processors / 2).unwrap_or(u32::MAX).max(1)
}
