//! Words that no file may hold: marks of unfinished work, and paths of somebody's machine.

use super::Finding;
use crate::tree::{File, Tree};

/// The word, and what to do instead. Spelled in halves, so that this list does not find itself.
const FORBIDDEN: &[(&str, &str)] = &[
    (concat!("TO", "DO"), "finish it, or write an issue"),
    (concat!("FIX", "ME"), "mend it, or write an issue"),
    (concat!("XX", "X:"), "mend it, or write an issue"),
    (concat!("HACK", ":"), "say the reason instead"),
    (concat!("<<<", "<<<<"), "an unresolved merge"),
    (concat!("/", "home/"), "a path of one machine"),
    (concat!("/", "root/"), "a path of one machine"),
    (concat!("/", "Users/"), "a path of one machine"),
    (concat!(" /", "work/"), "a path of one machine"),
    (concat!("\"/", "work/"), "a path of one machine"),
    (concat!("`/", "work/"), "a path of one machine"),
];

/// Lock files are written by tools and the licence by others.
const EXEMPT: &[&str] = &["Cargo.lock", "fuzz/Cargo.lock", "LICENSE"];

/// Lines with a forbidden word.
pub(super) fn findings(tree: &Tree) -> Vec<Finding> {
    let files = tree.files.iter().filter(|file| !EXEMPT.contains(&file.path.as_str()));
    files.flat_map(of_file).collect()
}

fn of_file(file: &File) -> impl Iterator<Item = Finding> {
    file.text.lines().enumerate().flat_map(move |(at, line)| {
        let words = FORBIDDEN.iter().filter(|(word, _)| line.contains(word));
        words.map(move |(word, remedy)| {
            Finding::new(&file.path, at + 1, format!("`{word}`: {remedy}"))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfinished_work_is_found_where_it_stands() {
        let marked = format!("fine\n// {}: later\n", FORBIDDEN[0].0);
        let tree = Tree::of(&[("a.rs", &marked), ("Cargo.lock", &marked)]);
        let found = findings(&tree);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].path.as_str(), found[0].line), ("a.rs", 2));
    }
}
