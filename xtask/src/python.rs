//! The Python environment of the whole-system tests, under `target/python`: the unmodified AWS
//! clients, each of one exact version.

use crate::failure::Failure;
use crate::{apt, process};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The oldest Python that the pinned clients run on.
const OLDEST: &str = "(3, 10)";

/// The environment's interpreter, after installing what is missing.
///
/// # Errors
/// There is no usable Python, or the packages cannot be installed.
pub(crate) fn environment(root: &Path) -> Result<PathBuf, Failure> {
    let directory = root.join("target/python");
    let python = directory.join("bin/python");
    let wanted = read(&root.join("tests/requirements.txt"))?;
    let stamp = directory.join("installed.txt");
    let installed = fs::read_to_string(&stamp).is_ok_and(|text| text == wanted);
    if installed && process::succeeds(Command::new(&python).args(["-c", "import pytest, boto3"])) {
        println!("{} is up to date", directory.display());
        return Ok(python);
    }
    let system = system_python()?;
    let next = "the tests need Python's venv module and the packages of tests/requirements.txt";
    process::run(Command::new(system).args(["-m", "venv", "--clear"]).arg(&directory), next)?;
    let mut install = Command::new(&python);
    install.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--requirement",
    ]);
    process::run(install.arg(root.join("tests/requirements.txt")), next)?;
    fs::write(&stamp, wanted).map_err(|error| {
        Failure::new(format!("{}: {error}", stamp.display()), "make it writable")
    })?;
    Ok(python)
}

/// A Python of the system that can make environments; installed by apt-get when that is possible.
fn system_python() -> Result<&'static str, Failure> {
    if usable() {
        return Ok("python3");
    }
    let next = format!("install python3 of at least version {OLDEST} with its venv module");
    if !apt::may_install() {
        return Err(Failure::new("no usable python3, and no right to install one", next));
    }
    println!("python3 or its venv module is missing: asking apt-get");
    apt::install(&["python3", "python3-venv"], &next)?;
    match usable() {
        true => Ok("python3"),
        false => Err(Failure::new("the python3 that apt-get installed is not usable", next)),
    }
}

fn usable() -> bool {
    let probe = format!("import sys, venv, ensurepip; sys.exit(sys.version_info < {OLDEST})");
    process::succeeds(Command::new("python3").args(["-c", &probe]))
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path)
        .map_err(|error| Failure::new(format!("{}: {error}", path.display()), "restore the file"))
}
