//! Files that hold policies, and places in them.

use crate::terminal::Failure;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use strongroom_policy::{Malformed, Policy, Problem, Step};

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
        Failure::new(format!("{}{}: {why}", path.display(), place.suffix()))
    })
}

/// A place in a text, as editors count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// From 1.
    pub(super) line: usize,
    /// Characters, from 1.
    pub(super) column: usize,
}

impl Place {
    /// Where `text` is malformed: at the value that is wrong, or that lacks something.
    pub(super) fn of(why: &Malformed, text: &str) -> Self {
        if let Problem::Json(words) = why.problem() {
            return Self::told(words);
        }
        Self::at(text, offset(text, why.steps()).unwrap_or(0))
    }

    /// `:line:column`, as compilers write it behind the name of a file.
    pub(super) fn suffix(self) -> String {
        format!(":{}:{}", self.line, self.column)
    }

    /// Where the parser of JSON says it stopped: `… at line 3 column 7`.
    fn told(words: &str) -> Self {
        let numbers = words.rsplit_once(" at line ").map(|(_, numbers)| numbers);
        let split = numbers.and_then(|numbers| numbers.split_once(" column "));
        let parsed =
            split.and_then(|(line, column)| Some((line.parse().ok()?, column.parse().ok()?)));
        let (line, column): (usize, usize) = parsed.unwrap_or((1, 1));
        Self { line: line.max(1), column: column.max(1) }
    }

    fn at(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        Self { line: before.matches('\n').count() + 1, column }
    }
}

/// Where the value is to which the steps lead, or the last one on the way that is there.
fn offset<'a>(text: &str, steps: impl Iterator<Item = &'a Step>) -> Option<usize> {
    let mut value: &RawValue = serde_json::from_str(text).ok()?;
    for step in steps {
        let inside: Option<&RawValue> = match step {
            Step::Member(name) => {
                let members: BTreeMap<Cow<'_, str>, &RawValue> =
                    serde_json::from_str(value.get()).ok()?;
                members.get(name.as_str()).copied()
            }
            Step::Item(index) => {
                let items: Vec<&RawValue> = serde_json::from_str(value.get()).ok()?;
                items.get(*index).copied()
            }
        };
        let Some(inside) = inside else { break };
        value = inside;
    }
    // A raw value is a part of the text it was read from.
    value.get().as_ptr().addr().checked_sub(text.as_ptr().addr())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn place(text: &str) -> (usize, usize) {
        let Place { line, column } = Place::of(&Policy::key_policy(text).unwrap_err(), text);
        (line, column)
    }

    #[test]
    fn what_is_wrong_is_pointed_at() {
        let text = |statement: &str| format!("{{\n  \"Statement\": [\n    {statement}\n  ]\n}}");
        assert_eq!(place(&text(r#"{"Effect": "Allow", "Principal": "x"}"#)), (3, 38));
        assert_eq!(place(&text(r#"{"Effect": "Allow"}"#)), (3, 5));
        assert_eq!(place(&text(r#"{"Effect": "Ällow", "Principal": "*"}"#)), (3, 16));
        let dots =
            r#"{"Effect":"Deny","Principal":"*","Condition":{"Bool":{"aws:a.b[0]":["true","x"]}}}"#;
        assert_eq!(place(&text(dots)), (3, 80));
        assert_eq!(place("{\n  \"Statement\": oops\n}"), (2, 16));
        assert_eq!(place("[]"), (1, 1));
        assert_eq!(place(""), (1, 1));
    }
}
