//! A server with a million keys, and what grows with them.

use super::plot::Growth;
use super::row::{Row, Target, Unit, micros, quotient};
use super::turns::{Side, by_turns};
use super::{Context, Outcome, start};
use crate::contestant::{self, Contestant, Start};
use crate::measurement::ratio;
use crate::operation::Operation;
use crate::population::{self, KeyIds, Population, Scale};
use crate::requests::{Message, Requests};
use crate::subjects::Subject;
use crate::terminal::{self, Failure};
use crate::usage;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;
use tempfile::TempDir;

/// Connections.
const SOME: u32 = 8;
/// Starts that are timed.
const STARTS: usize = 3;
/// How long a started server is waited for until it has verified its store.
const VERIFYING: u32 = 300;
/// What small stores have of everything.
const FEW: u64 = 200;

pub(super) fn run(context: &Context<'_>, outcome: &mut Outcome) -> Result<(), Failure> {
    let dir = contestant::directory(context.data)?;
    let large = place(context.population, &dir, "large");
    let large = population::made(context.program, &large, context.scale, context.runtime)?;
    let mut started = Vec::new();
    for _ in 0..STARTS {
        let answer =
            start::first_answer(context.program, &large.data, &context.buffered_options())?;
        started.push(answer.took);
    }
    let server = on(context, &large.data)?;
    let verified = settle(&server);
    many_keys(context, &server, &large, (start::median(started), verified), outcome)?;
    let small = Scale { keys: FEW, aliases: FEW, principals: FEW, grants: FEW, accounts: 0 };
    let small =
        population::made(context.program, &dir.path().join("small"), small, context.runtime)?;
    let few = on(context, &small.data)?;
    settle(&few);
    growth(context, (&few, &small), (&server, &large), outcome)
}

fn place(given: Option<&Path>, dir: &TempDir, name: &str) -> PathBuf {
    given.map_or_else(|| dir.path().join(name), Path::to_owned)
}

fn on(context: &Context<'_>, data: &Path) -> Result<Contestant, Failure> {
    let options = context.buffered_options();
    let start = Start { program: context.program, tls: true, options: &options };
    start.on(data, context.runtime)
}

/// Waits until a server that nobody asks is idle; seconds.
fn settle(server: &Contestant) -> u32 {
    let used = || server.pid.and_then(usage::cpu).unwrap_or_default();
    for second in 1..=VERIFYING {
        let before = used();
        std::thread::sleep(Duration::from_secs(1));
        if used().saturating_sub(before) <= Duration::from_millis(30) {
            return second - 1;
        }
    }
    VERIFYING
}

/// Encrypts under keys drawn from the first `count`.
fn drawn<'a>(name: &'a str, server: &'a Contestant, keys: &Rc<KeyIds>, count: u64) -> Side<'a> {
    let keys = keys.clone();
    Side::of(name, server, move || {
        let keys = keys.clone();
        let make = move |number: u64| {
            let key_id = keys.id(number % count).to_owned();
            let subject =
                Subject { key_id, plaintext: PLAINTEXT.repeat(341), ..Subject::default() };
            Message::of(Operation::Encrypt, &subject)
        };
        Requests::drawn(&server.endpoint, Box::new(make))
    })
}

/// Three bytes in base64: 341 times that is close to 1 KiB.
const PLAINTEXT: &str = "c2Fs";

fn many_keys(
    context: &Context<'_>,
    server: &Contestant,
    large: &Population,
    (start, verified): (f64, u32),
    outcome: &mut Outcome,
) -> Result<(), Failure> {
    let total = large.keys.count();
    let powers = (0..).map(|power| 10_u64.pow(power)).take_while(|count| *count < total);
    let counts: Vec<u64> = powers.chain([total]).collect();
    let sides: Vec<Side<'_>> = counts
        .iter()
        .map(|count| drawn("of the first 10^n keys", server, &large.keys, *count))
        .collect();
    let found = by_turns("Encrypt under random keys", &sides, SOME, &context.plan)?;
    let cpu = |at: usize| found.get(at).and_then(|found| found.server_cpu_each());
    for (at, count) in counts.iter().enumerate() {
        let (keys, cpu) = (*count, cpu(at).unwrap_or_default() * 1e6);
        outcome.growth.push(Growth { keys, cpu });
    }
    let (one, all) = (cpu(0), cpu(counts.len() - 1));
    let row =
        |work: String, target, unit, figure| Row::new(work, Target::AtMost(target), unit, figure);
    let work = format!("Encrypt over {total} random keys, CPU/request");
    let note = format!("{} ÷ {}", micros(all), micros(one));
    let times = Unit::Times("one key");
    outcome.rows.push(row(work, 1.5, times, quotient(all, one)).note(note));
    let Scale { keys, aliases, principals, grants, accounts } = context.scale;
    let work = format!("start to first answer, {keys} keys");
    let note = format!(
        "and {aliases} aliases, {principals} users, {grants} grants, {accounts} accounts; median of \
         {STARTS}. The rest of the store was verified beside serving for {verified} s"
    );
    outcome.rows.push(row(work, 500.0, Unit::Milliseconds, Some(start)).note(note));
    let resident = server.pid.and_then(usage::resident);
    let memory = resident.map(|bytes| ratio(bytes, 1_048_576.0));
    let work = format!("memory, {keys} keys, after requests under all of them");
    outcome.rows.push(row(work, 512.0, Unit::Mebibytes, memory));
    Ok(())
}

/// Listings and look-ups on a store with little in it and on one with much.
fn growth(
    context: &Context<'_>,
    few: (&Contestant, &Population),
    many: (&Contestant, &Population),
    outcome: &mut Outcome,
) -> Result<(), Failure> {
    for (title, operation) in [
        ("DescribeKey, random keys", Operation::DescribeKey),
        ("DescribeKey by alias, random aliases", Operation::DescribeAlias),
        ("ListKeys, a page of 100", Operation::ListKeys),
        ("ListAliases, a page of 100", Operation::ListAliases),
        ("ListGrants of a key, a page of 100", Operation::ListGrants),
        ("ListUsers, a page of 100", Operation::ListUsers),
    ] {
        let sides = [asking("few", few, operation), asking("many", many, operation)];
        let found = by_turns(title, &sides, SOME, &context.plan)?;
        let cpu: Vec<Option<f64>> = found.iter().map(|found| found.server_cpu_each()).collect();
        let [few, many] = cpu.as_slice() else { continue };
        let times = quotient(*many, *few).unwrap_or(f64::NAN);
        outcome.listings.push(format!(
            "| {title} | {} | {} | {times:.2} |",
            micros(*few),
            micros(*many)
        ));
        outcome.listings.last().into_iter().for_each(terminal::progress);
    }
    Ok(())
}

/// An operation about keys and aliases drawn at random; grants are those of the first key.
fn asking<'a>(
    name: &'a str,
    (server, population): (&'a Contestant, &'a Population),
    operation: Operation,
) -> Side<'a> {
    let keys = population.keys.clone();
    Side::of(name, server, move || {
        let keys = keys.clone();
        let make = move |number: u64| {
            let number = if operation == Operation::ListGrants { 0 } else { number };
            let number = number % keys.count().max(1);
            let alias = format!("alias/bench-{number}");
            let key_id = keys.id(number).to_owned();
            Message::of(operation, &Subject { key_id, alias, ..Subject::default() })
        };
        Requests::drawn(&server.endpoint, Box::new(make))
    })
}
