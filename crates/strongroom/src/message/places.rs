//! What is read and where it is written: one file, a pipe, or each file of a directory.

use super::exit::{Cause, Ended};
use super::input::Place;
use crate::cli::OutputArguments;
use crate::terminal;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// What happens to names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// They get the suffix.
    Add,
    /// They lose it; in a directory only files that have it are meant.
    Remove,
}

/// An input and its output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) from: Place,
    pub(super) to: Place,
}

/// The inputs and outputs of a command, all of them known before anything is done.
pub(super) fn jobs(
    file: &Path,
    arguments: &OutputArguments,
    naming: Naming,
) -> Result<Vec<Job>, Ended> {
    let suffix = arguments.suffix.as_str();
    if suffix.is_empty() || suffix.contains('/') {
        return Err(Ended::new(Cause::Usage, "a suffix is not empty and has no slash"));
    }
    let output = arguments.output.as_deref();
    let jobs = match Place::of(file) {
        Place::Standard => {
            vec![Job { from: Place::Standard, to: Place::of_output(output.unwrap_or(file)) }]
        }
        Place::Named(path) if path.is_dir() => tree(&path, arguments, naming)?,
        from => {
            let to = one(file, output, suffix, naming)?;
            vec![Job { from, to }]
        }
    };
    if arguments.json && jobs.iter().any(|job| job.to == Place::Standard) {
        return Err(Ended::new(
            Cause::Usage,
            "--json and the output cannot both be standard output",
        ));
    }
    Ok(jobs)
}

/// Where one file goes.
fn one(file: &Path, output: Option<&Path>, suffix: &str, naming: Naming) -> Result<Place, Ended> {
    let unnamed = || {
        let why = format!("does not end in `{suffix}`: say where it goes with --output");
        Ended::of(Cause::Usage, file.display(), why)
    };
    match output.map(Place::of_output) {
        Some(Place::Named(directory)) if directory.is_dir() => {
            let name = file.file_name().ok_or_else(unnamed)?;
            let name = renamed(name, suffix, naming).ok_or_else(unnamed)?;
            Ok(Place::Derived(directory.join(name)))
        }
        Some(place) => Ok(place),
        None => {
            let name = renamed(file.as_os_str(), suffix, naming).ok_or_else(unnamed)?;
            Ok(Place::Derived(name.into()))
        }
    }
}

fn renamed(name: &OsStr, suffix: &str, naming: Naming) -> Option<OsString> {
    match naming {
        Naming::Add => {
            let mut name = name.to_owned();
            name.push(suffix);
            Some(name)
        }
        Naming::Remove => {
            let name = name.as_bytes().strip_suffix(suffix.as_bytes())?;
            let is_name = !name.is_empty() && !name.ends_with(b"/");
            is_name.then(|| OsString::from_vec(name.to_owned()))
        }
    }
}

/// The directory that the files of one go to.
fn root_of_outputs(
    root: &Path,
    arguments: &OutputArguments,
    naming: Naming,
) -> Result<PathBuf, Ended> {
    let to = match arguments.output.as_deref().map(Place::of_output) {
        Some(Place::Standard) => {
            let why = "the files of a directory do not go to standard output";
            return Err(Ended::of(Cause::Usage, root.display(), why));
        }
        Some(Place::Named(to) | Place::Derived(to)) => to,
        None => {
            // `secrets/` and `secrets` are the same directory, and `.` has no name to add to.
            let plain: PathBuf = root.components().collect();
            let named = plain.file_name();
            let named = named.and_then(|_| renamed(plain.as_os_str(), &arguments.suffix, naming));
            let why = "say where its files go with --output";
            named.ok_or_else(|| Ended::of(Cause::Usage, root.display(), why))?.into()
        }
    };
    match to.exists() && !to.is_dir() {
        true => {
            let why = "is there already, and is no directory";
            Err(Ended::of(Cause::Output, to.display(), why))
        }
        false => Ok(to),
    }
}

