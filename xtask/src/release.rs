//! `cargo xtask release`: the binary that is given out, built so that anybody can build the same
//! one, with what it is made of and its checksum.
//!
//! Equal are the sources, `Cargo.lock`, the Rust toolchain and the C compiler; different may be where
//! all of them are, when and by whom. [`docs/releasing.md`](../../docs/releasing.md) says more.

use crate::failure::Failure;
use crate::sbom::{self, Product};
use crate::steps::Steps;
use crate::{process, tree};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where all of it is put.
const DIST: &str = "target/dist";

/// Builds it; `verify` builds it once more, elsewhere, and compares.
///
/// # Errors
/// The first step that fails; that two builds differ.
pub(crate) fn run(verify: bool) -> Result<(), Failure> {
    let root = tree::root()?;
    let dist = root.join(DIST);
    let mut steps = Steps::new();
    let (host, about) = toolchain(&root)?;
    let time = Time::of(&root)?;
    let version = sbom::version(&root)?;
    let name = format!("strongroom-{version}-{host}");
    let binary = dist.join(&name);
    steps.step("release binary", || {
        let built = build(&root, &dist.join("build"), &host, &time)?;
        copy(&built, &binary)
    })?;
    let hash = sha256(&binary)?;
    if verify {
        steps.step("the same from another directory", || {
            let again = sha256(&elsewhere(&root, &dist, &host, &time)?)?;
            println!("{hash}  {}\n{again}  built elsewhere", binary.display());
            if again == hash {
                return Ok(());
            }
            let what = format!("two builds of the same sources differ: {hash} and {again}");
            Err(Failure::new(what, "`diffoscope` shows where; both are under target/dist"))
        })?;
    }
    steps.step("bill of materials", || {
        let product =
            Product { version: &version, hash: &hash, built: &time.text, compiler: &about };
        let text = sbom::of(&root, &host, &product)?;
        write(&dist.join(format!("{name}.cdx.json")), &text)
    })?;
    let sums = [binary, dist.join(format!("{name}.cdx.json"))];
    let lines: Result<Vec<String>, Failure> = sums.iter().map(|path| sum(path)).collect();
    write(&dist.join("SHA256SUMS"), &(lines?.join("\n") + "\n"))?;
    steps.summary();
    println!("The release is in {}.", dist.display());
    Ok(())
}

/// The compiler's platform, and its version.
fn toolchain(root: &Path) -> Result<(String, String), Failure> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut ask = Command::new(rustc);
    let about = process::output(ask.current_dir(root).arg("-vV"), "install the Rust toolchain")?;
    let line = |name: &str| about.lines().find_map(|line| line.strip_prefix(name));
    match (line("host: "), line("release: ")) {
        (Some(host), Some(release)) => Ok((host.to_owned(), release.to_owned())),
        _ => Err(Failure::new("`rustc -vV` names no host", "check the Rust toolchain")),
    }
}

/// When the sources were committed: the only time that a build may have in it.
struct Time {
    /// Seconds since 1970.
    epoch: String,
    /// The same as RFC 3339 has it.
    text: String,
}

impl Time {
    fn of(root: &Path) -> Result<Self, Failure> {
        let next = "a release is made of what is committed: run it in a clone";
        let mut ask = Command::new("git");
        ask.current_dir(root).env("TZ", "UTC").args(["log", "-1", "--format=%ct %cd"]);
        let told = process::output(ask.arg("--date=format-local:%Y-%m-%dT%H:%M:%SZ"), next)?;
        let (epoch, text) =
            told.trim().split_once(' ').ok_or_else(|| Failure::new(&*told, next))?;
        Ok(Self { epoch: epoch.to_owned(), text: text.to_owned() })
    }
}

/// Builds the sources in `sources` with `target` for what is made on the way; returns the binary.
fn build(sources: &Path, target: &Path, host: &str, time: &Time) -> Result<PathBuf, Failure> {
    // Of those that fit, both compilers take the last: objects may be below the sources.
    let maps = [
        (cargo_home()?, "/cargo"),
        (sources.to_owned(), "/strongroom"),
        (target.to_owned(), "/target"),
    ];
    let of = |option: &str| {
        let map = |(path, name): &(PathBuf, &str)| format!("{option}={}={name}", path.display());
        maps.iter().map(map).collect::<Vec<String>>()
    };
    let mut build = process::cargo(sources);
    build.args(["build", "--release", "--locked", "--package", "strongroom", "--target", host]);
    build.env("CARGO_TARGET_DIR", target);
    build.env("CARGO_ENCODED_RUSTFLAGS", of("--remap-path-prefix").join("\u{1f}"));
    build.env("CARGO_PROFILE_RELEASE_STRIP", "symbols");
    build.env("CARGO_INCREMENTAL", "0");
    build.env("CFLAGS", of("-ffile-prefix-map").join(" "));
    build.env("SOURCE_DATE_EPOCH", &time.epoch);
    process::run(&mut build, "mend the build")?;
    Ok(target.join(host).join("release/strongroom"))
}

/// Cargo's directory, in which the sources of dependencies are.
fn cargo_home() -> Result<PathBuf, Failure> {
    let given = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let own = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo"));
    given.or_else(own).ok_or_else(|| Failure::new("neither CARGO_HOME nor HOME is set", "set one"))
}

/// Builds a copy of what git knows of the sources, in a directory of another name and length.
fn elsewhere(root: &Path, dist: &Path, host: &str, time: &Time) -> Result<PathBuf, Failure> {
    let copy_of = dist.join("elsewhere/of-another-name/sources");
    if copy_of.exists() {
        fs::remove_dir_all(&copy_of).map_err(|why| failed(&copy_of, &why))?;
    }
    let mut list = Command::new("git");
    list.current_dir(root).args(["ls-files", "--cached", "--others", "--exclude-standard"]);
    for name in process::output(&mut list, "run it in a clone")?.lines() {
        let from = root.join(name);
        // What was removed and not committed is still listed.
        if from.exists() {
            copy(&from, &copy_of.join(name))?;
        }
    }
    build(&copy_of, &dist.join("elsewhere/objects"), host, time)
}

fn sha256(path: &Path) -> Result<String, Failure> {
    let told = process::output(Command::new("sha256sum").arg(path), "install coreutils")?;
    Ok(told.split_whitespace().next().unwrap_or_default().to_owned())
}

/// A line of `SHA256SUMS`.
fn sum(path: &Path) -> Result<String, Failure> {
    let name = path.file_name().map(OsString::from).unwrap_or_default();
    Ok(format!("{}  {}", sha256(path)?, name.to_string_lossy()))
}

fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(|why| failed(folder, &why))?;
    }
    fs::copy(from, to).map(drop).map_err(|why| failed(to, &why))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|why| failed(path, &why))
}

fn failed(path: &Path, why: &std::io::Error) -> Failure {
    Failure::new(format!("{}: {why}", path.display()), "make room, and the directory writable")
}
