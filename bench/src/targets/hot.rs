//! Encrypt, Decrypt and GenerateDataKey beside the floor, and durable beside buffered audit.

use super::plot::Point;
use super::row::{Row, Target, Unit, micros, percentile, quotient};
use super::turns::{Side, by_turns};
use super::{Context, Outcome, sync};
use crate::contestant::Contestant;
use crate::measurement::Measurement;
use crate::operation::{Operation, Workload};
use crate::terminal::Failure;

const FLOOR: Unit = Unit::Times("floor");

/// The servers that these rows are about.
struct Servers {
    buffered: Contestant,
    durable: Contestant,
    floor: Contestant,
}

impl Servers {
    fn start(context: &Context<'_>) -> Result<Self, Failure> {
        Ok(Self {
            buffered: context.buffered()?,
            durable: context.durable()?,
            floor: context.floor()?,
        })
    }
}

/// One number of connections.
struct Cell {
    connections: u32,
    buffered: Measurement,
    durable: Option<Measurement>,
    floor: Measurement,
}

pub(super) fn run(context: &Context<'_>, outcome: &mut Outcome) -> Result<(), Failure> {
    let servers = Servers::start(context)?;
    let cells = sweep(context, &servers, Operation::Encrypt, &[1, 8, 64, 512], true)?;
    for cell in &cells {
        for (server, found) in [
            ("strongroom, buffered audit", Some(&cell.buffered)),
            ("strongroom, durable audit", cell.durable.as_ref()),
            ("floor", Some(&cell.floor)),
        ] {
            outcome.sweep.extend(found.map(|found| Point::new(server, cell.connections, found)));
        }
    }
    rows(Operation::Encrypt, &cells, outcome);
    for operation in [Operation::Decrypt, Operation::GenerateDataKey] {
        let cells = sweep(context, &servers, operation, &[1, 8, 64], false)?;
        rows(operation, &cells, outcome);
    }
    durability(context, &servers, &cells, outcome)
}

/// Measures at each number of connections.
fn sweep(
    context: &Context<'_>,
    servers: &Servers,
    operation: Operation,
    connections: &[u32],
    with_durable: bool,
) -> Result<Vec<Cell>, Failure> {
    let Servers { buffered, durable, floor } = servers;
    let workload = Workload::One(operation);
    let side = |name, server| Side::prepared(name, server, workload, 16, context.runtime);
    let mut sides = vec![side("buffered", buffered)?, side("floor", floor)?];
    if with_durable {
        sides.push(side("durable", durable)?);
    }
    let mut cells = Vec::new();
    for connections in connections.iter().copied() {
        let found = by_turns(operation.name(), &sides, connections, &context.plan)?;
        let mut found = found.into_iter();
        if let (Some(buffered), Some(floor)) = (found.next(), found.next()) {
            cells.push(Cell { connections, buffered, floor, durable: found.next() });
        }
    }
    Ok(cells)
}

fn at(cells: &[Cell], connections: u32) -> Option<&Cell> {
    cells.iter().find(|cell| cell.connections == connections)
}

/// The rows of one operation.
fn rows(operation: Operation, cells: &[Cell], outcome: &mut Outcome) {
    let name = operation.name();
    for connections in [8, 64] {
        let Some(Cell { buffered, floor, .. }) = at(cells, connections) else { continue };
        let (ours, least) = (buffered.server_cpu_each(), floor.server_cpu_each());
        let row = Row::new(
            format!("{name}, CPU/request, {connections} connections"),
            Target::AtMost(1.3),
            FLOOR,
            quotient(ours, least),
        );
        outcome.rows.push(row.note(format!("{} ÷ {}", micros(ours), micros(least))));
        let row = Row::new(
            format!("{name}, requests/s, {connections} connections"),
            Target::AtLeast(0.85),
            FLOOR,
            Some(buffered.rate() / floor.rate()),
        );
        outcome.rows.push(row.note(format!("{:.0} ÷ {:.0}", buffered.rate(), floor.rate())));
    }
    let Some(Cell { buffered, floor, .. }) = at(cells, 1) else { return };
    let least = percentile(floor, 500);
    for (title, per_mille, most) in [("p50", 500, 1.2), ("p99", 990, 2.5)] {
        let ours = percentile(buffered, per_mille);
        let row = Row::new(
            format!("{name}, {title}, 1 connection"),
            Target::AtMost(most),
            Unit::Times("floor's p50"),
            quotient(ours, least),
        );
        outcome.rows.push(row.note(format!("{} ÷ {}", micros(ours), micros(least))));
    }
}

/// Durable audit beside buffered audit.
fn durability(
    context: &Context<'_>,
    servers: &Servers,
    cells: &[Cell],
    outcome: &mut Outcome,
) -> Result<(), Failure> {
    for (connections, least) in [(64, 0.8), (512, 0.85)] {
        let Some(Cell { buffered, durable: Some(durable), .. }) = at(cells, connections) else {
            continue;
        };
        let row = Row::new(
            format!("Encrypt, durable audit, requests/s, {connections} connections"),
            Target::AtLeast(least),
            Unit::Times("buffered"),
            Some(durable.rate() / buffered.rate()),
        );
        outcome.rows.push(row.note(format!("{:.0} ÷ {:.0}", durable.rate(), buffered.rate())));
    }
    let side = |name, server| {
        Side::prepared(name, server, Workload::One(Operation::Encrypt), 16, context.runtime)
    };
    let sides = [side("durable", &servers.durable)?, side("buffered", &servers.buffered)?];
    // The disk by turns with the server, for its pace changes from minute to minute.
    let before = sync::measure(context)?;
    let found = by_turns("Encrypt, alone with the disk", &sides, 1, &context.plan)?;
    let after = sync::measure(context)?;
    let sync = before.zip(after).map(|(one, two)| f64::midpoint(one, two));
    let [durable, buffered] = found.as_slice() else { return Ok(()) };
    let latency = percentile(durable, 500);
    let most = sync.unwrap_or(f64::NAN) + 0.000_1;
    let row = Row::new(
        "Encrypt, durable audit, p50, 1 connection",
        Target::AtMost(most * 1e3),
        Unit::Milliseconds,
        latency.map(|latency| latency * 1e3),
    );
    outcome.rows.push(row.note(format!(
        "one fdatasync, {}, + 0.1 ms; with buffered audit {}",
        micros(sync),
        micros(percentile(buffered, 500))
    )));
    Ok(())
}
