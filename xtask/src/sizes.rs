//! Counts functions and files against the limits of the style: no function over 70 lines, median at
//! most 8, no file over 800. A limit is a smell detector, not a saw: this prints, and only `tidy`
//! and clippy refuse.

use crate::failure::Failure;
use crate::rust_source::{self, Function};
use crate::tidy::MOST_LINES;
use crate::tree::{self, File, Tree};

/// The most lines of a function.
const MOST_FUNCTION_LINES: usize = 70;

/// Prints the sizes of all code that is not a test.
///
/// # Errors
/// The files cannot be read.
pub(crate) fn run() -> Result<(), Failure> {
    let tree = Tree::read(&tree::root()?)?;
    let files: Vec<&File> = tree.under("", "rs").filter(|file| !is_test(file)).collect();
    let mut functions: Vec<(&File, Function)> = Vec::new();
    for file in &files {
        let code = rust_source::without_tests(rust_source::blank(&file.text));
        functions.extend(rust_source::functions(&code).into_iter().map(|f| (*file, f)));
    }
    let mut lengths: Vec<usize> = functions.iter().map(|(_, f)| f.lines).collect();
    lengths.sort_unstable();
    let long: Vec<_> = functions.iter().filter(|(_, f)| f.lines > MOST_FUNCTION_LINES).collect();
    let mut file_lengths: Vec<usize> = files.iter().map(|f| f.text.lines().count()).collect();
    file_lengths.sort_unstable();
    println!("functions         {:>6}", lengths.len());
    println!("  median lines    {:>6}", quantile(&lengths, 50));
    println!("  99th percentile {:>6}", quantile(&lengths, 99));
    println!("  over {MOST_FUNCTION_LINES} lines   {:>6}", long.len());
    for (file, function) in long {
        println!("    {}:{} {} ({})", file.path, function.line, function.name, function.lines);
    }
    println!("files             {:>6}", files.len());
    println!("  median lines    {:>6}", quantile(&file_lengths, 50));
    let long = files.iter().filter(|file| file.text.lines().count() > MOST_LINES);
    println!("  over {MOST_LINES} lines  {:>6}", long.clone().count());
    for file in long {
        println!("    {} ({})", file.path, file.text.lines().count());
    }
    Ok(())
}

fn is_test(file: &File) -> bool {
    file.path.contains("/tests/") || file.path.ends_with("/tests.rs")
}

/// The value of `sorted` below which `percent` of the values lie; 0 if there is none.
fn quantile(sorted: &[usize], percent: usize) -> usize {
    let at = sorted.len().saturating_sub(1) * percent / 100;
    sorted.get(at).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_a_run() {
        let run: Vec<usize> = (1..=101).collect();
        assert_eq!((quantile(&run, 50), quantile(&run, 99)), (51, 100));
        assert_eq!(quantile(&[], 50), 0);
    }
}
