//! Measuring by turns: whatever else the machine does meets all alike.

use super::Plan;
use crate::contestant::Contestant;
use crate::generator::{self, Load};
use crate::measurement::Measurement;
use crate::operation::Workload;
use crate::requests::Requests;
use crate::subjects::Subject;
use crate::terminal::{self, Failure};
use tokio::runtime::Runtime;

/// What is measured in turn with others.
pub(super) struct Side<'a> {
    pub(super) name: &'a str,
    pub(super) server: &'a Contestant,
    requests: Box<dyn Fn() -> Requests + 'a>,
}

impl<'a> Side<'a> {
    /// `workload` about keys that are made for it.
    pub(super) fn prepared(
        name: &'a str,
        server: &'a Contestant,
        workload: Workload,
        keys: u32,
        runtime: &Runtime,
    ) -> Result<Self, Failure> {
        let subjects = server.subjects(workload, keys, runtime)?;
        Ok(Self::about(name, server, workload, subjects))
    }

    /// `workload` about `subjects`.
    pub(super) fn about(
        name: &'a str,
        server: &'a Contestant,
        workload: Workload,
        subjects: Vec<Subject>,
    ) -> Self {
        let requests = move || Requests::new(&server.endpoint, workload, &subjects);
        Self { name, server, requests: Box::new(requests) }
    }

    /// Whatever `requests` makes.
    pub(super) fn of(
        name: &'a str,
        server: &'a Contestant,
        requests: impl Fn() -> Requests + 'a,
    ) -> Self {
        Self { name, server, requests: Box::new(requests) }
    }

    fn once(&self, load: Load) -> Result<Measurement, Failure> {
        generator::run(&self.server.endpoint, (self.requests)(), load, self.server.pid)
    }
}

/// Measures all sides, one after another in each round. Answers that are no answers are a failure:
/// figures of a server that refuses say nothing.
pub(super) fn by_turns(
    title: &str,
    sides: &[Side<'_>],
    connections: u32,
    plan: &Plan,
) -> Result<Vec<Measurement>, Failure> {
    let load = Load { connections, warm_up: plan.warm_up, measured: plan.measured };
    let mut sums: Vec<Option<Measurement>> = vec![None; sides.len()];
    for _ in 0..plan.rounds {
        for (side, sum) in sides.iter().zip(&mut sums) {
            let found = side.once(load)?;
            if found.errors > 0 {
                let first = found.first_error.unwrap_or_default();
                return Err(Failure::of(format_args!("{title}, {}", side.name), first));
            }
            match sum {
                Some(sum) => sum.add(found),
                none => *none = Some(found),
            }
        }
    }
    let sums: Vec<Measurement> = sums.into_iter().flatten().collect();
    for (side, sum) in sides.iter().zip(&sums) {
        let micros =
            |per_mille| sum.latencies.percentile(per_mille).unwrap_or_default().as_secs_f64() * 1e6;
        terminal::progress(format_args!(
            "{title}, {connections} connections, {}: {:.0}/s, p50 {:.0} µs, p99 {:.0} µs, {:.1} µs of CPU",
            side.name,
            sum.rate(),
            micros(500),
            micros(990),
            sum.server_cpu_each().unwrap_or_default() * 1e6
        ));
    }
    Ok(sums)
}
