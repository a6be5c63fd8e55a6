//! How one request goes: what it was for, how it was refused, how soon it is answered.

use crate::observe::{Served, Trace};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use strongroom_engine::Outcome;
use strongroom_engine::call::Call;
use strongroom_engine::ledger::{Recorded, Unrecorded};
use strongroom_engine::refusal::Refusal;

/// How long the answer to a request beyond a quota takes. Our choice: less than AWS's clients wait
/// until they ask again, and long enough that the connections of one client, asking without a
/// pause, cost the server little.
const THROTTLED_ANSWER: Duration = Duration::from_millis(100);

/// What is noted of a request on its way. Whoever answers it writes here, whoever looks on reads.
#[derive(Default)]
pub(super) struct Course {
    throttled: AtomicBool,
    served: OnceLock<Served>,
    code: OnceLock<&'static str>,
    trace: Option<Box<Trace>>,
}

impl Course {
    /// Of a request that is traced, if it is.
    pub(super) fn traced(trace: Option<Trace>) -> Self {
        Self { trace: trace.map(Box::new), ..Self::default() }
    }

    /// The operation is known.
    pub(super) fn is_for(&self, served: impl Into<Served>) {
        let _ = self.served.set(served.into());
    }

    /// It is refused with this code; of several the first is the cause.
    pub(super) fn refused(&self, code: &'static str) {
        let _ = self.code.set(code);
    }

    /// The caller is known; what follows is noted in the call.
    pub(super) fn authenticated(&self, call: &mut Call) {
        if let Some(trace) = &self.trace {
            trace.authenticated();
            call.stages = Some(trace.stages());
        }
    }

    /// Takes note of how the request ended, `unrecorded` being the code if nothing could be recorded. Who
    /// asks on and on, whatever the answer, asks no more often than its delay and its connections let it.
    pub(super) fn of(
        &self,
        unrecorded: &'static str,
        served: Result<Recorded<Outcome>, Unrecorded>,
    ) -> Result<Recorded<Outcome>, Unrecorded> {
        match served.as_ref().map(Recorded::get) {
            Ok(Ok(_)) => {}
            Ok(Err(refusal)) => {
                self.refused(refusal.code().name());
                if Refusal::is_throttled(refusal) {
                    self.throttled.store(true, Ordering::Relaxed);
                }
            }
            Err(Unrecorded) => self.refused(unrecorded),
        }
        served
    }

    /// How long the transport holds the answer back: there it costs no other request its turn.
    pub(super) fn delay(&self) -> Duration {
        if self.throttled.load(Ordering::Relaxed) { THROTTLED_ANSWER } else { Duration::ZERO }
    }

    /// What it was for.
    pub(super) fn served(&self) -> Served {
        self.served.get().copied().unwrap_or(Served::NOTHING)
    }

    /// The code that it was refused with, if it was.
    pub(super) fn code(&self) -> Option<&'static str> {
        self.code.get().copied()
    }

    /// What traces it, to be ended.
    pub(super) fn into_trace(self) -> Option<Trace> {
        self.trace.map(|trace| *trace)
    }
}
