//! `strongroom restore`: everything is read, verified and put together in a place of its own before it
//! is seen under the name of a data directory.

use super::files::Files;
use super::loss::{self, Existing};
use super::place::{Place, Staging};
use super::root::{self, Chosen};
use super::{counted, runtime};
use crate::check::{self, Findings};
use crate::cli::RestoreArguments;
use crate::config::DEFAULT_REGION;
use crate::data::DataDir;
use crate::progress::Progress;
use crate::running;
use crate::terminal::{self, Failure};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use strongroom_crypto::hash;
use strongroom_engine::backup::{BackupFailure, Item, Reader, Totals, read_header};
use strongroom_engine::check::Checked;
use strongroom_engine::ports::{Batch, CommitError, Log, Store};
use strongroom_engine::still::{Reached, Still};
use strongroom_keys::{BackupDescription, BackupHeader, RootKey};
use strongroom_server::hardening;
use strongroom_storage::SqliteStore;
use strongroom_types::Region;
use tokio::runtime::Runtime;

/// Records put into the store in one commit.
const BATCH: usize = 5_000;

pub(crate) fn run(arguments: &RestoreArguments) -> Result<(), Failure> {
    let _ = hardening::harden();
    let mut source = open(&arguments.file)?;
    let failed = |why: BackupFailure| Failure::of(arguments.file.display(), why);
    let header = read_header(&mut *source).map_err(failed)?;
    let place = Place::choose(arguments)?;
    let staging = Staging::begin(&place, arguments, &header)?;
    let Chosen { root, kept } = root::choose(place.replaced(), arguments, &header.description)?;
    let mut reader =
        Reader::open(&header, &*root, &mut *source).map_err(|why| failed(why.into()))?;
    let runtime = runtime()?;
    let totals = runtime.block_on(load(&mut reader, &staging, &header.description));
    let totals = totals.map_err(|why| Failure::of(arguments.file.display(), why))?;
    let store = Arc::new(staging.data.store()?);
    let still = Still::open(store.clone(), staging.data.log()?, root.clone());
    let mut still = runtime.block_on(still).map_err(|why| Failure::new(why.to_string()))?;
    let checked = verify(&runtime, &mut still, arguments)?;
    let reached = reached(&runtime, &still, &header.description)?;
    if let Some(data) = place.replaced() {
        refuse_loss(&runtime, data, &mut still, &reached, (&header, &root), arguments)?;
    }
    let now = running::clock(&staging.data)?.now();
    let region = header.description.region.or_else(|| DEFAULT_REGION.parse().ok());
    let region: Region = region.ok_or_else(|| Failure::new("no Region"))?;
    let began = runtime.block_on(still.begin_history(now, &header.description, region));
    let _ = began.map_err(|why| Failure::new(why.to_string()))?;
    drop(still);
    close(store)?;
    let kept = staging.finish(&place, (root.fingerprint(), kept.as_ref()), now)?;
    tell(arguments, &header.description, &checked, &totals, kept.as_deref());
    Ok(())
}

fn open(path: &Path) -> Result<Box<dyn Read>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    let file = File::open(path).map_err(|why| Failure::of(path.display(), why))?;
    Ok(Box::new(BufReader::with_capacity(1 << 20, file)))
}

/// Puts what is in the backup into store, journal and trail of the directory in the making.
async fn load(
    reader: &mut Reader<'_>,
    staging: &Staging,
    description: &BackupDescription,
) -> Result<Totals, Failure> {
    let mut progress = Progress::begin("restore");
    let (store, mut log) = (staging.data.store()?, staging.data.log()?);
    let mut files = Files::new(staging.path.join("trail"));
    let (mut batch, mut segment, mut done) = (Batch::default(), 0, 0_u64);
    let mut latest: Option<Vec<u8>> = None;
    let failed = |why: &dyn std::fmt::Display| Failure::new(why.to_string());
    loop {
        match reader.next_item().map_err(|why| failed(&why))? {
            item @ Item::Record(..) => {
                let Some(entry) = item.entry() else { continue };
                if latest.as_ref().is_some_and(|latest| *latest >= entry.key) {
                    return Err(Failure::new("records of the backup are not in their order"));
                }
                latest = Some(entry.key.clone());
                batch.put.push((entry.key, entry.found));
                done += 1;
                if batch.put.len() >= BATCH {
                    put(&store, &mut batch).await?;
                    progress.at(done, description.records);
                }
            }
            Item::Journal(number, bytes) => {
                append(&mut *log, number, &bytes, &mut segment).map_err(|why| failed(&why))?;
            }
            Item::File(path, bytes) => {
                files.take(&path, &bytes).map_err(|why| Failure::of(&path, why))?;
            }
            Item::End(totals) => {
                put(&store, &mut batch).await?;
                files.finish().map_err(|why| failed(&why))?;
                progress.at(done, description.records);
                store.close().map_err(|why| failed(&why))?;
                return Ok(totals);
            }
        }
    }
}

