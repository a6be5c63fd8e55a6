//! Where a backup is written to: a file that is there whole or not at all, or standard output.

use crate::terminal::Failure;
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use strongroom_crypto::{Entropy as _, SystemEntropy, hash};
use strongroom_storage::NewFile;

/// Where it goes, and how many bytes went there.
pub(super) struct Target {
    to: To,
    bytes: u64,
    name: String,
}

enum To {
    File(NewFile),
    Output,
}

impl Target {
    /// A new file at `path`, or standard output for `-`.
    pub(super) fn open(path: &Path, force: bool) -> Result<Self, Failure> {
        let name = path.display().to_string();
        if path == Path::new("-") {
            if std::io::stdout().is_terminal() {
                return Err(Failure::new("a backup is not printed on a terminal"));
            }
            return Ok(Self { to: To::Output, bytes: 0, name: "standard output".to_owned() });
        }
        if path.exists() && !force {
            let text = format!("{name} is there already; choose another name, or add --force");
            return Err(Failure::new(text));
        }
        let file =
            NewFile::create(path, &suffix()?, force).map_err(|why| Failure::of(&name, why))?;
        Ok(Self { to: To::File(file), bytes: 0, name })
    }

    /// Takes the next bytes.
    pub(super) fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        match &mut self.to {
            To::File(file) => file.write_all(bytes),
            To::Output => std::io::stdout().lock().write_all(bytes),
        }
    }

    /// Makes it durable, and seen under its name. Returns how many bytes it has.
    pub(super) fn finish(self) -> Result<u64, Failure> {
        let done = match self.to {
            To::File(file) => file.finish(),
            To::Output => std::io::stdout().lock().flush(),
        };
        done.map_err(|why| Failure::of(&self.name, why))?;
        Ok(self.bytes)
    }
}

/// What tells a file in the making from those of others, and from what was left of one.
fn suffix() -> Result<String, Failure> {
    let mut random = [0; 8];
    SystemEntropy.fill(&mut random).map_err(|why| Failure::new(why.to_string()))?;
    Ok(hash::hex(&random))
}
