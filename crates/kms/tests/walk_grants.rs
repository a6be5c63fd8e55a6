//! The operations walk with grants: whatever a grant can permit, by a grant alone. Like the walk
//! itself it is driven by the table and has no list of exceptions.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod scene;

use scene::{OTHER, Sample, Scene, actions, ask, willing};
use serde_json::{Value, json};
use strongroom_engine::demands::{Access, Demands};
use strongroom_kms::{OperationName, demands};
use strongroom_testkit::{Answer, Client, Kit, Port, World};
use strongroom_types::{GrantOperation, KeyArn};

const OWNER: &str = "arn:aws:iam::111122223333:root";
const STRANGER: &str = "arn:aws:iam::444455556666:root";

/// Calls `each` as the walk does, but with the key as it was made: grants are created while that
/// can be.
fn walk(mut each: impl FnMut(OperationName, &'static Demands, &Scene, &Sample, World)) {
    for &name in OperationName::ALL {
        let (scene, world) = Scene::of(name);
        for sample in scene.samples(name) {
            each(name, demands(name), &scene, &sample, world.snapshot());
        }
    }
}

/// What a grant must permit so that the operation is allowed; nothing if no grant can.
fn grantable(demands: &Demands) -> Option<Vec<GrantOperation>> {
    // RetireGrant is what parties of a grant do, whatever it permits otherwise.
    if matches!(demands.access, Access::Grant(_) | Access::Anyone) {
        return None;
    }
    let operation = |action: &&str| {
        GrantOperation::ALL.iter().find(|operation| operation.action().as_str() == *action).copied()
    };
    actions(demands).iter().map(operation).collect()
}

/// A grant of `operations`, and of what every key supports; its id and its token.
fn grant(kit: &Kit, key: &KeyArn, to: &str, operations: &[GrantOperation]) -> (String, String) {
    let mut names = vec!["DescribeKey", "RetireGrant"];
    names.extend(operations.iter().map(|operation| operation.name()));
    let input = json!({"KeyId": key.to_string(), "GranteePrincipal": to, "Operations": names});
    let made = kit.call("CreateGrant", &input).ok().json();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("GrantId"), text("GrantToken"))
}

/// Puts a key policy by which the account may do all but `actions`, and which says `effect` of
/// them to somebody else.
fn put_policy(kit: &Kit, key: &KeyArn, actions: &[&str], effect: &str) {
    let everybody = if effect == "Deny" { "*" } else { OTHER };
    let policy = json!({"Statement": [
        {"Effect": "Allow", "Principal": {"AWS": OWNER}, "NotAction": actions, "Resource": "*"},
        {"Effect": effect, "Principal": {"AWS": everybody}, "Action": actions, "Resource": "*"}
    ]});
    let input = json!({"KeyId": key.to_string(), "Policy": policy.to_string(),
                       "BypassPolicyLockoutSafetyCheck": true});
    let _ = kit.call("PutKeyPolicy", &input).ok();
}

#[track_caller]
fn denied(name: OperationName, answer: &Answer, cause: &str) {
    assert_eq!(answer.code(), "AccessDeniedException", "{}: {}", name.name(), answer.text());
    assert!(answer.message().contains(cause), "{}", answer.text());
}

/// Whether the trail says that the grant allowed what `answer` answers.
fn is_by(kit: &Kit, answer: &Answer, grant: &str) -> bool {
    let [record] = kit.records_of(answer).try_into().unwrap();
    record.reasons.contains(&format!("grant {grant}"))
}

/// In one's own account: a grant is enough where the key policy is silent, another's or another
/// key's is not, a deny counts for more, and once it is retired it is over.
#[test]
fn what_only_a_grant_allows_is_served() {
    let mut served = 0;
    walk(|name, demands, scene, sample, world| {
        let Some(operations) = grantable(demands).filter(|all| !all.is_empty()) else { return };
        let actions: Vec<&str> = actions(demands);
        let (kit, key) = (world.open().unwrap(), &scene.key);
        let input = &sample.input;
        let _ = grant(&kit, key, OTHER, &operations);
        let _ = grant(&kit, key, STRANGER, &operations);
        let _ = grant(&kit, &scene.other, OWNER, &operations);
        put_policy(&kit, key, &actions, "Allow");
        let silent = "because no resource-based policy allows the ";
        denied(name, &ask(&kit, &kit.owner(), name, input), silent);

        put_policy(&kit, key, &["kms:Nothing"], "Allow");
        let (id, token) = grant(&kit, key, OWNER, &operations);
        put_policy(&kit, key, &actions, "Allow");
        let answer = ask(&kit, &kit.owner(), name, input).ok();
        assert!(is_by(&kit, &answer, &id), "{}", name.name());

        put_policy(&kit, key, &actions, "Deny");
        let explicit = "with an explicit deny in a resource-based policy";
        denied(name, &ask(&kit, &kit.owner(), name, input), explicit);

        put_policy(&kit, key, &actions, "Allow");
        let _ = kit.call("RetireGrant", &json!({ "GrantToken": token })).ok();
        denied(name, &ask(&kit, &kit.owner(), name, input), silent);
        served += 1;
    });
    assert!(served >= GrantOperation::ALL.len() - 2, "{served}");
}

