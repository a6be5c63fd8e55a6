//! The repository's text files, read once.

use crate::failure::Failure;
use std::fs;
use std::path::{Path, PathBuf};

/// Directories that hold nothing written by hand.
const SKIPPED: &[&str] =
    &["target", ".git", "artifacts", "strongroom-data", "__pycache__", ".pytest_cache"];

/// A text file.
#[derive(Debug)]
pub(crate) struct File {
    /// Path from the root, with `/` between its parts.
    pub(crate) path: String,
    /// Content.
    pub(crate) text: String,
}

impl File {
    /// The extension, or nothing.
    pub(crate) fn extension(&self) -> &str {
        Path::new(&self.path).extension().and_then(|e| e.to_str()).unwrap_or_default()
    }

    /// The file name without its extension.
    pub(crate) fn stem(&self) -> &str {
        Path::new(&self.path).file_stem().and_then(|e| e.to_str()).unwrap_or_default()
    }
}

/// The files of the repository, by path.
#[derive(Debug)]
pub(crate) struct Tree {
    /// In order of their paths.
    pub(crate) files: Vec<File>,
}

impl Tree {
    /// Reads the files under the repository's root. What is not UTF-8 is left out.
    ///
    /// # Errors
    /// A file or directory cannot be read.
    pub(crate) fn read(root: &Path) -> Result<Self, Failure> {
        let mut files = Vec::new();
        collect(root, root, &mut files)?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self { files })
    }

    /// The file of this path.
    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The files whose path begins with `prefix` and ends with `.extension`.
    pub(crate) fn under<'a>(
        &'a self,
        prefix: &'a str,
        extension: &'a str,
    ) -> impl Iterator<Item = &'a File> {
        self.files
            .iter()
            .filter(move |file| file.path.starts_with(prefix) && file.extension() == extension)
    }

    /// A tree for tests, from paths and contents.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let file =
            |(path, text): &(&str, &str)| File { path: (*path).into(), text: (*text).into() };
        Self { files: files.iter().map(file).collect() }
    }
}

/// The repository's root: the parent of this package's directory.
///
/// # Errors
/// Not started by `cargo xtask`.
pub(crate) fn root() -> Result<PathBuf, Failure> {
    std::env::var_os("CARGO_MANIFEST_DIR")
        .and_then(|own| Path::new(&own).parent().map(Path::to_owned))
        .ok_or_else(|| {
            Failure::new("the repository's root is unknown", "start it as `cargo xtask`")
        })
}

fn collect(root: &Path, at: &Path, files: &mut Vec<File>) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(format!("{}: {error}", at.display()), "make the file readable")
    };
    for entry in fs::read_dir(at).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() {
            if !SKIPPED.iter().any(|name| entry.file_name() == *name) {
                collect(root, &path, files)?;
            }
        } else if kind.is_file()
            && let Ok(text) = String::from_utf8(fs::read(&path).map_err(failed)?)
        {
            let relative = path.strip_prefix(root).unwrap_or(&path);
            files.push(File { path: relative.to_string_lossy().replace('\\', "/"), text });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_read_and_built_files_are_not() {
        let tree = Tree::read(&root().unwrap()).unwrap();
        assert!(tree.file("Cargo.toml").is_some());
        assert!(tree.under("xtask/src/", "rs").any(|file| file.stem() == "tree"));
        assert!(!tree.files.iter().any(|file| file.path.starts_with("target/")));
    }
}
