//! Measures the server against a bare HTTP server and a minimal key service, on one machine.
//!
//! `README.md` says how to run it and what its columns mean.

mod bulk;
mod cli;
mod clock;
mod compare;
mod connection;
mod contestant;
mod decisions;
mod endpoint;
mod envelope;
mod floor;
mod generator;
mod histogram;
mod inside;
mod instructions;
mod load;
mod machine;
mod measurement;
mod operation;
mod population;
mod random;
mod requests;
mod subjects;
mod table;
mod targets;
mod terminal;
mod trail;
mod usage;

use clap::Parser;
use cli::{Cli, Command};
use std::process::ExitCode;

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Compare(arguments) => compare::run(&arguments),
        Command::Targets(arguments) => targets::run(&arguments),
        Command::Instructions(arguments) => instructions::run(&arguments),
        Command::Populate(arguments) => population::run(&arguments),
        Command::Load(arguments) => load::run(&arguments),
        Command::Floor(arguments) => floor::run(&arguments),
        Command::Decisions(arguments) => decisions::run(&arguments),
        Command::Trail(arguments) => trail::run(&arguments),
        Command::Envelope(arguments) => envelope::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            terminal::error(&failure);
            ExitCode::FAILURE
        }
    }
}
