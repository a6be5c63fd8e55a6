//! What is delivered of the trail, as files of a backup.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Component, Path, PathBuf};
use strongroom_engine::backup::{BackupFailure, Writer};
use strongroom_storage::dir;

/// Bytes read in one step.
const PIECE: usize = 256 << 10;

/// Adds every file below `base`, in the order of their names. What is still being written, links, and
/// names that are no text are passed over.
pub(super) fn add(base: &Path, writer: &mut Writer<'_>) -> Result<(), BackupFailure> {
    let mut waiting = vec![PathBuf::new()];
    while let Some(below) = waiting.pop() {
        let listed = match std::fs::read_dir(base.join(&below)) {
            Ok(listed) => listed,
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => continue,
            Err(why) => return Err(why.into()),
        };
        let mut entries = listed.collect::<std::io::Result<Vec<_>>>()?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let (path, kind) = (below.join(entry.file_name()), entry.file_type()?);
            let Some(name) = path.to_str().filter(|name| !name.ends_with('~')) else { continue };
            if kind.is_dir() {
                waiting.push(path);
            } else if kind.is_file() {
                add_file(&base.join(&path), name, writer)?;
            }
        }
    }
    Ok(())
}

fn add_file(path: &Path, name: &str, writer: &mut Writer<'_>) -> Result<(), BackupFailure> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        // A lifecycle of the operator's own may remove what is old.
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(why) => return Err(why.into()),
    };
    let mut is_first = true;
    loop {
        let mut piece = Vec::new();
        let most = u64::try_from(PIECE).unwrap_or(u64::MAX);
        let count = (&mut file).take(most).read_to_end(&mut piece)?;
        if count == 0 && !is_first {
            return Ok(());
        }
        writer.file(name, &piece)?;
        is_first = false;
    }
}

/// Puts the files of a backup below a directory.
pub(super) struct Files {
    base: PathBuf,
    current: Option<(String, File)>,
}

impl Files {
    pub(super) fn new(base: PathBuf) -> Self {
        Self { base, current: None }
    }

    /// Takes the next bytes of the file `path`.
    pub(super) fn take(&mut self, path: &str, bytes: &[u8]) -> std::io::Result<()> {
        if let Some((_, file)) = self.current.as_mut().filter(|(current, _)| current == path) {
            return file.write_all(bytes);
        }
        self.finish()?;
        let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_));
        let within = !path.is_empty() && Path::new(path).components().all(is_plain);
        if !within {
            return Err(std::io::Error::other(format!("`{path}` is no path within the trail")));
        }
        let whole = self.base.join(path);
        let _ = dir::create_private_dir(whole.parent().unwrap_or(&self.base))?;
        let mut file = dir::create_file(&whole)?;
        file.write_all(bytes)?;
        self.current = Some((path.to_owned(), file));
        Ok(())
    }

    /// Makes the latest file durable.
    pub(super) fn finish(&mut self) -> std::io::Result<()> {
        self.current.take().map_or(Ok(()), |(_, file)| file.sync_all())
    }
}
