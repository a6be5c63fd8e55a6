//! The state table by operation, as served: what a caller gets for a key in each state. The table
//! is a snapshot in `docs/state-table.md`.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod scene;

use scene::Scene;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;
use strongroom_engine::demands::Access;
use strongroom_kms::{OperationName, demands};
use strongroom_testkit::{World, assert_section};
use strongroom_types::KeyState;

#[test]
fn the_document_says_what_is_served() {
    let names: Vec<&str> = KeyState::ALL.iter().map(|state| state.name()).collect();
    let mut table = format!("| operation | {} |\n", names.join(" | "));
    table.push_str(&format!("|---|{}\n", "---|".repeat(names.len())));
    for &name in OperationName::ALL {
        if matches!(demands(name).access, Access::KeyStore(_) | Access::Account(_) | Access::Anyone)
        {
            continue;
        }
        let (scene, world) = Scene::of(name);
        let cell = |state: &KeyState| {
            let world = world.snapshot().open().unwrap().with_key_in(&scene.key, *state).stop();
            served(&scene, &world, name)
        };
        let cells: Vec<String> = KeyState::ALL.iter().map(cell).collect();
        table.push_str(&format!("| {} | {} |\n", name.name(), cells.join(" | ")));
    }
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/state-table.md");
    assert_section(&document, "operations", &table);
}

/// What all samples of the operation are answered, which must be the same.
fn served(scene: &Scene, world: &World, name: OperationName) -> String {
    let answers: BTreeSet<String> = scene
        .samples(name)
        .iter()
        .map(|sample| {
            let kit = world.snapshot().open().unwrap();
            let answer = kit.call(name.name(), &sample.input);
            if answer.is_ok() { "200".to_owned() } else { answer.code() }
        })
        .collect();
    assert_eq!(answers.len(), 1, "{}: {answers:?}", name.name());
    answers.into_iter().next().unwrap().replace("Exception", "")
}

/// The table asks the key that an alias shall stand for. The one it leaves may be in any state, or
/// an alias of a key that is about to go could not be saved.
#[test]
fn an_alias_leaves_a_key_in_whatever_state() {
    let (scene, world) = Scene::of(OperationName::UpdateAlias);
    for state in KeyState::ALL {
        let kit = world.snapshot().open().unwrap().with_key_in(&scene.key, *state);
        let input = json!({"AliasName": "alias/walk", "TargetKeyId": scene.other.to_string()});
        let _ = kit.call("UpdateAlias", &input).ok();
        let found = kit.call("DescribeKey", &json!({"KeyId": "alias/walk"})).ok().json();
        assert_eq!(found["KeyMetadata"]["Arn"], scene.other.to_string(), "{state}");
    }
}
