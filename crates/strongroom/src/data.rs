//! The data directory: what is in it, and who may have it.
//!
//! | name | holds |
//! |---|---|
//! | `root.key` | the root key, mode 0600; whoever has it and the rest has everything |
//! | `root-key.toml` | in its place: how a provider opens the root key |
//! | `store.db` | the embedded store: sealed records |
//! | `journal/` | the audit journal: sealed frames that are not yet delivered |
//! | `trail/` | log files and digests of the audit trail, a directory for each bucket |
//! | `trail-index/` | what events are looked up by; can be made again from `trail/` |
//! | `credentials` | the first account's root access key, for `strongroom env`; may be removed |
//! | `endpoint` | where the server listened last |
//! | `dev-clock` | how far the clock runs ahead; in a directory made for `--dev-clock` only |
//! | `tls/` | the self-signed authority and certificate, if asked for |
//! | `LOCK` | held by the running server |

use crate::operator::{RootState, Wanted};
use crate::root_file::{self, Kept, RootFiles};
use crate::terminal::Failure;
use crate::unlock;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use strongroom_crypto::{SecretBytes, SecretKey, SystemEntropy};
use strongroom_engine::ports::Log;
use strongroom_iam::AccessKey;
use strongroom_keys::RootKey;
use strongroom_storage::dir::{ReadError, create_private_dir, read_private, write_private};
use strongroom_storage::{DirLock, DirectoryObjects, FileLog, LockError, SqliteStore};
use strongroom_types::AccountId;

/// The longest of the small files, bytes.
const MAX_FILE: u64 = 4096;

/// A data directory that this process alone has.
pub(crate) struct DataDir {
    path: PathBuf,
    root: Mutex<RootState>,
    _lock: DirLock,
}

impl DataDir {
    /// Takes the directory, making it if it is missing. Returns what about it is not private.
    pub(crate) fn take(path: &Path) -> Result<(Self, Vec<String>), Failure> {
        let findings = create_private_dir(path).map_err(|why| Failure::of(path.display(), why))?;
        let findings =
            findings.iter().map(|finding| format!("data directory {}: {finding}", path.display()));
        let findings = findings.collect();
        let data = Self::lock(path)?;
        data.check_whole()?;
        Ok((data, findings))
    }

    /// Takes a directory that is there.
    pub(crate) fn existing(path: &Path) -> Result<Self, Failure> {
        if !path.join("store.db").is_file() {
            return Err(not_initialised(path));
        }
        Self::lock(path)
    }

    /// Takes a directory in which anything may be missing.
    pub(crate) fn whatever_is_there(path: &Path) -> Result<Self, Failure> {
        Self::lock(path)
    }

    fn lock(path: &Path) -> Result<Self, Failure> {
        let lock = DirLock::acquire(path).map_err(|why| match why {
            LockError::Held { pid } => Failure::new(format!(
                "the data directory {} is in use by another strongroom{}; stop it, or choose \
                 another directory with --data",
                path.display(),
                pid.map_or_else(String::new, |pid| format!(" (process {pid})"))
            )),
            LockError::Io(why) => Failure::of(path.display(), why),
        })?;
        Ok(Self { path: path.to_owned(), root: Mutex::default(), _lock: lock })
    }

    /// Refuses a directory that has lost its store: a new one beside an old journal would hide it.
    fn check_whole(&self) -> Result<(), Failure> {
        let (store, journal) = (self.store_path(), self.path.join("journal"));
        let has_journal = journal.read_dir().is_ok_and(|mut files| files.next().is_some());
        if has_journal && !store.exists() {
            return Err(Failure::new(format!(
                "{} is missing, but its journal {} is there: put the store back from where you \
                 keep copies, or choose another directory with --data",
                store.display(),
                journal.display()
            )));
        }
        Ok(())
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Milliseconds that the clock of this directory runs ahead; `None` if it is the real one.
    pub(crate) fn dev_clock(&self) -> Result<Option<i64>, Failure> {
        let path = self.path.join("dev-clock");
        let bytes = match read_private(&path, MAX_FILE) {
            Ok(bytes) => bytes,
            Err(ReadError::Io(why)) if why.kind() == std::io::ErrorKind::NotFound => {
                return Ok(None);
            }
            Err(why) => return Err(Failure::of(path.display(), why)),
        };
        let text = String::from_utf8_lossy(&bytes);
        let ahead = text.trim().parse().map_err(|_| Failure::of(path.display(), "no number"))?;
        Ok(Some(ahead))
    }

    /// The clock that `wanted` asks for, if the directory was made for it or is new.
    pub(crate) fn clock_for(&self, wanted: bool) -> Result<Option<i64>, Failure> {
        let shown = self.path.display();
        match (wanted, self.dev_clock()?) {
            (false, None) => Ok(None),
            (true, Some(ahead)) => Ok(Some(ahead)),
            (true, None) if !self.store_path().exists() => {
                self.write_dev_clock(0)?;
                Ok(Some(0))
            }
            (true, None) => Err(Failure::new(format!(
                "{shown} was made for the real clock, and keys in it would be deleted when a \
                 clock for tests says so; choose another directory with --data"
            ))),
            (false, Some(_)) => Err(Failure::new(format!(
                "{shown} was made for a clock that can be set; add --dev-clock, or choose another \
                 directory with --data"
            ))),
        }
    }

    /// Keeps how far the clock runs ahead.
    pub(crate) fn write_dev_clock(&self, ahead: i64) -> Result<(), Failure> {
        let path = self.path.join("dev-clock");
        write_private(&path, format!("{ahead}\n").as_bytes())
            .map_err(|why| Failure::of(path.display(), why))
    }

    /// The root key as its file has it; made, in a file, if there is no store yet.
    pub(crate) fn kept_root_key(&self) -> Result<Kept, Failure> {
        let files = self.root_files();
        if let Some(kept) = files.current(|| self.root_mark())? {
            self.root_state().provider = Some(Wanted::same_as(&kept));
            return Ok(kept);
        }
        if self.store_path().exists() {
            return Err(Failure::new(format!(
                "{} and root-key.toml are missing, and without one of them the store cannot be \
                 opened; put it back from where you keep it",
                self.path.join("root.key").display()
            )));
        }
        let key = SecretKey::generate(&SystemEntropy);
        let kept = Kept::Plain(key.map_err(|why| Failure::new(why.to_string()))?);
        files.begin(&kept)?;
        self.root_state().provider = Some(Wanted::File);
        Ok(kept)
    }

    /// What is known of the root key beside the key itself.
    pub(crate) fn root_state(&self) -> MutexGuard<'_, RootState> {
        self.root.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The root key; whoever started the command is asked for what opens it.
    pub(crate) fn root_key(&self) -> Result<Arc<dyn RootKey>, Failure> {
        let root = match self.kept_root_key()? {
            Kept::Plain(key) => root_file::local(&key)?,
            Kept::Wrapped(file) => root_file::local(&unlock::ask(&file)?)?,
        };
        Ok(Arc::new(root))
    }

    /// The files of the root key.
    pub(crate) fn root_files(&self) -> RootFiles<'_> {
        RootFiles(&self.path)
    }

