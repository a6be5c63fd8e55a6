//! Bytes on a connection: answered as HTTP has it or hung up on, and no body is longer than it may be.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::time::Duration;
use strongroom_crypto::SecretBytes;
use strongroom_server::{
    Handler, Head, HeaderValue, Limits, Refusal, Request, Response, StatusCode,
};
use tokio::runtime::Runtime;

/// The longest body that is taken, bytes.
const BODY: usize = 256;

struct Echo;

fn response(status: StatusCode, text: String) -> Response {
    Response {
        delay: std::time::Duration::ZERO,
        status,
        request_id: HeaderValue::from_static("id"),
        content_type: HeaderValue::from_static("text/plain"),
        headers: Vec::new(),
        body: SecretBytes::new(text.into_bytes()),
    }
}

impl Handler for Echo {
    async fn answer(&self, request: Request) -> Response {
        assert!(request.body.len() <= BODY && request.head.path().starts_with(['/', '*']));
        assert!(request.head.headers.len() <= 100);
        response(StatusCode::OK, format!("{} {}", request.head.method, request.body.len()))
    }

    fn refuse(&self, _: &Head, refusal: Refusal) -> Response {
        response(refusal.status(), refusal.to_string())
    }

    fn ready(&self) -> Result<(), String> {
        Ok(())
    }
}

thread_local! {
    static RUNTIME: Runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
}

fuzz_target!(|bytes: &[u8]| {
    let wait = Duration::from_millis(50);
    let limits =
        Limits { body_bytes: BODY, body: wait, head: wait, idle: wait, ..Limits::default() };
    let answer = RUNTIME.with(|runtime| {
        runtime.block_on(strongroom_server::fuzzing::connection(Echo, limits, bytes))
    });
    assert!(
        answer.is_empty() || answer.starts_with(b"HTTP/1.1 ") || answer.starts_with(b"HTTP/1.0 ")
    );
});
