//! Packages of Debian and Ubuntu, where this is one and the task runs as root.

use crate::failure::Failure;
use crate::process;
use std::process::Command;

/// Whether packages can be installed.
pub(crate) fn may_install() -> bool {
    process::succeeds(Command::new("apt-get").arg("--version")) && is_root()
}

/// Installs `packages`; `next` says what to do if that fails.
///
/// # Errors
/// They cannot be fetched or installed.
pub(crate) fn install(packages: &[&str], next: &str) -> Result<(), Failure> {
    process::run(Command::new("apt-get").args(["update", "--quiet"]), next)?;
    let mut install = Command::new("apt-get");
    install.env("DEBIAN_FRONTEND", "noninteractive");
    install.args(["install", "--yes", "--no-install-recommends"]).args(packages);
    process::run(&mut install, next)
}

fn is_root() -> bool {
    process::output(Command::new("id").arg("-u"), "").is_ok_and(|id| id.trim() == "0")
}