    /// Whether there is a store.
    pub(crate) fn has_store(&self) -> bool {
        self.store_path().exists()
    }

    /// The fingerprint of the root key that the store hangs from; `None` without a store.
    fn root_mark(&self) -> Result<Option<String>, Failure> {
        if !self.has_store() {
            return Ok(None);
        }
        let store = self.store()?;
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.map_err(|why| Failure::new(why.to_string()))?;
        let failed = |why| Failure::of(self.store_path().display(), why);
        let mark = runtime.block_on(strongroom_engine::root_fingerprint(&store)).map_err(failed)?;
        store.close().map_err(failed)?;
        Ok(mark)
    }

    /// The embedded store.
    pub(crate) fn store(&self) -> Result<SqliteStore, Failure> {
        let path = self.store_path();
        SqliteStore::open(&path).map_err(|why| Failure::of(path.display(), why))
    }

    fn store_path(&self) -> PathBuf {
        self.path.join("store.db")
    }

    /// The audit journal.
    pub(crate) fn log(&self) -> Result<Box<dyn Log>, Failure> {
        let path = self.path.join("journal");
        let log = FileLog::open(&path).map_err(|why| Failure::of(path.display(), why))?;
        Ok(Box::new(log))
    }

    /// What is delivered of the trail.
    pub(crate) fn objects(&self) -> DirectoryObjects {
        DirectoryObjects::new(&self.path.join("trail"))
    }

    /// Where the first account's access key is.
    pub(crate) fn credentials_path(&self) -> PathBuf {
        credentials_path(&self.path)
    }

    /// Writes the first account's access key, unless an earlier start got as far.
    pub(crate) fn first_access_key(&self) -> Result<AccessKey, Failure> {
        if self.credentials_path().exists() {
            return read_credentials(&self.path);
        }
        let key = AccessKey::generate(AccountId::INITIAL, &SystemEntropy)
            .map_err(|why| Failure::new(why.to_string()))?;
        self.write_credentials(&key.to_file())?;
        Ok(key)
    }

    /// Writes the file that `strongroom env` reads.
    pub(crate) fn write_credentials(&self, file: &SecretBytes) -> Result<(), Failure> {
        let path = self.credentials_path();
        write_private(&path, file.expose()).map_err(|why| Failure::of(path.display(), why))
    }

    /// Leaves word of where the server listens, for `strongroom env`.
    pub(crate) fn write_endpoint(&self, endpoint: &Endpoint) -> Result<(), Failure> {
        let path = self.path.join("endpoint");
        write_private(&path, endpoint.to_text().as_bytes())
            .map_err(|why| Failure::of(path.display(), why))
    }
}

/// Where a server listens.
pub(crate) struct Endpoint {
    pub(crate) url: String,
    pub(crate) region: String,
    pub(crate) ca_file: Option<PathBuf>,
}

impl Endpoint {
    fn to_text(&self) -> String {
        let ca = self.ca_file.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
        format!("{}\n{}\n{ca}\n", self.url, self.region)
    }

    /// What the server that ran last on `data` left.
    pub(crate) fn read(data: &Path) -> Result<Self, Failure> {
        let path = data.join("endpoint");
        let bytes = read_private(&path, MAX_FILE).map_err(|_| not_initialised(data))?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let mut lines = text.lines().map(str::to_owned);
        let mut next = || lines.next().unwrap_or_default();
        let (url, region, ca_file) = (next(), next(), next());
        let ca_file = (!ca_file.is_empty()).then(|| ca_file.into());
        Ok(Self { url, region, ca_file })
    }
}

fn credentials_path(data: &Path) -> PathBuf {
    data.join("credentials")
}

/// The first account's access key, as its file has it.
pub(crate) fn read_credentials(data: &Path) -> Result<AccessKey, Failure> {
    let path = credentials_path(data);
    let text = read_private(&path, MAX_FILE).map_err(|why| {
        let help = "`strongroom account reset-access-key` writes a new one";
        Failure::new(format!("{}: {why}; {help}", path.display()))
    })?;
    AccessKey::from_file(&SecretBytes::new(text)).map_err(|why| Failure::of(path.display(), why))
}

fn not_initialised(path: &Path) -> Failure {
    Failure::new(format!(
        "no server has run on the data directory {} yet; start one with `strongroom serve`, or \
         name its directory with --data",
        path.display()
    ))
}
