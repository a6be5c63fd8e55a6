//! A store and a journal that somebody else has altered: the server does not start, or what it serves
//! is right. A record that was taken away, added or put at another version is noticed at the start.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::json;
use strongroom_engine::ports::Versioned;
use strongroom_testkit::{Kit, World, base64};

const MARKED: &[u8] = b"what is in the ciphertext";

/// What is done, to which record, and with what: six bytes of the input.
#[derive(Clone, Copy)]
struct Change {
    what: u8,
    number: u8,
    at: u16,
    with: u8,
    other: u8,
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

fuzz_target!(|bytes: &[u8]| {
    SCENE.with(|scene| {
        let mut world = scene.world.snapshot();
        let places = set(&world);
        for change in bytes.chunks_exact(6).take(4) {
            let &[what, number, high, low, with, other] = change else { return };
            let at = u16::from_be_bytes([high, low]);
            alter(&mut world, Change { what, number, at, with, other }, bytes);
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

/// The places and versions of the records that the head's digest is of. Where a place begins with
/// 0xff the server never looks, and no digest.
fn set(world: &World) -> Vec<(Vec<u8>, u64)> {
    let seen = |key: &[u8]| !key.starts_with(b"d/") && !key.starts_with(&[0xff]);
    let entries = world.contents().into_iter().filter(|entry| seen(&entry.key));
    entries.map(|entry| (entry.key, entry.found.version)).collect()
}

fn alter(world: &mut World, change: Change, bytes: &[u8]) {
    let Change { what, number, at, with, other } = change;
    let entries = world.store.entries();
    let nth = |number: u8| entries[usize::from(number) % entries.len()].clone();
    if entries.is_empty() {
        return;
    }
    let (mut entry, other) = (nth(number), nth(other));
    let Versioned { version, value } = &mut entry.found;
    match what % 10 {
        // A byte of a value; its end; the value of another record; another version.
        0 => flip(value, at, with),
        1 => value.truncate(usize::from(at)),
        2 => value.clone_from(&other.found.value),
        3 => *version = version.saturating_add_signed(i64::from(with.cast_signed())).max(1),
        // A record that is taken away, put elsewhere, or anything.
        4 => return world.put_behind_its_back(&entry.key, None),
        5 => entry.key.push(with),
        6 => {
            entry.key = bytes.iter().copied().take(40).collect();
            value.extend_from_slice(bytes);
        }
        // The journal.
        7 => return journal(world, |bytes| flip(bytes, at, with)),
        8 => return journal(world, |bytes| bytes.truncate(usize::from(at))),
        _ => return world.replace_journal(&[]),
    }
    world.put_behind_its_back(&entry.key, Some(entry.found));
}

fn flip(bytes: &mut [u8], at: u16, with: u8) {
    let at = usize::from(at) % bytes.len().max(1);
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= with;
    }
}

fn journal(world: &mut World, edit: impl FnOnce(&mut Vec<u8>)) {
    let mut segments = world.journal();
    if let Some((_, bytes)) = segments.last_mut() {
        edit(bytes);
    }
    world.replace_journal(&segments);
}
