//! Cargo's subcommands that the tasks need, installed under `target/tools` when they are missing.

use crate::failure::Failure;
use crate::process;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// A cargo subcommand.
pub(crate) struct Tool {
    /// Its package and program.
    package: &'static str,
    /// The subcommand.
    subcommand: &'static str,
    /// The version installed when it is missing; a version found is used as it is.
    version: &'static str,
}

/// The test runner.
pub(crate) const NEXTEST: Tool =
    Tool { package: "cargo-nextest", subcommand: "nextest", version: "0.9.143" };

/// The linter of the dependency graph.
pub(crate) const DENY: Tool = Tool { package: "cargo-deny", subcommand: "deny", version: "0.20.2" };

impl Tool {
    /// Installs the tool unless it is there.
    ///
    /// # Errors
    /// It cannot be installed.
    pub(crate) fn ensure(&self, root: &Path) -> Result<(), Failure> {
        if process::succeeds(self.command(root)?.arg("--version")) {
            return Ok(());
        }
        let directory = root.join("target/tools");
        println!(
            "{} is missing: installing version {} into {} (some minutes, once)",
            self.package,
            self.version,
            directory.display()
        );
        // A debug build compiles in a fraction of the time and runs fast enough.
        let mut install = process::cargo(root);
        install.args(["install", "--locked", "--debug", "--version", self.version, "--root"]);
        install.arg(&directory).args(["--config", "profile.dev.debug=false", self.package]);
        process::run(
            &mut install,
            &format!("install {} by hand, so that `cargo {}` runs", self.package, self.subcommand),
        )
    }

    /// `cargo <subcommand>`, with `target/tools` searched too.
    ///
    /// # Errors
    /// The search path cannot be extended.
    pub(crate) fn command(&self, root: &Path) -> Result<Command, Failure> {
        let mut command = process::cargo(root);
        command.arg(self.subcommand).env("PATH", search_path(root)?);
        Ok(command)
    }
}

/// The search path, with `target/tools/bin` behind it.
fn search_path(root: &Path) -> Result<OsString, Failure> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let own = root.join("target/tools/bin");
    std::env::join_paths(std::env::split_paths(&path).chain([own]))
        .map_err(|error| Failure::new(error.to_string(), "check the variable PATH"))
}
