//! Traces: a span for each request, and one in it for each of its stages, sent to a collector by the
//! official library. A request that is not sampled costs the decision and no more.

mod collector;

use super::{Ending, lineage};
use crate::clock::SystemClock;
use crate::terminal::Failure;
use collector::Collector;
use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanKind, Status, TraceContextExt, TraceId, Tracer as _,
    TracerProvider as _,
};
use opentelemetry::{Context, Key, KeyValue};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, Span};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use strongroom_engine::ports::Clock;
use strongroom_engine::{Stage, Stages};
use strongroom_server::Head;
use tokio::runtime::Handle;

/// How long the end of the server waits for what is left.
const LAST: Duration = Duration::from_secs(3);

/// Where traces go. What is not here is in the variables that OpenTelemetry has for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// URL of the collector, without the path; otherwise of `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub(crate) endpoint: Option<String>,
    /// Authorities of its certificate; otherwise those of the system.
    pub(crate) ca_file: Option<PathBuf>,
}

/// Makes spans and sends them.
pub(crate) struct Tracing {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

/// A request that is traced.
pub(crate) struct Trace {
    span: Span,
    /// When it began to be served, by both clocks.
    steady: Duration,
    wall: Duration,
    /// When its first byte came, before that.
    waited: Duration,
    /// When the caller was known, nanoseconds by the steady clock; 0 if that did not come.
    authenticated: AtomicU64,
    stages: Arc<Stages>,
}

impl Tracing {
    /// Begins to send what there is to be sent, over the runtime's sockets, from a thread of its own.
    pub(crate) fn start(settings: &Settings, runtime: Handle) -> Result<Self, Failure> {
        let failed = |why: &dyn std::fmt::Display| Failure::of("[traces]", why);
        let client = Collector::new(settings.ca_file.as_deref(), runtime);
        let client = client.map_err(|why| failed(&why))?;
        let mut exporter = SpanExporter::builder().with_http().with_http_client(client);
        if let Some(endpoint) = &settings.endpoint {
            exporter = exporter.with_endpoint(format!("{endpoint}/v1/traces"));
        }
        let exporter = exporter.build().map_err(|why| failed(&why))?;
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource())
            .build();
        Ok(Self::by(provider))
    }

    /// Makes spans by `provider`.
    pub(super) fn by(provider: SdkTracerProvider) -> Self {
        let tracer = provider.tracer("strongroom");
        Self { provider, tracer }
    }

    /// Begins the span of a request; `None` if it is not sampled.
    pub(super) fn begin(&self, head: &Head) -> Option<Trace> {
        let (steady, wall) = (SystemClock.steady(), wall());
        let waited = head.began.elapsed();
        let builder = SpanBuilder::from_name("request")
            .with_kind(SpanKind::Server)
            .with_start_time(UNIX_EPOCH + wall.saturating_sub(waited));
        let span = self.tracer.build_with_context(builder, &lineage::parent(&head.headers));
        span.is_recording().then(|| Trace {
            span,
            steady,
            wall,
            waited,
            authenticated: AtomicU64::new(0),
            stages: Arc::default(),
        })
    }

    /// Ends it, by what the conventions for calls of AWS's APIs name.
    pub(super) fn end(&self, head: &Head, ending: &Ending<'_>, trace: Trace) {
        let end = trace.at(SystemClock.steady());
        let (service, operation) = ending.served.names();
        let mut attributes = vec![
            KeyValue::new("rpc.system", "aws-api"),
            KeyValue::new("rpc.service", service),
            KeyValue::new("rpc.method", operation),
            KeyValue::new("aws.request_id", ending.id.to_string()),
            KeyValue::new("http.response.status_code", i64::from(ending.status.as_u16())),
            KeyValue::new("client.address", head.peer.ip().to_string()),
        ];
        attributes.extend(ending.code.map(|code| KeyValue::new("error.type", code.to_owned())));
        let stages = trace.ended_stages();
        let mut span = trace.span;
        span.update_name(format!("{service}.{operation}"));
        span.set_attributes(attributes);
        // A refusal is the caller's; only what fails here is an error of the server's.
        if ending.status.is_server_error() {
            span.set_status(Status::error(ending.code.unwrap_or_default().to_owned()));
        }
        let parent = Context::new().with_remote_span_context(span.span_context().clone());
        for (name, begin, end) in stages {
            let builder =
                SpanBuilder::from_name(name).with_kind(SpanKind::Internal).with_start_time(begin);
            self.tracer.build_with_context(builder, &parent).end_with_timestamp(end);
        }
        span.end_with_timestamp(end);
    }

    /// Sends what is left.
    pub(super) fn shut_down(&self) {
        // Whoever does not take it now does not get it: the server ends all the same.
        let _ = self.provider.shutdown_with_timeout(LAST);
    }
}

impl Trace {
    pub(crate) fn trace_id(&self) -> TraceId {
        self.span.span_context().trace_id()
    }

    /// Where the engine notes the stages.
    pub(crate) fn stages(&self) -> Arc<Stages> {
        self.stages.clone()
    }

    /// The caller is known.
    pub(crate) fn authenticated(&self) {
        let now = u64::try_from(SystemClock.steady().as_nanos()).unwrap_or(u64::MAX);
        self.authenticated.store(now, Ordering::Relaxed);
    }

    /// By the wall clock.
    fn at(&self, steady: Duration) -> SystemTime {
        UNIX_EPOCH + self.wall + steady.saturating_sub(self.steady)
    }

    /// The stages that the request came to the end of, each from the end of the one before.
    fn ended_stages(&self) -> Vec<(&'static str, SystemTime, SystemTime)> {
        let authenticated = self.authenticated.load(Ordering::Relaxed);
        let authenticated = (authenticated > 0).then(|| Duration::from_nanos(authenticated));
        let ends = [
            ("authenticate", authenticated),
            ("find", self.stages.end_of(Stage::Found)),
            ("authorize", self.stages.end_of(Stage::Decided)),
            ("perform", self.stages.end_of(Stage::Done)),
            ("record", self.stages.end_of(Stage::Recorded)),
        ];
        let mut before = self.steady;
        let mut stages = vec![("receive", self.at(before) - self.waited, self.at(before))];
        for (name, end) in ends {
            if let Some(end) = end.filter(|end| *end >= before) {
                stages.push((name, self.at(before), self.at(end)));
                before = end;
            }
        }
        stages
    }
}

/// What sends: what the variables say of it, and a name if they give none.
fn resource() -> Resource {
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let told = Resource::builder().with_attribute(version.clone()).build();
    let name = told.get(&Key::from_static_str("service.name")).map(|name| name.to_string());
    if name.is_some_and(|name| !name.starts_with("unknown_service")) {
        return told;
    }
    Resource::builder().with_attribute(version).with_service_name("strongroom").build()
}

/// The time of the wall clock, to the nanosecond: spans last for less than the milliseconds in which
/// the port of the engine tells it.
#[expect(clippy::disallowed_methods, reason = "the clock by which spans are compared with others'")]
fn wall() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
