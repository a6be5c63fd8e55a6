//! `strongroom rewrap`: the same plaintext under other keys.

use super::each::Bar;
use super::exit::{Cause, Ended};
use super::input::{Input, Place};
use super::keyrings::Keys;
use super::output::{Access, Output};
use super::{at_fault, broken, demands, report, watched};
use crate::cli::RewrapArguments;
use crate::terminal;
use strongroom_crypto::SystemEntropy;
use strongroom_envelope::{KeepBody, RewrapOptions, read_header};

pub(crate) fn run(arguments: &RewrapArguments) -> Result<(), Ended> {
    let from = Place::of(&arguments.file);
    let to = target(arguments, &from)?;
    if arguments.json && to == Place::Standard {
        return Err(Ended::new(
            Cause::Usage,
            "--json and the output cannot both be standard output",
        ));
    }
    let before = Keys::before(arguments)?;
    let after = Keys::wrapping(&arguments.keys, &arguments.kms)?;
    let runtime = watched()?;
    let mut output = output(arguments, &to)?;
    let input = Input::open(&from)?;
    let name = input.name.clone();
    let mut message = input.message()?;
    if arguments.in_place && message.is_hidden() {
        let why = "would lose its picture or sound: decrypt it, and hide it again by `encrypt`";
        return Err(Ended::of(Cause::Usage, name, why));
    }
    let told = output.told();
    let unopened = read_header(&mut message, &demands(&arguments.demands));
    let unopened = unopened.map_err(|why| broken(&name, &told, &why))?;
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
    let means = bar.whole();
    let progress = |done| means.at(done);
    let copied = rewrapping.copy(message, &mut output, &means.workers, &progress);
    let totals = copied.map_err(|why| broken(&name, &told, &why))?;
    output.commit()?;
    drop(bar);
    if arguments.keep_body_dangerously {
        let why = "the old message and the new one together must not come into foreign hands";
        terminal::error(&format_args!("{name}: {why}"));
    }
    report::done(arguments.json, &from, &to, &header, totals).map(terminal::line);
    Ok(())
}

/// Where it goes.
fn target(arguments: &RewrapArguments, from: &Place) -> Result<Place, Ended> {
    match (&arguments.output, arguments.in_place, from.path()) {
        (Some(output), _, _) => Ok(Place::of_output(output)),
        // Who opens the message by another of its names has to find the new one.
        (None, true, Some(path)) => match path.canonicalize() {
            Ok(path) => Ok(Place::Derived(path)),
            Err(why) => Err(Ended::of(Cause::Input, from.told(), why)),
        },
        (None, false, None) => Ok(Place::Standard),
        _ => {
            let why = "say where it goes: --output FILE, or --in-place for a file";
            Err(Ended::of(Cause::Usage, from.told(), why))
        }
    }
}

fn output(arguments: &RewrapArguments, to: &Place) -> Result<Output, Ended> {
    match to {
        Place::Standard => Output::pipe(),
        Place::Named(path) => Output::named(path, arguments.force, Access::Usual),
        Place::Derived(path) => {
            let there = std::fs::metadata(path);
            let there = there.map_err(|why| Ended::of(Cause::Input, path.display(), why))?;
            Output::file(path, true, Access::of(&there))
        }
    }
}
