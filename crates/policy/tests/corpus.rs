//! The corpus: policies, grants and a request, the decision and its reason, as data in
//! `tests/corpus/`. Each case is put to the product and to the reference.
//!
//! A policy may be written as its statement or list of statements. `condition` stands for a key
//! policy that allows everybody everything under that condition; `version` is that of the
//! documents made in this way. What a case leaves out is: user Alice, `kms:Decrypt`, the key. With
//! `retires` it asks who may retire its first grant.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails panics"
)]

mod support;

use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::path::Path;
use strongroom_policy::Opinion;
use support::{Case, reference};

fn cases() -> Vec<(String, Case)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut cases = Vec::new();
    for file in std::fs::read_dir(directory).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let list: Vec<Map<String, Value>> =
            serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert!(!list.is_empty(), "{}", path.display());
        let file = path.file_stem().unwrap().to_string_lossy().into_owned();
        cases
            .extend(list.into_iter().map(|case| (format!("{file}: {}", case["name"]), Case(case))));
    }
    cases
}

#[test]
fn every_case_is_decided_as_written() {
    let mut wrong = Vec::new();
    let mut names = BTreeSet::new();
    for (name, case) in cases() {
        assert!(names.insert(name.clone()), "{name} is there twice");
        let (found, message) = case.decided();
        if found != case.text("expect", "nothing") {
            wrong.push(format!("{name}: found {found:?}"));
        } else if case.0.contains_key("message")
            && message.as_deref() != Some(case.text("message", ""))
        {
            wrong.push(format!("{name}: found {message:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(names.len() >= 900, "only {} cases were found", names.len());
}

/// What is only supposed is decided as what is asked.
#[test]
fn the_simulator_agrees_on_every_case() {
    let mut tried = 0;
    for (name, case) in cases() {
        let Some(simulated) = case.simulated() else { continue };
        tried += 1;
        let allowed = case.text("expect", "").starts_with("allow");
        assert_eq!(simulated.decision == Opinion::Allowed, allowed, "{name}: {simulated:?}");
        let denied = case.text("expect", "").contains("denied by");
        assert!(!denied || simulated.decision == Opinion::ExplicitDeny, "{name}: {simulated:?}");
        let by_organization = simulated.service_control == Some(Opinion::ExplicitDeny);
        let session = case.0.contains_key("session");
        if simulated.decision == Opinion::ExplicitDeny && !by_organization && !session {
            assert!(!simulated.matched.is_empty(), "{name}: {simulated:?}");
        }
    }
    assert!(tried >= 300, "only {tried} cases were tried");
}

#[test]
fn the_reference_agrees_on_every_case() {
    let disagreed: Vec<String> = cases()
        .into_iter()
        .filter(|(_, case)| reference::allows(case) != case.text("expect", "").starts_with("allow"))
        .map(|(name, _)| name)
        .collect();
    assert!(disagreed.is_empty(), "{}", disagreed.join("\n"));
}
