//! Requests beyond a quota: refused before anything is done for them, and told of within a bound.
//!
//! Nobody waits for their records and nothing depends on them: a flood costs neither the disk its
//! space nor other accounts its time.

use crate::audit::Note;
use crate::call::Call;
use crate::demands::Demands;
use crate::engine::Engine;
use crate::ledger::{EncodedRecord, Recorded};
use crate::pipeline::Outcome;
use crate::refusal::Refusal;

impl Engine {
    /// The end of a call that was refused because a quota was used up.
    pub(crate) fn turn_away(
        &self,
        demands: &Demands,
        call: &Call,
        note: Note,
        refusal: Refusal,
    ) -> Recorded<Outcome> {
        self.turned_away().increment();
        if let Some(missed) = self.throttled().admit(&call.caller.account, call.time) {
            let mut record = note.view(demands, call, Err(&refusal));
            record.suppressed = (missed > 0).then_some(missed);
            if !self.ledger().note(EncodedRecord::of(&record)) {
                self.report(Some(call.id), "a request beyond a quota could not be recorded");
            }
        }
        self.ledger().turned_away(refusal)
    }
}
