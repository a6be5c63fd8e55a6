//! `strongroom decrypt`.

use super::each::{Means, each};
use super::exit::{Cause, Ended};
use super::input::{Input, Place};
use super::keyrings::Keys;
use super::output::{Access, Output, Told};
use super::places::{Job, Naming, jobs};
use super::{Held, at_fault, broken, demands, output, report, watched};
use crate::cli::DecryptArguments;
use strongroom_envelope::{DecryptOptions, MaterialsManager, StreamError, read_header};
use tokio::runtime::Runtime;

pub(crate) fn run(arguments: &DecryptArguments) -> Result<(), Ended> {
    let jobs = jobs(&arguments.file, &arguments.output, Naming::Remove)?;
    let options = demands(&arguments.demands);
    let keys = Keys::opening(&arguments.keys, &arguments.kms)?;
    let manager = keys.manager();
    let work = Work { arguments, options, keys: &keys, manager: &manager, runtime: watched()? };
    each(jobs, &arguments.output, "decrypt", &|job, means| work.one(job, means))
}

struct Work<'a> {
    arguments: &'a DecryptArguments,
    options: DecryptOptions,
    keys: &'a Keys,
    manager: &'a dyn MaterialsManager,
    runtime: Runtime,
}

impl Work<'_> {
    fn one(&self, Job { from, to }: &Job, means: &Means<'_>) -> Result<Option<String>, Ended> {
        self.keys.forget();
        let input = Input::open(from)?;
        let name = input.name.clone();
        let mut output = self.output(to)?;
        let mut message = input.message()?;
        let told = output.told();
        means.expect(message.length);
        let unopened = read_header(&mut message, &self.options);
        let unopened = unopened.map_err(|why| broken(&name, &told, &why))?;
        let opened = self.runtime.block_on(unopened.unwrap(self.manager));
        let decryptor = opened.map_err(|why| at_fault(&name, &why, self.keys.unasked()))?;
        let header = decryptor.header().clone();
        let progress = |done| means.at(done);
        // A file has no name before its message is known to be whole. From a pipe nothing can be taken
        // back: a signed message is held back as far as memory goes.
        let totals = if output.is_stream() && header.suite().is_signed() {
            let mut held = Held::new(&mut output);
            let copied = decryptor.copy(message, &mut held, &means.workers, &progress);
            match copied {
                Ok(totals) => {
                    let released = held.release();
                    released.map_err(|why| output::failed(&told, &why))?;
                    totals
                }
                Err(why) if held.holds() => return Err(broken(&name, &told, &why)),
                Err(why) => return Err(must_not_be_used(&name, &told, &why)),
            }
        } else {
            let is_stream = output.is_stream();
            let copied = decryptor.copy(message, &mut output, &means.workers, &progress);
            copied.map_err(|why| match is_stream {
                true => must_not_be_used(&name, &told, &why),
                false => broken(&name, &told, &why),
            })?
        };
        output.commit()?;
        Ok(report::done(self.arguments.output.json, from, to, &header, totals))
    }

    fn output(&self, to: &Place) -> Result<Output, Ended> {
        let (root, force) = (&self.arguments.file, self.arguments.output.force);
        Output::at(to, root, force, Access::Owner, Output::standard)
    }
}

/// A message that is at fault after a part of it has left.
fn must_not_be_used(from: &str, to: &Told, why: &StreamError) -> Ended {
    match why {
        StreamError::Message(fault) => {
            let to = &to.name;
            let why =
                format!("{fault}; what has left on {to} must not be used as if it were whole");
            Ended::of(Cause::Message, from, why)
        }
        why => broken(from, to, why),
    }
}
