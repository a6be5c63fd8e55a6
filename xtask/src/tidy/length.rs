//! No Rust file is longer than 800 lines. (Functions of more than 70 are clippy's to refuse.)

use super::Finding;
use crate::tree::Tree;

/// The most lines of a file.
pub(crate) const MOST_LINES: usize = 800;

/// Files that are too long.
pub(super) fn findings(tree: &Tree) -> Vec<Finding> {
    let long = tree.under("", "rs").filter(|file| file.text.lines().count() > MOST_LINES);
    long.map(|file| {
        let lines = file.text.lines().count();
        Finding::new(
            &file.path,
            0,
            format!("{lines} lines, more than {MOST_LINES}: split it where a name appears"),
        )
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_hundred_lines_are_the_most() {
        let (most, more) = ("\n".repeat(MOST_LINES), "\n".repeat(MOST_LINES + 1));
        let tree = Tree::of(&[("a.rs", &most), ("b.rs", &more), ("c.md", &more)]);
        let found = findings(&tree);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].path, "b.rs");
    }
}
