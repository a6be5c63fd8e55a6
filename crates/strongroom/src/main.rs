//! `strongroom`: the server, and the commands of its operator and users.

mod account;
mod brake;
mod cli;
mod clock;
mod config;
mod data;
mod dev_clock;
mod environment;
mod gateway;
mod key;
mod operator;
mod running;
mod serve;
mod terminal;
mod trail;
mod workers;

use clap::Parser;
use cli::{Cli, Command};
use std::process::ExitCode;

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Env(arguments) => environment::run(&arguments),
        Command::Trail(arguments) => trail::run(&arguments),
        Command::Account(arguments) => account::run(&arguments),
        Command::Key(arguments) => key::run(&arguments),
        Command::Clock(arguments) => dev_clock::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            terminal::error(&failure);
            ExitCode::FAILURE
        }
    }
}
