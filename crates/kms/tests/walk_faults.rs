//! The operations walk on media that do not merely fail: a commit that is done and told to have
//! failed, a journal that is torn, reads that bring a flipped bit, a full disk. No answer is wrong,
//! nothing that was answered is gone, and the server goes on.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod scene;

use scene::{Sample, Scene, willing};
use strongroom_engine::demands::{Demands, Effect};
use strongroom_kms::{OperationName, demands};
use strongroom_testkit::{Answer, Harm, Kit, Port, World};

/// Calls `each` with every operation, its row, and the first of its sample requests on a world of
/// its own, in which the key is in a state that the operation is served in.
fn walk(mut each: impl FnMut(OperationName, &'static Demands, &Sample, World)) {
    for &name in OperationName::ALL {
        let (scene, world) = Scene::of(name);
        let demands = demands(name);
        let kit = world.open().unwrap().with_key_in(&scene.key, willing(demands));
        let world = kit.stop();
        let samples = scene.samples(name);
        each(name, demands, samples.first().unwrap(), world);
    }
}

fn assert_failed(name: OperationName, answer: &Answer) {
    let found = (answer.status, answer.code());
    assert_eq!(found, (500, "KMSInternalException".to_owned()), "{}", name.name());
}

/// The server goes on, and starts again on what it has left.
fn assert_goes_on(kit: Kit) {
    kit.world.faults.heal();
    let key = kit.create_key();
    let kit = kit.restart();
    let _ = kit.call("DescribeKey", &serde_json::json!({"KeyId": key.to_string()})).ok();
    assert!(kit.stop().try_trail().is_ok());
}

/// A commit that was done is told to be, whatever the store said of it.
#[test]
fn a_commit_that_is_done_and_told_to_have_failed_is_found_out() {
    walk(|name, demands, sample, world| {
        if demands.effect != Effect::Change {
            return;
        }
        let kit = world.open().unwrap();
        kit.world.faults.harm(&[Port::Commit], 0, Harm::Done);
        let answer = kit.call(name.name(), &sample.input).ok();
        assert_eq!(kit.records_of(&answer).len(), 1, "{}", name.name());
        assert_goes_on(kit);
    });
}

/// Where it cannot be found out, the failure is told, nobody is told anything that contradicts what
/// is there, and no later commit goes before it is known.
#[test]
fn a_commit_whose_end_nobody_knows_is_settled_before_the_next() {
    walk(|name, demands, sample, world| {
        if demands.effect != Effect::Change {
            return;
        }
        let kit = world.open().unwrap();
        let before = kit.world.contents();
        kit.world.faults.harm(&[Port::Commit], 0, Harm::DoneUnseen);
        assert_failed(name, &kit.call(name.name(), &sample.input));
        assert_ne!(kit.world.contents(), before, "{}", name.name());
        assert!(kit.engine().failure().is_some(), "{}", name.name());
        assert_goes_on(kit);
    });
}

/// One read after another brings a flipped bit, from a cold start.
#[test]
fn a_bit_flipped_on_its_way_from_the_store_makes_no_wrong_answer() {
    walk(|name, _, sample, world| {
        let kit = world.snapshot().open().unwrap();
        kit.world.faults.heal();
        let _ = kit.call(name.name(), &sample.input).ok();
        let reading = [Port::Read, Port::Scan];
        let mut failures = 0;
        for number in 0..kit.world.faults.calls(&reading) {
            let kit = world.snapshot().open().unwrap();
            let before = kit.world.contents();
            kit.world.faults.harm(&reading, number, Harm::Flipped);
            let answer = kit.call(name.name(), &sample.input);
            if !answer.is_ok() {
                assert_failed(name, &answer);
                assert_eq!(kit.world.contents(), before, "{} at {number}", name.name());
                let told = kit.world.incidents.all();
                assert!(told.iter().any(|why| why.contains("record ")), "{told:?}");
                failures += 1;
            }
        }
        assert!(failures > 0, "{}: a credential is read", name.name());
    });
}

/// A torn append, or one that is done and told to have failed: what only the journal tells is not
/// answered until the next start, which finds the journal sound.
#[test]
fn a_torn_journal_is_found_sound_at_the_next_start() {
    walk(|name, demands, sample, world| {
        for harm in [Harm::Half, Harm::Done] {
            let kit = world.snapshot().open().unwrap();
            kit.world.faults.harm(&[Port::Append], 0, harm);
            let answer = kit.call(name.name(), &sample.input);
            if demands.effect == Effect::Change {
                let _ = answer.ok();
            } else {
                assert_failed(name, &answer);
                let again = kit.call(name.name(), &sample.input);
                assert_failed(name, &again);
                assert!(kit.records_of(&again).is_empty(), "{}", name.name());
            }
            assert_goes_on(kit);
        }
    });
}

/// On a full disk nothing is answered, and nothing changed; with room again, everything is.
#[test]
fn a_full_disk_refuses_everything_until_there_is_room() {
    walk(|name, _, sample, world| {
        let kit = world.open().unwrap();
        let before = kit.world.contents();
        kit.world.faults.always(&[Port::Commit, Port::Append, Port::Create]);
        for _ in 0..2 {
            assert_failed(name, &kit.call(name.name(), &sample.input));
        }
        assert_eq!(kit.world.contents(), before, "{}", name.name());
        kit.world.faults.heal();
        let _ = kit.call(name.name(), &sample.input).ok();
        assert_goes_on(kit);
    });
}
