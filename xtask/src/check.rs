//! `cargo xtask check`: what can be told without running the product. Changes no file.

use crate::failure::Failure;
use crate::steps::Steps;
use crate::{process, tidy, tools, tree};
use std::path::Path;

/// Runs every check. Where the database of advisories cannot be had, that is said; if `advisories`,
/// it is a failure.
///
/// # Errors
/// The first check that fails.
pub(crate) fn run(advisories: bool) -> Result<(), Failure> {
    let root = tree::root()?;
    let mut steps = Steps::new();
    steps.step("tidy", tidy::run)?;
    steps.step("formatting", || formatting(&root))?;
    steps.step("clippy", || clippy(&root))?;
    let mut looked_up = true;
    steps.step("dependencies", || {
        looked_up = dependencies(&root, advisories)?;
        Ok(())
    })?;
    steps.summary();
    if looked_up {
        println!("All checks passed.");
    } else {
        println!("All checks passed, BUT NOBODY LOOKED FOR ADVISORIES OR YANKED VERSIONS.");
    }
    Ok(())
}

fn formatting(root: &Path) -> Result<(), Failure> {
    for manifest in ["Cargo.toml", "fuzz/Cargo.toml"] {
        let mut format = process::cargo(root);
        format.args(["fmt", "--all", "--check", "--manifest-path", manifest]);
        process::run(
            &mut format,
            &format!("`cargo fmt --all --manifest-path {manifest}` mends it"),
        )?;
    }
    Ok(())
}

fn clippy(root: &Path) -> Result<(), Failure> {
    let mut clippy = process::cargo(root);
    clippy.args(["clippy", "--workspace", "--all-targets", "--quiet", "--", "--deny", "warnings"]);
    process::run(&mut clippy, "mend what clippy found; an exception is an `expect` with its reason")
}

/// Licences, sources and duplicates always; advisories, and versions that were yanked, when the
/// database of advisories can be had. Says whether it could.
fn dependencies(root: &Path, required: bool) -> Result<bool, Failure> {
    tools::DENY.ensure(root)?;
    let next = "read deny.toml: an exception there says its reason";
    let mut deny = tools::DENY.command(root)?;
    let fetched = process::output(
        tools::DENY.command(root)?.args(["--log-level", "error", "fetch", "db"]),
        "github.com/rustsec/advisory-db must be within reach",
    );
    match fetched {
        Ok(_) => {
            process::run(deny.args(["check", "--hide-inclusion-graph"]), next)?;
            Ok(true)
        }
        Err(failure) if required => Err(failure),
        Err(failure) => {
            println!("{}", failure.what);
            println!("ADVISORIES ARE SKIPPED: their database could not be fetched.");
            let rest = ["check", "--hide-inclusion-graph", "bans", "licenses", "sources"];
            process::run(deny.args(rest), next)?;
            Ok(false)
        }
    }
}
