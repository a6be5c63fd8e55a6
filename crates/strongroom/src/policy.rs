//! `strongroom policy`: policies tried out before they are put, by the evaluator that the server
//! has. Nothing is read but files, and nothing is sent.

mod asker;
mod check;
mod document;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod grants;
mod simulate;

use crate::cli::{PolicyArguments, PolicyCommand};
use crate::terminal::Failure;

/// Returns whether the policy is one, or the request is allowed.
pub(crate) fn run(arguments: &PolicyArguments) -> Result<bool, Failure> {
    match &arguments.command {
        PolicyCommand::Check(arguments) => check::run(arguments),
        PolicyCommand::Simulate(arguments) => simulate::run(arguments),
    }
}
