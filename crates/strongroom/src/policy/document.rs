//! Files that hold policies.

use crate::terminal::Failure;
use std::io::Read;
use std::path::Path;
use strongroom_policy::{Malformed, Place, Policy};

/// The most that is read of a file, bytes: more than any policy, and than a page of grants.
const MAX_FILE: u64 = 1 << 20;

/// The text of a file, or of standard input.
pub(super) fn read(path: &Path) -> Result<String, Failure> {
    let failed = |why: std::io::Error| Failure::of(path.display(), why);
    let from: Box<dyn Read> = if path == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(std::fs::File::open(path).map_err(failed)?)
    };
    let mut text = String::new();
    let length = from.take(MAX_FILE + 1).read_to_string(&mut text).map_err(failed)?;
    if u64::try_from(length).is_ok_and(|length| length <= MAX_FILE) {
        Ok(text)
    } else {
        Err(Failure::of(path.display(), "longer than 1 MiB"))
    }
}

/// The key policy or identity policy in a file.
pub(super) fn policy(
    path: &Path,
    parse: impl FnOnce(&str) -> Result<Policy, Malformed>,
) -> Result<Policy, Failure> {
    let text = read(path)?;
    parse(&text).map_err(|why| {
        let place = Place::of(&why, &text);
        Failure::new(format!("{}{}: {why}", path.display(), suffix(place)))
    })
}

/// `:line:column`, as compilers write it behind the name of a file.
pub(super) fn suffix(place: Place) -> String {
    format!(":{}:{}", place.line, place.column)
}
