//! How the commands for messages end: a number for each kind of cause, so that scripts can tell them
//! apart. They are part of the command line; docs/encrypting-files.md lists them.

use crate::terminal::Failure;
use std::fmt::Display;
use std::process::ExitCode;

/// A kind of cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// What no other number is for.
    Other = 1,
    /// The command line asks for what is not done.
    Usage = 2,
    /// A file of the command line cannot be read, or is not what it shall be.
    Input = 3,
    /// The output cannot be written: it is there already, the disk is full, nobody reads the pipe.
    Output = 4,
    /// The message is not as it was made, or is none.
    Message = 5,
    /// No key was found that opens or wraps it, or the KMS does not permit it.
    Key = 6,
    /// No KMS could be asked: it does not answer, or there are no credentials.
    Kms = 7,
    /// The encryption context is not the one that is demanded.
    Context = 8,
    /// `exec` has not come as far as to the program.
    Exec = 125,
    /// The program of `exec` is there, and cannot be run.
    NotRun = 126,
    /// The program of `exec` is not there.
    NotFound = 127,
}

/// Why a command has not done it.
#[derive(Debug)]
pub(crate) struct Ended {
    cause: Cause,
    why: Failure,
}

impl Ended {
    /// `what` was to be done, or read, or written.
    pub(super) fn of(cause: Cause, what: impl Display, why: impl Display) -> Self {
        Self { cause, why: Failure::of(what, why) }
    }

    pub(super) fn new(cause: Cause, why: impl Into<String>) -> Self {
        Self { cause, why: Failure::new(why) }
    }

    #[cfg(test)]
    pub(super) const fn cause(&self) -> Cause {
        self.cause
    }

    /// The same cause, in other words.
    pub(super) fn told_as(self, why: impl Into<String>) -> Self {
        Self { why: Failure::new(why), ..self }
    }

    /// The same, as the cause of another.
    pub(super) fn with_cause(self, cause: Cause) -> Self {
        Self { cause, ..self }
    }

    /// The exit code.
    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(self.cause as u8)
    }
}

impl Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.why.fmt(f)
    }
}
