//! Documents that a test keeps equal to the code.

use std::path::Path;

/// Compares the section `name` of `document` with `expected`, and writes it instead when the
/// environment says `UPDATE_SNAPSHOTS=1`. A section stands between `<!-- name -->` and
/// `<!-- end of name -->`, each on a line of its own.
///
/// # Panics
/// When the section is not there, or is not as expected.
#[track_caller]
pub fn assert_section(document: &Path, name: &str, expected: &str) {
    let text = std::fs::read_to_string(document).expect("the document is there");
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->\n"));
    let (before, rest) = text.split_once(&begin).expect("the section begins");
    let (found, after) = rest.split_once(&end).expect("the section ends");
    if found == expected {
        return;
    }
    if updating() {
        let text = [before, &begin, expected, &end, after].concat();
        std::fs::write(document, text).expect("the document can be written");
        return;
    }
    panic!(
        "section `{name}` of {} is not what the code does; UPDATE_SNAPSHOTS=1 writes it\n\
         in the document:\n{found}\nin the code:\n{expected}",
        document.display()
    );
}

#[expect(clippy::disallowed_methods, reason = "the developer's word, and no part of the product")]
fn updating() -> bool {
    std::env::var("UPDATE_SNAPSHOTS").is_ok_and(|value| value == "1")
}
