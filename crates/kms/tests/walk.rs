//! The operations walk: every operation, whatever it is, through everything that must hold of all.
//! It is driven by the table. There is no list of exceptions, and none may be added: an operation
//! that does not fit has a wrong row, or the path has a hole.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod scene;

use scene::{MARKED, Sample, Scene, actions, ask, policy, willing, without_the_key};
use serde_json::{Value, json};
use strongroom_engine::demands::{Access, Demands, Effect};
use strongroom_keys::{StateRefusal, admits};
use strongroom_kms::{OperationName, demands};
use strongroom_testkit::{Answer, Kit, Port, World, base64, contains};
use strongroom_types::shape::{Kind, Visibility};
use strongroom_types::{KeyArn, KeyState, KeyUsage, Origin};

/// Calls `each` with every operation, its row, and each of its sample requests on a world of its
/// own, in which the key is in a state that the operation is served in.
fn walk(mut each: impl FnMut(OperationName, &'static Demands, &Scene, &Sample, World)) {
    for &name in OperationName::ALL {
        let (scene, world) = Scene::of(name);
        let demands = demands(name);
        let ready = world.snapshot().open().unwrap().with_key_in(&scene.key, willing(demands));
        let ready = ready.stop();
        for sample in scene.samples(name) {
            each(name, demands, &scene, &sample, ready.snapshot());
        }
    }
}

/// Whether the operation asks for a key's consent.
fn concerns_a_key(demands: &Demands) -> bool {
    use Access as A;
    !matches!(demands.access, A::KeyStore(_) | A::Account(_) | A::Anyone | A::Grant(_))
}

#[test]
fn each_is_served_and_changes_something_only_if_it_says_so() {
    walk(|name, demands, _, sample, world| {
        let kit = world.open().unwrap();
        let before = kit.world.contents();
        let answer = ask(&kit, &kit.owner(), name, &sample.input).ok();
        let changed = kit.world.contents() != before;
        assert_eq!(changed, demands.effect == Effect::Change, "{}", name.name());
        assert_eq!(demands.name, name.name());
        assert_eq!(OperationName::parse(name.name()), Some(name));
        assert_eq!(answer.status, 200);
    });
}

#[test]
fn nobody_is_served_who_has_not_signed() {
    walk(|name, _, _, sample, world| {
        let kit = world.open().unwrap();
        let (before, records) = (kit.world.store.entries(), kit.world.trail().len());
        let owner = kit.owner();
        let good = owner.request(name.name(), &sample.input);
        let refused = |request, code: &str| {
            let answer = kit.block_on(owner.send(&request));
            assert_eq!((answer.code().as_str(), answer.status), (code, 400), "{}", name.name());
        };

        let mut unsigned = good.clone();
        unsigned.headers.retain(|(header, _)| header != "authorization");
        refused(unsigned, "MissingAuthenticationTokenException");

        let mut other_body = good.clone();
        other_body.body.push(b' ');
        refused(other_body, "InvalidSignatureException");

        let mut other_operation = good.clone();
        let target = other_operation.headers.iter_mut().find(|(h, _)| h == "x-amz-target");
        let another = OperationName::ALL.iter().find(|other| **other != name).unwrap();
        target.unwrap().1 = format!("TrentService.{}", another.name());
        refused(other_operation, "InvalidSignatureException");

        let mut liar = owner.clone();
        liar.secret.push('x');
        refused(liar.request(name.name(), &sample.input), "InvalidSignatureException");

        let mut nobody = owner.clone();
        nobody.access_key = "AKIANOBODYKNOWSTHIS1".to_owned();
        refused(nobody.request(name.name(), &sample.input), "UnrecognizedClientException");

        assert_eq!(kit.world.store.entries(), before, "{}", name.name());
        assert_eq!(kit.world.trail().len(), records, "{}", name.name());
    });
}

/// What a key policy denies is refused in AWS's words, and each permission of the operation is
/// asked for: it is denied by its own action and by no other.
#[test]
fn what_the_key_policy_denies_is_refused() {
    for &name in OperationName::ALL {
        let (scene, world) = Scene::of(name);
        let demands = demands(name);
        let mut unasked = actions(demands);
        for sample in scene.samples(name) {
            let denying: Vec<_> = actions(demands)
                .into_iter()
                .filter(|action| denied(&world, &scene, demands, &sample, action, name))
                .collect();
            unasked.retain(|action| !denying.contains(action));
            let expected = usize::from(concerns_a_key(demands));
            assert_eq!(denying.len(), expected, "{} {}", name.name(), sample.input);
        }
        assert_eq!(unasked.is_empty(), concerns_a_key(demands), "{}: {unasked:?}", name.name());
    }
}

fn denied(
    world: &World,
    scene: &Scene,
    demands: &Demands,
    sample: &Sample,
    action: &str,
    name: OperationName,
) -> bool {
    let kit = world.snapshot().open().unwrap();
    let deny = json!({"KeyId": scene.key.to_string(), "Policy": policy(Some(action)),
                      "BypassPolicyLockoutSafetyCheck": true});
    let _ = kit.call("PutKeyPolicy", &deny).ok();
    // The key policy has the word in every state, also in those that would refuse.
    let kit = kit.with_key_edited(&scene.key, |key| key.state = willing(demands));
    let before = kit.world.store.entries();
    let answer = ask(&kit, &kit.owner(), name, &sample.input);
    if answer.is_ok() {
        return false;
    }
    let place = match sample.by_ciphertext {
        true => "the resource associated with this ciphertext".to_owned(),
        false => format!("resource: {}", scene.key),
    };
    let message = format!(
        "User: arn:aws:iam::111122223333:root is not authorized to perform: {action} on {place} \
         with an explicit deny in a resource-based policy"
    );
    assert_eq!((answer.code().as_str(), answer.status), ("AccessDeniedException", 400));
    assert_eq!(answer.message(), message);
    assert_eq!(kit.world.store.entries(), before, "{}", name.name());
    true
}

/// A stranger learns nothing of another account's key, not even whether it is there.
#[test]
fn a_stranger_learns_nothing() {
    walk(|name, demands, scene, sample, world| {
        let names_the_key =
            sample.by_ciphertext || sample.input.to_string().contains(&scene.key.to_string());
        let kit = world.snapshot().open().unwrap();
        let owned = |kit: &Kit| {
            let mut entries = kit.world.contents();
            entries.retain(|entry| contains(&entry.key, b"/111122223333/"));
            entries
        };
        let before = owned(&kit);
        let there = ask(&kit, &kit.stranger(), name, &sample.input);
        assert_eq!(owned(&kit), before, "{}", name.name());

        if !names_the_key {
            assert!(!there.text().contains("111122223333"), "{}", there.text());
            return;
        }
        let expected = match demands.access {
            Access::Account(_) => "InvalidArnException",
            _ => "AccessDeniedException",
        };
        assert_eq!(there.code(), expected, "{}", name.name());
        let kit = without_the_key(&world, scene).open().unwrap();
        let not_there = ask(&kit, &kit.stranger(), name, &sample.input);
        assert_eq!(there.text(), not_there.text(), "{}", name.name());
    });
}

/// Nor does a second thing that is wrong with the request tell, by which of the two is refused.
#[test]
fn a_second_defect_tells_a_stranger_no_more() {
    walk(|name, demands, scene, sample, world| {
        let kit = world.snapshot().open().unwrap();
        let gone = without_the_key(&world, scene).open().unwrap();
        for field in demands.fields {
            for wrong in plausible_values(field.shape.model) {
                let mut input = sample.input.clone();
                input[field.name] = wrong;
                let there = ask(&kit, &kit.stranger(), name, &input);
                let not_there = ask(&gone, &gone.stranger(), name, &input);
                assert_eq!(there.status, not_there.status, "{} {input}", name.name());
                if !there.is_ok() {
                    assert_eq!(there.text(), not_there.text(), "{} {input}", name.name());
                }
            }
        }
    });
}

/// Values that are well formed and refused for what they name.
fn plausible_values(model: &str) -> Vec<Value> {
    let nothing = "11111111-2222-4333-8444-555555555555";
    match model {
        "KeyIdType" => vec![
            json!(nothing),
            json!(format!("arn:aws:kms:eu-west-2:444455556666:key/{nothing}")),
            json!(format!("arn:aws:kms:us-east-1:111122223333:key/{nothing}")),
            json!("alias/none"),
            json!("no key id"),
        ],
        "AliasNameType" => vec![json!("alias/walk"), json!("alias/none"), json!("alias/aws/x")],
        "GrantTokenList" => vec![json!(["token"])],
        "EncryptionAlgorithmSpec" => vec![json!("RSAES_OAEP_SHA_256")],
        "AlgorithmSpec" => vec![json!("RSAES_PKCS1_V1_5"), json!("SM2PKE")],
        "WrappingKeySpec" => vec![json!("SM2")],
        "DateType" => vec![json!(0), json!(4_000_000_000_i64)],
        "BackingKeyIdType" => vec![json!("0".repeat(64))],
        "EncryptionContextType" => vec![json!({"another": "context"})],
        "PolicyNameType" => vec![json!("another")],
        "PolicyType" => vec![json!("{}")],
        "NullableBooleanType" | "BooleanType" => vec![json!(true)],
        "MarkerType" => vec![json!("marker")],
        "TagList" => vec![json!([{"TagKey": "aws:a", "TagValue": "b"}])],
        _ => Vec::new(),
    }
}

#[test]
fn each_state_gives_what_the_state_table_says() {
    for &name in OperationName::ALL {
        let (scene, world) = Scene::of(name);
        for &state in KeyState::ALL {
            let ready = world.snapshot().open().unwrap().with_key_in(&scene.key, state).stop();
            for sample in scene.samples(name) {
                let expected = match admits(demands(name).states, state) {
                    Ok(()) => None,
                    Err(why) => Some(refusal(why, &scene.key)),
                };
                let kit = ready.snapshot().open().unwrap();
                let before = kit.world.store.entries();
                let answer = ask(&kit, &kit.owner(), name, &sample.input);
                let found = (!answer.is_ok()).then(|| (answer.code(), answer.message()));
                assert_eq!(found, expected, "{} in {state}", name.name());
                if expected.is_some() {
                    assert_eq!(kit.world.store.entries(), before, "{} in {state}", name.name());
                }
                check_dry_run(&ready, name, &sample, expected.as_ref());
            }
        }
    }
}

/// AWS's words, written down a second time.
fn refusal(why: StateRefusal, key: &KeyArn) -> (String, String) {
    let text = match why {
        StateRefusal::Disabled => {
            return ("DisabledException".into(), format!("{key} is disabled."));
        }
        StateRefusal::PendingDeletion => "is pending deletion",
        StateRefusal::PendingImport => "is pending import",
        StateRefusal::PendingReplicaDeletion => "is pending replica deletion",
        StateRefusal::Unavailable => "is unavailable",
        StateRefusal::Creating => "is creating",
        StateRefusal::Updating => "is updating",
        StateRefusal::NotPendingDeletion => "is not pending deletion",
    };
    ("KMSInvalidStateException".into(), format!("{key} {text}."))
}

/// A dry run says what the request would have ended in, and does nothing.
fn check_dry_run(
    ready: &World,
    name: OperationName,
    sample: &Sample,
    expected: Option<&(String, String)>,
) {
    if !demands(name).fields.iter().any(|field| field.name == "DryRun") {
        return;
    }
    let mut input = sample.input.clone();
    input["DryRun"] = json!(true);
    let kit = ready.snapshot().open().unwrap();
    let before = kit.world.store.entries();
    let answer = ask(&kit, &kit.owner(), name, &input);
    let would = (
        "DryRunOperationException".to_owned(),
        "The request would have succeeded, but the DryRun option is set.".to_owned(),
    );
    let expected = expected.unwrap_or(&would);
    assert_eq!(&(answer.code(), answer.message()), expected, "{}", name.name());
    assert_eq!(answer.status, 400);
    assert_eq!(kit.world.store.entries(), before, "{}", name.name());
}

#[test]
fn a_key_serves_only_what_it_is_for() {
    walk(|name, demands, scene, sample, world| {
        let wrong = KeyUsage::ALL.iter().find(|usage| Some(**usage) != demands.usage).unwrap();
        world.edit_key(&scene.key, |key| key.usage = *wrong);
        let kit = world.open().unwrap();
        let before = kit.world.store.entries();
        let answer = ask(&kit, &kit.owner(), name, &sample.input);
        if demands.usage.is_none() {
            // Whatever the key is for, or by the key's spec alone.
            assert!(answer.is_ok(), "{}: {}", name.name(), answer.text());
            return;
        }
        assert_eq!(answer.code(), "InvalidKeyUsageException", "{}", name.name());
        let start = format!("{} key usage is {wrong} which is not valid for ", scene.key);
        let asked_for = answer.message().strip_prefix(&start).map(str::to_owned);
        let asked_for = asked_for.unwrap_or_else(|| panic!("{}", answer.text()));
        let direction = asked_for.trim_end_matches('.');
        let direction = direction.strip_suffix("From").or(direction.strip_suffix("To"));
        assert_eq!(direction.unwrap_or(asked_for.trim_end_matches('.')), name.name());
        assert_eq!(kit.world.store.entries(), before, "{}", name.name());
    });
}

#[test]
fn a_key_of_another_origin_is_refused() {
    walk(|name, demands, scene, sample, world| {
        let wrong = Origin::ALL.iter().find(|origin| !demands.origins.contains(origin));
        let (Some(wrong), false) = (wrong, demands.origins.is_empty()) else { return };
        world.edit_key(&scene.key, |key| key.origin = *wrong);
        let kit = world.open().unwrap();
        let before = kit.world.store.entries();
        let answer = ask(&kit, &kit.owner(), name, &sample.input);
        let text =
            format!("{} origin is {wrong} which is not valid for this operation.", scene.key);
        let found = (answer.code(), answer.message());
        assert_eq!(found, ("UnsupportedOperationException".to_owned(), text), "{}", name.name());
        assert_eq!(kit.world.store.entries(), before, "{}", name.name());
    });
}

fn assert_failed(name: OperationName, answer: &Answer) {
    let found = (answer.status, answer.code());
    assert_eq!(found, (500, "KMSInternalException".to_owned()), "{}", name.name());
    let text = answer.text();
    for secret in ["Plaintext", "CiphertextBlob", &base64(MARKED)] {
        assert!(!text.contains(secret), "{}: {text}", name.name());
    }
}

/// The store fails at the first, second, … call that the request makes of it, from a cold start. It
/// need not be started anew to go on.
#[test]
fn a_store_that_fails_at_any_step_fails_the_request_and_changes_nothing() {
    walk(|name, _, _, sample, world| {
        let kit = world.snapshot().open().unwrap();
        kit.world.faults.heal();
        let _ = kit.call(name.name(), &sample.input).ok();
        let calls = kit.world.faults.calls(&Port::STORE);
        assert!(calls > 0, "the credential is read");
        for number in 0..calls {
            let kit = world.snapshot().open().unwrap();
            let before = kit.world.contents();
            kit.world.faults.nth(&Port::STORE, number);
            let answer = kit.call(name.name(), &sample.input);
            assert_failed(name, &answer);
            assert!(kit.records_of(&answer).len() <= 1, "{}", name.name());
            assert!(!kit.world.incidents.all().is_empty(), "{} at {number}", name.name());
            assert_eq!(kit.world.contents(), before, "{} at {number}", name.name());
            let as_it_was = kit.world.snapshot();
            let _ = ask(&kit, &kit.owner(), name, &sample.input).ok();
            let _ = kit.restart();
            let kit = as_it_was.open().unwrap();
            assert_eq!(kit.world.contents(), before, "{} at {number}", name.name());
            let _ = ask(&kit, &kit.owner(), name, &sample.input).ok();
        }
    });
}

/// Without a journal nothing is answered that only the journal would have told. A change is told
/// by the store.
#[test]
fn a_journal_that_fails_fails_every_use_and_nothing_leaves() {
    walk(|name, demands, _, sample, world| {
        let kit = world.open().unwrap();
        let before = kit.world.contents();
        kit.world.faults.always(&Port::LOG);
        let answer = kit.call(name.name(), &sample.input);
        if demands.effect == Effect::Change {
            assert!(answer.is_ok(), "{}: {}", name.name(), answer.text());
            assert_eq!(kit.records_of(&answer).len(), 1, "{}", name.name());
        } else {
            assert_failed(name, &answer);
            assert_eq!(kit.world.contents(), before);
            assert!(kit.records_of(&answer).is_empty());
        }
        // A refusal changes nothing, so only the journal would tell it.
        let refused = kit.block_on(kit.owner().send(&malformed(&kit, name)));
        assert_failed(name, &refused);

        let kit = kit.restart();
        let refused = kit.block_on(kit.owner().send(&malformed(&kit, name)));
        assert_eq!(refused.code(), "SerializationException");
    });
}

fn malformed(kit: &Kit, name: OperationName) -> strongroom_testkit::Request {
    kit.owner().raw_request(name.name(), [b"{\"", MARKED].concat())
}

#[test]
fn without_entropy_nothing_is_answered_that_takes_some() {
    walk(|name, demands, _, sample, world| {
        let kit = world.open().unwrap();
        let before = kit.world.contents();
        kit.world.faults.heal();
        kit.world.faults.always(&[Port::Entropy]);
        let answer = kit.call(name.name(), &sample.input);
        // One draw is for the request's identifier, which is no secret and need not be had.
        if kit.world.faults.calls(&[Port::Entropy]) > 1 {
            assert_failed(name, &answer);
        } else {
            assert!(answer.is_ok() && demands.effect != Effect::Change, "{}", answer.text());
        }
        assert_eq!(kit.world.contents(), before, "{}", name.name());
    });
}

/// What the model withholds is in no refusal and no record, however wrong it is.
#[test]
fn what_is_withheld_is_shown_in_no_refusal() {
    walk(|name, demands, _, sample, world| {
        let kit = world.open().unwrap();
        let marked = String::from_utf8_lossy(MARKED).into_owned();
        let answer = kit.block_on(kit.owner().send(&malformed(&kit, name)));
        assert_eq!(answer.code(), "SerializationException", "{}", name.name());
        assert_eq!(kit.records_of(&answer).len(), 1);
        assert!(!answer.text().contains(&marked), "{}", answer.text());

        let withheld =
            demands.fields.iter().filter(|field| field.shape.visibility == Visibility::Withheld);
        for field in withheld {
            for wrong in wrong_values(&field.shape.kind, &marked) {
                let mut input = sample.input.clone();
                input[field.name] = wrong;
                let answer = kit.block_on(kit.owner().call(name.name(), &input));
                assert_eq!(answer.status, 400, "{} {input}", name.name());
                let told = [answer.body.clone(), kit.trail_bytes()].concat();
                for form in [marked.clone(), base64(MARKED)] {
                    assert!(!contains(&told, form.as_bytes()), "{}", answer.text());
                }
            }
        }
    });
}

/// Values of the wrong type, form and length, all of them marked.
fn wrong_values(kind: &Kind, marked: &str) -> Vec<Value> {
    let long = |length: usize| marked.repeat(length / marked.len() + 1);
    match kind {
        Kind::Blob { max, .. } => {
            vec![json!(marked), json!([marked]), json!(base64(long(*max).as_bytes()))]
        }
        Kind::List { max, .. } => vec![
            json!(marked),
            json!([{ (marked): marked }]),
            json!([long(8192)]),
            json!(vec![marked; max + 1]),
        ],
        Kind::Text { max, .. } | Kind::Secret { max, .. } => {
            vec![json!([marked]), json!(long(*max)), json!({ (marked): marked })]
        }
        Kind::Structure(fields) => {
            let inside = |name: &str| json!({ (name): marked, "Other": marked });
            let mut wrong: Vec<Value> = fields.iter().map(|field| inside(field.name)).collect();
            wrong.push(json!(marked));
            wrong
        }
        other => panic!("no wrong values for {other:?}"),
    }
}
