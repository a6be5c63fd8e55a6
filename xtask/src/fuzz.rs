//! `cargo xtask fuzz`: builds every fuzz target with coverage instrumentation and runs each briefly.
//!
//! What cargo-fuzz does, less the sanitizer, which a stable compiler does not offer: the code is
//! safe Rust, and what is looked for are panics, overflows and inputs that take too long.

use crate::failure::Failure;
use crate::steps::Steps;
use crate::{process, tree, usage};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How long each target runs, in seconds, unless told.
const SECONDS: u32 = 20;

/// What to fuzz and for how long.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    seconds: u32,
    /// The targets; all when empty.
    targets: Vec<String>,
}

impl Options {
    /// Parses the command's options.
    ///
    /// # Errors
    /// An option that does not exist, or a number that is none.
    pub(crate) fn parse(options: &[String]) -> Result<Self, Failure> {
        let mut parsed = Self { seconds: SECONDS, targets: Vec::new() };
        let mut options = options.iter();
        while let Some(option) = options.next() {
            match option.as_str() {
                "--seconds" => {
                    let number = options.next().and_then(|text| text.parse().ok());
                    parsed.seconds = number.ok_or_else(|| usage("`--seconds` takes a number"))?;
                }
                option if option.starts_with('-') => {
                    return Err(usage(&format!("no such option: `{option}`")));
                }
                target => parsed.targets.push(target.to_owned()),
            }
        }
        Ok(parsed)
    }
}

/// Builds the targets and runs each.
///
/// # Errors
/// A target does not build, or found something.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let root = tree::root()?;
    let all = targets(&root)?;
    let chosen: Vec<&String> = all
        .iter()
        .filter(|name| options.targets.is_empty() || options.targets.contains(name))
        .collect();
    if let Some(unknown) = options.targets.iter().find(|name| !all.contains(name)) {
        let next = format!("the targets are: {}", all.join(", "));
        return Err(Failure::new(format!("no such fuzz target: `{unknown}`"), next));
    }
    let host = host()?;
    let mut steps = Steps::new();
    steps.step("building the fuzz targets", || build(&root, &host))?;
    for target in &chosen {
        steps.step(&format!("fuzzing {target}"), || fuzz(&root, &host, target, options.seconds))?;
    }
    steps.summary();
    println!("{} fuzz targets ran for {} s each and found nothing.", chosen.len(), options.seconds);
    Ok(())
}

/// The names of the targets: the files of `fuzz/src/bin`.
fn targets(root: &Path) -> Result<Vec<String>, Failure> {
    let directory = root.join("fuzz/src/bin");
    let entries = fs::read_dir(&directory)
        .map_err(|error| Failure::new(format!("{}: {error}", directory.display()), "restore it"))?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .filter_map(|path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    Ok(names)
}

/// The compiler's own platform. Naming it as the target keeps the instrumentation out of build
/// scripts and procedural macros.
fn host() -> Result<String, Failure> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let about = process::output(Command::new(rustc).arg("-vV"), "install the Rust toolchain")?;
    about
        .lines()
        .find_map(|line| line.strip_prefix("host: ").map(str::to_owned))
        .ok_or_else(|| Failure::new("`rustc -vV` names no host", "check the Rust toolchain"))
}

/// Coverage feedback for libFuzzer, and every check that a debug build has.
const INSTRUMENTATION: &[&str] = &[
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
    "-Cdebug-assertions=on",
    "-Coverflow-checks=on",
];

fn build(root: &Path, host: &str) -> Result<(), Failure> {
    let mut build = process::cargo(root);
    build.args(["build", "--release", "--manifest-path", "fuzz/Cargo.toml", "--target", host]);
    build.env("CARGO_ENCODED_RUSTFLAGS", INSTRUMENTATION.join("\u{1f}"));
    build.env("CARGO_TARGET_DIR", root.join("fuzz/target"));
    process::run(&mut build, "mend the fuzz targets; g++ is needed for libFuzzer's runtime")
}

fn fuzz(root: &Path, host: &str, target: &str, seconds: u32) -> Result<(), Failure> {
    let corpus = directory(root, "fuzz/target/corpus", target)?;
    let artifacts = directory(root, "fuzz/artifacts", target)?;
    let mut fuzz = Command::new(root.join("fuzz/target").join(host).join("release").join(target));
    fuzz.current_dir(root).arg(&corpus);
    // Seeds are read, never written: new findings of interest go to the first directory.
    let seeds = root.join("fuzz/seeds").join(target);
    if seeds.is_dir() {
        fuzz.arg(seeds);
    }
    fuzz.arg(format!("-max_total_time={seconds}"));
    fuzz.arg(format!("-artifact_prefix={}/", artifacts.display()));
    fuzz.args(["-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1", "-verbosity=0"]);
    process::run(
        &mut fuzz,
        &format!(
            "the input is in {}; give it to the program above to repeat it",
            artifacts.display()
        ),
    )
}

fn directory(root: &Path, parent: &str, target: &str) -> Result<PathBuf, Failure> {
    let directory = root.join(parent).join(target);
    fs::create_dir_all(&directory).map_err(|error| {
        Failure::new(format!("{}: {error}", directory.display()), "make it writable")
    })?;
    Ok(directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Options, Failure> {
        Options::parse(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn options_are_parsed() {
        assert_eq!(parse("").unwrap(), Options { seconds: SECONDS, targets: Vec::new() });
        let options = parse("--seconds 3 key_reference").unwrap();
        assert_eq!(options, Options { seconds: 3, targets: vec!["key_reference".to_owned()] });
        assert!(parse("--seconds").is_err());
        assert!(parse("--seconds x").is_err());
        assert!(parse("--minutes 3").is_err());
    }

    #[test]
    fn every_target_is_found() {
        let found = targets(&tree::root().unwrap()).unwrap();
        assert!(found.contains(&"key_reference".to_owned()), "{found:?}");
    }
}
