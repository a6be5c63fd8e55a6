//! The one place that prints for people and shells.

use std::fmt::Display;
use std::io::Write as _;

/// A line on standard output. Returns whether anybody still reads there: `head` may have left.
pub(crate) fn line(text: impl Display) -> bool {
    writeln!(std::io::stdout().lock(), "{text}").is_ok()
}

/// What went wrong, on standard error.
#[expect(clippy::disallowed_macros, reason = "this is the place that prints")]
pub(crate) fn error(failure: &dyn Display) {
    eprintln!("strongroom: {failure}");
}

/// Draws a line on standard error in the place of the one that was drawn before.
#[expect(clippy::disallowed_macros, reason = "this is the place that prints")]
pub(crate) fn draw(text: &str) {
    eprint!("\r\x1b[K{text}");
}

/// Why a command failed, in words for the person who typed it: what happened, and what to do.
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
