//! The table `[[identity_providers]]`.

use crate::provider_keys::KeySource;
use crate::terminal::Failure;
use serde::Deserialize;
use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use strongroom_federation::{Provider, Providers, Source};
use strongroom_keystores::Documents;
use tokio::sync::watch;

/// The largest file with keys of a provider, bytes.
const MAX_KEYS_FILE: u64 = 1024 * 1024;

/// An OpenID Connect provider, and where its keys are.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    url: String,
    /// A file, or a URL; without it the provider is asked for the URL.
    keys: Option<String>,
    /// The authorities of certificates, if the keys are fetched.
    ca_file: Option<PathBuf>,
}

/// The providers, and what is to be fetched for them.
pub(super) fn read(tables: &[Table]) -> Result<(Providers, Vec<KeySource>), Failure> {
    let (mut providers, mut sources) = (HashMap::new(), Vec::new());
    for Table { url, keys, ca_file } in tables {
        let bare = url.strip_prefix("https://").map(|bare| bare.trim_end_matches('/'));
        let bare = bare.filter(|bare| !bare.is_empty());
        let bare = bare.ok_or_else(|| Failure::new(format!("`{url}` is no https URL")))?;
        let keys = match file(keys.as_deref())? {
            Some(path) if ca_file.is_none() => Source::Fixed(from_file(path)?),
            Some(_) => {
                let why = "`ca_file` is for keys that are fetched";
                return Err(Failure::new(format!("`{url}`: {why}")));
            }
            None => {
                let documents = Documents::new(ca_file.as_deref());
                let documents = documents.map_err(|why| Failure::of(url, why))?;
                let (misses, missed) = watch::channel(());
                let source = KeySource::new(bare, keys.clone(), documents, missed);
                sources.push(source);
                Source::Renewed(Box::new(move || misses.send_replace(())))
            }
        };
        if providers.insert(bare.to_owned(), keys).is_some() {
            return Err(Failure::new(format!("`{url}` is there twice")));
        }
    }
    Ok((Providers::new(providers), sources))
}

/// The file that has the keys; `None` if they are to be fetched.
fn file(keys: Option<&str>) -> Result<Option<&Path>, Failure> {
    let Some(keys) = keys else { return Ok(None) };
    match keys.split_once("://") {
        Some(("https", _)) => Ok(None),
        Some(("file", path)) => Ok(Some(Path::new(path))),
        Some(_) => Err(Failure::new(format!("`{keys}` is neither a file nor an https URL"))),
        None => Ok(Some(Path::new(keys))),
    }
}

/// The keys in a file, a JSON Web Key Set.
fn from_file(path: &Path) -> Result<Provider, Failure> {
    let shown = path.display();
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_KEYS_FILE).read_to_end(&mut bytes))
        .map_err(|why| Failure::of(&shown, why))?;
    Provider::parse(&bytes).map_err(|why| Failure::of(&shown, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_in_a_file_or_at_a_url() {
        let path = |keys| file(keys).map(|path| path.map(|path| path.display().to_string()));
        assert_eq!(path(None).ok(), Some(None));
        assert_eq!(path(Some("https://a/b")).ok(), Some(None));
        for text in ["/a/b.json", "file:///a/b.json"] {
            assert_eq!(path(Some(text)).ok(), Some(Some("/a/b.json".to_owned())));
        }
        assert!(path(Some("http://a/b")).is_err());
    }

    #[test]
    fn tables_are_read() {
        let read = |text: &str| {
            #[derive(Deserialize)]
            struct File {
                identity_providers: Vec<Table>,
            }
            let file: File = toml::from_str(text).unwrap();
            read(&file.identity_providers).map(|(_, sources)| sources.len())
        };
        let one = "[[identity_providers]]\nurl = \"https://id.example.com/\"\n";
        let two = one.replace("id.", "two.") + "keys = \"https://two.example.com/keys\"\n";
        assert_eq!(read(&format!("{one}{two}")).ok(), Some(2));
        assert!(read(&format!("{one}{one}")).is_err());
        assert!(read(&format!("{one}keys = \"/missing.json\"\n")).is_err());
        assert!(read(&format!("{one}keys = \"/a\"\nca_file = \"/b\"\n")).is_err());
        assert!(read(&format!("{one}ca_file = \"/missing.pem\"\n")).is_err());
        assert!(read(&one.replace("https", "http")).is_err());
    }
}
