//! `cargo xtask test`: every test there is.

use crate::failure::Failure;
use crate::steps::Steps;
use crate::{node, process, python, softhsm, tools, tree};
use std::path::Path;
use std::process::Command;

/// Runs every test; `fast` leaves out those that need the release binary.
///
/// # Errors
/// The first step that fails.
pub(crate) fn run(fast: bool) -> Result<(), Failure> {
    let root = tree::root()?;
    let mut steps = Steps::new();
    steps.step("SoftHSM", || {
        softhsm::ensure();
        Ok(())
    })?;
    steps.step("unit and integration tests", || unit(&root))?;
    steps.step("documentation tests", || documentation(&root))?;
    if !fast {
        steps.step("release binary", || release(&root))?;
        steps.step("Python environment", || python::environment(&root).map(drop))?;
        steps.step("Node packages", || node::ensure(&root))?;
        steps.step("whole-system tests", || whole_system(&root))?;
    }
    steps.summary();
    println!("All tests passed{}.", if fast { " (without the whole-system tests)" } else { "" });
    Ok(())
}

fn unit(root: &Path) -> Result<(), Failure> {
    tools::NEXTEST.ensure(root)?;
    let mut nextest = tools::NEXTEST.command(root)?;
    nextest.args(["run", "--workspace", "--no-fail-fast"]);
    process::run(
        &mut nextest,
        "read the failures above; `cargo nextest run <name>` repeats one of them",
    )
}

fn documentation(root: &Path) -> Result<(), Failure> {
    let mut tests = process::cargo(root);
    process::run(
        tests.args(["test", "--workspace", "--doc", "--quiet"]),
        "read the failures above; `cargo test --doc -p <crate>` repeats those of one crate",
    )
}

fn release(root: &Path) -> Result<(), Failure> {
    let mut build = process::cargo(root);
    process::run(build.args(["build", "--release", "--package", "strongroom"]), "mend the build")
}

fn whole_system(root: &Path) -> Result<(), Failure> {
    let python = python::environment(root)?;
    let mut pytest = Command::new(python);
    pytest.current_dir(root).args(["-m", "pytest", "tests"]);
    pytest.env("STRONGROOM_BIN", root.join("target/release/strongroom"));
    process::run(
        &mut pytest,
        "read the failures above; `target/python/bin/python -m pytest tests -k <name>` repeats one of them",
    )
}
