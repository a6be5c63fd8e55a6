//! Of which trace a request is part, as its headers say.
//!
//! Sources: W3C Trace Context (`traceparent`, `tracestate`), which the official library reads; AWS X-Ray,
//! "Tracing header" (`X-Amzn-Trace-Id`).

use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use strongroom_server::HeaderMap;

/// The header of X-Ray.
const XRAY: &str = "x-amzn-trace-id";
/// The longest that is looked at, bytes. Our choice: its three members take less than 100.
const MOST: usize = 512;

/// The span that the request was made in, by `traceparent` or else by `X-Amzn-Trace-Id`; none if neither
/// is there or can be read. Whoever sends it chooses ids and whether the trace is sampled, no more.
pub(super) fn parent(headers: &HeaderMap) -> Context {
    let none = Context::new();
    if headers.contains_key("traceparent") {
        let carrier = HeaderExtractor(headers);
        let given = TraceContextPropagator::new().extract_with_context(&none, &carrier);
        let span = given.span().span_context().clone();
        // `tracestate` would be any text, and go out with every span.
        let (trace, span, flags) = (span.trace_id(), span.span_id(), span.trace_flags());
        let known = SpanContext::new(trace, span, flags, true, TraceState::NONE);
        return if known.is_valid() { none.with_remote_span_context(known) } else { none };
    }
    let named = headers.get(XRAY).and_then(|value| value.to_str().ok()).and_then(xray);
    named.map_or_else(|| none.clone(), |parent| none.with_remote_span_context(parent))
}

/// `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`
fn xray(text: &str) -> Option<SpanContext> {
    if text.len() > MOST {
        return None;
    }
    let (mut trace, mut parent, mut flags) = (None, None, TraceFlags::NOT_SAMPLED);
    for member in text.split(';') {
        match member.trim().split_once('=')? {
            ("Root", root) => trace = Some(xray_trace(root)?),
            ("Parent", id) if id.len() == 16 => parent = Some(SpanId::from_hex(id).ok()?),
            ("Sampled", "1") => flags = TraceFlags::SAMPLED,
            _ => {}
        }
    }
    let context = SpanContext::new(trace?, parent?, flags, true, TraceState::NONE);
    context.is_valid().then_some(context)
}

/// A version, the time in eight digits, and 24 more: together the id of the trace.
fn xray_trace(root: &str) -> Option<TraceId> {
    let (time, rest) = root.strip_prefix("1-")?.split_once('-')?;
    let whole = time.len() == 8 && rest.len() == 24;
    whole.then(|| TraceId::from_hex(&format!("{time}{rest}")).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use strongroom_server::HeaderName;

    fn found(headers: &[(&'static str, &str)]) -> Option<(String, String, bool)> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let _ = map.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        let context = parent(&map);
        let span = context.span().span_context().clone();
        span.is_valid().then(|| {
            assert!(span.is_remote());
            (span.trace_id().to_string(), span.span_id().to_string(), span.is_sampled())
        })
    }

    #[test]
    fn a_trace_is_named_by_either_header_and_w3c_goes_first() {
        let (trace, span) = ("5759e988bd862e3fe1be46a994272793", "53995c3f42cd8ad8");
        let expected = |sampled| Some((trace.to_owned(), span.to_owned(), sampled));
        let xray = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
        assert_eq!(found(&[(XRAY, xray)]), expected(true));
        assert_eq!(found(&[(XRAY, &xray.replace("=1", "=0"))]), None, "no such version");
        assert_eq!(found(&[(XRAY, &xray.replace("Sampled=1", "Sampled=0"))]), expected(false));
        assert_eq!(found(&[(XRAY, &xray.replace(';', "; "))]), expected(true));
        let w3c = format!("00-{trace}-{span}-00");
        assert_eq!(found(&[("traceparent", &w3c), (XRAY, "Root=1-0-0")]), expected(false));
    }

    #[test]
    fn what_names_none_is_none() {
        let long = format!("Root=1-5759e988-bd862e3fe1be46a994272793;Parent={}", "5".repeat(600));
        for text in [
            "",
            "Root",
            "Root=1-5759e988-bd862e3fe1be46a994272793",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=xyz",
            "Root=1-5759e988-bd862e3fe1be46a99427279€;Parent=53995c3f42cd8ad8",
            "Root=1-00000000-000000000000000000000000;Parent=53995c3f42cd8ad8",
            "Root=1-5759e98-8bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8",
            &long,
        ] {
            let Ok(value) = strongroom_server::HeaderValue::from_bytes(text.as_bytes()) else {
                continue;
            };
            let mut map = HeaderMap::new();
            let _ = map.append(HeaderName::from_static(XRAY), value);
            assert!(!parent(&map).span().span_context().is_valid(), "{text}");
        }
        assert_eq!(found(&[("traceparent", "00-zz-zz-01")]), None);
    }
}
