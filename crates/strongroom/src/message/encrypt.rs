//! `strongroom encrypt`.

use super::carrier::{Carrier, Refused};
use super::each::{Means, each};
use super::exit::{Cause, Ended};
use super::input::{Input, Place};
use super::keyrings::Keys;
use super::output::{Access, Output, Told};
use super::places::{Job, Naming, jobs};
use super::{at_fault, broken, output, report, watched};
use crate::cli::{EncryptArguments, Pair};
use crate::terminal;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;
use strongroom_crypto::SystemEntropy;
use strongroom_envelope::{
    EncryptOptions, EncryptionContext, Encryptor, MaterialsManager, Suite, Workers, begin,
};
use tokio::runtime::Runtime;

pub(crate) fn run(arguments: &EncryptArguments) -> Result<(), Ended> {
    let jobs = jobs(&arguments.file, &arguments.output, Naming::Add)?;
    let options = options(arguments)?;
    let keys = Keys::wrapping(&arguments.keys, &arguments.kms)?;
    let manager = keys.manager();
    let work = Work { arguments, options, keys: &keys, manager: &manager, runtime: watched()? };
    if let Some(carrier) = &arguments.hide_in {
        return match jobs.as_slice() {
            [Job { from, to: to @ (Place::Named(_) | Place::Derived(_)) }] => {
                work.hide(from, carrier, to)
            }
            _ => Err(Ended::of(Cause::Usage, carrier.display(), "one file goes into one other")),
        };
    }
    each(jobs, &arguments.output, "encrypt", &|job, means| work.one(job, means))
}

fn options(arguments: &EncryptArguments) -> Result<EncryptOptions, Ended> {
    let mut pairs = BTreeMap::new();
    for Pair { key, value } in &arguments.context {
        let Some(value) = value else {
            return Err(Ended::new(Cause::Usage, format!("--context {key}: not KEY=VALUE")));
        };
        if pairs.insert(key.clone(), value.clone()).is_some() {
            return Err(Ended::new(Cause::Usage, format!("--context {key}: given twice")));
        }
    }
    let context = EncryptionContext::new(pairs);
    let context = context.map_err(|why| Ended::of(Cause::Usage, "--context", why))?;
    let suite = if arguments.unsigned { Suite::Committed } else { Suite::CommittedSigned };
    let usual = EncryptOptions::default();
    let frame_len = arguments.frame_length.unwrap_or(usual.frame_len);
    Ok(EncryptOptions { suite, context, frame_len, ..usual })
}

struct Work<'a> {
    arguments: &'a EncryptArguments,
    options: EncryptOptions,
    keys: &'a Keys,
    manager: &'a dyn MaterialsManager,
    runtime: Runtime,
}

impl Work<'_> {
    /// A message with its data key and header, before anything is written.
    fn begin(&self, input: &Input) -> Result<Encryptor, Ended> {
        // A file that grows while it is read is no error; only a known end is announced.
        let options = EncryptOptions { plaintext_len: None, ..self.options.clone() };
        let begun = self.runtime.block_on(begin(self.manager, &options, &SystemEntropy));
        begun.map_err(|why| at_fault(&input.name, &why, self.keys.unasked()))
    }

    fn one(&self, Job { from, to }: &Job, means: &Means<'_>) -> Result<Option<String>, Ended> {
        self.keys.forget();
        let input = Input::open(from)?;
        let name = input.name.clone();
        means.expect(input.length);
        let mut output = self.output(to)?;
        let encryptor = self.begin(&input)?;
        let header = encryptor.header().clone();
        let told = output.told();
        let progress = |done| means.at(done);
        let copied = encryptor.copy(input.plaintext(), &mut output, &means.workers, &progress);
        let totals = copied.map_err(|why| broken(&name, &told, &why))?;
        output.commit()?;
        Ok(report::done(self.arguments.output.json, from, to, &header, totals))
    }

    fn output(&self, to: &Place) -> Result<Output, Ended> {
        let (root, force) = (&self.arguments.file, self.arguments.output.force);
        Output::at(to, root, force, Access::Usual, Output::pipe)
    }

    /// A message in a picture or sound.
    fn hide(&self, from: &Place, carrier: &Path, to: &Place) -> Result<(), Ended> {
        let failed = |why| Ended::of(Cause::Input, carrier.display(), why);
        let opened = Carrier::open(carrier).map_err(failed)?;
        let room = opened.room();
        let input = Input::open(from)?;
        let mut output = self.output(to)?;
        let encryptor = self.begin(&input)?;
        let header = encryptor.header().clone();
        let name = input.name.clone();
        // What is longer than the carrier is not read, or not to its end.
        let length = input.length.and_then(|length| encryptor.message_len(length));
        let length = length.and_then(|length| usize::try_from(length).ok());
        if let Some(message) = length.filter(|length| *length > room) {
            return Err(failed(Refused::Small { message, room }));
        }
        let most = u64::try_from(room).unwrap_or(u64::MAX).saturating_add(1);
        let mut message = Vec::new();
        let from_file = input.plaintext().take(most);
        let copied = encryptor.copy(from_file, &mut message, &Workers::one(), &|_| {});
        let totals = copied.map_err(|why| broken(&name, &Told::nowhere(), &why))?;
        let file = opened.hide(&message).map_err(failed)?;
        let written = output.write_all(&file);
        written.map_err(|why| output::failed(&output.told(), &why))?;
        output.commit()?;
        report::done(self.arguments.output.json, from, to, &header, totals).map(terminal::line);
        Ok(())
    }
}
