//! What is served on the listener for metrics: `GET /metrics`, and how the server is.

use super::Sources;
use super::exposition::{Exposition, Form};
use crate::gateway::Door;
use std::sync::Arc;
use std::time::Duration;
use strongroom_crypto::SecretBytes;
use strongroom_server::{
    Handler, Head, HeaderValue, Limits, Method, Refusal, Request, Response, StatusCode,
};

/// The handler of the listener for metrics.
pub(crate) struct Page {
    exposition: Exposition,
    door: Arc<Door>,
}

impl Page {
    pub(crate) fn new(sources: Arc<Sources>, door: Arc<Door>) -> Self {
        Self { exposition: Exposition::new(sources), door }
    }

    /// Bounds for the few who ask. Our choice.
    pub(crate) fn limits() -> Limits {
        Limits {
            connections: 64,
            // A page takes milliseconds of a thread that also serves the API: one at a time.
            requests: 1,
            header_bytes: 16 * 1024,
            body_bytes: 0,
            drain: Duration::from_secs(1),
            ..Limits::default()
        }
    }

    fn page(&self, head: &Head) -> Response {
        if head.path() != "/metrics" {
            return told(StatusCode::NOT_FOUND, "there is only /metrics\n");
        }
        if head.method != Method::GET && head.method != Method::HEAD {
            return told(StatusCode::METHOD_NOT_ALLOWED, "/metrics is read with GET\n");
        }
        let accept = head.headers.get("accept").and_then(|value| value.to_str().ok());
        let form = Form::accepted(accept.unwrap_or_default());
        match self.exposition.text(form) {
            Ok(text) => response(StatusCode::OK, form.content_type(), text),
            Err(_) => told(StatusCode::INTERNAL_SERVER_ERROR, "the metrics cannot be written\n"),
        }
    }
}

impl Handler for Page {
    fn answer(&self, request: Request) -> impl Future<Output = Response> + Send {
        std::future::ready(self.page(&request.head))
    }

    fn refuse(&self, _: &Head, refusal: Refusal) -> Response {
        told(refusal.status(), "a request for metrics has no body\n")
    }

    fn ready(&self) -> Result<(), String> {
        self.door.ready()
    }
}

fn told(status: StatusCode, text: &str) -> Response {
    response(status, "text/plain; charset=utf-8", text.to_owned())
}

fn response(status: StatusCode, content_type: &'static str, text: String) -> Response {
    Response {
        status,
        request_id: HeaderValue::from_static(""),
        content_type: HeaderValue::from_static(content_type),
        headers: Vec::new(),
        body: SecretBytes::new(text.into_bytes()),
        delay: Duration::ZERO,
    }
}
