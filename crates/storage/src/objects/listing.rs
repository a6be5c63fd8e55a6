//! The keys of a bucket in their order, directory by directory: of a bucket with many objects only
//! those directories are read that have a key of the page in them.

use super::folder::{Folder, Kind};
use std::io;
use strongroom_engine::ports::archive::ObjectSummary;
use strongroom_engine::ports::object_names::{MAX_OBJECT_KEY, is_key_segment, is_object_key};

/// A directory that is being gone through.
struct Level {
    folder: Folder,
    /// What its keys begin with: empty, or ending in `/`.
    path: String,
    /// What is left of it, the next one last.
    rest: Vec<(String, Kind)>,
}

/// At most `limit` objects in or below `folder`, whose keys begin with `path`, that begin with
/// `prefix` and come after `after`.
pub(super) fn list(
    folder: Folder,
    path: String,
    (prefix, after): (&str, &str),
    limit: usize,
) -> io::Result<Vec<ObjectSummary>> {
    let mut found = Vec::new();
    let mut levels = vec![Level::read(folder, path, (prefix, after))?];
    while let Some(level) = levels.last_mut() {
        if found.len() >= limit {
            break;
        }
        match level.rest.pop() {
            None => drop(levels.pop()),
            Some((name, Kind::File)) => found.extend(level.summary(&name)?),
            Some((name, Kind::Directory)) => {
                let path = format!("{}{name}", level.path);
                // A directory that has been removed since is passed over.
                let inner = level.folder.enter(name.trim_end_matches('/'))?;
                let inner = inner.map(|inner| Level::read(inner, path, (prefix, after)));
                levels.extend(inner.transpose()?);
            }
        }
    }
    Ok(found)
}

impl Level {
    /// What of `folder` can be in the listing. Directories are named with a `/` at their end, for
    /// so they stand in keys: `a-b` comes before `a/b`, and `a` before both.
    fn read(folder: Folder, path: String, (prefix, after): (&str, &str)) -> io::Result<Self> {
        let mut rest = Vec::new();
        for (name, kind) in folder.entries()? {
            if !is_key_segment(&name) {
                continue;
            }
            let name = if kind == Kind::Directory { name + "/" } else { name };
            let full = format!("{path}{name}");
            let wanted = match kind {
                Kind::File => full.starts_with(prefix) && *full > *after && is_object_key(&full),
                Kind::Directory => {
                    (full.starts_with(prefix) || prefix.starts_with(&full))
                        && (*full > *after || after.starts_with(&full))
                        && full.len() < MAX_OBJECT_KEY
                }
            };
            if wanted {
                rest.push((name, kind));
            }
        }
        rest.sort_unstable_by(|one, other| other.0.cmp(&one.0));
        Ok(Self { folder, path, rest })
    }

    fn summary(&self, name: &str) -> io::Result<Option<ObjectSummary>> {
        let found = self.folder.size_and_time(name)?;
        let key = format!("{}{name}", self.path);
        Ok(found.map(|(size, modified)| ObjectSummary { key, size, modified }))
    }
}
