//! The repository's own rules, as code. Each rule is a file; each finding names a place and a remedy.

mod dependencies;
mod exposure;
mod layers;
mod length;
mod lints;
mod operations;
mod words;

pub(crate) use length::MOST_LINES;

use crate::failure::Failure;
use crate::tree::{self, Tree};
use std::fmt;

/// A rule and how it is checked.
struct Rule {
    name: &'static str,
    findings: fn(&Tree) -> Vec<Finding>,
}

const RULES: &[Rule] = &[
    Rule { name: "file length", findings: length::findings },
    Rule { name: "layers", findings: layers::findings },
    Rule { name: "exposure of secrets", findings: exposure::findings },
    Rule { name: "workspace lints", findings: lints::findings },
    Rule { name: "words", findings: words::findings },
    Rule { name: "operations", findings: operations::findings },
    Rule { name: "dependency reasons", findings: dependencies::findings },
];

/// A place where a rule is broken.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    path: String,
    /// Counted from 1; 0 when the whole file is meant.
    line: usize,
    text: String,
}

impl Finding {
    fn new(path: &str, line: usize, text: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, text: text.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, text } = self;
        match line {
            0 => write!(f, "{path}: {text}"),
            _ => write!(f, "{path}:{line}: {text}"),
        }
    }
}

/// Checks every rule and prints what breaks one.
///
/// # Errors
/// A rule is broken.
pub(crate) fn run() -> Result<(), Failure> {
    let tree = Tree::read(&tree::root()?)?;
    let mut broken = 0;
    for Rule { name, findings } in RULES {
        let found = findings(&tree);
        println!("{name}: {}", if found.is_empty() { "ok" } else { "broken" });
        for finding in &found {
            println!("  {finding}");
        }
        broken += found.len();
    }
    match broken {
        0 => Ok(()),
        _ => Err(Failure::new(
            format!("tidy: {broken} findings"),
            "mend the places above; a rule that is wrong is changed in xtask/src/tidy/, with its reason",
        )),
    }
}
