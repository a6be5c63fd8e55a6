//! `[sandbox]`: whether the server gives up what it does not need, and what else is left to it.

use crate::terminal::Failure;
use serde::Deserialize;
use std::path::PathBuf;
use strongroom_keystores::Configuration;

/// The table of the file; `docs/hardening.md` describes it.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Table {
    enabled: bool,
    read: Vec<PathBuf>,
    write: Vec<PathBuf>,
}

/// Files and directories beyond those that the configuration names elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Paths {
    pub(crate) read: Vec<PathBuf>,
    pub(crate) write: Vec<PathBuf>,
}

impl Table {
    /// What is left beside; `None` if there is no sandbox.
    pub(super) fn paths(
        self,
        asked: bool,
        key_stores: &Configuration,
    ) -> Result<Option<Paths>, Failure> {
        let Self { enabled, read, write } = self;
        let named = !read.is_empty() || !write.is_empty();
        if !enabled && !asked {
            let why = "the configuration's sandbox.read and sandbox.write are for a sandbox: \
                       say `enabled = true`";
            return if named { Err(Failure::new(why)) } else { Ok(None) };
        }
        if !key_stores.hsms.is_empty() && !named {
            return Err(Failure::new(
                "a PKCS #11 module opens files that its maker alone knows: name them, and those of \
                 the token, in the configuration's sandbox.read and sandbox.write, or run without \
                 the sandbox",
            ));
        }
        Ok(Some(Paths { read, write }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str, asked: bool) -> Result<Option<Paths>, String> {
        let table: Table = toml::from_str(text).map_err(|why| why.to_string())?;
        table.paths(asked, &Configuration::default()).map_err(|why| why.to_string())
    }

    #[test]
    fn a_sandbox_is_asked_for_by_the_file_or_the_option() {
        assert_eq!(paths("", false), Ok(None));
        assert_eq!(paths("", true), Ok(Some(Paths::default())));
        let read = Paths { read: vec!["/a".into()], write: Vec::new() };
        assert_eq!(paths("enabled = true\nread = [\"/a\"]", false), Ok(Some(read.clone())));
        assert_eq!(paths("read = [\"/a\"]", true), Ok(Some(read)));
        assert!(paths("read = [\"/a\"]", false).is_err());
        assert!(paths("on = true", false).is_err());
    }
}
