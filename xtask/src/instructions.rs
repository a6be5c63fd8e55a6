//! `cargo xtask instructions`: what requests cost, in a measure that noise cannot touch.

use crate::failure::Failure;
use crate::steps::Steps;
use crate::{apt, process, tree};
use std::path::Path;
use std::process::Command;

/// Counts the instructions of requests to the release binary, and compares them with those in
/// `bench/instructions.toml`; `update` writes that anew. Without Valgrind it says so, and does nothing.
///
/// # Errors
/// A request takes more instructions than before, or they cannot be counted.
pub(crate) fn run(update: bool) -> Result<(), Failure> {
    let root = tree::root()?;
    if !has_valgrind() {
        println!("NO INSTRUCTIONS ARE COUNTED: install Valgrind (Debian's package `valgrind`)");
        return Ok(());
    }
    let mut steps = Steps::new();
    steps.step("release binary", || build(&root, &["--release", "--package", "strongroom"]))?;
    // With the features that the tests are built with, so that what they built is there.
    let driver = ["--workspace", "--bin", "strongroom-bench", "--test", "floor"];
    steps.step("driver", || build(&root, &driver))?;
    steps.step("instructions", || count(&root, update))?;
    steps.summary();
    Ok(())
}

/// Whether Valgrind is there; it is installed if it is missing and that can be done.
fn has_valgrind() -> bool {
    let is_there = || process::succeeds(Command::new("valgrind").arg("--version"));
    if is_there() {
        return true;
    }
    if apt::may_install() {
        println!("valgrind is missing: asking apt-get");
        if let Err(failure) = apt::install(&["valgrind"], "install the package valgrind") {
            println!("{}", failure.what);
        }
    }
    is_there()
}

fn build(root: &Path, options: &[&str]) -> Result<(), Failure> {
    process::run(process::cargo(root).arg("build").args(options), "mend the build")
}

fn count(root: &Path, update: bool) -> Result<(), Failure> {
    let mut count = Command::new(root.join("target/debug/strongroom-bench"));
    count.current_dir(root).arg("instructions");
    if update {
        count.arg("--update");
    }
    process::run(
        &mut count,
        "look for what the change has added to the path of a request; if it has to be there, \
         `cargo xtask instructions --update`",
    )
}
