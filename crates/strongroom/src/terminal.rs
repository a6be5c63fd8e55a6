//! The one place that prints for people and shells.

use std::fmt::Display;
use std::io::Write as _;

/// A line on standard output. Returns whether anybody still reads there: `head` may have left.
pub(crate) fn line(text: impl Display) -> bool {
    writeln!(std::io::stdout().lock(), "{text}").is_ok()
}

/// What went wrong, on standard error. If nobody reads there, the exit code tells all the same.
pub(crate) fn error(failure: &dyn Display) {
    let _ = writeln!(std::io::stderr().lock(), "strongroom: {}", lines(&failure.to_string()));
}

/// Draws a line on standard error in the place of the one that was drawn before.
pub(crate) fn draw(text: &str) {
    let _ = write!(std::io::stderr().lock(), "\r\x1b[K{text}");
}

/// Text from a message or a file name, as a terminal may show it: nothing in it moves the cursor.
pub(crate) fn shown(text: &str) -> String {
    escaped(text, |c| c.is_control())
}

/// The same of a text that has lines.
fn lines(text: &str) -> String {
    escaped(text, |c| c.is_control() && c != '\n')
}

fn escaped(text: &str, is_hidden: impl Fn(char) -> bool) -> String {
    let one = |c: char| if is_hidden(c) { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(one).collect()
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

#[cfg(test)]
mod tests {
    use super::{lines, shown};

    #[test]
    fn no_name_moves_the_cursor() {
        assert_eq!(shown("a\u{1b}[2Jb\n"), "a\\u{1b}[2Jb\\n");
        assert_eq!(shown("grün.txt"), "grün.txt");
        assert_eq!(lines("a\r\u{9b}2Jb\nc"), "a\\r\\u{9b}2Jb\nc");
    }
}
