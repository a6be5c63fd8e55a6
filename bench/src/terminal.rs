//! The one place that talks to the terminal and reads the environment.

use std::fmt::Display;

/// A line on standard output.
#[expect(clippy::disallowed_macros, reason = "this is the place that prints")]
pub(crate) fn line(text: impl Display) {
    println!("{text}");
}

/// A line of progress, on standard error so that standard output is the report alone.
#[expect(clippy::disallowed_macros, reason = "this is the place that prints")]
pub(crate) fn progress(text: impl Display) {
    eprintln!("{text}");
}

/// What went wrong, on standard error.
pub(crate) fn error(failure: &dyn Display) {
    progress(format_args!("strongroom-bench: {failure}"));
}

/// A variable of the environment that must be there.
#[expect(clippy::disallowed_methods, reason = "this is the place that reads the environment")]
pub(crate) fn variable(name: &str) -> Result<String, Failure> {
    std::env::var(name).map_err(|why| Failure::of(name, why))
}

/// Why a command failed, in words for the person who typed it.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A failure while doing `what`.
    pub(crate) fn of(what: impl Display, why: impl Display) -> Self {
        Self(format!("{what}: {why}"))
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
