//! Objects in a directory: the object `key` of a bucket is the file `<base>/<bucket>/<key>`, its
//! metadata, if it has any, the file `<key>.metadata` beside it: a JSON object of strings.
//!
//! Every directory on the way is opened by itself and none through a symbolic link, so that no
//! key leads out of the bucket, whatever somebody has put there. Names that no key can have are
//! passed over, among them those of files that are still being written, which end in `~`.
//!
//! Calls do their work on the caller's thread when the future is first polled: reading a log file
//! or a page of names takes less than a request may hold a core for; a put waits for the medium.

mod folder;
mod listing;

use folder::Folder;
use rustix::io::Errno;
use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use strongroom_engine::ports::Boxed;
use strongroom_engine::ports::archive::{ArchiveError, Object, ObjectSummary, Objects};
use strongroom_engine::ports::object_names::{
    METADATA_SUFFIX, is_bucket_name, is_key_segment, is_object_key,
};

/// The greatest length of an object in bytes.
pub const MAX_OBJECT: u64 = 64 << 20;

/// The greatest length of an object's metadata in bytes. S3 allows 2 KB.
const MAX_METADATA: u64 = 16 << 10;

/// How many directories are remembered whose entries are durable; some hundred bytes each.
const MAX_KNOWN: usize = 4096;

/// [`Objects`] in a directory, as files of mode 0600. Every bucket that S3's rules allow the name
/// of is there; its directory is made when something is put into it.
///
/// Objects can be put by one process at a time: hold a [`DirLock`](crate::DirLock).
pub struct DirectoryObjects {
    base: PathBuf,
    /// Two writers would meet in the same unfinished file.
    writing: Mutex<Durable>,
}

/// The directories of which this process knows that their entries, and those of all that lead to
/// them, are durable: the paths below `base`, that of `base` itself being empty.
///
/// INVARIANT: one is here only after the directory that holds it was synced while it was there. Who
/// finds it gone makes it again, and syncs again.
#[derive(Default)]
struct Durable(HashSet<String>);

impl Durable {
    fn has(&self, path: &str) -> bool {
        self.0.contains(path)
    }

    /// What is forgotten is synced once more, and no more than that.
    fn add(&mut self, path: &str) {
        if self.has(path) {
            return;
        }
        if self.0.len() >= MAX_KNOWN {
            self.0.clear();
        }
        self.0.insert(path.to_owned());
    }
}

impl DirectoryObjects {
    /// The objects under `base`, which need not exist before something is put.
    #[must_use]
    pub fn new(base: &Path) -> Self {
        Self { base: base.to_owned(), writing: Mutex::default() }
    }

    /// Metadata come first, so that an object that is seen is whole. Where there was another
    /// object, a power cut between the two leaves that one's content with the new metadata, until
    /// the put is repeated, as one is that has not returned.
    ///
    /// In a directory that is known it takes two syncs for each file: its content's before it has
    /// its name, and that of the directory, without which its name could be gone after a power cut.
    /// The directories that lead there were synced when they were made, or first seen.
    fn put_now(
        &self,
        (bucket, key): (&str, &str),
        body: &[u8],
        metadata: &BTreeMap<String, String>,
    ) -> io::Result<()> {
        if u64::try_from(body.len()).map_or(true, |length| length > MAX_OBJECT) {
            return Err(io::Error::other("an object is longer than allowed"));
        }
        let (folders, name) = place(key);
        let mut durable = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut folder = self.base_now(&mut durable)?;
        let mut path = String::new();
        for name in std::iter::once(bucket).chain(folders) {
            path.push('/');
            path.push_str(name);
            folder = folder.make(name, durable.has(&path))?;
            durable.add(&path);
        }
        let beside = format!("{name}{METADATA_SUFFIX}");
        if metadata.is_empty() {
            folder.remove(&beside)?;
        } else {
            folder.write(&beside, &serde_json::to_vec(metadata)?)?;
        }
        folder.write(name, body)
    }

    /// The directory of all buckets, made if it is not there.
    fn base_now(&self, durable: &mut Durable) -> io::Result<Folder> {
        match Folder::open(&self.base) {
            Ok(folder) if durable.has("") => return Ok(folder),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        crate::dir::create_private_dir(&self.base)?;
        durable.add("");
        Folder::open(&self.base)
    }

    fn get_now(&self, bucket: &str, key: &str) -> io::Result<Option<Object>> {
        if !is_bucket_name(bucket) || !is_object_key(key) {
            return Ok(None);
        }
        let (folders, name) = place(key);
        let Some(folder) = self.folder(bucket, folders)? else { return Ok(None) };
        // The content first: when that is there, its metadata have been before it.
        let Some((body, modified)) = folder.read(name, MAX_OBJECT)? else { return Ok(None) };
        let metadata = folder.read(&format!("{name}{METADATA_SUFFIX}"), MAX_METADATA)?;
        let metadata = match metadata {
            Some((text, _)) => serde_json::from_slice(&text)?,
            None => BTreeMap::new(),
        };
        Ok(Some(Object { body, metadata, modified }))
    }

    fn list_now(
        &self,
        bucket: &str,
        (prefix, after): (&str, Option<&str>),
        limit: usize,
    ) -> io::Result<Vec<ObjectSummary>> {
        let path = prefix.rfind('/').map_or("", |end| prefix.get(..=end).unwrap_or_default());
        let folders: Vec<&str> = path.split_terminator('/').collect();
        if !is_bucket_name(bucket) || !folders.iter().all(|name| is_key_segment(name)) {
            return Ok(Vec::new());
        }
        let Some(folder) = self.folder(bucket, folders)? else { return Ok(Vec::new()) };
        listing::list(folder, path.to_owned(), (prefix, after.unwrap_or_default()), limit)
    }

    /// The directory of a bucket that the names in `folders` lead to, if it is there.
    fn folder<'a>(
        &self,
        bucket: &'a str,
        folders: impl IntoIterator<Item = &'a str>,
    ) -> io::Result<Option<Folder>> {
        let mut folder = match Folder::open(&self.base) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        for name in std::iter::once(bucket).chain(folders) {
            match folder.enter(name)? {
                Some(inner) => folder = inner,
                None => return Ok(None),
            }
        }
        Ok(Some(folder))
    }
}

