//! The ledger: what was answered is there after any stop, what was never durable is set aside, and
//! whatever was done to store or journal behind the server's back is noticed when it starts.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use serde_json::json;
use std::ops::Range;
use strongroom_engine::ledger::{OpenError, Position, RecoveryError};
use strongroom_engine::ports::Versioned;
use strongroom_keys::SegmentHeader;
use strongroom_testkit::{Answer, Client, Kit, Port, World, base64};
use strongroom_types::KeyArn;

fn encrypt(kit: &Kit, key: &KeyArn) -> Answer {
    kit.call("Encrypt", &json!({"KeyId": key.to_string(), "Plaintext": base64(b"secret")}))
}

/// A world with a key, `uses` records of its use in groups of one, and one last group of three.
fn used(uses: usize) -> (World, KeyArn) {
    let kit = Kit::new();
    let key = kit.create_key();
    for _ in 0..uses {
        let _ = encrypt(&kit, &key).ok();
    }
    // Three tasks that are begun before the journal's writer has its turn again.
    let input = json!({"KeyId": key.to_string(), "Plaintext": base64(b"secret")});
    let tasks = kit.block_on(async {
        let call = |client: Client| {
            let input = input.clone();
            kit.spawn(async move { client.call("Encrypt", &input).await })
        };
        [call(kit.owner()), call(kit.owner()), call(kit.owner())]
    });
    for task in tasks {
        let _ = kit.block_on(task).unwrap().ok();
    }
    (kit.stop(), key)
}

/// Where the frames of a segment are: 4 bytes of length, 8 bytes, and so many more.
fn frames(segment: &[u8]) -> Vec<Range<usize>> {
    let mut at = SegmentHeader::LEN;
    let mut found = Vec::new();
    while at < segment.len() {
        let length = u32::from_be_bytes(segment[at..at + 4].try_into().unwrap());
        let end = at + 20 + usize::try_from(length).unwrap();
        found.push(at..end);
        at = end;
    }
    found
}

/// A separate world whose newest segment is `edit`ed.
fn with_newest(world: &World, edit: impl FnOnce(&mut Vec<u8>)) -> World {
    let mut world = world.snapshot();
    let mut segments = world.journal();
    edit(&mut segments.last_mut().unwrap().1);
    world.replace_journal(&segments);
    world
}

/// Opens `world` and checks that the first `whole` frames of its journal are all that is left of
/// it, that `torn` bytes are kept aside, and that it serves.
fn check_recovered(world: World, whole: usize, torn: &[u8], key: &KeyArn, records: usize) {
    let newest = world.journal().last().unwrap().0;
    let kit = world.open().unwrap();
    let position = Position { segment: newest, frames: u64::try_from(whole).unwrap() };
    assert_eq!(kit.recovered.position, position);
    assert_eq!(kit.recovered.torn, torn.len());
    let aside: Vec<u8> = kit.world.log.torn().into_iter().flat_map(|(_, bytes)| bytes).collect();
    if torn.iter().any(|byte| *byte != 0) {
        assert_eq!(aside, torn);
    }
    assert_eq!(kit.world.trail().len(), records);
    let _ = encrypt(&kit, key).ok();
    let kit = kit.restart();
    assert_eq!(kit.world.trail().len(), records + 1);
}

#[test]
fn a_tail_torn_at_any_byte_of_the_last_group_is_set_aside() {
    let (world, key) = used(2);
    let records = world.trail().len();
    let segment = world.journal().last().unwrap().1.clone();
    let frames = frames(&segment);
    let group = frames[frames.len() - 3].start;
    for cut in group..=segment.len() {
        let whole = frames.iter().filter(|frame| frame.end <= cut).count();
        let end = frames[whole - 1].end;
        let torn = with_newest(&world, |bytes| bytes.truncate(cut));
        let lost = frames.len() - whole;
        check_recovered(torn, whole, &segment[end..cut], &key, records - lost);
    }
}

