//! `compare`: every server under the same load, by turns.

use crate::cli::{Cells, CompareArguments};
use crate::clock;
use crate::contestant::{self, Contestant};
use crate::generator::{self, Load};
use crate::machine::{Machine, load_average};
use crate::measurement::Measurement;
use crate::operation::Workload;
use crate::requests::Requests;
use crate::table::Table;
use crate::terminal::{self, Failure};
use std::fmt::Write;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

pub(crate) fn run(arguments: &CompareArguments) -> Result<(), Failure> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|why| Failure::of("the runtime could not be started", why))?;
    let contestants = contestant::all(arguments, &runtime)?;
    let begun = (clock::timestamp().civil().to_string(), load_average());
    let mut tables = String::new();
    for workload in &arguments.cells.operations {
        let table = measure(arguments, *workload, &contestants, &runtime)?;
        table.write(&mut tables).map_err(|why| Failure::new(why.to_string()))?;
    }
    let report = introduction(arguments, &begun).map_err(|why| Failure::new(why.to_string()))?;
    let report = format!("{report}{tables}");
    terminal::line(&report);
    match &arguments.output {
        Some(path) => std::fs::write(path, report).map_err(|why| Failure::of(path.display(), why)),
        None => Ok(()),
    }
}

/// One workload at every number of connections. The servers take turns within each round, so that
/// whatever else the machine does meets them alike.
fn measure(
    arguments: &CompareArguments,
    workload: Workload,
    contestants: &[Contestant],
    runtime: &Runtime,
) -> Result<Table, Failure> {
    let mut table = Table::new(workload);
    let keys = arguments.cells.keys;
    let subjects = contestants.iter().map(|one| one.subjects(workload, keys, runtime));
    let subjects = subjects.collect::<Result<Vec<_>, _>>()?;
    for connections in &arguments.cells.connections {
        let mut sums: Vec<Option<Measurement>> = vec![None; contestants.len()];
        for round in 1..=arguments.rounds {
            for ((contestant, subjects), sum) in contestants.iter().zip(&subjects).zip(&mut sums) {
                let Contestant { name, endpoint, pid, .. } = contestant;
                let requests = Requests::new(endpoint, workload, subjects);
                let load = load(&arguments.cells, *connections);
                let found = generator::run(endpoint, requests, load, *pid)?;
                let rate = found.rate();
                terminal::progress(format_args!(
                    "{workload}, {connections} connections, round {round}, {name}: {rate:.0}/s"
                ));
                match sum {
                    Some(sum) => sum.add(found),
                    none => *none = Some(found),
                }
            }
        }
        for (contestant, sum) in contestants.iter().zip(sums) {
            table.add(*connections, &contestant.name, sum);
        }
    }
    Ok(table)
}

/// The load of a cell.
pub(crate) fn load(cells: &Cells, connections: u32) -> Load {
    Load {
        connections,
        warm_up: Duration::from_secs(cells.warm_up.into()),
        measured: Duration::from_secs(cells.seconds.into()),
    }
}

fn introduction(
    arguments: &CompareArguments,
    (time, load_before): &(String, String),
) -> Result<String, std::fmt::Error> {
    let Cells { seconds, warm_up, keys, .. } = &arguments.cells;
    let protocol = if arguments.plain { "plain HTTP/1.1" } else { "HTTP/1.1 over TLS 1.3" };
    let mut text = String::new();
    writeln!(text, "Machine: {}.", Machine::of(&arguments.data))?;
    writeln!(text, "Time: {time}. Load average before: {load_before}; after: {}.", load_average())?;
    writeln!(
        text,
        "Each cell: {} rounds of {seconds} s after {warm_up} s of warm-up, the servers taking turns; \
         {protocol}, connections kept alive, {keys} keys, load generator on the same machine.",
        arguments.rounds
    )?;
    Ok(text)
}
