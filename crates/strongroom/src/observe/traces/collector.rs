//! The library's way to a collector: over our own connections.

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use strongroom_keystores::{ConfigurationError, Posts};
use strongroom_server::log::{self, Level, Value};
use tokio::runtime::Handle;
use tokio::time::Instant;

/// The most time for a batch. Our choice, as the library's own clients have it.
const DEADLINE: Duration = Duration::from_secs(10);
/// The least time between two lines that tell of failures.
const WARN: Duration = Duration::from_secs(60);

/// Sends batches. The library calls it on a thread without a runtime; sockets are the server's.
#[derive(Debug)]
pub(super) struct Collector {
    posts: Arc<Posts>,
    runtime: Handle,
    warned: Mutex<Option<Instant>>,
}

impl Collector {
    pub(super) fn new(ca_file: Option<&Path>, runtime: Handle) -> Result<Self, ConfigurationError> {
        let posts = Arc::new(Posts::new(ca_file)?);
        Ok(Self { posts, runtime, warned: Mutex::default() })
    }

    /// Tells of a failure, once a minute at most.
    fn warn(&self, why: &str) {
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if warned.is_none_or(|before| now.duration_since(before) >= WARN) {
            *warned = Some(now);
            log::event(Level::Warn, "traces are not taken", &[("reason", Value::Text(why))]);
        }
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let posts = self.posts.clone();
        let sent = self.runtime.spawn(async move {
            let sent = tokio::time::timeout(DEADLINE, posts.send(request)).await;
            let late = |_| format!("no whole answer in {} s", DEADLINE.as_secs());
            sent.map_err(late)?.map_err(|why| why.to_string())
        });
        let outcome = sent.await.map_err(|why| why.to_string()).and_then(|sent| sent);
        match &outcome {
            Ok(answer) if !answer.status().is_success() => {
                self.warn(&format!("answered with status {}", answer.status().as_u16()));
            }
            Ok(_) => {}
            Err(why) => self.warn(why),
        }
        outcome.map_err(Into::into)
    }
}
