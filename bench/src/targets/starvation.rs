//! Encrypt while others have RSA_4096 keys made and sign with them.

use super::plot::Bar;
use super::row::{Row, Target, Unit, micros, percentile, quotient};
use super::turns::{Side, by_turns};
use super::{Context, Outcome};
use crate::generator::{self, Load};
use crate::measurement::Measurement;
use crate::operation::{Operation, Workload};
use crate::requests::Requests;
use crate::terminal::{self, Failure};
use std::time::Duration;

/// Connections that encrypt, and connections that do what takes long.
const EACH: u32 = 8;
/// Keys that sign: each takes a second or more to be made.
const KEYS: u32 = 2;
/// Before what takes long is in full swing.
const RAMP: Duration = Duration::from_secs(1);

pub(super) fn run(context: &Context<'_>, outcome: &mut Outcome) -> Result<(), Failure> {
    let server = context.buffered()?;
    let workload = Workload::One(Operation::Encrypt);
    let sides = [Side::prepared("strongroom", &server, workload, 16, context.runtime)?];
    let heavy = server.subjects(Workload::Rsa4096, KEYS, context.runtime)?;
    let alone = by_turns("Encrypt, alone", &sides, EACH, &context.plan)?;
    let plan = &context.plan;
    let lasts = (plan.measured + plan.warm_up + Duration::from_millis(500)) * plan.rounds;
    let load = Load { connections: EACH, warm_up: RAMP, measured: lasts };
    let (endpoint, pid) = (server.endpoint.clone(), server.pid);
    #[expect(clippy::disallowed_methods, reason = "a second load beside the one that is measured")]
    let beside = std::thread::spawn(move || {
        let requests = Requests::new(&endpoint, Workload::Rsa4096, &heavy);
        generator::run(&endpoint, requests, load, pid)
    });
    std::thread::sleep(RAMP);
    let busy = by_turns("Encrypt, beside RSA_4096", &sides, EACH, plan)?;
    let beside = beside.join().map_err(|_| Failure::new("the second load has failed"))??;
    if beside.errors > 0 {
        return Err(Failure::of("RSA_4096", beside.first_error.unwrap_or_default()));
    }
    terminal::progress(format_args!("RSA_4096 beside: {:.0}/s", beside.rate()));
    let p99 = |found: &[Measurement]| found.first().and_then(|found| percentile(found, 990));
    let (alone, busy) = (p99(&alone), p99(&busy));
    let row = Row::new(
        "Encrypt, p99, 8 connections, while 8 others sign and create with RSA_4096",
        Target::AtMost(4.0),
        Unit::Times("alone"),
        quotient(busy, alone),
    );
    let note = format!(
        "{} ÷ {}; beside it {:.0} RSA_4096 requests/s",
        micros(busy),
        micros(alone),
        beside.rate()
    );
    outcome.rows.push(row.note(note));
    let bar = |name, p99: Option<f64>| Bar { name, value: p99.unwrap_or(0.0) * 1e3 };
    outcome.starvation = vec![bar("alone", alone), bar("beside RSA_4096", busy)];
    Ok(())
}
