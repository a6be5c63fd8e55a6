//! Whole requests through the gateway, made of random bytes; `cargo xtask fuzz pipeline` makes better
//! ones.

use super::Gateway;
use super::whole::answer;
use proptest::prelude::*;
use std::net::{Ipv4Addr, SocketAddr};
use strongroom_crypto::SecretBytes;
use strongroom_server::{Handler, Head, HeaderMap, Method, Request, Uri};
use strongroom_testkit::Kit;
use strongroom_testkit::traffic::{Reply, Stage, Wire, run};

async fn front(engine: std::sync::Arc<strongroom_engine::Engine>, wire: Wire) -> Option<Reply> {
    let Wire { method, target, headers, body, .. } = wire;
    let (status, request, body) = answer(engine, (&method, &target), &headers, body).await?;
    Some(Reply { status, request, body })
}

thread_local! {
    static STAGE: Stage = Stage::new();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_is_sent_is_answered_as_it_must_be(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        STAGE.with(|stage| run(stage, &bytes, front));
    }
}

/// Each is written, and wiped, for every request: what is large costs more than what it does.
#[test]
fn the_future_of_a_request_is_small() {
    let kit = Kit::new();
    let gateway = Gateway { engine: kit.engine().clone() };
    let head = Head {
        method: Method::POST,
        uri: Uri::default(),
        headers: HeaderMap::new(),
        peer: SocketAddr::from((Ipv4Addr::LOCALHOST, 40_000)),
        tls: None,
        began: tokio::time::Instant::now().into_std(),
    };
    let answer = gateway.answer(Request { head, body: SecretBytes::new(Vec::new()) });
    let bytes = size_of_val(&answer);
    assert!(bytes <= 4096, "{bytes}");
}

#[test]
fn much_of_what_fits_is_served() {
    // Were nearly everything refused, the property above would say little. The first byte is the
    // operation; the rest makes plain requests of the owner's with members that fit.
    let served: usize =
        STAGE.with(|stage| (0..=u8::MAX).map(|first| run(stage, &[first], front)).sum());
    assert!(served > 80, "{served}");
}
