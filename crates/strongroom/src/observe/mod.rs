//! What is told of a running server beside its audit trail: metrics, the log of requests, traces.
//!
//! **Architecture invariant:** nothing here decides or delays anything; what cannot be told is dropped
//! and counted. Names, numbers and codes are told, never a member of a request or of its answer. Each
//! crate counts what it owns in meters that know no format; this is the one place where they have names.

#[cfg(test)]
mod cost;
mod exposition;
mod lineage;
mod metered;
mod names;
mod page;
mod requests;
mod sources;
mod tallies;
mod traces;

pub(crate) use metered::Metered;
pub(crate) use names::Served;
pub(crate) use page::Page;
pub(crate) use sources::Sources;
pub(crate) use tallies::{Scheduled, Tallies};
pub(crate) use traces::{Settings as TraceSettings, Trace, Tracing};

use requests::Requests;
use std::sync::Arc;
use std::time::Duration;
use strongroom_server::log::{self, Level, Value};
use strongroom_server::{Head, StatusCode};

/// Looks on while requests are served.
pub(crate) struct Observer {
    requests: Requests,
    pub(crate) tallies: Arc<Tallies>,
    /// Whether each request has a line in the log.
    logs_requests: bool,
    tracing: Option<Tracing>,
}

/// How a request ended.
pub(crate) struct Ending<'a> {
    /// The request's id, as it is told to its caller.
    pub(crate) id: &'a str,
    pub(crate) served: Served,
    pub(crate) status: StatusCode,
    /// The error code of the answer, if it is a refusal.
    pub(crate) code: Option<&'a str>,
}

impl Observer {
    pub(crate) fn new(logs_requests: bool, tracing: Option<Tracing>) -> Self {
        let (requests, tallies) = (Requests::new(), Arc::default());
        Self { requests, tallies, logs_requests, tracing }
    }

    /// What traces a request, if it is to be traced.
    pub(crate) fn trace(&self, head: &Head) -> Option<Trace> {
        self.tracing.as_ref()?.begin(head)
    }

    /// Takes note of a request that is answered.
    pub(crate) fn answered(&self, head: &Head, ending: &Ending<'_>, trace: Option<Trace>) {
        let took = head.began.elapsed();
        self.requests.count(ending.served, ending.code, took);
        if self.logs_requests {
            log_request(head, ending, took, trace.as_ref());
        }
        if let (Some(tracing), Some(trace)) = (&self.tracing, trace) {
            tracing.end(head, ending, trace);
        }
    }

    /// Sends what was not sent yet of the traces. It waits a few seconds at most.
    pub(crate) fn end(&self) {
        if let Some(tracing) = &self.tracing {
            tracing.shut_down();
        }
    }
}

/// The line of a request. Whose it was is in the audit trail, under its id.
fn log_request(head: &Head, ending: &Ending<'_>, took: Duration, trace: Option<&Trace>) {
    let (service, operation) = ending.served.names();
    let peer = head.peer.ip().to_string();
    let millis = u32::try_from(took.as_micros()).map_or(f64::MAX, |micros| f64::from(micros) / 1e3);
    let trace_id = trace.map(|trace| trace.trace_id().to_string());
    let mut fields = vec![
        ("request_id", Value::Text(ending.id)),
        ("service", Value::Text(service)),
        ("operation", Value::Text(operation)),
        ("outcome", Value::Text(ending.code.unwrap_or(names::OK))),
        ("status", Value::Number(u64::from(ending.status.as_u16()))),
        ("duration_ms", Value::Decimal(millis)),
        ("peer", Value::Text(&peer)),
    ];
    fields.extend(trace_id.as_deref().map(|id| ("trace_id", Value::Text(id))));
    log::event(Level::Info, "request", &fields);
}
