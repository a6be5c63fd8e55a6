//! Every dependency says why it is here: in the root manifest each group of lines under
//! `[workspace.dependencies]` begins with a comment.

use super::Finding;
use crate::tree::Tree;

/// Groups without a comment.
pub(super) fn findings(tree: &Tree) -> Vec<Finding> {
    let Some(file) = tree.file("Cargo.toml") else { return Vec::new() };
    let mut found = Vec::new();
    let mut inside = false;
    let mut explained = false;
    for (at, line) in file.text.lines().map(str::trim).enumerate() {
        if line.starts_with('[') {
            inside = line == "[workspace.dependencies]";
            explained = false;
        } else if line.is_empty() {
            explained = false;
        } else if line.starts_with('#') {
            explained = true;
        } else if inside && !explained {
            found.push(Finding::new(
                &file.path,
                at + 1,
                "a dependency without a comment above its group",
            ));
            // One finding for the group.
            explained = true;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_begins_with_its_reason() {
        let text = "[package]\nname = \"x\"\n[workspace.dependencies]\n# Why.\na = \"1\"\nb = \"1\"\n\nc = \"1\"\nd = \"1\"\n";
        let found = findings(&Tree::of(&[("Cargo.toml", text)]));
        assert_eq!(found.iter().map(|f| f.line).collect::<Vec<_>>(), [8]);
    }
}
