//! `targets`: every row of the table of targets, measured in one run.

mod conditions;
mod create;
mod delivery;
mod document;
mod hot;
mod keys;
mod plot;
mod row;
mod sign;
mod start;
mod starvation;
mod sync;
mod turns;

use crate::cli::{FloorMode, TargetsArguments};
use crate::clock;
use crate::contestant::{self, Contestant, Start};
use crate::machine::{Machine, load_average};
use crate::population::Scale;
use crate::terminal::{self, Failure};
use clap::ValueEnum;
use plot::{Bar, Growth, Point};
use row::Row;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// The option of `serve` that says how durable audit is.
const AUDIT: &str = "--audit-durability";

/// Of the servers: the trail is delivered between measurements, not in the midst of some of them.
const CONFIGURATION: &str = "[trail]\ninterval_seconds = 900\n";

/// A part of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Size, memory and start of a server with nothing to do
    Start,
    /// Encrypt, Decrypt, GenerateDataKey; durable and buffered audit
    Hot,
    /// What the delivery of the trail costs beside that
    Delivery,
    /// Sign
    Sign,
    /// Encrypt while RSA_4096 is busy
    Starvation,
    /// CreateKey
    Create,
    /// Long policies and many grants
    Conditions,
    /// Many keys
    Keys,
}

/// How long, and how often.
#[derive(Clone, Copy)]
struct Plan {
    rounds: u32,
    warm_up: Duration,
    measured: Duration,
}

impl Plan {
    fn of(quick: bool) -> Self {
        let (rounds, warm_up, measured) = if quick { (1, 200, 600) } else { (3, 500, 2000) };
        let (warm_up, measured) = (Duration::from_millis(warm_up), Duration::from_millis(measured));
        Self { rounds, warm_up, measured }
    }
}

/// What every part needs.
struct Context<'a> {
    program: &'a Path,
    data: &'a Path,
    /// The configuration file of the servers.
    configuration: &'a str,
    population: Option<&'a Path>,
    runtime: &'a Runtime,
    plan: Plan,
    scale: Scale,
    /// Whether the program can answer before its audit record is durable.
    has_buffered: bool,
}

impl Context<'_> {
    /// The options of a server whose audit is buffered, if it can be.
    fn buffered_options(&self) -> Vec<&str> {
        let mut options = self.durable_options();
        if self.has_buffered {
            options.extend([AUDIT, "buffered"]);
        }
        options
    }

    /// The options of a server whose audit is durable.
    fn durable_options(&self) -> Vec<&str> {
        vec!["--config", self.configuration]
    }

    fn strongroom(&self, options: &[&str]) -> Result<Contestant, Failure> {
        Start { program: self.program, tls: true, options }.on_nothing(self.data, self.runtime)
    }

    /// A server whose audit is buffered, if it can be.
    fn buffered(&self) -> Result<Contestant, Failure> {
        self.strongroom(&self.buffered_options())
    }

    /// A server whose audit is durable.
    fn durable(&self) -> Result<Contestant, Failure> {
        self.strongroom(&self.durable_options())
    }

    fn floor(&self) -> Result<Contestant, Failure> {
        contestant::floor(FloorMode::Kms, "floor", true, self.data)
    }
}

/// What was found.
#[derive(Default)]
struct Outcome {
    rows: Vec<Row>,
    sweep: Vec<Point>,
    growth: Vec<Growth>,
    starvation: Vec<Bar>,
    listings: Vec<String>,
    remarks: Vec<String>,
}

pub(crate) fn run(arguments: &TargetsArguments) -> Result<(), Failure> {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|why| Failure::of("the runtime could not be started", why))?;
    let dir = contestant::directory(&arguments.data)?;
    let configuration = dir.path().join("strongroom.toml");
    let written = std::fs::write(&configuration, CONFIGURATION);
    written.map_err(|why| Failure::of(configuration.display(), why))?;
    let configuration = configuration.to_string_lossy();
    let context = Context {
        program: &arguments.strongroom,
        data: &arguments.data,
        configuration: &configuration,
        population: arguments.population.as_deref(),
        runtime: &runtime,
        plan: Plan::of(arguments.quick),
        scale: scale(arguments),
        has_buffered: has_buffered(&arguments.strongroom)?,
    };
    let begun = (clock::now(), clock::timestamp().civil().to_string(), load_average());
    let mut outcome = Outcome::default();
    for part in Part::value_variants() {
        if arguments.only.is_empty() || arguments.only.contains(part) {
            measure(*part, &context, &mut outcome)?;
        }
    }
    let (since, time, load) = begun;
    let plan = context.plan;
    let about = format!(
        "Machine: {}.\nTime: {time}; {} s in all. Load average before: {load}; after: {}.\n\
         Each cell: {} rounds of {:.1} s after {:.1} s of warm-up, the servers taking turns.\n{}",
        Machine::of(context.data),
        since.elapsed().as_secs(),
        load_average(),
        plan.rounds,
        plan.measured.as_secs_f64(),
        plan.warm_up.as_secs_f64(),
        if context.has_buffered {
            "Audit is buffered where nothing else is said.\n"
        } else {
            "**This server has no buffered audit: what is said to be buffered is durable.**\n"
        }
    );
    let about = if cfg!(debug_assertions) {
        format!(
            "{about}**Floor and load generator were built without optimisation: no figure counts.**\n"
        )
    } else {
        about
    };
    terminal::line(document::table(&about, &outcome));
    match &arguments.output {
        Some(path) => document::write(path, &about, &outcome),
        None => Ok(()),
    }
}

fn measure(part: Part, context: &Context<'_>, outcome: &mut Outcome) -> Result<(), Failure> {
    let known = outcome.rows.len();
    match part {
        Part::Start => start::run(context, outcome)?,
        Part::Hot => hot::run(context, outcome)?,
        Part::Delivery => delivery::run(context, outcome)?,
        Part::Sign => sign::run(context, outcome)?,
        Part::Starvation => starvation::run(context, outcome)?,
        Part::Create => create::run(context, outcome)?,
        Part::Conditions => conditions::run(context, outcome)?,
        Part::Keys => keys::run(context, outcome)?,
    }
    outcome.rows.iter().skip(known).for_each(terminal::progress);
    Ok(())
}

/// As the issue has it, or a fiftieth of it.
fn scale(arguments: &TargetsArguments) -> Scale {
    let share = if arguments.quick { 50 } else { 1 };
    Scale {
        keys: arguments.keys / share,
        aliases: arguments.keys / share,
        principals: 100_000 / share,
        grants: 50_000 / share,
        accounts: 1000 / share,
    }
}

/// Whether `serve` knows how durable audit is to be.
fn has_buffered(program: &Path) -> Result<bool, Failure> {
    let mut command = Command::new(program);
    let output = command.args(["serve", "--help"]).stdin(Stdio::null()).output();
    let output = output.map_err(|why| Failure::of(program.display(), why))?;
    Ok(String::from_utf8_lossy(&output.stdout).contains(AUDIT))
}
