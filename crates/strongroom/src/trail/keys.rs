//! `strongroom trail keys` and `strongroom trail flush`: what the server is asked for.

use crate::cli::DataArgument;
use crate::operator::{Request, ask, have_done};
use crate::terminal::{self, Failure};

/// The public keys, in the form in which `ListPublicKeys` answers.
pub(super) fn run(argument: &DataArgument) -> Result<(), Failure> {
    let keys = have_done(&argument.data, &Request::TrailKeys)?;
    let text = serde_json::to_string_pretty(&keys).map_err(|why| Failure::new(why.to_string()))?;
    terminal::line(text);
    Ok(())
}

/// Has what waits delivered.
pub(super) fn flush(argument: &DataArgument) -> Result<(), Failure> {
    terminal::line(ask(&argument.data, &Request::FlushTrail)?);
    Ok(())
}

/// Lets another key sign digests.
pub(super) fn rotate(region: Option<String>, argument: &DataArgument) -> Result<(), Failure> {
    have_done(&argument.data, &Request::RotateTrailKey(region)).map(drop)
}
