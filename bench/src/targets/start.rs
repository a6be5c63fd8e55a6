//! A server with nothing to do: its size, its memory, and how soon it answers.

use super::row::{Row, Target, Unit};
use super::{Context, Outcome};
use crate::clock;
use crate::contestant;
use crate::terminal::{self, Failure};
use crate::usage;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Starts that are timed.
const STARTS: usize = 7;
/// Between two attempts to get an answer.
const PAUSE: Duration = Duration::from_micros(200);
/// The longest start that is waited for.
const LONGEST: Duration = Duration::from_secs(120);
/// How long memory is watched, and how often.
const WATCHED: u32 = 20;
const EVERY: Duration = Duration::from_millis(200);

pub(super) fn run(context: &Context<'_>, outcome: &mut Outcome) -> Result<(), Failure> {
    let (mut new, mut again, mut memory) = (Vec::new(), Vec::new(), None);
    for number in 0..STARTS {
        let dir = contestant::directory(context.data)?;
        let data = dir.path().join("data");
        new.push(first_answer(context.program, &data, &[])?.took);
        let started = first_answer(context.program, &data, &[])?;
        again.push(started.took);
        if number == 0 {
            memory = started.settled_memory();
        }
    }
    let size = std::fs::metadata(context.program).map(|found| found.len());
    let size = size.map_err(|why| Failure::of(context.program.display(), why))?;
    let (new, again) = (median(new), median(again));
    let rows = [
        Row::new(
            "idle memory",
            Target::AtMost(25.0),
            Unit::Mebibytes,
            memory.map(|bytes| crate::measurement::ratio(bytes, 1_048_576.0)),
        )
        .note("resident, on an empty store, when it no longer grows"),
        Row::new(
            "binary",
            Target::AtMost(25.0),
            Unit::Megabytes,
            Some(crate::measurement::ratio(size, 1e6)),
        ),
        Row::new(
            "start to first answer, empty store",
            Target::AtMost(50.0),
            Unit::Milliseconds,
            Some(new),
        )
        .note(format!(
            "median of {STARTS}, from spawning the process to 200 of /healthz; the directory is \
                 made meanwhile. On the store that it made: {again:.1} ms"
        )),
    ];
    rows.iter().for_each(terminal::progress);
    outcome.rows.extend(rows);
    Ok(())
}

/// A server that has answered.
pub(super) struct Started {
    child: Child,
    /// Milliseconds from its start to its first answer.
    pub(super) took: f64,
}

impl Started {
    /// Its resident memory, bytes, once it has stopped to grow.
    fn settled_memory(&self) -> Option<u64> {
        let mut last = None;
        for _ in 0..WATCHED {
            std::thread::sleep(EVERY);
            last = usage::resident(self.child.id()).max(last);
        }
        last
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // As an operator would, so that the next start finds nothing to mend.
        contestant::stop(&mut self.child);
    }
}

/// Starts a server on `data` and asks for its health until it answers.
pub(super) fn first_answer(
    program: &Path,
    data: &Path,
    options: &[&str],
) -> Result<Started, Failure> {
    let failed = |why: std::io::Error| Failure::of(program.display(), why);
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|free| free.local_addr());
    let address = port.map_err(failed)?;
    let mut command = Command::new(program);
    command.arg("serve").arg("--data").arg(data).arg("--listen").arg(address.to_string());
    command.args(options).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let begun = clock::now();
    let child = command.spawn().map_err(failed)?;
    let mut started = Started { child, took: 0.0 };
    while !is_healthy(address) {
        if begun.elapsed() > LONGEST || matches!(started.child.try_wait(), Ok(Some(_))) {
            return Err(Failure::new(format!("no answer of {}", program.display())));
        }
        std::thread::sleep(PAUSE);
    }
    started.took = begun.elapsed().as_secs_f64() * 1e3;
    Ok(started)
}

fn is_healthy(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer.starts_with(b"HTTP/1.1 200 "))
    };
    ask().unwrap_or(false)
}

/// The middle one.
pub(super) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one() {
        assert!((median(vec![9.0, 1.0, 5.0]) - 5.0).abs() < 1e-9);
        assert!(median(Vec::new()).is_nan());
    }
}