/// What a crash leaves of a write need not be its beginning: blocks of it may be missing.
#[test]
fn a_group_torn_in_its_middle_is_set_aside() {
    let (world, key) = used(2);
    let records = world.trail().len();
    let segment = world.journal().last().unwrap().1.clone();
    let frames = frames(&segment);
    let group = &frames[frames.len() - 3..];
    for (at, frame) in group.iter().enumerate() {
        for hole in [frame.start..frame.end, frame.start + 20..frame.end] {
            let mut holed = segment.clone();
            holed[hole].fill(0);
            let world = with_newest(&world, |bytes| bytes.clone_from(&holed));
            let whole = frames.len() - 3 + at;
            let torn = &holed[frame.start..];
            let torn = if torn.iter().all(|byte| *byte == 0) { &[] } else { torn };
            check_recovered(world, whole, torn, &key, records - (3 - at));
        }
    }
}

/// Zeros behind the last frame are room that the medium has reserved.
#[test]
fn reserved_room_is_no_damage() {
    let (world, key) = used(1);
    let (records, whole) = (world.trail().len(), frames(&world.journal().last().unwrap().1).len());
    let reserved = with_newest(&world, |bytes| bytes.extend_from_slice(&[0; 4096]));
    check_recovered(reserved, whole, &[], &key, records);
}

#[test]
fn a_flipped_bit_in_what_was_durable_is_damage() {
    let (world, _) = used(3);
    let segment = world.journal().last().unwrap().1.clone();
    let frames = frames(&segment);
    // Every frame before the last group was durable when the group was written.
    for (number, frame) in frames.iter().take(frames.len() - 3).enumerate() {
        for at in frame.clone() {
            let flipped = with_newest(&world, |bytes| bytes[at] ^= 1);
            let found = flipped.open().err();
            let expected = match found {
                // The store knows of the frame, too.
                Some(OpenError::JournalCut { .. }) => continue,
                _ => RecoveryError::Damaged {
                    segment: world.journal().last().unwrap().0,
                    frame: u64::try_from(number).unwrap(),
                },
            };
            assert_eq!(found, Some(OpenError::Journal(expected)), "frame {number}, byte {at}");
        }
    }
}

/// Also when the store knows nothing of the segment yet, which would otherwise be set aside as one
/// that was never begun whole.
#[test]
fn a_flipped_bit_in_the_header_is_damage() {
    let kit = used(0).0.open().unwrap();
    let _ = kit.call("ListKeys", &json!({})).ok();
    let world = kit.stop();
    let newest = world.journal().last().unwrap().0;
    assert!(world.head().journal.segment < newest);
    for at in 0..SegmentHeader::LEN {
        let flipped = with_newest(&world, |bytes| bytes[at] ^= 1);
        assert!(flipped.open().is_err(), "byte {at}");
    }
}

/// A crash while a segment was begun: header and first frame are one write.
#[test]
fn a_segment_that_was_never_begun_whole_is_set_aside() {
    let (world, key) = used(1);
    let records = world.trail().len();
    let kit = world.open().unwrap();
    let begun = kit.stop().journal().last().unwrap().clone();
    let (world, _) = used(1);
    for cut in 0..begun.1.len() {
        let mut world = world.snapshot();
        let mut segments = world.journal();
        segments.push((begun.0, begun.1[..cut].to_vec()));
        world.replace_journal(&segments);
        let kit = world.open().unwrap();
        assert_eq!(kit.recovered.newest, begun.0, "cut at {cut}");
        assert_eq!(kit.world.trail().len(), records, "cut at {cut}");
        let _ = encrypt(&kit, &key).ok();
    }
}

#[test]
fn an_older_store_is_refused() {
    let kit = Kit::new();
    let older = kit.world.store.snapshot();
    let _ = kit.create_key();
    let mut world = kit.stop();
    let reached = world.head().commits;
    world.store = older;
    let found = world.snapshot().open().err();
    // The first key of a Region comes with a commit for the Region's domain key.
    let expected = OpenError::StoreOlder { store: reached - 2, journal: reached };
    assert_eq!(found, Some(expected));
    // Also when it is all there is of a store: the journal remembers.
    world.put_behind_its_back(b"head", None);
    assert!(matches!(world.open().err(), Some(OpenError::StoreOlder { store: 0, .. })));
}

