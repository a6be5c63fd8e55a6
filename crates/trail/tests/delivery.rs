//! Delivery, on an engine in memory: every event once, digests without gaps, whatever fails.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use strongroom_engine::ports::Clock as _;
use strongroom_engine::ports::archive::{Object, Objects as _};
use strongroom_testkit::{FailingObjects, Kit, Port, World, region};
use strongroom_trail::digest::Digest;
use strongroom_trail::gzip;
use strongroom_trail::index::Index;
use strongroom_trail::public_key::PublicKeys;
use strongroom_trail::shipper::{Settings, ShipError, Shipped, Shipper};

const BUCKET: &str = "strongroom-trail";
const HOUR: i64 = 3_600_000;

/// A server and what delivers its trail.
struct Scene {
    shipper: Option<Shipper>,
    kit: Kit,
    index: Arc<Index>,
    backlog: u64,
    _folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        Self::on(World::default().open().unwrap(), u64::MAX)
    }

    /// With so many bytes that may wait for delivery.
    fn with_backlog(backlog: u64) -> Self {
        Self::on(World::default().open().unwrap(), backlog)
    }

    fn on(kit: Kit, backlog: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let index = Arc::new(Index::open(folder.path()).unwrap());
        let mut scene = Self { shipper: None, kit, index, backlog, _folder: folder };
        scene.start();
        scene
    }

    fn start(&mut self) {
        let world = &self.kit.world;
        let objects = FailingObjects::new(world.objects.clone(), world.faults.clone());
        let settings =
            Settings { bucket: BUCKET.to_owned(), region: region(), backlog: self.backlog };
        let (engine, tail) = (self.kit.engine().clone(), self.kit.take_tail());
        let index = self.index.clone();
        self.shipper = Some(Shipper::new(engine, tail, Arc::new(objects), index, settings));
    }

    fn restarted(mut self) -> Self {
        self.shipper = None;
        let Self { kit, backlog, .. } = self;
        Self::on(kit.restart(), backlog)
    }

    fn run(&mut self) -> Result<Shipped, ShipError> {
        let shipper = self.shipper.as_mut().unwrap();
        self.kit.block_on(shipper.run())
    }

    fn done(&self, operation: &str, input: &Value) {
        drop(self.kit.call(operation, input).ok());
    }

    fn advance(&self, millis: i64) {
        let clock = &self.kit.world.clock;
        clock.set(clock.now().plus_millis(millis));
    }

    /// All objects, by key.
    fn objects(&self, folder: &str) -> BTreeMap<String, Object> {
        let objects = &self.kit.world.objects;
        self.kit.block_on(async {
            let mut all = BTreeMap::new();
            for found in objects.list(BUCKET, "", None, 10_000).await.unwrap() {
                if found.key.contains(folder) {
                    let object = objects.get(BUCKET, &found.key).await.unwrap().unwrap();
                    all.insert(found.key, object);
                }
            }
            all
        })
    }

    /// All events that are delivered.
    fn events(&self) -> Vec<Value> {
        let files = self.objects("/CloudTrail/");
        let contents = files.values().map(|object| {
            let content = gzip::decompress(&object.body, gzip::MAX_CONTENT).unwrap();
            serde_json::from_slice::<Value>(&content).unwrap()
        });
        contents.flat_map(|content| content["Records"].as_array().unwrap().clone()).collect()
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.events().iter().map(|e| e["eventName"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    }

    /// The digests of a Region, oldest first, each verified: its signature, and that it follows on
    /// the one before it without a gap.
    fn digests(&self, folder: &str) -> Vec<Digest> {
        let keys = self.kit.block_on(self.kit.engine().trail_keys(region())).unwrap();
        let mut public = PublicKeys::default();
        keys.iter().for_each(|key| public.add(key.public.clone()));
        let mut digests: Vec<(Digest, String, String)> = Vec::new();
        for (key, object) in self.objects(&format!("{folder}/CloudTrail-Digest/")) {
            let content = gzip::decompress(&object.body, gzip::MAX_CONTENT).unwrap();
            let digest = Digest::parse(&content).unwrap();
            let hash = strongroom_crypto::hash::sha256(&content);
            let signature = object.metadata["signature"].clone();
            let fingerprint = &digest.digest_public_key_fingerprint;
            assert!(public.verify(fingerprint, &digest.string_to_sign(&hash), &signature));
            assert_eq!((digest.digest_s3_object.as_str(), BUCKET), (key.as_str(), BUCKET));
            if let Some((before, hash, signature)) = digests.last() {
                assert_eq!(digest.digest_start_time, before.digest_end_time);
                assert_eq!(digest.previous_digest_hash_value.as_ref(), Some(hash));
                assert_eq!(digest.previous_digest_signature.as_ref(), Some(signature));
                let previous = digest.previous_digest_s3_object.as_ref();
                assert_eq!(previous, Some(&before.digest_s3_object));
            } else {
                assert_eq!(digest.previous_digest_signature, None);
            }
            digests.push((digest, strongroom_crypto::hash::hex(&hash), signature));
        }
        digests.into_iter().map(|(digest, ..)| digest).collect()
    }
}

#[test]
fn every_event_is_delivered_once() {
    let mut scene = Scene::new();
    let first = scene.run().unwrap();
    assert!(first.events > 0 && first.failures.is_empty());
    let before = scene.names();
    scene.done("CreateKey", &json!({}));
    scene.done("ListKeys", &json!({}));
    assert_eq!(scene.run().unwrap().events, 2);
    assert_eq!(scene.run().unwrap(), Shipped::default());
    let mut expected = before;
    expected.extend(["CreateKey".to_owned(), "ListKeys".to_owned()]);
    expected.sort();
    assert_eq!(scene.names(), expected);
    let created = scene.events().into_iter().find(|e| e["eventName"] == "CreateKey").unwrap();
    assert_eq!(created["recipientAccountId"], "111122223333");
    assert_eq!(created["eventSource"], "kms.amazonaws.com");
}

#[test]
fn digests_follow_on_each_other_also_when_nothing_happens() {
    let mut scene = Scene::new();
    scene.run().unwrap();
    for hour in 0..4 {
        scene.advance(HOUR);
        if hour == 1 {
            scene.done("ListKeys", &json!({}));
        }
        scene.run().unwrap();
    }
    // Three hours in which the server is stopped.
    scene = scene.restarted();
    scene.advance(3 * HOUR);
    scene.done("ListKeys", &json!({}));
    scene.run().unwrap();
    scene.advance(HOUR);
    scene.run().unwrap();
    let digests = scene.digests("111122223333");
    assert_eq!(digests.len(), 6);
    let files: Vec<usize> = digests.iter().map(|digest| digest.log_files.len()).collect();
    assert_eq!(files, [1, 0, 1, 0, 0, 1]);
    let named: Vec<&String> =
        digests.iter().flat_map(|digest| &digest.log_files).map(|file| &file.s3_object).collect();
    let there = scene.objects("111122223333/CloudTrail/");
    assert_eq!(named, there.keys().collect::<Vec<_>>());
    for digest in &digests {
        assert_eq!(digest.newest_event_time.is_some(), !digest.log_files.is_empty());
        assert!(digest.digest_end_time.ends_with(":00:00Z"), "{}", digest.digest_end_time);
    }
}

#[test]
fn a_clock_that_steps_back_makes_no_digest_and_no_gap() {
    let mut scene = Scene::new();
    scene.run().unwrap();
    scene.advance(2 * HOUR);
    scene.run().unwrap();
    scene.advance(-3 * HOUR);
    scene.done("ListKeys", &json!({}));
    scene.run().unwrap();
    scene.advance(HOUR);
    scene.run().unwrap();
    assert_eq!(scene.digests("111122223333").len(), 1);
    scene.advance(4 * HOUR);
    scene.run().unwrap();
    let digests = scene.digests("111122223333");
    assert_eq!(digests.iter().map(|digest| digest.log_files.len()).collect::<Vec<_>>(), [1, 1]);
}

#[test]
fn whatever_fails_at_whatever_step_nothing_is_lost_or_there_twice() {
    let ports = [Port::PutObject, Port::Commit, Port::Read, Port::Scan];
    // The key that signs digests is made once; that takes the longest.
    let mut scene = Scene::new();
    scene.run().unwrap();
    scene.advance(HOUR);
    scene.run().unwrap();
    scene.shipper = None;
    let world = scene.kit.stop();
    for restarts in [false, true] {
        for number in 0.. {
            let mut scene = Scene::on(world.snapshot().open().unwrap(), u64::MAX);
            scene.done("CreateKey", &json!({}));
            scene.done("ListKeys", &json!({}));
            scene.advance(HOUR);
            scene.kit.world.faults.nth(&ports, number);
            let failed = scene.run().is_err();
            let calls = scene.kit.world.faults.calls(&ports);
            scene.kit.world.faults.heal();
            if restarts {
                scene = scene.restarted();
            }
            // Time goes on, and more happens, before it is tried again.
            scene.advance(HOUR / 2);
            scene.done("ListAliases", &json!({}));
            scene.run().unwrap();
            scene.advance(HOUR);
            scene.run().unwrap();
            let names = scene.names();
            for name in ["CreateKey", "ListKeys", "ListAliases"] {
                let count = names.iter().filter(|found| *found == name).count();
                assert_eq!(count, 1, "{name}, step {number}: {names:?}");
            }
            let digests = scene.digests("111122223333");
            let named: usize = digests.iter().map(|digest| digest.log_files.len()).sum();
            assert_eq!(named, scene.objects("111122223333/CloudTrail/").len(), "step {number}");
            if !failed && calls <= number {
                assert!(number > 10, "{number} steps");
                break;
            }
        }
    }
}

#[test]
fn an_archive_that_is_away_holds_requests_back_until_it_is_there_again() {
    let mut scene = Scene::with_backlog(0);
    scene.run().unwrap();
    scene.done("ListKeys", &json!({}));
    scene.kit.world.faults.always(&[Port::PutObject]);
    scene.run().unwrap_err();
    assert_eq!(scene.kit.call("ListKeys", &json!({})).code(), "KMSInternalException");
    assert!(scene.kit.engine().failure().unwrap().contains("cannot be delivered"));
    scene.kit.world.faults.heal();
    scene.run().unwrap();
    assert_eq!(scene.kit.engine().failure(), None);
    scene.done("ListKeys", &json!({}));
    scene.run().unwrap();
    assert_eq!(scene.names().iter().filter(|name| *name == "ListKeys").count(), 2);
}

#[test]
fn who_delivers_at_leisure_says_when_too_much_waits() {
    let mut scene = Scene::with_backlog(8 * 1024);
    scene.run().unwrap();
    let at_leisure = |scene: &mut Scene| {
        let shipper = scene.shipper.as_mut().unwrap();
        scene.kit.block_on(shipper.run_at_leisure()).unwrap()
    };
    scene.done("ListKeys", &json!({}));
    assert_eq!(at_leisure(&mut scene), Shipped { events: 1, ..Shipped::default() });
    (0..20).for_each(|_| scene.done("ListKeys", &json!({})));
    assert_eq!(at_leisure(&mut scene), Shipped { is_behind: true, ..Shipped::default() });
    assert_eq!(scene.run().unwrap(), Shipped { events: 20, ..Shipped::default() });
    assert_eq!(at_leisure(&mut scene), Shipped::default());
}

#[test]
fn what_holds_requests_back_does_so_until_all_is_delivered() {
    let mut scene = Scene::with_backlog(0);
    scene.run().unwrap();
    scene.done("ListKeys", &json!({}));
    scene.kit.world.faults.always(&[Port::PutObject]);
    scene.run().unwrap_err();
    scene.kit.world.faults.heal();
    // A round that was begun is delivered in any case; what the journal tells of it waits behind it.
    let shipper = scene.shipper.as_mut().unwrap();
    let shipped = scene.kit.block_on(shipper.run_at_leisure()).unwrap();
    assert_eq!((shipped.events, shipped.is_behind), (1, true));
    assert!(scene.kit.engine().failure().unwrap().contains("cannot be delivered"));
    scene.run().unwrap();
    assert_eq!(scene.kit.engine().failure(), None);
}

#[test]
fn another_key_signs_from_its_rotation_on() {
    let mut scene = Scene::new();
    scene.run().unwrap();
    scene.advance(HOUR);
    scene.run().unwrap();
    scene.kit.block_on(scene.kit.engine().rotate_trail_key(region())).unwrap();
    scene.shipper.as_mut().unwrap().forget_signers();
    scene.advance(HOUR);
    scene.run().unwrap();
    let digests = scene.digests("111122223333");
    assert_eq!(digests.len(), 2);
    let by = |at: usize| digests[at].digest_public_key_fingerprint.clone();
    assert_ne!(by(0), by(1));
}
