//! Running other programs.

use crate::failure::Failure;
use std::process::{Command, Stdio};

/// Runs `command` with its output on the terminal.
///
/// # Errors
/// It could not be started or ended with a failure; `next` says what to do then.
pub(crate) fn run(command: &mut Command, next: &str) -> Result<(), Failure> {
    println!("$ {}", shown(command));
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::new(format!("`{}` failed: {status}", shown(command)), next)),
        Err(error) => Err(Failure::new(format!("`{}`: {error}", shown(command)), next)),
    }
}

/// Whether `command` runs and succeeds; its output is dropped.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// What `command` printed.
///
/// # Errors
/// It could not be started or ended with a failure; what it wrote to standard error is in the failure.
pub(crate) fn output(command: &mut Command, next: &str) -> Result<String, Failure> {
    let shown = shown(command);
    match command.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Ok(output) => {
            let complaint = String::from_utf8_lossy(&output.stderr);
            Err(Failure::new(format!("`{shown}` failed: {}", complaint.trim()), next))
        }
        Err(error) => Err(Failure::new(format!("`{shown}`: {error}"), next)),
    }
}

/// The `cargo` that runs this task, started in the repository's root.
pub(crate) fn cargo(root: &std::path::Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_program_is_a_failure_with_its_complaint() {
        assert!(succeeds(&mut Command::new("true")));
        assert!(!succeeds(&mut Command::new("false")));
        assert_eq!(output(Command::new("echo").arg("a b"), "").unwrap(), "a b\n");
        let failure = output(Command::new("sh").args(["-c", "echo why >&2; exit 3"]), "try");
        let failure = failure.unwrap_err();
        assert!(failure.what.ends_with("failed: why"), "{}", failure.what);
        assert_eq!(failure.next, "try");
    }
}