/// The directories that lead to an object, and the name of its file.
fn place(key: &str) -> (impl Iterator<Item = &str>, &str) {
    let (folders, name) = key.rsplit_once('/').map_or((None, key), |(all, name)| (Some(all), name));
    (folders.into_iter().flat_map(|all| all.split('/')), name)
}

fn failed(bucket: &str, key: &str, error: &io::Error) -> ArchiveError {
    ArchiveError(format!("bucket {bucket:?}, object {key:?}: {error}"))
}

/// Whether there is nothing that could be an object: no such name, or a link, or a file where a
/// directory was looked for.
fn is_absent(error: Errno) -> bool {
    matches!(error, Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::MLINK)
}

impl Objects for DirectoryObjects {
    fn has_bucket(&self, name: &str) -> bool {
        is_bucket_name(name)
    }

    fn put<'a>(
        &'a self,
        bucket: &'a str,
        key: &'a str,
        body: &'a [u8],
        metadata: &'a BTreeMap<String, String>,
    ) -> Boxed<'a, Result<(), ArchiveError>> {
        Box::pin(async move {
            if !is_bucket_name(bucket) || !is_object_key(key) {
                return Err(ArchiveError(format!("no object can be at {bucket:?}, {key:?}")));
            }
            let put = self.put_now((bucket, key), body, metadata);
            put.map_err(|error| failed(bucket, key, &error))
        })
    }

    fn get<'a>(
        &'a self,
        bucket: &'a str,
        key: &'a str,
    ) -> Boxed<'a, Result<Option<Object>, ArchiveError>> {
        Box::pin(
            async move { self.get_now(bucket, key).map_err(|error| failed(bucket, key, &error)) },
        )
    }

    fn list<'a>(
        &'a self,
        bucket: &'a str,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> Boxed<'a, Result<Vec<ObjectSummary>, ArchiveError>> {
        Box::pin(async move {
            let listed = self.list_now(bucket, (prefix, after), limit);
            listed.map_err(|error| failed(bucket, prefix, &error))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use folder::syncs;

    const LOG: &str = "AWSLogs/111122223333/CloudTrail/eu-west-2/2026/11/22/";

    #[test]
    fn a_file_in_a_directory_that_is_known_takes_two_syncs() {
        let outer = tempfile::tempdir().unwrap();
        let base = outer.path().join("trail");
        let put = |objects: &DirectoryObjects, key: &str, metadata: &BTreeMap<String, String>| {
            syncs::take();
            objects.put_now(("bucket", &format!("{LOG}{key}")), b"x", metadata).unwrap();
            syncs::take()
        };
        let (none, signed) = (BTreeMap::new(), [("signature".to_owned(), "0a".to_owned())].into());
        let objects = DirectoryObjects::new(&base);
        assert_eq!(put(&objects, "a", &none), 8 + 2);
        assert_eq!(put(&objects, "b", &none), 2);
        assert_eq!(put(&objects, "c", &signed), 4);
        assert_eq!(put(&objects, "more/d", &none), 1 + 2);
        // Who made the directories may have been killed before they were synced.
        let another = DirectoryObjects::new(&base);
        assert_eq!(put(&another, "a", &none), 8 + 2);
        assert_eq!(put(&another, "b", &none), 2);
        // What is gone is made again, and synced.
        std::fs::remove_dir_all(base.join("bucket/AWSLogs/111122223333/CloudTrail")).unwrap();
        assert_eq!(put(&another, "a", &none), 5 + 2);
        std::fs::remove_dir_all(&base).unwrap();
        assert_eq!(put(&another, "a", &none), 8 + 2);
        assert_eq!(put(&another, "b", &none), 2);
    }

    #[test]
    fn what_is_known_is_bounded() {
        let mut durable = Durable::default();
        for n in 0..=MAX_KNOWN {
            durable.add(&n.to_string());
            durable.add("0");
        }
        assert!(durable.0.len() <= MAX_KNOWN && durable.has(&MAX_KNOWN.to_string()));
    }
}
