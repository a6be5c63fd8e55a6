//! How a task ends when it does not succeed: what failed, and what to do about it.

/// Why a task stopped.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What went wrong.
    pub(crate) what: String,
    /// What the reader should do next.
    pub(crate) next: String,
}

impl Failure {
    /// A failure and its remedy.
    pub(crate) fn new(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self { what: what.into(), next: next.into() }
    }
}
