//! What looking on costs a request: measured, not tested. `docs/observability.md` has the figures.
//!
//! `cargo test --release -p strongroom -- --ignored --nocapture looking_on_costs` tells nanoseconds. For
//! instructions, run the test's binary under callgrind with `COST=<name> COST_TIMES=<n>` for two numbers of
//! times and divide the difference.

use super::traces::Tracing;
use super::{Ending, Observer, Served};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanData, SpanExporter};
use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddr};
use strongroom_kms::OperationName;
use strongroom_server::{Head, HeaderMap, Method, StatusCode, Uri};
use tokio::time::Instant;

/// A head as a client of AWS sends it, without its signature.
fn head() -> Head {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("host", "kms.example.com"),
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", "TrentService.Encrypt"),
        ("user-agent", "Boto3/1.44.5"),
    ] {
        let _ = headers.insert(name, value.parse().unwrap());
    }
    Head {
        method: Method::POST,
        uri: Uri::default(),
        headers,
        peer: SocketAddr::from((Ipv4Addr::LOCALHOST, 40_000)),
        tls: None,
        began: Instant::now().into_std(),
    }
}

/// Takes batches and lets them go: what is measured is what a request pays.
#[derive(Debug)]
struct Nowhere;

impl SpanExporter for Nowhere {
    fn export(&self, _: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        std::future::ready(Ok(()))
    }
}

fn observers() -> Vec<(&'static str, Observer)> {
    let traced = |sampler: Sampler| {
        let provider =
            SdkTracerProvider::builder().with_sampler(sampler).with_batch_exporter(Nowhere).build();
        Observer::new(false, Some(Tracing::by(provider)))
    };
    vec![
        ("metrics", Observer::new(false, None)),
        ("metrics and traces, not sampled", traced(Sampler::AlwaysOff)),
        ("metrics and traces, sampled", traced(Sampler::AlwaysOn)),
    ]
}

/// One request, from its head to its answer.
fn look_on(observer: &Observer, head: &Head) {
    let trace = observer.trace(head);
    let (served, status) = (Served::from(OperationName::Encrypt), StatusCode::OK);
    let ending = Ending { id: "00000000-0000-4000-8000-000000000000", served, status, code: None };
    observer.answered(head, &ending, trace);
}

#[test]
#[ignore = "it measures"]
#[expect(clippy::disallowed_methods, reason = "a measurement is told what to measure")]
fn looking_on_costs() {
    let times = std::env::var("COST_TIMES").ok().and_then(|text| text.parse().ok());
    let times: u32 = times.unwrap_or(200_000);
    let only = std::env::var("COST").ok();
    let head = head();
    for (name, observer) in observers() {
        if only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        let begun = Instant::now();
        for _ in 0..times {
            look_on(black_box(&observer), black_box(&head));
        }
        let each = begun.elapsed() / times.max(1);
        #[expect(clippy::disallowed_macros, reason = "a measurement is printed")]
        {
            println!("{name}: {each:?} a request");
        }
    }
}
