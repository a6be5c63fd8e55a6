//! The little of `Cargo.toml` that the rules need: names of sections and of the entries in them.
//! Line by line, which suffices for manifests that `cargo` has accepted and people have formatted.

/// One entry of a manifest.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    /// The section's name, without brackets.
    pub(crate) section: &'a str,
    /// The entry's key up to its first dot: `serde` of `serde.workspace = true`.
    pub(crate) key: &'a str,
    /// What stands after the key, from its dot or equals sign on.
    pub(crate) rest: &'a str,
    /// Line, counted from 1.
    pub(crate) line: usize,
}

/// The entries of a manifest, in order.
pub(crate) fn entries(text: &str) -> Vec<Entry<'_>> {
    let mut section = "";
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
            continue;
        }
        let end = line.find(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_'));
        let Some((key, rest)) = end.and_then(|end| line.split_at_checked(end)) else { continue };
        let rest = rest.trim_start();
        if !key.is_empty() && rest.starts_with(['.', '=']) {
            found.push(Entry { section, key, rest, line: number + 1 });
        }
    }
    found
}

/// The package's name.
pub(crate) fn package(text: &str) -> Option<&str> {
    entries(text)
        .into_iter()
        .find(|entry| entry.section == "package" && entry.key == "name")
        .and_then(|entry| entry.rest.split('"').nth(1))
}

/// The packages it depends on, as written, with their lines: of the built code, or of its tests.
pub(crate) fn dependencies(text: &str, of: Kind) -> Vec<(&str, usize)> {
    let mut found = Vec::new();
    let mut last = "";
    for entry in entries(text) {
        let (table, named) = match entry.section.rsplit_once("dependencies.") {
            Some((before, name)) => (format!("{before}dependencies"), Some(name)),
            None => (entry.section.to_owned(), None),
        };
        let table = table.rsplit('.').next().unwrap_or_default();
        if table != of.section() {
            continue;
        }
        match named {
            None => found.push((entry.key, entry.line)),
            Some(name) if name != last => found.push((name, entry.line)),
            Some(_) => {}
        }
        last = named.unwrap_or_default();
    }
    found
}

/// Which dependencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Of the built code.
    Normal,
    /// Of tests, examples and benches only.
    Development,
}

impl Kind {
    fn section(self) -> &'static str {
        match self {
            Self::Normal => "dependencies",
            Self::Development => "dev-dependencies",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
[package]
name = "strongroom-x"
version.workspace = true

[dependencies]
# A reason.
serde.workspace = true
tokio = { workspace = true, features = [
    "sync",
] }
[target.'cfg(unix)'.dependencies]
rustix = "1"
[dependencies.bytes]
version = "1"
features = []
[dev-dependencies]
proptest = "1"
"#;

    #[test]
    fn dependencies_are_found_in_every_form() {
        assert_eq!(package(TEXT), Some("strongroom-x"));
        let names =
            |kind| dependencies(TEXT, kind).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(Kind::Normal), ["serde", "tokio", "rustix", "bytes"]);
        assert_eq!(names(Kind::Development), ["proptest"]);
    }
}
