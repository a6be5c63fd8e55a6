//! The cache of materials: its bounds, its partitions, and the check of keys on each hit.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::kms::MemoryKms;
use common::{block_on, options, plaintext};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use strongroom_crypto::SystemEntropy;
use strongroom_envelope::{
    BoxFuture, CacheLimits, CachingManager, DecryptOptions, DefaultManager, EncryptedDataKey,
    EncryptionContext, EncryptionRequest, KeyCheck, KmsKeyring, MaterialsManager, MonotonicClock,
    Purpose, Suite,
};

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1111";
const LIMITS: CacheLimits = CacheLimits {
    capacity: 10,
    max_age: Duration::from_secs(60),
    max_messages: 1000,
    max_bytes: 1_000_000,
};

#[derive(Default)]
struct Hand(AtomicU64);

impl MonotonicClock for Hand {
    fn elapsed(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::Relaxed))
    }
}

struct Scene {
    kms: Arc<MemoryKms>,
    clock: Arc<Hand>,
}

impl Scene {
    fn new() -> Self {
        Self { kms: Arc::new(MemoryKms::new(&[(KEY, KEY)])), clock: Arc::default() }
    }

    fn manager(&self, limits: CacheLimits) -> CachingManager {
        let keyring = Arc::new(KmsKeyring::new(self.kms.clone(), KEY).unwrap());
        let inner = Arc::new(DefaultManager::new(keyring, Arc::new(SystemEntropy)));
        CachingManager::new(inner, limits, self.clock.clone())
    }

    /// How many requests `work` makes.
    fn requests(&self, work: impl FnOnce()) -> usize {
        let before = self.kms.requests();
        work();
        self.kms.requests() - before
    }
}

fn seal(manager: &CachingManager, length: usize) -> Vec<u8> {
    let options = options(Suite::CommittedSigned, 64);
    block_on(strongroom_envelope::encrypt(manager, &plaintext(length), &options, &SystemEntropy))
        .unwrap()
}

fn open(manager: &CachingManager, message: &[u8]) -> bool {
    block_on(strongroom_envelope::decrypt(manager, message, &DecryptOptions::default())).is_ok()
}

#[test]
fn one_data_key_serves_several_messages_each_with_keys_of_its_own() {
    let scene = Scene::new();
    let manager = scene.manager(LIMITS);
    let mut messages = Vec::new();
    let made = scene.requests(|| messages = (0..5).map(|_| seal(&manager, 10)).collect());
    assert_eq!(made, 1);
    let read = scene.requests(|| assert!(messages.iter().all(|message| open(&manager, message))));
    assert_eq!(read, 1);
    // Message id, commitment and body differ.
    assert!(
        messages.iter().all(|one| messages.iter().filter(|two| one[3..] == two[3..]).count() == 1)
    );
    let other = scene.manager(LIMITS);
    assert!(messages.iter().all(|message| open(&other, message)));
}

#[test]
fn age_messages_and_bytes_are_bounds() {
    let scene = Scene::new();
    let manager = scene.manager(CacheLimits { max_messages: 3, ..LIMITS });
    assert_eq!(scene.requests(|| (0..7).for_each(|_| drop(seal(&manager, 10)))), 3);
    let manager = scene.manager(CacheLimits { max_bytes: 100, ..LIMITS });
    assert_eq!(scene.requests(|| (0..6).for_each(|_| drop(seal(&manager, 50)))), 3);
    assert_eq!(scene.requests(|| (0..2).for_each(|_| drop(seal(&manager, 101)))), 2);
    let manager = scene.manager(LIMITS);
    let message = seal(&manager, 10);
    assert!(open(&manager, &message));
    scene.clock.0.store(59, Ordering::Relaxed);
    assert_eq!(scene.requests(|| drop((seal(&manager, 10), open(&manager, &message)))), 0);
    scene.clock.0.store(60, Ordering::Relaxed);
    assert_eq!(scene.requests(|| drop((seal(&manager, 10), open(&manager, &message)))), 2);
    let manager = scene.manager(CacheLimits { capacity: 0, ..LIMITS });
    assert_eq!(scene.requests(|| (0..2).for_each(|_| drop(seal(&manager, 10)))), 2);
}

#[test]
fn a_long_message_does_not_end_what_short_ones_use() {
    let scene = Scene::new();
    let manager = scene.manager(CacheLimits { max_bytes: 100, ..LIMITS });
    let lengths = [10, 100, 10, 1000, 10];
    assert_eq!(
        scene.requests(|| lengths.iter().for_each(|length| drop(seal(&manager, *length)))),
        3
    );
}

#[test]
fn entries_are_of_one_context_and_suite_and_of_known_lengths() {
    let scene = Scene::new();
    let manager = scene.manager(LIMITS);
    let pairs =
        |value: &str| EncryptionContext::new([("a".to_owned(), value.to_owned())].into()).unwrap();
    let ask = |suite, context: &EncryptionContext, plaintext_len| {
        let request = EncryptionRequest { suite, context, plaintext_len };
        block_on(manager.encryption_materials(request)).unwrap();
    };
    let (one, two) = (pairs("1"), pairs("2"));
    assert_eq!(scene.requests(|| ask(Suite::Committed, &one, Some(1))), 1);
    assert_eq!(scene.requests(|| ask(Suite::Committed, &one, Some(1))), 0);
    assert_eq!(scene.requests(|| ask(Suite::Committed, &two, Some(1))), 1);
    assert_eq!(scene.requests(|| ask(Suite::CommittedSigned, &one, Some(1))), 1);
    assert_eq!(scene.requests(|| ask(Suite::Committed, &one, None)), 1);
    assert_eq!(scene.requests(|| ask(Suite::Aes256, &one, Some(1))), 1);
    assert_eq!(scene.requests(|| ask(Suite::Aes256, &one, Some(1))), 1);
}

/// Asks the service that is in the same process.
struct InProcess(Arc<MemoryKms>, Mutex<Vec<Purpose>>);

impl KeyCheck for InProcess {
    fn are_usable<'a>(
        &'a self,
        purpose: Purpose,
        keys: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            self.1.lock().unwrap().push(purpose);
            let disabled = self.0.disabled.lock().unwrap();
            keys.iter().all(|key| !disabled.contains(str::from_utf8(&key.provider_info).unwrap()))
        })
    }
}

#[test]
fn a_disabled_key_stops_at_once_if_it_is_asked_for() {
    let scene = Scene::new();
    let check = Arc::new(InProcess(scene.kms.clone(), Mutex::default()));
    let checked = scene.manager(LIMITS).with_check(check.clone());
    let unchecked = scene.manager(LIMITS);
    let message = seal(&checked, 10);
    seal(&unchecked, 10);
    assert!(open(&checked, &message) && open(&unchecked, &message));
    assert!(check.1.lock().unwrap().is_empty());
    assert!(open(&checked, &message));
    seal(&checked, 10);
    assert_eq!(*check.1.lock().unwrap(), [Purpose::Decrypt, Purpose::Encrypt]);

    scene.kms.disabled.lock().unwrap().insert(KEY.to_owned());
    assert!(open(&unchecked, &message));
    assert!(!open(&checked, &message));
    let options = options(Suite::CommittedSigned, 64);
    let sealed = strongroom_envelope::encrypt(&checked, &[0; 10], &options, &SystemEntropy);
    assert!(block_on(sealed).unwrap_err().to_string().contains("DisabledException"));
    // What was not usable is forgotten, so that it is fetched anew.
    scene.kms.disabled.lock().unwrap().clear();
    assert_eq!(scene.requests(|| assert!(open(&checked, &message))), 1);
}