/// Across accounts: a grant on each key concerned is enough for what is for other accounts at all
/// and can be granted; for everything else it changes nothing, not even the refusal.
#[test]
fn across_accounts_a_grant_is_enough() {
    walk(|name, demands, scene, sample, world| {
        if matches!(demands.access, Access::Account(_) | Access::Anyone | Access::Grant(_)) {
            return;
        }
        if !concerns(sample, scene) {
            return;
        }
        let (kit, input) = (world.open().unwrap(), &sample.input);
        let before = ask(&kit, &kit.stranger(), name, input);
        denied(name, &before, "on ");
        let operations = grantable(demands).unwrap_or_default();
        let keys = [&scene.key, &scene.other];
        let grants = keys.map(|key| grant(&kit, key, STRANGER, &operations));
        let kit = kit.with_key_in(&scene.key, willing(demands));
        let answer = ask(&kit, &kit.stranger(), name, input);
        if operations.is_empty() {
            assert_eq!(answer.text(), before.text(), "{}", name.name());
            return;
        }
        assert!(demands.cross_account, "{}", name.name());
        assert!(is_by(&kit, &answer.clone().ok(), &grants[0].0), "{}", name.name());
        let revoke = |key: &KeyArn, id: &str| {
            let input = json!({"KeyId": key.to_string(), "GrantId": id});
            let _ = kit.call("RevokeGrant", &input).ok();
        };
        revoke(&scene.key, &grants[0].0);
        denied(name, &ask(&kit, &kit.stranger(), name, input), "on ");
        revoke(&scene.other, &grants[1].0);
        let after = ask(&kit, &kit.stranger(), name, input);
        assert_eq!(after.text(), before.text(), "{}", name.name());
    });
}

/// Whether the request names the owner's key.
fn concerns(sample: &Sample, scene: &Scene) -> bool {
    sample.by_ciphertext || sample.input.to_string().contains(&scene.key.to_string())
}

/// A store that fails while grants are looked up fails the request, and allows nothing.
#[test]
fn a_store_that_fails_among_grants_fails_the_request() {
    walk(|name, demands, scene, sample, world| {
        let Some(operations) = grantable(demands).filter(|all| !all.is_empty()) else { return };
        if !concerns(sample, scene) {
            return;
        }
        let kit = world.open().unwrap();
        for key in [&scene.key, &scene.other] {
            let _ = grant(&kit, key, STRANGER, &operations);
        }
        let world = kit.stop();
        let kit = world.snapshot().open().unwrap();
        kit.world.faults.heal();
        let stranger = |kit: &Kit| -> Client { kit.stranger() };
        let _ = kit.block_on(stranger(&kit).call(name.name(), &sample.input)).ok();
        let calls = kit.world.faults.calls(&Port::STORE);
        for number in 0..calls {
            let kit = world.snapshot().open().unwrap();
            let before = kit.world.contents();
            kit.world.faults.nth(&Port::STORE, number);
            let answer = kit.block_on(stranger(&kit).call(name.name(), &sample.input));
            assert_eq!(answer.code(), "KMSInternalException", "{} at {number}", name.name());
            assert_eq!(kit.world.contents(), before, "{} at {number}", name.name());
            let _ = ask(&kit, &stranger(&kit), name, &sample.input).ok();
        }
    });
}

/// A token names a grant and is no permission: a stranger who shows one of a grant to somebody
/// else is told what he is told without it.
#[test]
fn a_token_is_no_permission() {
    walk(|name, demands, scene, sample, world| {
        let takes = demands.fields.iter().any(|field| field.name == "GrantTokens");
        let (true, Some(operations)) = (takes, grantable(demands)) else { return };
        if operations.is_empty() || !concerns(sample, scene) {
            return;
        }
        let kit = world.open().unwrap();
        let (_, token) = grant(&kit, &scene.key, OTHER, &operations);
        let mut input: Value = sample.input.clone();
        let without = ask(&kit, &kit.stranger(), name, &input);
        input["GrantTokens"] = json!([token]);
        let with = ask(&kit, &kit.stranger(), name, &input);
        denied(name, &with, "on ");
        assert_eq!(with.text(), without.text(), "{}", name.name());
    });
}
