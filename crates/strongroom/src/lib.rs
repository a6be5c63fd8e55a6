//! `strongroom`: the server, and the commands of its operator and users; everything of the program
//! but its entry point, so that what it does with outside bytes can be fuzzed.

#[cfg(fuzzing)]
pub mod fuzzing;

mod account;
mod backup;
mod brake;
mod check;
mod cli;
mod clock;
mod config;
mod data;
mod delivery;
mod dev_clock;
mod environment;
mod gateway;
mod key;
mod message;
mod observe;
mod operator;
mod policy;
mod progress;
mod provider_keys;
mod root_file;
mod root_key;
mod running;
mod sandbox;
mod secret_input;
mod serve;
mod stream;
mod terminal;
mod trail;
mod unlock;
mod up;
mod why;
mod workers;

use clap::Parser;
use cli::{Cli, Command};
use std::process::ExitCode;

/// Does what the command line says.
#[must_use]
pub fn run() -> ExitCode {
    let parsed = match Cli::try_parse() {
        Ok(parsed) => parsed,
        Err(told) => return not_understood(&told),
    };
    let done = match parsed.command {
        Command::Encrypt(arguments) => return told(message::encrypt(&arguments)),
        Command::Decrypt(arguments) => return told(message::decrypt(&arguments)),
        Command::Rewrap(arguments) => return told(message::rewrap(&arguments)),
        Command::Inspect(arguments) => return told(message::inspect(&arguments)),
        Command::Exec(arguments) => return told(message::exec(&arguments)),
        Command::Policy(arguments) => return ended(policy::run(&arguments)),
        Command::Trail(arguments) => return ended(trail::run(&arguments)),
        Command::Check(arguments) => return ended(check::run(&arguments)),
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Env(arguments) => environment::run(&arguments),
        Command::Why(arguments) => why::run(&arguments),
        Command::Account(arguments) => account::run(&arguments),
        Command::Backup(arguments) => backup::run(&arguments),
        Command::Restore(arguments) => backup::restore(&arguments),
        Command::Key(arguments) => key::run(&arguments),
        Command::Clock(arguments) => dev_clock::run(&arguments),
        Command::Init(arguments) => root_key::init(&arguments),
        Command::Unseal(arguments) => root_key::unseal(&arguments),
        Command::Seal(arguments) => root_key::seal(&arguments),
        Command::RootKey(arguments) => root_key::run(&arguments),
    };
    ended(done.map(|()| true))
}

/// Tells what is wrong with the command line, or the help that it asks for.
fn not_understood(told: &clap::Error) -> ExitCode {
    // Nobody may read it; the code tells all the same.
    let _ = told.print();
    match told.use_stderr() {
        false => ExitCode::SUCCESS,
        true if std::env::args_os().nth(1).is_some_and(|first| first == "exec") => {
            message::not_started()
        }
        true => ExitCode::from(2),
    }
}

/// How the process ends: well, not so, or with a failure that is told.
fn ended(done: Result<bool, terminal::Failure>) -> ExitCode {
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            strongroom_server::log::finish();
            terminal::error(&failure);
            ExitCode::FAILURE
        }
    }
}

/// The same, with a number for the kind of cause.
fn told(done: Result<(), message::Ended>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(ended) => {
            terminal::error(&ended);
            ended.code()
        }
    }
}
