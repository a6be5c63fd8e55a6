//! `strongroom rewrap`: the same plaintext under other keys.

use super::exit::{Cause, Ended};
use super::input::{Input, Place};
use super::keyrings::Keys;
use super::output::{Access, Output};
use super::{Bar, at_fault, broken, demands, report, watched};
use crate::cli::RewrapArguments;
use crate::terminal;
use strongroom_crypto::SystemEntropy;
use strongroom_envelope::{KeepBody, RewrapOptions, Workers, read_header};

pub(crate) fn run(arguments: &RewrapArguments) -> Result<(), Ended> {
    let from = Place::of(&arguments.file);
    let to = match (&arguments.output, arguments.in_place, &from) {
        (Some(output), _, _) => Place::of(output),
        (None, true, Place::File(_)) => from.clone(),
        (None, false, Place::Standard) => Place::Standard,
        _ => {
            let why = "say where it goes: --output FILE, or --in-place for a file";
            return Err(Ended::of(Cause::Usage, from.told(), why));
        }
    };
    if arguments.json && to == Place::Standard {
        return Err(Ended::new(
            Cause::Usage,
            "--json and the output cannot both be standard output",
        ));
    }
    let before = Keys::before(arguments)?;
    let after = Keys::wrapping(&arguments.keys, &arguments.kms)?;
    let mut output = match &to {
        Place::Standard => Output::pipe()?,
        Place::File(path) => {
            Output::file(path, arguments.force || arguments.in_place, Access::Usual)?
        }
    };
    let runtime = watched()?;
    let input = Input::open(&from)?;
    let name = input.name.clone();
    let mut message = input.message()?;
    let to_name = output.name().to_string();
    let unopened = read_header(&mut message, &demands(&arguments.demands));
    let unopened = unopened.map_err(|why| broken(&name, &to_name, &why))?;
    let body = match arguments.keep_body_dangerously {
        true => KeepBody::DangerouslyAlways,
        false => KeepBody::WhereSound,
    };
    let options = RewrapOptions { body, max_encrypted_data_keys: arguments.demands.max_keys };
    let manager = before.manager();
    let rewrapping = unopened.rewrap(&manager, after.keyring(), &options, &SystemEntropy);
    let rewrapping = runtime.block_on(rewrapping);
    let unasked = || before.unasked().or_else(|| after.unasked());
    let rewrapping = rewrapping.map_err(|why| at_fault(&name, &why, unasked()))?;
    let header = rewrapping.header().clone();
    let bar = Bar::begin("rewrap", message.length);
    let progress = |done| bar.at(done);
    let copied = rewrapping.copy(message, &mut output, &Workers::default(), &progress);
    let totals = copied.map_err(|why| broken(&name, &to_name, &why))?;
    output.commit()?;
    drop(bar);
    if arguments.keep_body_dangerously {
        let told = "the old message and the new one together must not come into foreign hands";
        terminal::error(&format_args!("{name}: {told}"));
    }
    report::done(arguments.json, &from, &to, &header, totals);
    Ok(())
}