fn append(
    log: &mut dyn Log,
    number: u64,
    bytes: &[u8],
    segment: &mut u64,
) -> Result<(), strongroom_engine::ports::LogError> {
    if number == *segment {
        return log.append(bytes);
    }
    *segment = number;
    log.create(number, bytes)
}

async fn put(store: &SqliteStore, batch: &mut Batch) -> Result<(), Failure> {
    let full = std::mem::take(batch);
    match store.commit(&full).await {
        Ok(()) => Ok(()),
        Err(CommitError::Failed(why)) => Err(Failure::new(why.to_string())),
        Err(CommitError::Conflict) => Err(Failure::new("the store changed meanwhile")),
    }
}

/// Checks everything that was restored.
fn verify(
    runtime: &Runtime,
    still: &mut Still,
    arguments: &RestoreArguments,
) -> Result<Checked, Failure> {
    let mut findings = Findings::default();
    let checked = check::look(runtime, still, "verify", &mut findings)?;
    if checked.findings > 0 {
        findings.print(checked.findings, "");
        if !arguments.accept_findings {
            return Err(Failure::new(
                "the backup is whole, but what it was made of was not; nothing was restored. Add \
                 --accept-findings to restore it as it is",
            ));
        }
    }
    Ok(checked)
}

/// How far the restored store has come, which must be what the backup says.
fn reached(
    runtime: &Runtime,
    still: &Still,
    description: &BackupDescription,
) -> Result<Reached, Failure> {
    let reached = runtime.block_on(still.reached()).map_err(|why| Failure::new(why.to_string()))?;
    let (sequence, commits) = (reached.head.sequence, reached.head.commits);
    if (sequence, commits) != (description.sequence, description.commits) {
        return Err(Failure::new("the backup holds another store than it says"));
    }
    Ok(reached)
}

/// Refuses to replace what is ahead of the backup, unless that is wanted.
fn refuse_loss(
    runtime: &Runtime,
    data: &DataDir,
    still: &mut Still,
    reached: &Reached,
    (header, root): (&BackupHeader, &Arc<dyn RootKey>),
    arguments: &RestoreArguments,
) -> Result<(), Failure> {
    let existing = Existing::look(runtime, data, still, root)?;
    let lost = loss::of(&existing, reached, header.description.time);
    if lost.is_empty() || arguments.roll_back {
        return Ok(());
    }
    let lost: Vec<String> = lost.iter().map(|line| format!("  - {line}")).collect();
    Err(Failure::new(format!(
        "{} is ahead of the backup, which was taken at {}. Restoring it would lose:\n{}\nNothing was \
         changed. Add --roll-back to restore it all the same; what is there now is kept",
        data.path().display(),
        header.description.time.civil(),
        lost.join("\n")
    )))
}

/// Closes the store, so that nothing of it is left beside its file.
fn close(store: Arc<SqliteStore>) -> Result<(), Failure> {
    let store = Arc::try_unwrap(store).map_err(|_| Failure::new("the store is still in use"))?;
    store.close().map_err(|why| Failure::new(why.to_string()))
}

fn tell(
    arguments: &RestoreArguments,
    description: &BackupDescription,
    checked: &Checked,
    totals: &Totals,
    kept: Option<&Path>,
) {
    let BackupDescription { id, time, release, .. } = description;
    let Checked { accounts, keys, records, changes, uses, .. } = checked;
    let (accounts, keys) = (counted(*accounts, "account"), counted(*keys, "key"));
    let data = arguments.data.display();
    terminal::line(format_args!("restored to {data}: {accounts}, {keys}, {records} records"));
    let (time, id) = (time.civil(), hash::hex(id));
    terminal::line(format_args!("  as of {time}, backup {id} of strongroom {release}"));
    let undelivered = changes.saturating_add(*uses);
    terminal::line(format_args!(
        "  {undelivered} audit records that are to be delivered, {} files of the trail",
        totals.files
    ));
    if checked.findings == 0 {
        terminal::line("  every record was opened and compared; nothing is wrong with them");
    }
    let last = match kept {
        Some(kept) => format!("  what was there before is in {}", kept.display()),
        None => {
            "  not in a backup: configuration, TLS keys, the credentials file; `strongroom account \
                 reset-access-key` writes a new one"
                .to_owned()
        }
    };
    terminal::line(last);
}
