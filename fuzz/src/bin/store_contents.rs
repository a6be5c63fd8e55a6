//! A store and a journal that somebody else has altered: the server does not start, or what it serves
//! is right. A record that was taken away, added or put at another version is noticed at the start.
#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use serde_json::json;
use strongroom_engine::ports::Versioned;
use strongroom_testkit::{Kit, World, base64};

const MARKED: &[u8] = b"what is in the ciphertext";

#[derive(Arbitrary, Debug)]
enum Change {
    /// A byte of a value.
    Flip(u8, u16, u8),
    /// The end of a value.
    Cut(u8, u16),
    Remove(u8),
    Version(u8, u64),
    /// The value of another record.
    Swap(u8, u8),
    Add(Vec<u8>, Vec<u8>, u64),
    /// A byte of the journal.
    FlipJournal(u16, u8),
    CutJournal(u16),
    RemoveJournal,
}

struct Scene {
    world: World,
    ciphertext: String,
}

thread_local! {
    static SCENE: Scene = scene();
}

fn scene() -> Scene {
    let kit = Kit::new();
    let key = kit.create_key().to_string();
    let _ = kit.call("CreateAlias", &json!({"AliasName": "alias/a", "TargetKeyId": key})).ok();
    kit.create_principal("arn:aws:iam::111122223333:user/user");
    let grant = json!({"KeyId": key, "GranteePrincipal": "arn:aws:iam::111122223333:user/user",
                       "Operations": ["Decrypt"]});
    let _ = kit.call("CreateGrant", &grant).ok();
    let input = json!({"KeyId": key, "Plaintext": base64(MARKED)});
    let ciphertext = kit.call("Encrypt", &input).ok().string("CiphertextBlob");
    Scene { world: kit.stop(), ciphertext }
}

fuzz_target!(|changes: Vec<Change>| {
    SCENE.with(|scene| {
        let mut world = scene.world.snapshot();
        let places = set(&world);
        for change in changes.into_iter().take(4) {
            alter(&mut world, change);
        }
        let is_other = set(&world) != places;
        let Ok(kit) = world.open_as_it_is() else { return };
        assert!(!is_other, "the set of records is another, and the server starts");
        let decrypted = kit.call("Decrypt", &json!({"CiphertextBlob": scene.ciphertext}));
        if decrypted.is_ok() {
            assert_eq!(decrypted.bytes("Plaintext"), MARKED);
        }
        for (operation, input) in [
            ("ListKeys", json!({})),
            ("ListAliases", json!({})),
            ("ListGrants", json!({"KeyId": "alias/a"})),
            ("CreateKey", json!({})),
        ] {
            let _ = kit.call(operation, &input).json();
        }
        let users = kit.block_on(kit.owner().iam("ListUsers", &[]));
        assert!(users.text().contains("RequestId"));
        let _ = kit.world.try_trail();
    });
});

/// The places and versions of the records that the head's digest is of.
fn set(world: &World) -> Vec<(Vec<u8>, u64)> {
    let entries = world.contents().into_iter().filter(|entry| !entry.key.starts_with(b"d/"));
    entries.map(|entry| (entry.key, entry.found.version)).collect()
}

fn alter(world: &mut World, change: Change) {
    let entries = world.store.entries();
    let Some(last) = entries.len().checked_sub(1) else { return };
    let entry = |number: u8| entries[usize::from(number) % (last + 1)].clone();
    let put = |world: &World, place: &[u8], version: u64, value: Vec<u8>| {
        world.put_behind_its_back(place, Some(Versioned { version, value }));
    };
    match change {
        Change::Flip(number, at, with) => {
            let mut entry = entry(number);
            let at = usize::from(at) % entry.found.value.len().max(1);
            if let Some(byte) = entry.found.value.get_mut(at) {
                *byte ^= with;
            }
            put(world, &entry.key, entry.found.version, entry.found.value);
        }
        Change::Cut(number, at) => {
            let mut entry = entry(number);
            entry.found.value.truncate(usize::from(at));
            put(world, &entry.key, entry.found.version, entry.found.value);
        }
        Change::Remove(number) => world.put_behind_its_back(&entry(number).key, None),
        Change::Version(number, version) => {
            let entry = entry(number);
            put(world, &entry.key, version, entry.found.value);
        }
        Change::Swap(one, other) => {
            let (one, other) = (entry(one), entry(other));
            put(world, &one.key, one.found.version, other.found.value);
        }
        Change::Add(key, value, version) => {
            if !key.is_empty() && key.len() <= 256 {
                put(world, &key, version, value);
            }
        }
        Change::FlipJournal(at, with) => journal(world, |bytes| {
            let at = usize::from(at) % bytes.len().max(1);
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= with;
            }
        }),
        Change::CutJournal(at) => journal(world, |bytes| bytes.truncate(usize::from(at))),
        Change::RemoveJournal => world.replace_journal(&[]),
    }
}

fn journal(world: &mut World, edit: impl FnOnce(&mut Vec<u8>)) {
    let mut segments = world.journal();
    if let Some((_, bytes)) = segments.last_mut() {
        edit(bytes);
    }
    world.replace_journal(&segments);
}
