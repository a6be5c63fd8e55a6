//! `instructions`: how many instructions the server takes for a request, by Valgrind's callgrind.
//!
//! The server is the program as it is delivered, over a socket and a journal on the disk: what is
//! counted is all that its threads do in user space. Nothing else that runs on the machine changes
//! the figure, and Valgrind shows every program the same processor, whatever the real one is (one
//! without SHA extensions and AVX-512: hashing takes several times as many instructions as it does
//! in earnest).

use crate::cli::InstructionsArguments;
use crate::contestant::{self, Contestant, Start};
use crate::operation::{Operation, Workload};
use crate::requests::{Message, Signing};
use crate::subjects;
use crate::terminal::{self, Failure};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// What is counted.
const OPERATIONS: [Operation; 6] = [
    Operation::CreateKey,
    Operation::Decrypt,
    Operation::DescribeKey,
    Operation::Encrypt,
    Operation::GenerateDataKey,
    Operation::SignP256,
];
/// Requests before those that are counted: caches are full then.
const BEFORE: u32 = 50;
/// Times that they are counted; the least counts, for the others have something in them that is not
/// of the requests.
const TIMES: u32 = 3;
/// For what a request leaves to be done.
const SETTLING: Duration = Duration::from_millis(500);
/// Delivery of the trail is not under way meanwhile.
const CONFIGURATION: &str = "[trail]\ninterval_seconds = 900\n";

/// What was counted before.
#[derive(Deserialize)]
struct Baseline {
    tolerance_percent: f64,
    instructions: BTreeMap<String, f64>,
}

pub(crate) fn run(arguments: &InstructionsArguments) -> Result<(), Failure> {
    let counted = count(arguments)?;
    let path = &arguments.baseline;
    let baseline = read(path)?;
    let mut slower = Vec::new();
    terminal::line("| operation | instructions/request | before | ÷ |\n|---|--:|--:|--:|");
    for (name, count) in &counted {
        let before = baseline.instructions.get(name).copied();
        let times = before.map_or(f64::NAN, |before| count / before);
        let before = before.map_or_else(|| "–".to_owned(), |before| format!("{before:.0}"));
        terminal::line(format_args!("| {name} | {count:.0} | {before} | {times:.3} |"));
        // What was not counted before is not compared, and has to be.
        if times.is_nan() || times > 1.0 + baseline.tolerance_percent / 100.0 {
            slower.push(name.as_str());
        }
    }
    if arguments.update {
        let text = written(baseline.tolerance_percent, &counted);
        return std::fs::write(path, text).map_err(|why| Failure::of(path.display(), why));
    }
    if slower.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{} take more instructions than {} allows; if that has its reason, write it anew with \
         --update",
        slower.join(", "),
        path.display()
    )))
}

fn read(path: &Path) -> Result<Baseline, Failure> {
    let text = std::fs::read_to_string(path).map_err(|why| Failure::of(path.display(), why))?;
    toml::from_str(&text).map_err(|why| Failure::of(path.display(), why))
}

fn written(tolerance: f64, counted: &BTreeMap<String, f64>) -> String {
    let mut text = format!(
        "# Instructions that a request takes, in all threads of the server; README.md says how they\n\
         # are counted. Written by `cargo xtask instructions --update`.\n\
         tolerance_percent = {tolerance:?}\n\n[instructions]\n"
    );
    text.extend(counted.iter().map(|(name, count)| format!("{name} = {:.1}\n", count.round())));
    text
}