#[test]
fn a_journal_that_ends_too_early_is_refused() {
    let kit = Kit::new();
    let key = kit.create_key();
    let kit = kit.restart();
    for _ in 0..3 {
        let _ = encrypt(&kit, &key).ok();
    }
    // The store is told how far the journal was.
    let _ = kit.create_key();
    let world = kit.stop();
    let known = world.head().journal;
    let segments = world.journal();
    assert_eq!(segments.last().unwrap().0, known.segment);

    let whole = frames(&segments.last().unwrap().1);
    for frame in &whole[..usize::try_from(known.frames).unwrap()] {
        let cut = with_newest(&world, |bytes| bytes.truncate(frame.start));
        assert!(matches!(cut.open().err(), Some(OpenError::JournalCut { .. })));
    }
    for kept in 0..segments.len() {
        let mut cut = world.snapshot();
        cut.replace_journal(&segments[..kept]);
        let Err(OpenError::JournalCut { store, .. }) = cut.open() else {
            panic!("{kept} segments")
        };
        assert_eq!(store, known);
    }
}

/// A segment that is missing between others does not keep the server from starting, which reads
/// the end only; but the trail is not read as if it were whole.
#[test]
fn a_segment_missing_from_the_middle_is_missed() {
    let (world, _) = used(1);
    let world = world.open().unwrap().restart().restart().stop();
    let segments = world.journal();
    assert!(segments.len() > 3);
    assert!(world.try_trail().is_ok());
    for missing in 0..segments.len() - 1 {
        let mut rest = segments.clone();
        rest.remove(missing);
        let mut world = world.snapshot();
        world.replace_journal(&rest);
        let before = segments[missing + 1].0;
        assert_eq!(world.try_trail(), Err(RecoveryError::Missing { segment: before }));
    }
}

/// What stands at each counted place of the store.
fn places(world: &World) -> Vec<Vec<u8>> {
    let entries = world.store.entries().into_iter().map(|entry| entry.key);
    entries.filter(|key| !key.starts_with(b"d/") && key != b"root" && key != b"head").collect()
}

#[test]
fn a_record_taken_away_added_or_put_back_is_noticed() {
    let kit = Kit::new();
    let key = kit.create_key();
    let id = json!({"KeyId": key.to_string()});
    let _ = kit
        .call("CreateAlias", &json!({"AliasName": "alias/a", "TargetKeyId": key.to_string()}))
        .ok();
    let place = format!("k/{}/{}/{}", key.account, key.region, key.key).into_bytes();
    let enabled = kit.world.stored(&place);
    let _ = kit.call("DisableKey", &id).ok();
    let world = kit.stop();

    let altered = |place: &[u8], found: Option<Versioned>| {
        let world = world.snapshot();
        world.put_behind_its_back(place, found);
        assert_eq!(world.open().err(), Some(OpenError::Altered), "{place:?}");
    };
    // Put back: the record is authentic, at the version it had.
    altered(&place, enabled);
    // Taken away: key, alias, index, accounts, credentials and audit records alike.
    for place in places(&world) {
        altered(&place, None);
    }
    // Added: a copy in another place.
    let copied = world.stored(&place);
    let another = [&place[..place.len() - 1], b"0"].concat();
    let added = world.snapshot();
    added.put_behind_its_back(&another, copied);
    // It does not open where it is, so it is named.
    let records = vec![String::from_utf8(another).unwrap()];
    assert_eq!(added.open().err(), Some(OpenError::Damaged { records }));
    // And so is one whose version is not what it was.
    let mut found = world.stored(&place).unwrap();
    found.version ^= 4;
    let moved = world.snapshot();
    moved.put_behind_its_back(&place, Some(found));
    let records = vec![String::from_utf8(place).unwrap()];
    assert_eq!(moved.open().err(), Some(OpenError::Damaged { records }));
    altered(b"root", None);
}

#[test]
fn a_record_whose_bytes_are_altered_is_not_served() {
    let kit = Kit::new();
    let key = kit.create_key();
    let world = kit.stop();
    let place = format!("k/{}/{}/{}", key.account, key.region, key.key).into_bytes();
    let found = world.stored(&place).unwrap();
    for at in 0..found.value.len() {
        let mut altered = found.clone();
        altered.value[at] ^= 0x10;
        let world = world.snapshot();
        world.put_behind_its_back(&place, Some(altered));
        let kit = world.open().unwrap();
        let answer = kit.call("DescribeKey", &json!({"KeyId": key.to_string()}));
        assert_eq!((answer.status, answer.code().as_str()), (500, "KMSInternalException"));
    }
}

