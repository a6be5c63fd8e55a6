//! A request that looks at many records lets others have their turn meanwhile.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use serde_json::json;
use std::future::poll_fn;
use std::pin::pin;
use strongroom_testkit::Kit;
use strongroom_types::KeyArn;

/// How often a listing of grants lets go of its thread.
fn pauses(kit: &Kit, key: &KeyArn) -> usize {
    let nobody = "arn:aws:iam::444455556666:root";
    let input = json!({"KeyId": key.to_string(), "GranteePrincipal": nobody});
    let owner = kit.owner();
    kit.block_on(async {
        let (mut work, mut count) = (pin!(owner.call("ListGrants", &input)), 0);
        let answer = poll_fn(|context| {
            let polled = work.as_mut().poll(context);
            count += usize::from(polled.is_pending());
            polled
        });
        assert_eq!(answer.await.ok().json()["Grants"], json!([]));
        count
    })
}

#[test]
fn a_scan_of_grants_lets_others_have_their_turn() {
    let kit = Kit::new();
    let key = kit.create_key();
    let grant = |count: usize| {
        for _ in 0..count {
            let grantee = "arn:aws:iam::111122223333:root";
            let input = json!({"KeyId": key.to_string(), "GranteePrincipal": grantee, "Operations": ["Decrypt"]});
            let _ = kit.call("CreateGrant", &input).ok();
        }
    };
    grant(2);
    let few = pauses(&kit, &key);
    grant(300);
    assert!(pauses(&kit, &key) >= few + 300 / 64);
}