/// Instructions a request of each operation.
fn count(arguments: &InstructionsArguments) -> Result<BTreeMap<String, f64>, Failure> {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|why| Failure::of("the runtime could not be started", why))?;
    let dir = contestant::directory(&arguments.data)?;
    let server = Watched::start(&arguments.strongroom, dir.path(), &runtime)?;
    let mut counted = BTreeMap::new();
    for operation in OPERATIONS {
        let subjects = server.server.subjects(Workload::One(operation), 1, &runtime)?;
        let subject = subjects.first().cloned().unwrap_or_default();
        let message = Message::of(operation, &subject);
        runtime.block_on(ask(&server.server, &message, BEFORE))?;
        let mut count = f64::INFINITY;
        for _ in 0..TIMES {
            server.settle();
            server.control("--zero")?;
            runtime.block_on(ask(&server.server, &message, arguments.requests))?;
            server.settle();
            count = count.min(server.dump()? / f64::from(arguments.requests));
        }
        let name = match operation {
            Operation::SignP256 => "Sign-ECC_NIST_P256",
            _ => operation.name(),
        };
        terminal::progress(format_args!("{name}: {count:.0}"));
        counted.insert(name.to_owned(), count);
    }
    Ok(counted)
}

/// Asks one after another, over one connection.
async fn ask(server: &Contestant, message: &Message, times: u32) -> Result<(), Failure> {
    let mut asker = subjects::Asker::open(&server.endpoint).await?;
    let mut signing = Signing::new(&server.endpoint);
    for _ in 0..times {
        let request = signing.sign(message)?;
        asker.send(message.name, &request).await?;
    }
    Ok(())
}

/// A server that Valgrind runs.
struct Watched {
    server: Contestant,
    /// What its dumps are called, before their numbers.
    counts: PathBuf,
}

impl Watched {
    fn start(program: &Path, dir: &Path, runtime: &Runtime) -> Result<Self, Failure> {
        let failed = |path: &Path, why: std::io::Error| Failure::of(path.display(), why);
        let (counts, configuration) = (dir.join("counts"), dir.join("strongroom.toml"));
        std::fs::write(&configuration, CONFIGURATION).map_err(|why| failed(&configuration, why))?;
        let options = ["--config", &*configuration.to_string_lossy()];
        let start = Start { program, tls: false, options: &options };
        let out = format!("--callgrind-out-file={}", counts.display());
        let valgrind = ["valgrind", "--quiet", "--tool=callgrind", &out];
        let server = start.within(&valgrind, &dir.join("data"), runtime)?;
        Ok(Self { server, counts })
    }

    fn settle(&self) {
        std::thread::sleep(SETTLING);
    }

    /// Tells callgrind something.
    fn control(&self, what: &str) -> Result<(), Failure> {
        let failed = |why: &dyn std::fmt::Display| Failure::of("callgrind_control", why);
        let pid = self.server.pid.unwrap_or_default().to_string();
        let mut command = Command::new("callgrind_control");
        let output = command.args([what, &pid]).stdin(Stdio::null()).output();
        let output = output.map_err(|why| failed(&why))?;
        let told = String::from_utf8_lossy(&output.stdout);
        if told.contains("OK.") { Ok(()) } else { Err(failed(&told.trim())) }
    }

    /// Instructions since the counts were set to nought.
    fn dump(&self) -> Result<f64, Failure> {
        self.control("--dump")?;
        let dumped = |number: u32| {
            let mut path = self.counts.clone().into_os_string();
            path.push(format!(".{number}"));
            std::fs::read_to_string(path).ok()
        };
        let newest = (1..).map_while(dumped).last();
        let text = newest.ok_or_else(|| Failure::new("callgrind has written no counts"))?;
        let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
        let total = total.and_then(|total| total.trim().parse::<f64>().ok());
        total
            .filter(|total| *total > 0.0)
            .ok_or_else(|| Failure::new("callgrind's counts have no total"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_baseline_is_read_as_it_was_written() {
        let counted =
            BTreeMap::from([("Encrypt".to_owned(), 249_350.4), ("Sign-X".to_owned(), 5.0)]);
        let text = written(3.0, &counted);
        let baseline: Baseline = toml::from_str(&text).unwrap();
        assert!((baseline.instructions["Encrypt"] - 249_350.0).abs() < 1e-9);
        assert!((baseline.tolerance_percent - 3.0).abs() < 1e-9);
        assert_eq!(baseline.instructions.len(), 2);
    }
}
