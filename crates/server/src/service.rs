//! One request: health answers, the body, the handler, the response.

use crate::body::{self, ReadError};
use crate::connection::stopped;
use crate::crowd::Member;
use crate::finishing::Finishing;
use crate::{Handler, Head, Limits, Refusal, Request, Response, TlsInfo, Traffic};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, EXPECT, HeaderName, HeaderValue};
use hyper::{Method, StatusCode};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, timeout};

/// The header that names a request in AWS's logs and ours.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// What all connections share.
pub(crate) struct Shared<H> {
    pub(crate) handler: Arc<H>,
    pub(crate) limits: Limits,
    /// Permits for bodies over 64 KiB.
    pub(crate) large_bodies: Arc<Semaphore>,
    /// What is counted; the permits for requests that are with the handler are in it.
    pub(crate) traffic: Arc<Traffic>,
    /// Says when the server stops.
    pub(crate) stop: watch::Receiver<bool>,
}

/// One connection, as its requests see it.
pub(crate) struct Connection<H> {
    pub(crate) shared: Arc<Shared<H>>,
    pub(crate) peer: SocketAddr,
    pub(crate) tls: Option<TlsInfo>,
    /// Its membership of the crowd, and what it is doing.
    pub(crate) member: Member,
    /// The connection's place among [`Limits::connections`]; given up when its last request has
    /// been finished, which may be after the client went away.
    pub(crate) _place: OwnedSemaphorePermit,
}

/// There is nobody to answer: the connection is closed without a response.
#[derive(Debug)]
pub(crate) struct HungUp;

impl fmt::Display for HungUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the body ended early")
    }
}

impl std::error::Error for HungUp {}

/// Answers one request. The phase changes before the first poll, for hyper reads again before it.
pub(crate) fn answer<H: Handler>(
    connection: Arc<Connection<H>>,
    request: hyper::Request<Incoming>,
) -> impl Future<Output = Result<hyper::Response<Full<Bytes>>, HungUp>> {
    let began = connection.member.phase.body();
    async move {
        let outcome = respond(&connection, request, began).await;
        connection.member.phase.answered();
        outcome
    }
}

async fn respond<H: Handler>(
    connection: &Arc<Connection<H>>,
    request: hyper::Request<Incoming>,
    began: Instant,
) -> Result<hyper::Response<Full<Bytes>>, HungUp> {
    let (parts, mut incoming) = request.into_parts();
    let head = Head {
        method: parts.method,
        uri: parts.uri,
        headers: parts.headers,
        peer: connection.peer,
        tls: connection.tls,
        began: began.into_std(),
    };
    let shared = &connection.shared;
    if let Some(health) = health(&head, &*shared.handler) {
        return Ok(health);
    }
    let limits = &shared.limits;
    let read = match body::read(&mut incoming, limits, &shared.large_bodies).await {
        Ok(read) => read,
        Err(ReadError::Broken) => {
            shared.traffic.bodies_broken.increment();
            return Err(HungUp);
        }
        Err(ReadError::TooSlow) => {
            shared.traffic.bodies_too_slow.increment();
            return Ok(refuse(shared, &head, Refusal::BodyTooSlow));
        }
        Err(ReadError::TooLarge) => {
            shared.traffic.bodies_too_large.increment();
            // A client that asked first has not begun to send.
            if !head.headers.contains_key(EXPECT) {
                body::discard(&mut incoming).await;
            }
            let refusal = Refusal::BodyTooLarge { limit: limits.body_bytes };
            return Ok(refuse(shared, &head, refusal));
        }
    };
    // The request is whole, as its answer will be: while the handler has it, no peer is waited for.
    connection.member.phase.serving();
    // A client that hangs up before its turn has not begun.
    let turn = Arc::clone(&shared.traffic.requests.semaphore).acquire_owned().await;
    let held = Arc::clone(connection);
    let work = async move {
        let _held = (read.share, turn);
        held.shared.handler.answer(Request { head, body: read.bytes }).await
    };
    let response = Finishing::new(work).await;
    // Its permits are given back, and a client that hangs up is waited for no longer.
    if !response.delay.is_zero() {
        let _ = timeout(response.delay, stopped(shared.stop.clone())).await;
    }
    Ok(rendered(response))
}

/// The answers to probes: no signature, no handler, never counted as a use.
fn health<H: Handler>(head: &Head, handler: &H) -> Option<hyper::Response<Full<Bytes>>> {
    if head.method != Method::GET && head.method != Method::HEAD {
        return None;
    }
    match head.path() {
        "/healthz" => Some(plain(StatusCode::OK, "ok".to_owned())),
        "/readyz" => Some(match handler.ready() {
            Ok(()) => plain(StatusCode::OK, "ready".to_owned()),
            Err(reason) => plain(StatusCode::SERVICE_UNAVAILABLE, reason),
        }),
        _ => None,
    }
}

fn plain(status: StatusCode, mut line: String) -> hyper::Response<Full<Bytes>> {
    line.push('\n');
    let mut response = hyper::Response::new(Full::new(Bytes::from(line)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn refuse<H: Handler>(
    shared: &Shared<H>,
    head: &Head,
    refusal: Refusal,
) -> hyper::Response<Full<Bytes>> {
    let mut response = rendered(shared.handler.refuse(head, refusal));
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

fn rendered(response: Response) -> hyper::Response<Full<Bytes>> {
    let body = Full::new(body::wiped_when_written(response.body));
    let mut rendered = hyper::Response::new(body);
    *rendered.status_mut() = response.status;
    let headers = rendered.headers_mut();
    for (name, value) in response.headers {
        headers.append(name, value);
    }
    headers.insert(CONTENT_TYPE, response.content_type);
    if !response.request_id.is_empty() {
        headers.insert(REQUEST_ID, response.request_id);
    }
    rendered
}
