//! Repository tasks: `cargo xtask <command>`. The same commands serve a developer and the
//! continuous integration; `.ci/run` adds only what a bare machine lacks.
//!
//! **Architecture invariant:** knows the repository's layout and no code of the product. It has no
//! dependencies, so that the first command on a fresh clone starts within seconds.
#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a developer's tool: it talks to the terminal, reads the environment and measures time"
)]

mod apt;
mod check;
mod failure;
mod fuzz;
mod instructions;
mod manifest;
mod node;
mod process;
mod python;
mod release;
mod rust_source;
mod sbom;
mod sizes;
mod softhsm;
mod steps;
mod test;
mod tidy;
mod tools;
mod tree;

use failure::Failure;
use std::process::ExitCode;

const HELP: &str = "\
Repository tasks.

Usage: cargo xtask <command> [options]

Commands:
  test [--fast]        run every test: unit, integration and documentation tests, then the
                       whole-system tests with real clients against the release binary
      --fast             leave out the release build and the whole-system tests
  check [--advisories] rustfmt, clippy, cargo-deny and tidy; changes nothing
      --advisories       fail where the database of advisories cannot be had, instead of saying so
  tidy                 the repository's own rules: file lengths, layers, where secrets are exposed, ...
  sizes                count functions and files against the limits of the style
  fuzz [options] [target ...]
                       build every fuzz target (or those named) and run each for a moment
      --seconds N        how long each target runs; 20 if not given
  instructions [--update]
                       count the instructions of requests by Valgrind, and compare them with
                       bench/instructions.toml
      --update           write that file anew
  release [--verify]   the binary that is given out, its checksums and its bill of materials, in
                       target/dist
      --verify           build it once more in another directory: both must be equal
  help                 this text

Environment:
  STRONGROOM_SLOW_TESTS=1   the whole-system tests take their long form (hundreds of crashes)
  STRONGROOM_SERVE_OPTIONS  options for their servers, such as --sandbox

Tools that are missing are installed under target/, never outside the checkout, except that
`test` asks apt-get for python3, python3-venv and softhsm2 when run as root, and `instructions` for
valgrind.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\nerror: {}", failure.what);
            eprintln!("next:  {}", failure.next);
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<(), Failure> {
    let Some((command, options)) = arguments.split_first() else {
        println!("{HELP}");
        return Ok(());
    };
    if options.iter().any(|option| option == "--help" || option == "-h") {
        println!("{HELP}");
        return Ok(());
    }
    match command.as_str() {
        "test" => test::run(flag(options, "--fast")?),
        "check" => check::run(flag(options, "--advisories")?),
        "tidy" => no_options(options).and_then(|()| tidy::run()),
        "sizes" => no_options(options).and_then(|()| sizes::run()),
        "fuzz" => fuzz::run(&fuzz::Options::parse(options)?),
        "instructions" => instructions::run(flag(options, "--update")?),
        "release" => release::run(flag(options, "--verify")?),
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(())
        }
        other => Err(usage(&format!("no such command: `{other}`"))),
    }
}

/// A failure whose remedy is to read the help.
fn usage(what: &str) -> Failure {
    Failure::new(what, "`cargo xtask help` lists the commands and their options")
}

fn no_options(options: &[String]) -> Result<(), Failure> {
    match options.first() {
        None => Ok(()),
        Some(option) => Err(usage(&format!("no such option: `{option}`"))),
    }
}

/// Whether the one option `name` was given; anything else is refused.
fn flag(options: &[String], name: &str) -> Result<bool, Failure> {
    match options {
        [] => Ok(false),
        [only] if only == name => Ok(true),
        _ => Err(usage(&format!("no such options: `{}`", options.join(" ")))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn unknown_commands_and_options_are_refused() {
        assert!(dispatch(&words("tset")).is_err());
        assert!(dispatch(&words("tidy --fast")).is_err());
        assert!(flag(&words("--fast"), "--fast").unwrap());
        assert!(flag(&words("--fast --fast"), "--fast").is_err());
    }

    #[test]
    fn help_names_every_command() {
        for command in ["test", "check", "tidy", "sizes", "fuzz", "instructions", "release"] {
            assert!(HELP.contains(&format!("\n  {command} ")), "{command}");
        }
    }
}