/// Each file of a directory, and below it.
fn tree(root: &Path, arguments: &OutputArguments, naming: Naming) -> Result<Vec<Job>, Ended> {
    let suffix = arguments.suffix.as_str();
    let to = root_of_outputs(root, arguments, naming)?;
    let found = walk(root)?;
    if let Some(special) = found.special.first().filter(|_| !arguments.skip_special) {
        let more = match found.special.len() - 1 {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        let why = format!("is a link or no file{more}; --skip-special leaves them out");
        return Err(Ended::of(Cause::Input, root.join(special).display(), why));
    }
    for special in &found.special {
        terminal::error(&format_args!("{}: left out", root.join(special).display()));
    }
    let (mut jobs, has_files) = (Vec::new(), !found.files.is_empty());
    for relative in found.files {
        match renamed(relative.as_os_str(), suffix, naming) {
            Some(name) => jobs.push(Job {
                from: Place::Derived(root.join(&relative)),
                to: Place::Derived(to.join(name)),
            }),
            None => {
                let path = root.join(&relative);
                let why = format!("left out, does not end in `{suffix}`");
                terminal::error(&format_args!("{}: {why}", path.display()));
            }
        }
    }
    if jobs.is_empty() && has_files {
        let why = format!("has no file that ends in `{suffix}`; --suffix names another ending");
        return Err(Ended::of(Cause::Input, root.display(), why));
    }
    Ok(jobs)
}

/// What is below a directory, in the order of names, relative to it.
struct Found {
    files: Vec<PathBuf>,
    /// Links, sockets, pipes and devices: none is followed or opened.
    special: Vec<PathBuf>,
}

fn walk(root: &Path) -> Result<Found, Ended> {
    let mut found = Found { files: Vec::new(), special: Vec::new() };
    let mut waiting = vec![PathBuf::new()];
    while let Some(relative) = waiting.pop() {
        let directory = root.join(&relative);
        let failed = |why: std::io::Error| Ended::of(Cause::Input, directory.display(), why);
        for entry in std::fs::read_dir(&directory).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = relative.join(entry.file_name());
            match entry.file_type().map_err(failed)? {
                kind if kind.is_dir() => waiting.push(path),
                kind if kind.is_file() => found.files.push(path),
                _ => found.special.push(path),
            }
        }
    }
    found.files.sort();
    found.special.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn arguments(output: Option<&Path>) -> OutputArguments {
        OutputArguments {
            output: output.map(Path::to_owned),
            force: false,
            suffix: ".enc".to_owned(),
            skip_special: false,
            skip_existing: false,
            keep_going: false,
            json: false,
        }
    }

    fn to(file: &str, output: Option<&str>, naming: Naming) -> Result<Place, String> {
        let jobs = jobs(Path::new(file), &arguments(output.map(Path::new)), naming);
        jobs.map(|mut jobs| jobs.remove(0).to).map_err(|why| why.to_string())
    }

    fn derived(path: &str) -> Result<Place, String> {
        Ok(Place::Derived(path.into()))
    }

    fn named(path: &str) -> Result<Place, String> {
        Ok(Place::Named(path.into()))
    }

    #[test]
    fn a_file_s_output_has_its_name() {
        assert_eq!(to("/x/a.txt", None, Naming::Add), derived("/x/a.txt.enc"));
        assert_eq!(to("/x/a.txt.enc", None, Naming::Remove), derived("/x/a.txt"));
        assert_eq!(to("/x/a.txt", Some("b"), Naming::Remove), named("b"));
        assert_eq!(to("a", Some("-"), Naming::Add), Ok(Place::Standard));
        assert_eq!(to("a", Some("/dev/stdout"), Naming::Add), Ok(Place::Standard));
        assert_eq!(to("-", None, Naming::Add), Ok(Place::Standard));
        assert_eq!(to("-", Some("b"), Naming::Add), named("b"));
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path().to_str().unwrap();
        assert_eq!(to("/x/a.enc", Some(at), Naming::Remove), derived(&format!("{at}/a")));
        assert!(to("a.txt", None, Naming::Remove).is_err());
        assert!(to(".enc", None, Naming::Remove).is_err());
        assert!(to("/x/.enc", None, Naming::Remove).is_err());
    }

    #[test]
    fn a_directory_is_mirrored() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("in");
        std::fs::create_dir_all(root.join("b/c")).unwrap();
        std::fs::create_dir_all(root.join("empty")).unwrap();
        for name in ["a", "b/x.enc", "b/c/d"] {
            std::fs::write(root.join(name), name).unwrap();
        }
        let made = jobs(&root, &arguments(None), Naming::Add).unwrap();
        let pair = |from: &str, to: &str| Job {
            from: Place::Derived(root.join(from)),
            to: Place::Derived(directory.path().join("in.enc").join(to)),
        };
        let expected =
            [pair("a", "a.enc"), pair("b/c/d", "b/c/d.enc"), pair("b/x.enc", "b/x.enc.enc")];
        assert_eq!(made, expected);
        let out = directory.path().join("out");
        let made = jobs(&root, &arguments(Some(&out)), Naming::Remove).unwrap();
        assert_eq!(made.len(), 1);
        assert_eq!(made[0].to, Place::Derived(out.join("b/x")));
        assert!(jobs(&root, &arguments(None), Naming::Remove).is_err(), "`in` has no suffix");
        assert!(jobs(&root, &arguments(Some(Path::new("-"))), Naming::Add).is_err());
        let other = OutputArguments { suffix: ".sealed".to_owned(), ..arguments(Some(&out)) };
        let nothing = jobs(&root, &other, Naming::Remove).unwrap_err();
        assert_eq!(nothing.cause(), Cause::Input);
        let empty = jobs(&root.join("empty"), &arguments(Some(&out)), Naming::Remove);
        assert_eq!(empty.unwrap(), []);

        std::os::unix::fs::symlink("/etc/passwd", root.join("b/link")).unwrap();
        let refused = jobs(&root, &arguments(None), Naming::Add).unwrap_err().to_string();
        assert!(refused.contains("b/link") && refused.contains("--skip-special"), "{refused}");
        let skipping = OutputArguments { skip_special: true, ..arguments(None) };
        assert_eq!(jobs(&root, &skipping, Naming::Add).unwrap(), expected);
    }
}
