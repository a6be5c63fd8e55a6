//! `decisions`: what a decision costs with much to decide it, beside the default key policy, in one
//! run.

mod hostile;
mod kms;
mod policies;

pub(crate) use policies::long_key_policy;

use crate::cli::DecisionsArguments;
use crate::clock;
use crate::terminal::{self, Failure};
use crate::usage;

/// Turns that the cases take, so that whatever else the machine does meets them alike.
const ROUNDS: u32 = 15;

/// One case: what it is called, and what its rounds have taken.
struct Row {
    name: String,
    /// Processor time, nanoseconds: other programs on the machine do not count.
    cpu: u64,
    steps: u64,
}

impl Row {
    fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), cpu: 0, steps: 0 }
    }

    /// Notes a round of `count` equal steps that began when the process had used `began`.
    fn note(&mut self, began: u64, count: u32) {
        self.cpu += usage::own_cpu().unwrap_or_default().saturating_sub(began);
        self.steps += u64::from(count);
    }

    /// Of one step, nanoseconds.
    fn mean(&self) -> u64 {
        self.cpu / self.steps.max(1)
    }
}

/// The processor time that the process has used, to begin a round.
fn used() -> Result<u64, Failure> {
    usage::own_cpu().ok_or_else(|| Failure::new("no processor times in /proc/self/task"))
}

/// Prints the cases, each beside the first.
fn print(title: &str, rows: &[Row]) {
    terminal::line(format_args!("| {title} | ns of CPU | ÷ first |\n|---|---:|---:|"));
    let first = rows.first().map_or(1, Row::mean).max(1);
    for row in rows {
        let mean = row.mean();
        let hundredths = mean.saturating_mul(100) / first;
        let ratio = format!("{}.{:02}", hundredths / 100, hundredths % 100);
        terminal::line(format_args!("| {} | {mean} | {ratio} |", row.name));
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
