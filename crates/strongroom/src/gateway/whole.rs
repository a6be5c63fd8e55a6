//! The gateway as something to be tried whole: a request as it stands on the wire, and what is
//! answered.

use super::Gateway;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use strongroom_crypto::SecretBytes;
use strongroom_engine::Engine;
use strongroom_server::{Handler, Head, HeaderMap, HeaderName, HeaderValue, Request};

/// Status, request id and body of the answer to a request; `None` if HTTP has no such request.
/// Headers have names in lower case.
pub(crate) async fn answer(
    engine: Arc<Engine>,
    (method, target): (&str, &str),
    headers: &[(String, String)],
    body: Vec<u8>,
) -> Option<(u16, String, Vec<u8>)> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        let _ = map.append(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
    }
    let head = Head {
        method: method.parse().ok()?,
        uri: target.parse().ok()?,
        headers: map,
        peer: SocketAddr::from((Ipv4Addr::new(192, 0, 2, 7), 40_000)),
        tls: None,
        began: tokio::time::Instant::now().into_std(),
    };
    let body = SecretBytes::new(body);
    let response = Gateway { engine }.answer(Request { head, body }).await;
    let id = response.request_id.to_str().ok()?.to_owned();
    Some((response.status.as_u16(), id, response.body.expose().to_vec()))
}
