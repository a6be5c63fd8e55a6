//! The packages of the tests that AWS's SDK for JavaScript does its part in, under `target/node`: of
//! exact versions, with their digests.

use crate::failure::Failure;
use crate::process;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What npm reads.
const FILES: [&str; 2] = ["package.json", "package-lock.json"];

/// Installs what is missing, where there is npm. Without it the tests that need it say that they are
/// skipped.
///
/// # Errors
/// The packages cannot be installed.
pub(crate) fn ensure(root: &Path) -> Result<(), Failure> {
    if !process::succeeds(Command::new("npm").arg("--version")) {
        println!(
            "NO NODE TO TEST WITH: install Node.js with npm (Debian's packages `nodejs` and `npm`)"
        );
        return Ok(());
    }
    let (from, to) = (root.join("tests/node"), root.join("target/node"));
    let failed = |path: &Path, error: std::io::Error| {
        Failure::new(format!("{}: {error}", path.display()), "make it readable and writable")
    };
    let lock = from.join(FILES[1]);
    let wanted = fs::read_to_string(&lock).map_err(|error| failed(&lock, error))?;
    let stamp = to.join("installed.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        println!("{} is up to date", to.display());
        return Ok(());
    }
    fs::create_dir_all(&to).map_err(|error| failed(&to, error))?;
    for name in FILES {
        fs::copy(from.join(name), to.join(name)).map_err(|error| failed(&to, error))?;
    }
    let mut install = Command::new("npm");
    install.current_dir(&to);
    install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]);
    process::run(&mut install, "the tests need the packages of tests/node/package-lock.json")?;
    fs::write(&stamp, wanted).map_err(|error| failed(&stamp, error))
}