#[test]
fn another_root_key_is_refused_by_name() {
    let mut world = Kit::new().stop();
    world.root = [0x6b; 32];
    let before = world.store.entries();
    let Err(OpenError::RootKey { store, given }) = world.snapshot().open() else { panic!() };
    assert_ne!(store, given);
    assert_eq!(world.store.entries(), before);
}

/// A full disk: the request fails, and the next goes on in a segment of its own.
#[test]
fn after_a_failed_append_the_journal_goes_on_in_another_segment() {
    let kit = Kit::new();
    let key = kit.create_key();
    let segments = kit.world.journal().len();
    kit.world.faults.nth(&[Port::Append], 0);
    let failed = encrypt(&kit, &key);
    assert_eq!((failed.status, failed.code().as_str()), (500, "KMSInternalException"));
    assert_eq!(kit.world.journal().len(), segments);

    // As long as no segment can be begun, nothing is answered.
    kit.world.faults.always(&[Port::Create]);
    assert_eq!(encrypt(&kit, &key).status, 500);
    assert_eq!(encrypt(&kit, &key).status, 500);
    kit.world.faults.heal();
    let served = encrypt(&kit, &key).ok();
    assert_eq!(kit.world.journal().len(), segments + 1);

    let kit = kit.restart();
    assert!(kit.records_of(&failed).is_empty());
    assert_eq!(kit.records_of(&served).len(), 1);
}

#[test]
fn a_failed_commit_leaves_nothing_and_the_next_succeeds() {
    let kit = Kit::new();
    // The first key of a Region comes with a commit for the Region's domain key.
    let _ = kit.create_key();
    let before = kit.world.store.entries();
    kit.world.faults.nth(&[Port::Commit], 0);
    let failed = kit.call("CreateKey", &json!({}));
    assert_eq!(failed.status, 500);
    assert_eq!(kit.world.store.entries(), before);
    assert!(kit.records_of(&failed).is_empty());

    let key = kit.create_key();
    let kit = kit.restart();
    let _ = kit.call("DescribeKey", &json!({"KeyId": key.to_string()})).ok();
}

/// What cannot be told is not done: with store and journal gone, no request is answered.
#[test]
fn with_no_medium_nothing_is_answered() {
    let kit = Kit::new();
    let key = kit.create_key();
    kit.world.faults.always(&[Port::Commit, Port::Append, Port::Create]);
    for operation in ["Encrypt", "DescribeKey", "DisableKey"] {
        let input = json!({"KeyId": key.to_string(), "Plaintext": base64(b"secret")});
        assert_eq!(kit.call(operation, &input).status, 500, "{operation}");
    }
}

/// The journal's word of a commit failed to be written; the next segment brings it.
#[test]
fn an_older_store_is_refused_also_when_the_journal_missed_the_commit() {
    let kit = Kit::new();
    let key = kit.create_key();
    let older = kit.world.store.snapshot();
    kit.world.faults.nth(&[Port::Append], 0);
    let _ = kit.call("DisableKey", &json!({"KeyId": key.to_string()})).ok();
    // The word of the commit is written when the journal has its turn; this is behind it.
    let _ = kit.call("ListKeys", &json!({}));
    let _ = kit.call("ListKeys", &json!({})).ok();
    let mut world = kit.stop();
    world.store = older;
    assert!(matches!(world.open().err(), Some(OpenError::StoreOlder { .. })));
}

/// A domain key that is taken away is missed, not replaced: what it sealed would be lost for good.
#[test]
fn a_domain_key_that_is_missing_is_not_replaced() {
    let kit = Kit::new();
    let key = kit.create_key();
    let world = kit.stop();
    for place in [&b"d/global/0000000001"[..], b"d/eu-west-2/0000000001"] {
        let world = world.snapshot();
        let taken = world.stored(place);
        world.put_behind_its_back(place, None);
        if let Ok(kit) = world.snapshot().open() {
            let used = kit.call("DescribeKey", &json!({"KeyId": key.to_string()}));
            assert_eq!(used.status, 500);
            assert_eq!(kit.call("CreateKey", &json!({})).status, 500);
            assert_eq!(kit.world.stored(place), None);
        }
        world.put_behind_its_back(place, taken);
        let kit = world.open().unwrap();
        let _ = kit.call("DescribeKey", &json!({"KeyId": key.to_string()})).ok();
    }
}
