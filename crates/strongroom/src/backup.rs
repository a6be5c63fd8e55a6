//! `strongroom backup` and `restore`.

mod exchange;
mod files;
mod loss;
mod place;
mod restore;
mod root;
mod serve;
mod source;
mod target;

pub(crate) use restore::run as restore;
pub(crate) use serve::{Wanted, refusal, serve};

use crate::cli::BackupArguments;
use crate::data::{DataDir, Endpoint};
use crate::progress::Progress;
use crate::root_file::Kept;
use crate::running;
use crate::terminal::{self, Failure};
use source::Told;
use std::path::Path;
use std::sync::Arc;
use strongroom_crypto::hash;
use strongroom_engine::backup::{About, BackupFailure, Output, Totals};
use strongroom_engine::still::Still;
use strongroom_keys::BackupDescription;
use strongroom_server::hardening;
use strongroom_types::Timestamp;
use target::Target;
use tokio::runtime::{Builder, Runtime};

/// How often the files of the root key are looked for, while they get other names.
const LOOKS: usize = 3;

pub(crate) fn run(arguments: &BackupArguments) -> Result<(), Failure> {
    let _ = hardening::harden();
    let BackupArguments { output, force, with_trail, data } = arguments;
    let mut target = Target::open(output, *force)?;
    let mut progress = Progress::begin("backup");
    let wanted = Wanted::BackUp { with_trail: *with_trail };
    let told = match source::ask_if_running(data, &wanted, &mut target, &mut progress)? {
        Some(told) => told,
        None => of_stopped(data, *with_trail, &mut target, &mut progress)?,
    };
    let seconds = progress.elapsed().as_secs_f64();
    drop(progress);
    let bytes = target.finish()?;
    if output != Path::new("-") {
        terminal::line(told);
        terminal::line(format_args!(
            "  {bytes} bytes in {seconds:.1} s; `strongroom restore` to another directory verifies it"
        ));
    }
    Ok(())
}

/// Makes a backup of a directory whose server does not run.
fn of_stopped(
    data: &Path,
    with_trail: bool,
    target: &mut Target,
    progress: &mut Progress,
) -> Result<Told, Failure> {
    let directory = DataDir::existing(data)?;
    let runtime = runtime()?;
    let now = running::clock(&directory)?.now();
    let mut still = open_still(&runtime, &directory)?;
    let output = Output {
        bytes: &mut |bytes| target.write(bytes),
        progress: &mut |done, total| {
            progress.at(done, total);
            Ok(())
        },
    };
    let done = runtime.block_on(async {
        let mut writer = still.back_up(|root| about(&directory, root, now), output).await?;
        if with_trail {
            files::add(&directory.path().join("trail"), &mut writer)?;
        }
        let description = writer.description.clone();
        Ok::<_, BackupFailure>((description, writer.finish()?))
    });
    let (description, totals) = done.map_err(|why| Failure::of(data.display(), why))?;
    Ok(Told::of(&description, &totals))
}

/// What a backup says of the directory that it is made of, whose store hangs from the root key of
/// this fingerprint.
fn about(data: &DataDir, root: &str, time: Timestamp) -> std::io::Result<About> {
    about_directory(data, root, time).map_err(|why| std::io::Error::other(why.to_string()))
}

fn about_directory(data: &DataDir, root: &str, time: Timestamp) -> Result<About, Failure> {
    let provider = match kept(data, root)? {
        Some(kept) if kept.fingerprint()? != root => {
            return Err(Failure::new("the root key was replaced meanwhile; try again"));
        }
        Some(Kept::Wrapped(file)) => {
            let text = file.to_text().map_err(|why| Failure::new(why.to_string()))?;
            Some(text.into_bytes())
        }
        Some(Kept::Plain(_)) | None => None,
    };
    let release = env!("CARGO_PKG_VERSION").to_owned();
    let region = Endpoint::read(data.path()).ok().and_then(|last| last.region.parse().ok());
    Ok(About { time, release, provider, clock_ahead: data.dev_clock()?, region })
}

/// How the directory keeps the root key of this fingerprint; `None` if its files are gone, which is no
/// reason to refuse a backup to somebody who has a copy.
fn kept(data: &DataDir, root: &str) -> Result<Option<Kept>, Failure> {
    for _ in 0..LOOKS {
        // One that has just been put in force may get its name between two looks.
        if let Some(kept) = data.root_files().current(|| Ok(Some(root.to_owned())))? {
            return Ok(Some(kept));
        }
    }
    Ok(None)
}

/// Opens store and journal of a directory that no server has, and changes nothing in it.
pub(crate) fn open_still(runtime: &Runtime, data: &DataDir) -> Result<Still, Failure> {
    // Whoever opens the root key has a runtime of their own.
    let (root, store, log) = (data.root_key()?, Arc::new(data.store()?), data.log()?);
    let still = runtime.block_on(Still::open(store, log, root));
    still.map_err(|why| Failure::of(data.path().display(), why))
}

pub(crate) fn runtime() -> Result<Runtime, Failure> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.map_err(|why| Failure::of("the runtime could not be started", why))
}

/// What a backup is, in a line or two.
fn described(description: &BackupDescription, totals: &Totals) -> String {
    let BackupDescription { accounts, keys, records, time, .. } = description;
    let id = hash::hex(&description.id);
    let files = match totals.files {
        0 => String::new(),
        files => format!(", {files} files of the trail"),
    };
    let (accounts, keys) = (counted(*accounts, "account"), counted(*keys, "key"));
    let time = time.civil();
    format!("{accounts}, {keys}, {records} records{files}, as of {time} (backup {id})")
}

fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
