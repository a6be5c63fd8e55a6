//! What a server of this configuration needs of the machine, before it gives up the rest.

use crate::config::Config;
use crate::config::Paths;
use crate::root_file::Kept;
use crate::terminal::Failure;
use std::path::{Path, PathBuf};
use strongroom_server::log::{self, Level};
use strongroom_server::sandbox::Sandbox;
use strongroom_server::{TlsSource, Transport};

/// Gives up what the server does not need, if it is to. There must be no other thread yet, and the
/// data directory must be there. `root` is the root key, whose provider's files stay in reach.
pub(crate) fn enter(config: &Config, root: &Kept) -> Result<(), Failure> {
    let Some(paths) = &config.sandbox else { return Ok(()) };
    let named = !paths.read.is_empty() || !paths.write.is_empty();
    if root.provider() == "pkcs11" && !named {
        return Err(Failure::new(
            "the root key is in an HSM, and a PKCS #11 module opens files that its maker alone \
             knows: name them, and those of the token, in the configuration's sandbox.read and \
             sandbox.write, or run without the sandbox",
        ));
    }
    let mut needed = needed(config, paths);
    // They are replaced while the server is sealed, or runs.
    needed.read.extend(root.files().iter().flat_map(|file| replaced(file)));
    let version = needed.enter().map_err(|why| Failure::of("the sandbox", why))?;
    let text = format!(
        "sandboxed: other files are out of reach (Landlock {version}), and system calls that no \
         server needs are refused"
    );
    log::log(Level::Info, &text);
    Ok(())
}

fn needed(config: &Config, paths: &Paths) -> Sandbox {
    let (mut read, mut write) = (paths.read.clone(), paths.write.clone());
    write.push(config.data.clone());
    if let Transport::Tls(TlsSource::Files { certificate, key }) = &config.server.transport {
        read.extend([certificate, key].into_iter().flat_map(|file| replaced(file)));
    }
    read.extend(config.key_stores.xks.ca_file.clone());
    for hsm in config.key_stores.hsms.values() {
        read.push(hsm.module.clone());
        read.extend(hsm.trust_anchor.clone());
    }
    read.extend(config.buckets.values().filter_map(|bucket| bucket.ca_file.clone()));
    write.extend(config.trail.anchors.file.as_deref().map(appended));
    read.extend(config.traces.iter().filter_map(|traces| traces.ca_file.clone()));
    let metrics = config.metrics.map(|address| address.port());
    let listen: Vec<u16> = [config.server.listen.port()].into_iter().chain(metrics).collect();
    // Port 0 is any one.
    let listen = if listen.contains(&0) { Vec::new() } else { listen };
    Sandbox { read, write, listen }
}

/// The directories of a file that is replaced while it is used, by another file or by another link:
/// Landlock knows files, not their names.
fn replaced(file: &Path) -> Vec<PathBuf> {
    let linked = file.canonicalize().ok();
    let mut directories: Vec<_> = [Some(file.to_owned()), linked]
        .into_iter()
        .flatten()
        .map(|file| directory(&file))
        .collect();
    directories.dedup();
    directories
}

/// A file that is appended to: itself, or its directory while it is not there yet.
fn appended(file: &Path) -> PathBuf {
    if file.exists() { file.to_owned() } else { directory(file) }
}

fn directory(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_in_a_directory() {
        for (file, expected) in [("/a/b", "/a"), ("a/b", "a"), ("b", "."), ("/b", "/")] {
            assert_eq!(directory(Path::new(file)), Path::new(expected), "{file}");
        }
    }

    #[test]
    fn of_a_link_both_directories_are_read() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().canonicalize().unwrap();
        let (live, archive) = (root.join("live"), root.join("archive"));
        for directory in [&live, &archive] {
            std::fs::create_dir(directory).unwrap();
        }
        std::fs::write(archive.join("cert1.pem"), "").unwrap();
        std::os::unix::fs::symlink("../archive/cert1.pem", live.join("cert.pem")).unwrap();
        assert_eq!(replaced(&live.join("cert.pem")), [live, archive.clone()]);
        assert_eq!(replaced(&archive.join("cert1.pem")), [archive]);
    }
}
