//! `decisions`: what a decision costs with much to decide it, beside the default key policy, in one
//! run.

mod hostile;
mod kms;
mod policies;

use crate::cli::DecisionsArguments;
use crate::clock;
use crate::terminal::{self, Failure};
use std::time::Duration;

/// Turns that the cases take, so that whatever else the machine does meets them alike.
const ROUNDS: u32 = 15;

/// One case: what it is called, and the times of its rounds.
struct Row {
    name: String,
    nanos: Vec<u128>,
}

impl Row {
    fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), nanos: Vec::new() }
    }

    /// Notes the time of one of `count` equal steps.
    fn note(&mut self, took: Duration, count: u32) {
        self.nanos.push(took.as_nanos() / u128::from(count.max(1)));
    }

    /// The median of the rounds, nanoseconds.
    fn median(&self) -> u128 {
        let mut sorted = self.nanos.clone();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied().unwrap_or_default()
    }
}

/// Prints the cases, each beside the first.
fn print(title: &str, rows: &[Row]) {
    terminal::line(format_args!("| {title} | ns, median of rounds | ÷ first |\n|---|---:|---:|"));
    let first = rows.first().map_or(1, Row::median).max(1);
    for row in rows {
        let median = row.median();
        let hundredths = median.saturating_mul(100) / first;
        let ratio = format!("{}.{:02}", hundredths / 100, hundredths % 100);
        terminal::line(format_args!("| {} | {median} | {ratio} |", row.name));
    }
    terminal::line("");
}

/// Measures.
pub(crate) fn run(arguments: &DecisionsArguments) -> Result<(), Failure> {
    let began = clock::now();
    policies::run()?;
    hostile::run()?;
    kms::run(arguments.grants)?;
    terminal::progress(format_args!("{} s", began.elapsed().as_secs()));
    Ok(())
}
