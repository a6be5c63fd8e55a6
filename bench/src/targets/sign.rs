//! Sign, beside the library alone and beside the floor.

use super::row::{Row, Target, Unit, micros, percentile};
use super::turns::{Side, by_turns};
use super::{Context, Outcome, Plan};
use crate::clock;
use crate::operation::{Operation, Workload};
use crate::terminal::{self, Failure};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{RSA_PSS_SHA256, RsaKeyPair};
use std::time::Duration;

/// Connections.
const MANY: u32 = 64;

pub(super) fn run(context: &Context<'_>, outcome: &mut Outcome) -> Result<(), Failure> {
    let (server, floor) = (context.buffered()?, context.floor()?);
    let workload = Workload::One(Operation::SignRsa2048);
    let sides = [Side::prepared("strongroom", &server, workload, 16, context.runtime)?];
    let one_round = Plan { rounds: 1, ..context.plan };
    let (mut rate, mut bare, mut found) = (0.0, 0.0, None);
    for _ in 0..context.plan.rounds {
        bare += alone(context.plan.measured)? / f64::from(context.plan.rounds);
        let round = by_turns("Sign with RSA_2048", &sides, MANY, &one_round)?;
        found = round.into_iter().next();
        rate += found.as_ref().map_or(0.0, |found| found.rate()) / f64::from(context.plan.rounds);
    }
    terminal::progress(format_args!("Sign with RSA_2048, the library alone: {bare:.0}/s"));
    let row = Row::new(
        "Sign, RSA_2048, 64 connections",
        Target::AtLeast(0.75),
        Unit::Times("aws-lc-rs alone on all cores"),
        Some(rate / bare),
    );
    let p50 = found.as_ref().and_then(|found| percentile(found, 500));
    outcome.rows.push(row.note(format!("{rate:.0} ÷ {bare:.0}; p50 {}", micros(p50))));
    let workload = Workload::One(Operation::SignP256);
    let sides = [
        Side::prepared("strongroom", &server, workload, 16, context.runtime)?,
        Side::prepared("floor", &floor, workload, 16, context.runtime)?,
    ];
    let found = by_turns("Sign with ECC_NIST_P256", &sides, MANY, &context.plan)?;
    let [ours, least] = found.as_slice() else { return Ok(()) };
    let row = Row::new(
        "Sign, ECC_NIST_P256, 64 connections",
        Target::AtLeast(0.85),
        Unit::Times("floor"),
        Some(ours.rate() / least.rate()),
    );
    outcome.rows.push(row.note(format!(
        "{:.0} ÷ {:.0}; CPU {} ÷ {}",
        ours.rate(),
        least.rate(),
        micros(ours.server_cpu_each()),
        micros(least.server_cpu_each())
    )));
    Ok(())
}

/// Signatures a second that the library makes on all cores, with nothing around it.
fn alone(measured: Duration) -> Result<f64, Failure> {
    let failed = |_| Failure::new("the library alone has failed");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let key = RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
    let begun = clock::now();
    let counts: Vec<Result<u32, _>> = std::thread::scope(|scope| {
        let sign = || {
            let (random, mut count) = (SystemRandom::new(), 0);
            let mut signature = vec![0; key.public_modulus_len()];
            while begun.elapsed() < measured {
                key.sign(&RSA_PSS_SHA256, &random, &[7; 32], &mut signature)?;
                count += 1;
            }
            Ok(count)
        };
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(sign)).collect();
        let joined = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
        joined.map(|count| count.unwrap_or(Err(aws_lc_rs::error::Unspecified))).collect()
    });
    let seconds = begun.elapsed().as_secs_f64();
    let counts = counts.into_iter().collect::<Result<Vec<u32>, _>>().map_err(failed)?;
    Ok(counts.into_iter().map(f64::from).sum::<f64>() / seconds)
}
