//! `strongroom restore`: everything is read, verified and put together in a place of its own before it
//! is seen under the name of a data directory.

use super::files::Files;
use super::loss::{self, Existing};
use super::{PROVIDER, counted, runtime};
use crate::check::{self, Findings};
use crate::cli::RestoreArguments;
use crate::config::DEFAULT_REGION;
use crate::data::DataDir;
use crate::progress::Progress;
use crate::running;
use crate::terminal::{self, Failure};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use strongroom_crypto::hash;
use strongroom_engine::backup::{BackupFailure, Item, Reader, Totals, read_header};
use strongroom_engine::check::Checked;
use strongroom_engine::ports::{Batch, CommitError, Log, Store};
use strongroom_engine::still::{Reached, Still};
use strongroom_keys::{BackupDescription, BackupHeader, RootKey};
use strongroom_server::hardening;
use strongroom_storage::{SqliteStore, dir};
use strongroom_types::{Region, Timestamp};
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
    let root = staging.root_key(&place, arguments, &header)?;
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
    if let Place::Existing(data) = &place {
        refuse_loss(&runtime, data, &mut still, &reached, (&header, &root), arguments)?;
    }
    let now = running::clock(&staging.data)?.now();
    let region = header.description.region.or_else(|| DEFAULT_REGION.parse().ok());
    let region: Region = region.ok_or_else(|| Failure::new("no Region"))?;
    let began = runtime.block_on(still.begin_history(now, &header.description, region));
    let _ = began.map_err(|why| Failure::new(why.to_string()))?;
    drop(still);
    close(store)?;
    let kept = staging.finish(&place, now)?;
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

/// Where the restored directory shall be.
enum Place {
    /// Nothing is there, or an empty directory.
    New(PathBuf),
    /// A directory, which is locked.
    Existing(Box<DataDir>),
}

impl Place {
    fn choose(arguments: &RestoreArguments) -> Result<Self, Failure> {
        let path = &arguments.data;
        let failed = |why: std::io::Error| Failure::of(path.display(), why);
        match path.read_dir() {
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => {}
            Err(why) => return Err(failed(why)),
            Ok(mut entries) => {
                let is_empty = entries.next().is_none();
                if arguments.replace && !is_empty {
                    return Ok(Self::Existing(Box::new(DataDir::whatever_is_there(path)?)));
                }
                if !is_empty {
                    return Err(Failure::new(format!(
                        "{} is not empty; restore to another directory, or add --replace to put \
                         the backup in the place of its store and journal",
                        path.display()
                    )));
                }
            }
        }
        if arguments.replace {
            let text = format!("{}: there is nothing to replace", path.display());
            return Err(Failure::new(text));
        }
        Ok(Self::New(path.clone()))
    }

    /// Where it is put together: on the same file system.
    fn staging(&self) -> PathBuf {
        match self {
            Self::New(path) => {
                let mut name = std::path::absolute(path).unwrap_or_else(|_| path.clone());
                name.as_mut_os_string().push(".restoring");
                name
            }
            Self::Existing(data) => data.path().join("restoring"),
        }
    }
}

