//! `strongroom exec`: a program with variables that are encrypted at rest. They are decrypted into this
//! process's memory, which then becomes the program: signals and the exit code are the program's own,
//! and no plaintext is in a file.

use super::dotenv::{self, Variable};
use super::exit::{Cause, Ended};
use super::input::{Input, Place};
use super::keyrings::Keys;
use super::{at_fault, demands, runtime};
use crate::cli::ExecArguments;
use std::io::{ErrorKind, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};
use strongroom_crypto::SecretBytes;
use strongroom_envelope::{DecryptOptions, MaterialsManager, SignedMessages, decrypt};
use tokio::runtime::Runtime;

/// The longest file of variables, bytes of its message. Our choice: execve(2) takes some 2 MiB.
const MAX_MESSAGE: u64 = 4 << 20;

/// The code of a command line that is wrong: every other could be the program's own.
pub(crate) fn not_started() -> ExitCode {
    ExitCode::from(Cause::Exec as u8)
}

pub(crate) fn run(arguments: &ExecArguments) -> Result<(), Ended> {
    let variables = variables(arguments).map_err(|ended| ended.with_cause(Cause::Exec))?;
    let mut words = arguments.command.iter();
    let Some(program) = words.next() else {
        return Err(Ended::new(Cause::Exec, "no program to run"));
    };
    let mut command = Command::new(program);
    command.args(words);
    if arguments.clean {
        command.env_clear();
    }
    // A later one counts.
    for Variable { name, value } in variables {
        command.env(name, value);
    }
    let why = command.exec();
    let cause = match why.kind() {
        ErrorKind::NotFound => Cause::NotFound,
        ErrorKind::ArgumentListTooLong => Cause::Exec,
        _ => Cause::NotRun,
    };
    Err(Ended::of(cause, program.display(), why))
}

fn variables(arguments: &ExecArguments) -> Result<Vec<Variable>, Ended> {
    let keys = Keys::opening(&arguments.keys, &arguments.kms)?;
    let manager = keys.manager();
    let options = demands(&arguments.demands);
    let signed = match options.signed {
        SignedMessages::Refuse => SignedMessages::Refuse,
        _ => SignedMessages::HoldUntilVerified { limit: MAX_MESSAGE },
    };
    let options = DecryptOptions { signed, ..options };
    let runtime = runtime()?;
    let mut variables = Vec::new();
    for path in &arguments.env_file {
        let text = text(path, &runtime, &manager, (&options, &keys))?;
        let read = dotenv::parse(text.expose());
        variables.extend(read.map_err(|why| Ended::of(Cause::Message, path.display(), why))?);
    }
    Ok(variables)
}

/// The lines of a file, whole and verified before any of them is read.
fn text(
    path: &Path,
    runtime: &Runtime,
    manager: &dyn MaterialsManager,
    (options, keys): (&DecryptOptions, &Keys),
) -> Result<SecretBytes, Ended> {
    let input = Input::open(&Place::of(path))?;
    let name = input.name.clone();
    let mut message = Vec::new();
    let read = input.message()?.take(MAX_MESSAGE + 1).read_to_end(&mut message);
    read.map_err(|why| Ended::of(Cause::Input, &name, why))?;
    if u64::try_from(message.len()).unwrap_or(u64::MAX) > MAX_MESSAGE {
        return Err(Ended::of(Cause::Input, name, "too long for variables"));
    }
    let opened = runtime.block_on(decrypt(manager, &message, options));
    let opened = opened.map_err(|why| at_fault(&name, &why, keys.unasked()))?;
    Ok(opened.plaintext)
}
