//! What a request costs after its answer: the delivery of its audit record, as an event of the trail.

use super::row::micros;
use super::{Context, Outcome};
use crate::bulk;
use crate::operation::{Operation, Workload};
use crate::population;
use crate::requests::Message;
use crate::terminal::{self, Failure};
use crate::usage;

/// Events.
const COUNT: u32 = 30_000;

pub(super) fn run(context: &Context<'_>, outcome: &mut Outcome) -> Result<(), Failure> {
    let server = context.buffered()?;
    let (Some(data), Some(pid)) = (server.data.as_deref(), server.pid) else { return Ok(()) };
    let workload = Workload::One(Operation::Encrypt);
    let subjects = server.subjects(workload, 16, context.runtime)?;
    let make = move |number: u64| {
        let at = usize::try_from(number).unwrap_or(0) % subjects.len().max(1);
        Message::of(Operation::Encrypt, &subjects.get(at).cloned().unwrap_or_default())
    };
    let nothing: bulk::Take = Box::new(|_, _| Ok(()));
    bulk::ask(&server.endpoint, "Encrypt", COUNT.into(), Box::new(make), nothing)?;
    let before = usage::cpu(pid);
    population::flush(context.program, data)?;
    let after = usage::cpu(pid);
    let used = before.zip(after).map(|(before, after)| after.saturating_sub(before));
    let each = used.map(|used| used.as_secs_f64() / f64::from(COUNT));
    let remark = format!(
        "Delivery of the trail, which goes on beside serving and is in none of these figures: {} of \
         CPU for each event of an Encrypt.",
        micros(each)
    );
    terminal::progress(&remark);
    outcome.remarks.push(remark);
    Ok(())
}