/// The directory in the making; removed unless it was finished.
struct Staging {
    path: PathBuf,
    data: DataDir,
    is_done: bool,
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.is_done {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

impl Staging {
    fn begin(
        place: &Place,
        arguments: &RestoreArguments,
        header: &BackupHeader,
    ) -> Result<Self, Failure> {
        let path = place.staging();
        if path.exists() {
            return Err(Failure::new(format!(
                "{} is there: another restore is at work, or one was not finished; if none is, \
                 remove it",
                path.display()
            )));
        }
        let _ = dir::create_private_dir(&path).map_err(|why| Failure::of(path.display(), why))?;
        let data = match DataDir::whatever_is_there(&path) {
            Ok(data) => data,
            Err(why) => {
                let _ = std::fs::remove_dir_all(&path);
                return Err(why);
            }
        };
        let staging = Self { path, data, is_done: false };
        let ahead = header.description.clock_ahead;
        match place {
            Place::Existing(there) => {
                let theirs = there.dev_clock()?;
                if theirs.is_some() != ahead.is_some() {
                    return Err(Failure::new(format!(
                        "one of the backup and {} was made for the real clock, the other for one \
                         that can be set; restore to another directory",
                        arguments.data.display()
                    )));
                }
                if let Some(ahead) = theirs.max(ahead) {
                    staging.data.write_dev_clock(ahead)?;
                }
            }
            Place::New(_) => ahead.map_or(Ok(()), |ahead| staging.data.write_dev_clock(ahead))?,
        }
        Ok(staging)
    }

    /// The root key: of the file that was named, of the directory that is replaced, or as the backup
    /// says.
    fn root_key(
        &self,
        place: &Place,
        arguments: &RestoreArguments,
        header: &BackupHeader,
    ) -> Result<Arc<dyn RootKey>, Failure> {
        let root = match (place, &arguments.root_key_file, &header.description.provider) {
            (_, Some(file), _) => {
                self.data.take_root_key(file)?;
                self.data.root_key()?
            }
            (Place::Existing(there), None, _) if has_root_key(there.path()) => there.root_key()?,
            (_, None, Some(provider)) => {
                let path = self.path.join(PROVIDER);
                let written = dir::write_private(&path, provider);
                written.map_err(|why| Failure::of(path.display(), why))?;
                self.data.root_key()?
            }
            (_, None, None) => {
                return Err(Failure::new(
                    "the root key is not in a backup: name its file, a copy of `root.key`, with \
                     --root-key-file",
                ));
            }
        };
        let (given, wanted) = (root.fingerprint(), &header.description.root_key);
        if given != wanted {
            return Err(Failure::new(format!(
                "the backup was made under root key {wanted}, and this is {given}"
            )));
        }
        Ok(root)
    }

    /// Lets it be seen. Returns where what was there before is kept.
    fn finish(mut self, place: &Place, now: Timestamp) -> Result<Option<PathBuf>, Failure> {
        let failed = |why: std::io::Error| Failure::of(self.path.display(), why);
        let kept = match place {
            Place::New(path) => {
                dir::sync_dir(&self.path).map_err(failed)?;
                std::fs::rename(&self.path, path).map_err(failed)?;
                let path = std::path::absolute(path).map_err(failed)?;
                dir::sync_dir(dir::parent(&path)).map_err(failed)?;
                None
            }
            Place::Existing(there) => {
                let kept = exchange(&self.path, there.path(), now);
                let kept = kept.map_err(|why| Failure::of(there.path().display(), why))?;
                let _ = std::fs::remove_dir_all(&self.path);
                Some(kept)
            }
        };
        self.is_done = true;
        Ok(kept)
    }
}

fn has_root_key(data: &Path) -> bool {
    data.join("root.key").exists() || data.join(PROVIDER).exists()
}

/// Puts the new store and journal in the place of the old ones, which are kept. There is a store at
/// every moment, and an old one beside the new journal does not open.
fn exchange(new: &Path, old: &Path, now: Timestamp) -> std::io::Result<PathBuf> {
    let stamp: String = now.civil().to_string();
    let stamp: String = stamp.chars().filter(char::is_ascii_alphanumeric).collect();
    let kept = old.join(format!("before-restore-{stamp}"));
    let _ = dir::create_private_dir(&kept)?;
    let keep = |name: &str| match std::fs::rename(old.join(name), kept.join(name)) {
        Err(why) if why.kind() != std::io::ErrorKind::NotFound => Err(why),
        _ => Ok(()),
    };
    match std::fs::hard_link(old.join("store.db"), kept.join("store.db")) {
        Err(why) if why.kind() != std::io::ErrorKind::NotFound => return Err(why),
        _ => {}
    }
    // They are there after a crash only, and belong to the old store.
    ["store.db-wal", "store.db-shm", "journal"].into_iter().try_for_each(keep)?;
    dir::sync_dir(&kept)?;
    std::fs::rename(new.join("journal"), old.join("journal"))?;
    std::fs::rename(new.join("store.db"), old.join("store.db"))?;
    dir::sync_dir(old)?;
    for name in ["root.key", PROVIDER, "dev-clock"] {
        if new.join(name).exists() {
            keep(name)?;
            std::fs::rename(new.join(name), old.join(name))?;
        }
    }
    // With a root key of its own file, what says where it is provided is another's.
    if new.join("root.key").exists() {
        keep(PROVIDER)?;
    }
    add_files(&new.join("trail"), &old.join("trail"))?;
    dir::sync_dir(old)?;
    Ok(kept)
}

/// Moves the files below `new` that are not below `old`.
fn add_files(new: &Path, old: &Path) -> std::io::Result<()> {
    let entries = match new.read_dir() {
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let place = old.join(entry.file_name());
        if entry.file_type()?.is_dir() && place.is_dir() {
            add_files(&entry.path(), &place)?;
        } else if !place.exists() {
            let _ = dir::create_private_dir(old)?;
            std::fs::rename(entry.path(), &place)?;
        }
    }
    Ok(())
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
        findings.print(checked.findings);
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
