//! Delivered objects as they are on disk, read while the server runs: `<bucket>/<key>`, each
//! object's metadata beside it in `<key>.metadata`.

use crate::cli::BucketArguments;
use crate::terminal::Failure;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use strongroom_engine::ports::Boxed;
use strongroom_engine::ports::archive::{ArchiveError, Object, ObjectSummary, Objects};
use strongroom_trail::digest::parse_time;
use strongroom_types::Timestamp;

/// The longest object that is read, bytes.
const MAX_OBJECT: u64 = 1 << 28;
/// The longest metadata that are read, bytes.
const MAX_METADATA: u64 = 1 << 16;
/// What the files of metadata end in.
const METADATA: &str = ".metadata";

/// A directory of buckets, or of one.
pub(super) struct Shelf {
    base: PathBuf,
    /// The bucket that `base` itself is; without it, `base` holds buckets.
    only: Option<String>,
    /// What was listed last: pages of it follow.
    listed: Mutex<Option<(String, Vec<ObjectSummary>)>>,
}

impl Shelf {
    /// Where the arguments say that the bucket is.
    pub(super) fn of(arguments: &BucketArguments) -> Result<Self, Failure> {
        let (base, only) = match &arguments.directory {
            Some(copy) => (copy.clone(), Some(arguments.bucket.clone())),
            None => (arguments.data.join("trail"), None),
        };
        let shelf = Self { base, only, listed: Mutex::default() };
        let folder = shelf.bucket(&arguments.bucket).unwrap_or_default();
        if folder.is_dir() {
            return Ok(shelf);
        }
        Err(Failure::new(format!("there is no directory {}", folder.display())))
    }

    fn bucket(&self, bucket: &str) -> Option<PathBuf> {
        match &self.only {
            Some(only) => (only == bucket).then(|| self.base.clone()),
            None => is_plain(bucket).then(|| self.base.join(bucket)),
        }
    }

    fn read(&self, bucket: &str, key: &str) -> io::Result<Option<Object>> {
        let Some(bucket) = self.bucket(bucket) else { return Ok(None) };
        // Keys come out of files that somebody may have written: they lead nowhere else.
        if key.ends_with(METADATA) || !key.split('/').all(is_plain) {
            return Ok(None);
        }
        let Some(body) = read_file(&bucket.join(key), MAX_OBJECT)? else { return Ok(None) };
        let beside = read_file(&bucket.join(format!("{key}{METADATA}")), MAX_METADATA)?;
        let metadata = beside.and_then(|text| serde_json::from_slice(&text).ok());
        let modified = Timestamp::from_millis(0);
        Ok(Some(Object { body, metadata: metadata.unwrap_or_default(), modified }))
    }

    fn page(
        &self,
        bucket: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> io::Result<Vec<ObjectSummary>> {
        let of = format!("{bucket}/{prefix}");
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = match listed.take() {
            Some((known, all)) if known == of && after.is_some() => all,
            _ => self.walk(bucket, prefix)?,
        };
        let from =
            all.partition_point(|object| after.is_some_and(|after| object.key.as_str() <= after));
        let page = all.get(from..).unwrap_or_default();
        let page: Vec<ObjectSummary> = page.iter().take(limit).cloned().collect();
        if page.len() == limit {
            all.drain(..from);
            *listed = Some((of, all));
        }
        Ok(page)
    }

    /// All objects whose keys begin with `prefix`, by key.
    fn walk(&self, bucket: &str, prefix: &str) -> io::Result<Vec<ObjectSummary>> {
        let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
        let Some(bucket) = self.bucket(bucket) else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        walk(&bucket.join(folder), folder, &mut all)?;
        all.retain(|object| object.key.starts_with(prefix));
        all.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(all)
    }
}

fn walk(folder: &Path, key: &str, all: &mut Vec<ObjectSummary>) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if !is_plain(&name) || name.ends_with(METADATA) {
            continue;
        }
        let key = if key.is_empty() { name } else { format!("{key}/{name}") };
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(&entry.path(), &key, all)?;
        } else if kind.is_file() {
            let size = entry.metadata()?.len();
            all.push(ObjectSummary { key, size, modified: Timestamp::from_millis(0) });
        }
    }
    Ok(())
}

/// Whether it is a name that keys are made of.
fn is_plain(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._=+-".contains(&byte);
    !name.is_empty() && name != "." && name != ".." && name.bytes().all(allowed)
}

fn read_file(path: &Path, max: u64) -> io::Result<Option<Vec<u8>>> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => {}
        Ok(_) => return Ok(None),
        Err(why) if matches!(why.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(why) => return Err(why),
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max {
        return Err(io::Error::other(format!("{} is longer than {max} bytes", path.display())));
    }
    Ok(Some(bytes))
}

fn ready<'a, T: Send + 'a>(done: io::Result<T>) -> Boxed<'a, Result<T, ArchiveError>> {
    Box::pin(std::future::ready(done.map_err(|why| ArchiveError(why.to_string()))))
}

impl Objects for Shelf {
    fn has_bucket(&self, name: &str) -> bool {
        self.bucket(name).is_some()
    }

    fn put<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
        _: &'a [u8],
        _: &'a BTreeMap<String, String>,
    ) -> Boxed<'a, Result<(), ArchiveError>> {
        ready(Err(io::Error::other("these objects are only read")))
    }

    fn get<'a>(
        &'a self,
        bucket: &'a str,
        key: &'a str,
    ) -> Boxed<'a, Result<Option<Object>, ArchiveError>> {
        ready(self.read(bucket, key))
    }

    fn list<'a>(
        &'a self,
        bucket: &'a str,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> Boxed<'a, Result<Vec<ObjectSummary>, ArchiveError>> {
        ready(self.page(bucket, prefix, after, limit))
    }
}

/// A time on the command line: a day, or a second of it.
pub(super) fn time(text: &str) -> Result<Timestamp, Failure> {
    parse_time(text).or_else(|| parse_time(&format!("{text}T00:00:00Z"))).ok_or_else(|| {
        Failure::new(format!("`{text}` is no time: 2026-11-22, or 2026-11-22T06:37:05Z"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_lead_nowhere_else() {
        for name in ["", ".", "..", "a/b", "a\0", "ä", "a b"] {
            assert!(!is_plain(name), "{name}");
        }
        let shelf = Shelf { base: "/".into(), only: None, listed: Mutex::default() };
        for (bucket, key) in [("etc", "../etc/passwd"), ("..", "etc/passwd"), ("etc", "/passwd")] {
            assert!(shelf.read(bucket, key).unwrap().is_none(), "{bucket} {key}");
        }
        assert!(shelf.read("etc", "passwd").unwrap().is_some());
    }
}
