//! The report's tables, in Markdown.

use crate::measurement::Measurement;
use crate::operation::Workload;
use std::fmt::{Result, Write};
use std::time::Duration;

/// One workload: a row for each server at each number of connections.
pub(crate) struct Table {
    workload: Workload,
    rows: Vec<Row>,
}

struct Row {
    connections: u32,
    server: String,
    found: Measurement,
}

impl Table {
    pub(crate) fn new(workload: Workload) -> Self {
        Self { workload, rows: Vec::new() }
    }

    pub(crate) fn add(&mut self, connections: u32, server: &str, found: Option<Measurement>) {
        let server = server.to_owned();
        self.rows.extend(found.map(|found| Row { connections, server, found }));
    }

    pub(crate) fn write(&self, out: &mut impl Write) -> Result {
        writeln!(out, "\n## {}\n", self.workload)?;
        out.write_str("| connections | server | requests/s | slowest–fastest round | p50 | p99 ")?;
        out.write_str("| p99.9 | server CPU/request | client CPU/request | server memory ")?;
        out.write_str("| other CPU | errors | rate ÷ first | CPU ÷ first |\n")?;
        out.write_str("|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")?;
        self.rows.iter().try_for_each(|row| row.write(self.first(row), out))?;
        self.errors(out)
    }

    /// The row that `row` is compared with: the first server with as many connections.
    fn first<'a>(&'a self, row: &'a Row) -> &'a Row {
        self.rows.iter().find(|first| first.connections == row.connections).unwrap_or(row)
    }

    fn errors(&self, out: &mut impl Write) -> Result {
        for Row { connections, server, found } in &self.rows {
            if let Some(text) = &found.first_error {
                writeln!(out, "\nFirst error of {server} at {connections} connections: `{text}`")?;
            }
        }
        Ok(())
    }
}

impl Row {
    fn write(&self, first: &Self, out: &mut impl Write) -> Result {
        let Self { connections, server, found } = self;
        let latency = |per_mille| found.latencies.percentile(per_mille).map_or_else(none, time);
        let (slowest, fastest) = found.range;
        let cpu = found.server_cpu_each();
        let first_cpu = first.found.server_cpu_each();
        let cells = [
            connections.to_string(),
            server.clone(),
            format!("{:.0}", found.rate()),
            format!("{slowest:.0}–{fastest:.0}"),
            latency(500),
            latency(990),
            latency(999),
            cpu.map_or_else(none, seconds),
            seconds(found.client_cpu_each()),
            found.resident.map_or_else(none, |bytes| format!("{} MiB", bytes >> 20)),
            found.other_cores().map_or_else(none, |cores| format!("{cores:.2}")),
            found.errors.to_string(),
            quotient(Some(found.rate()), Some(first.found.rate())),
            quotient(cpu, first_cpu),
        ];
        writeln!(out, "| {} |", cells.join(" | "))
    }
}

fn none() -> String {
    "–".to_owned()
}

fn quotient(one: Option<f64>, by: Option<f64>) -> String {
    one.zip(by)
        .map(|(one, by)| one / by)
        .filter(|quotient| quotient.is_finite())
        .map_or_else(none, |quotient| format!("{quotient:.2}"))
}

fn time(duration: Duration) -> String {
    seconds(duration.as_secs_f64())
}

/// Three digits, in the unit that suits.
fn seconds(seconds: f64) -> String {
    let micros = seconds * 1e6;
    match micros {
        _ if !micros.is_finite() => none(),
        ..9.95 => format!("{micros:.1} µs"),
        ..999.5 => format!("{micros:.0} µs"),
        ..9_995.0 => format!("{:.2} ms", micros / 1e3),
        ..99_950.0 => format!("{:.1} ms", micros / 1e3),
        _ => format!("{:.0} ms", micros / 1e3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histogram::Histogram;
    use crate::operation::Operation;

    fn measurement(requests: u32, cpu_millis: u64) -> Measurement {
        let mut latencies = Histogram::new();
        (0..requests).for_each(|_| latencies.record(Duration::from_nanos(2_000)));
        let rate = f64::from(requests);
        Measurement {
            latencies,
            errors: 0,
            first_error: None,
            elapsed: Duration::from_secs(1),
            server_cpu: Some(Duration::from_millis(cpu_millis)),
            client_cpu: Duration::from_millis(1),
            other_cpu: Some(Duration::from_millis(300)),
            resident: Some(5 << 20),
            range: (rate, rate),
        }
    }

    #[test]
    fn rows_are_compared_with_the_first_of_as_many_connections() {
        let mut table = Table::new(Workload::One(Operation::Encrypt));
        table.add(1, "ours", Some(measurement(100, 10)));
        table.add(1, "floor", Some(measurement(200, 10)));
        table.add(8, "ours", Some(measurement(50, 50)));
        table.add(8, "gone", None);
        let mut text = String::new();
        table.write(&mut text).unwrap();
        let rows: Vec<&str> = text.lines().filter(|line| line.contains("MiB")).collect();
        assert_eq!(rows.len(), 3);
        assert!(rows[1].starts_with("| 1 | floor | 200 | 200–200 | 2.0 µs |"), "{}", rows[1]);
        assert!(
            rows[1].ends_with("| 50 µs | 5.0 µs | 5 MiB | 0.30 | 0 | 2.00 | 0.50 |"),
            "{}",
            rows[1]
        );
        assert!(rows[2].ends_with("| 1.00 | 1.00 |"), "{}", rows[2]);
    }

    #[test]
    fn what_failed_wholly_is_a_row_without_figures_and_the_error() {
        let mut table = Table::new(Workload::Mix);
        let failed = Measurement {
            errors: 3,
            first_error: Some("400 no".to_owned()),
            server_cpu: None,
            ..measurement(0, 0)
        };
        table.add(1, "broken", Some(failed));
        let mut text = String::new();
        table.write(&mut text).unwrap();
        assert!(text.contains("| 1 | broken | 0 | 0–0 | – | – | – | – |"), "{text}");
        assert!(text.contains("| 3 | – | – |"), "{text}");
        assert!(text.ends_with("First error of broken at 1 connections: `400 no`\n"), "{text}");
    }

    #[test]
    fn times_have_three_digits_at_most() {
        let shown = [9.94e-6, 9.96e-6, 999.4e-6, 999.6e-6, 12.34e-3, 1.234].map(seconds);
        assert_eq!(shown, ["9.9 µs", "10 µs", "999 µs", "1.00 ms", "12.3 ms", "1234 ms"]);
    }
}
