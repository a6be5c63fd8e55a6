//! The state table by class of operations; a snapshot in `docs/state-table.md`.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;
use strongroom_keys::{StateClass, admits};
use strongroom_testkit::assert_section;
use strongroom_types::KeyState;

#[test]
fn the_document_says_what_the_table_says() {
    let classes: Vec<String> = StateClass::ALL.iter().map(|class| format!("{class:?}")).collect();
    let mut table = format!("| state | {} |\n", classes.join(" | "));
    table.push_str(&format!("|---|{}\n", "---|".repeat(classes.len())));
    for state in KeyState::ALL {
        let cell = |class: &StateClass| match admits(*class, *state) {
            Ok(()) => "yes".to_owned(),
            Err(why) => format!("{why:?}"),
        };
        let cells: Vec<String> = StateClass::ALL.iter().map(cell).collect();
        table.push_str(&format!("| {} | {} |\n", state.name(), cells.join(" | ")));
    }
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/state-table.md");
    assert_section(&document, "classes", &table);
}

/// No class but those that read, take back a deletion or destroy more works on a key that is about
/// to go.
#[test]
fn a_key_that_is_about_to_go_is_left_alone() {
    for state in [KeyState::PendingDeletion, KeyState::PendingReplicaDeletion] {
        for class in StateClass::ALL {
            let expected =
                matches!(class, StateClass::Cancel | StateClass::Discard | StateClass::Any);
            assert_eq!(admits(class, state).is_ok(), expected, "{class:?} in {state}");
        }
    }
}
