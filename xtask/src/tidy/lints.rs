//! Every package takes the workspace's lints.

use super::Finding;
use crate::manifest;
use crate::tree::Tree;

/// Packages without them. The fuzz targets are a workspace of their own, whose entry points need
/// what the lints forbid.
pub(super) fn findings(tree: &Tree) -> Vec<Finding> {
    tree.under("", "toml")
        .filter(|file| file.path.ends_with("/Cargo.toml") && !file.path.starts_with("fuzz/"))
        .filter(|file| manifest::package(&file.text).is_some() && !takes_lints(&file.text))
        .map(|file| Finding::new(&file.path, 0, "lacks `[lints]` with `workspace = true`"))
        .collect()
}

fn takes_lints(text: &str) -> bool {
    manifest::entries(text).iter().any(|entry| {
        entry.section == "lints" && entry.key == "workspace" && entry.rest.ends_with("true")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_without_lints_is_found() {
        let tree = Tree::of(&[
            ("crates/a/Cargo.toml", "[package]\nname = \"a\"\n[lints]\nworkspace = true\n"),
            ("crates/b/Cargo.toml", "[package]\nname = \"b\"\n[lints.rust]\n"),
            ("fuzz/Cargo.toml", "[package]\nname = \"f\"\n"),
        ]);
        let found = findings(&tree);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].path, "crates/b/Cargo.toml");
    }
}
