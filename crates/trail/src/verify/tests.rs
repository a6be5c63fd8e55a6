use super::*;
use crate::anchor::Anchor;
use crate::testing::{
    BUCKET, Bucket, HOUR, START, Trail, block_on, chain, digest_key, event, keys,
};
use crate::{gzip, log_file};
use strongroom_engine::ports::archive::Object;

/// A window without bounds.
const ALL: Window = Window { from: None, to: None };

fn end(hour: i64) -> Timestamp {
    START.plus_millis(hour * HOUR)
}

/// What is found wrong with a trail of four hours once `tamper` has been at it.
fn findings(
    heads: impl Fn(&Trail) -> Vec<Head>,
    tamper: impl Fn(&mut Trail),
) -> Vec<(Kind, String)> {
    let mut trail = Trail::of_hours(4);
    let heads = heads(&trail);
    assert_eq!(trail.verify(&heads, ALL).findings, []);
    tamper(&mut trail);
    let report = trail.verify(&heads, ALL);
    let object = |finding: Finding| {
        assert!(finding.what.len() > 20, "{}", finding.what);
        (finding.kind, finding.object.trim_start_matches("bucket/").to_owned())
    };
    report.findings.into_iter().map(object).collect()
}

fn headless(_: &Trail) -> Vec<Head> {
    Vec::new()
}

fn log_keys(trail: &Trail) -> Vec<String> {
    trail.bucket.change(|objects| {
        objects.keys().filter(|key| LogName::parse(key).is_some()).cloned().collect()
    })
}

fn object<T>(trail: &Trail, key: &str, change: impl FnOnce(&mut Object) -> T) -> T {
    trail.bucket.change(|objects| change(objects.get_mut(key).unwrap()))
}

/// Puts another content into a log file.
fn rewrite(trail: &Trail, key: &str, from: &str, to: &str) {
    object(trail, key, |object| {
        let content = gzip::decompress(&object.body, gzip::MAX_CONTENT).unwrap();
        let text = String::from_utf8(content).unwrap();
        assert!(text.contains(from));
        object.body = gzip::compress(text.replace(from, to).as_bytes()).unwrap();
    });
}

#[test]
fn a_sound_trail_is_sound_and_counted() {
    let mut trail = Trail::of_hours(4);
    let late = trail.deliver(end(4), &[event(end(4), 1, ("Encrypt", "bob", "k"))]);
    let report = trail.verify(&[trail.head()], ALL);
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((report.digests, report.log_files, report.records), (4, 6, 18));
    assert_eq!(report.pending, [late]);
    assert_eq!(report.from.as_deref(), Some("2026-11-22T06:00:00Z"));
    assert_eq!(report.to.as_deref(), Some("2026-11-22T10:00:00Z"));
    assert!(report.notes.is_empty());
    // Without a head that is a note.
    assert_eq!(trail.verify(&[], ALL).notes.len(), 1);
    assert_eq!(block_on(chains(&trail.bucket, BUCKET, None)).unwrap(), [chain()]);
}

#[test]
fn log_files_that_were_changed_or_removed_are_found() {
    let key = |trail: &Trail| log_keys(trail)[1].clone();
    let expected = key(&Trail::of_hours(1));
    let altered = findings(headless, |trail| rewrite(trail, &key(trail), "Decrypt", "Encrypt"));
    assert_eq!(altered, [(Kind::LogAltered, expected.clone())]);
    let removed = findings(headless, |trail| {
        let key = key(trail);
        trail.bucket.change(|objects| objects.remove(&key));
    });
    assert_eq!(removed, [(Kind::LogMissing, expected.clone())]);
    let longer = findings(headless, |trail| object(trail, &key(trail), |o| o.body.push(0)));
    assert_eq!(longer, [(Kind::LogAltered, expected.clone())]);
    let cut = findings(headless, |trail| object(trail, &key(trail), |o| o.body.truncate(50)));
    assert_eq!(cut, [(Kind::LogAltered, expected.clone())]);
    let swapped = findings(headless, |trail| {
        let other = object(trail, &log_keys(trail)[0], |object| object.clone());
        object(trail, &key(trail), |object| *object = other);
    });
    assert_eq!(swapped, [(Kind::LogAltered, expected)]);
}

#[test]
fn files_that_nobody_named_are_found() {
    let time = START.plus_millis(15 * Timestamp::MINUTE);
    let key = |trail: &mut Trail| trail.deliver(time, &[event(time, 9, ("Encrypt", "eve", "k"))]);
    let expected = key(&mut Trail::default());
    let extra = findings(headless, |trail| drop(key(trail)));
    assert_eq!(extra, [(Kind::Extra, expected)]);
    for name in ["notes.txt", "x_CloudTrail_y.json.gz"] {
        let odd = format!("AWSLogs/111122223333/CloudTrail/eu-west-2/2026/11/22/{name}");
        let found =
            findings(headless, |trail| trail.bucket.put_now(&odd, Vec::new(), BTreeMap::new()));
        assert_eq!(found, [(Kind::Extra, odd.clone())]);
        let odd = odd.replace("CloudTrail/", "CloudTrail-Digest/");
        let found =
            findings(headless, |trail| trail.bucket.put_now(&odd, Vec::new(), BTreeMap::new()));
        assert_eq!(found, [(Kind::Extra, odd)]);
    }
}

#[test]
fn digests_that_were_changed_removed_or_moved_are_found() {
    let second = digest_key(end(2));
    let changed = findings(headless, |trail| {
        object(trail, &second, |object| {
            let content = gzip::decompress(&object.body, 10_000).unwrap();
            let text = String::from_utf8(content).unwrap().replace("SHA256", "SHA257");
            object.body = gzip::compress(text.as_bytes()).unwrap();
        });
    });
    let both = [(Kind::DigestSignature, second.clone()), (Kind::DigestRewritten, second.clone())];
    assert_eq!(changed.len(), 2);
    assert!(both.iter().all(|finding| changed.contains(finding)), "{changed:?}");
    let unsigned = findings(headless, |trail| object(trail, &second, |o| o.metadata.clear()));
    assert!(unsigned.contains(&both[0]), "{unsigned:?}");
    let unreadable = findings(headless, |trail| object(trail, &second, |o| o.body.clear()));
    assert_eq!(unreadable, [(Kind::DigestUnreadable, second.clone())]);
    let first = digest_key(end(1));
    for key in [&first, &second] {
        let removed = findings(headless, |trail| {
            trail.bucket.change(|objects| objects.remove(key));
        });
        assert_eq!(removed, [(Kind::DigestMissing, key.clone())]);
    }
    let renamed = findings(headless, |trail| {
        trail.bucket.change(|objects| {
            let object = objects.remove(&second).unwrap();
            objects.insert(digest_key(end(2).plus_millis(1000)), object);
        });
    });
    assert_eq!(renamed[0], (Kind::DigestMissing, second.clone()));
    assert!(renamed.iter().any(|(kind, _)| *kind == Kind::DigestMoved), "{renamed:?}");
    let replaced = findings(headless, |trail| {
        let older = object(trail, &first, |object| object.clone());
        object(trail, &second, |object| *object = older);
    });
    assert_eq!(replaced[0], (Kind::DigestMoved, second));
}

#[test]
fn an_end_that_was_taken_away_is_found_with_the_head_or_an_anchor_only() {
    let newest = digest_key(end(4));
    let remove = |trail: &mut Trail| {
        trail.bucket.change(|objects| {
            objects.remove(&newest);
            objects.retain(|key, _| LogName::parse(key).is_none_or(|name| name.time < end(3)));
        });
    };
    assert_eq!(findings(headless, remove), []);
    let expected = [(Kind::Truncated, newest.clone())];
    assert_eq!(findings(|trail| vec![trail.head()], remove), expected);
    let anchored = |trail: &Trail| {
        let line = serde_json::to_string(&trail.anchor()).unwrap();
        let Anchor { key, hash, .. } = Anchor::parse(&line, &keys()).unwrap();
        vec![Head { source: "the anchor".to_owned(), key, hash, files: Vec::new() }]
    };
    assert_eq!(findings(anchored, remove), expected);
    // An anchor holds for what comes after it, too.
    let mut trail = Trail::of_hours(4);
    let heads = anchored(&trail);
    trail.close(end(5));
    assert!(trail.verify(&heads, ALL).is_sound());
}

#[test]
fn what_the_key_itself_wrote_anew_is_found() {
    let second = digest_key(end(3));
    let middle = |trail: &mut Trail| {
        let (mut digest, _) = trail.digests[2].clone();
        digest.log_files.clear();
        trail.put_digest(digest);
        let gone = log_keys(trail).into_iter().filter(|key| key.contains("T08"));
        gone.for_each(|key| drop(trail.bucket.change(|objects| objects.remove(&key))));
    };
    assert_eq!(findings(headless, middle), [(Kind::DigestRewritten, second)]);
    let newest = |trail: &mut Trail| {
        let (mut digest, _) = trail.digests[3].clone();
        digest.newest_event_time = None;
        trail.put_digest(digest);
    };
    assert_eq!(findings(headless, newest), []);
    let found = findings(|trail| vec![trail.head()], newest);
    assert_eq!(found, [(Kind::DigestRewritten, digest_key(end(4)))]);
}

#[test]
fn gaps_and_chains_that_begin_anew_are_found() {
    let again = |change: fn(&mut crate::digest::Digest)| {
        move |trail: &mut Trail| {
            let (mut digest, _) = trail.digests[3].clone();
            change(&mut digest);
            trail.put_digest(digest);
        }
    };
    let newest = digest_key(end(4));
    let gap = again(|digest| digest.digest_start_time = "2026-11-22T09:00:01Z".to_owned());
    assert_eq!(findings(headless, gap), [(Kind::Gap, newest.clone())]);
    let anew = again(|digest| {
        digest.previous_digest_s3_object = None;
        digest.previous_digest_s3_bucket = None;
        digest.previous_digest_hash_value = None;
        digest.previous_digest_signature = None;
    });
    assert_eq!(findings(headless, anew), [(Kind::Restart, newest.clone())]);
    let skipping = again(|digest| digest.previous_digest_s3_object = Some(digest_key(end(2))));
    assert_eq!(findings(headless, skipping), [(Kind::Gap, newest)]);
}

#[test]
fn records_that_do_not_belong_are_found_though_signed() {
    let time = end(4).plus_millis(Timestamp::MINUTE);
    for (from, to) in [
        ("\"recipientAccountId\":\"111122223333\"", "\"recipientAccountId\":\"444455556666\""),
        ("\"awsRegion\":\"eu-west-2\"", "\"awsRegion\":\"eu-west-1\""),
        ("\"eventTime\":\"2026", "\"eventTime\":\"2025"),
        ("\"eventTime\"", "\"time\""),
    ] {
        let found = findings(headless, |trail| {
            let mut event = event(time, 1, ("Decrypt", "ann", "k"));
            event.json = event.json.replace(from, to);
            trail.deliver(time, &[event]);
            trail.close(end(5));
        });
        assert_eq!(found.len(), 1, "{from}");
        assert_eq!(found[0].0, Kind::LogMalformed);
    }
    // A content that is no list of records.
    let found = findings(headless, |trail| {
        let key = trail.deliver(time, &[]);
        let body = gzip::compress(&[log_file::content(std::iter::empty()), b"x".to_vec()].concat());
        object(trail, &key, |object| object.body = body.unwrap());
        trail.close(end(5));
    });
    assert_eq!(found[0].0, Kind::LogAltered);
}

#[test]
fn a_window_leaves_the_rest_alone() {
    let trail = Trail::of_hours(4);
    let first = log_keys(&trail)[0].clone();
    rewrite(&trail, &first, "Decrypt", "Encrypt");
    let later = Window { from: Some(end(2)), to: Some(end(3)) };
    let report = trail.verify(&[trail.head()], later);
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((report.digests, report.log_files), (1, 2));
    let report = trail.verify(&[], Window { from: None, to: Some(end(1)) });
    assert_eq!(report.findings.len(), 1);
    // What the first digest of a window says of the one before counts.
    let mut trail = Trail::of_hours(4);
    let (mut digest, _) = trail.digests[1].clone();
    digest.newest_event_time = Some(String::new());
    trail.put_digest(digest);
    assert_eq!(trail.verify(&[], later).findings[0].kind, Kind::DigestRewritten);
}

#[test]
fn waiting_files_are_compared_with_the_store() {
    let mut trail = Trail::of_hours(2);
    let key = trail.deliver(end(2), &[event(end(2), 1, ("Encrypt", "bob", "k"))]);
    let head = trail.head();
    rewrite(&trail, &key, "Encrypt", "Decrypt");
    assert_eq!(trail.verify(std::slice::from_ref(&head), ALL).findings[0].kind, Kind::LogAltered);
    trail.bucket.change(|objects| objects.remove(&key));
    assert_eq!(trail.verify(&[head], ALL).findings[0].kind, Kind::LogMissing);
}

#[test]
fn files_that_only_look_as_if_they_waited_are_found_with_the_store() {
    let mut trail = Trail::of_hours(2);
    let late = end(2).plus_millis(Timestamp::MINUTE);
    let known = trail.deliver(end(2), &[event(end(2), 1, ("Encrypt", "bob", "k"))]);
    let heads = [trail.head()];
    let forged = trail.deliver(late, &[event(late, 2, ("Encrypt", "eve", "k"))]);
    let mut report = trail.verify(&heads, ALL);
    assert_eq!(report.pending, [known.clone(), forged.clone()]);
    // What another head knows, of a trail beside this or later, is no finding.
    assert_eq!(report.unknown(&BTreeSet::from([forged.clone()])).count(), 0);
    let unknown: BTreeSet<String> = report.unknown(&BTreeSet::new()).cloned().collect();
    assert_eq!(unknown, BTreeSet::from([forged]));
    report.disown(&unknown);
    assert_eq!((report.findings.len(), report.findings[0].kind), (1, Kind::Extra));
    assert_eq!(report.pending, [known]);
    assert!(report.has_extra());
    // The newest digest is before the window; what waits is compared nevertheless.
    let now = Window { from: Some(end(2)), to: None };
    rewrite(&trail, &report.pending[0], "Encrypt", "Decrypt");
    assert_eq!(trail.verify(&heads, now).findings[0].kind, Kind::LogAltered);
}

#[test]
fn files_delivered_late_wait_as_others_do() {
    let mut trail = Trail::of_hours(3);
    let time = START.plus_millis(15 * Timestamp::MINUTE);
    let late = trail.deliver(time, &[event(time, 9, ("Encrypt", "bob", "k"))]);
    assert!(trail.verify(&[], ALL).has_extra());
    let report = trail.verify(&[trail.head()], ALL);
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.pending, [late]);
    trail.close(end(4));
    assert!(trail.verify(&[trail.head()], ALL).is_sound());
    // And of a time that no digest tells of.
    let time = START.plus_millis(-Timestamp::MINUTE);
    trail.deliver(time, &[event(time, 9, ("Encrypt", "bob", "k"))]);
    assert_eq!(trail.verify(&[trail.head()], ALL).notes, Vec::<String>::new());
}

#[test]
fn old_digests_that_were_removed_are_no_finding_of_a_later_window() {
    let remove = |trail: &Trail, hours: &[i64]| {
        let gone = hours.iter().map(|hour| digest_key(end(*hour)));
        gone.for_each(|key| drop(trail.bucket.change(|objects| objects.remove(&key))));
    };
    let window = Window { from: Some(end(2)), to: None };
    let trail = Trail::of_hours(4);
    remove(&trail, &[1, 2]);
    let report = trail.verify(&[trail.head()], window);
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((report.digests, report.notes.len()), (2, 1));
    assert_eq!(trail.verify(&[trail.head()], ALL).findings[0].kind, Kind::DigestMissing);
    remove(&trail, &[3]);
    let report = trail.verify(&[trail.head()], window);
    assert_eq!(report.findings[0].kind, Kind::DigestMissing);
}

#[test]
fn trails_in_one_bucket_do_not_disturb_each_other() {
    let mut trail = Trail::of_hours(2);
    let time = START.plus_millis(15 * Timestamp::MINUTE);
    trail.deliver(time, &[event(time, 9, ("Encrypt", "eve", "k"))]);
    let (mut digest, _) = trail.digests[0].clone();
    digest.log_files = std::mem::take(&mut trail.waiting);
    let home = trail_home();
    let other =
        crate::object_name::digest(None, chain().account, chain().region, ("other", home), end(1));
    digest.digest_s3_object = other;
    trail.put_digest(digest);
    assert!(trail.verify(&[], ALL).is_sound());
    let other = Chain { trail: "other".to_owned(), ..chain() };
    let report = block_on(verify(&trail.bucket, &other, &keys(), &[], ALL)).unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((report.digests, report.records), (1, 1));
    assert_eq!(block_on(chains(&trail.bucket, BUCKET, None)).unwrap(), [chain(), other]);
}

fn trail_home() -> Region {
    chain().home
}

#[test]
fn other_keys_verify_nothing_and_forged_anchors_are_refused() {
    let trail = Trail::of_hours(2);
    let report =
        block_on(verify(&trail.bucket, &chain(), &PublicKeys::default(), &[], ALL)).unwrap();
    assert!(report.findings.iter().all(|finding| finding.kind == Kind::UnknownKey));
    assert_eq!(report.findings.len(), 2);
    let mut anchor = trail.anchor();
    anchor.end = "2027-01-01T00:00:00Z".to_owned();
    let line = serde_json::to_string(&anchor).unwrap();
    assert!(Anchor::parse(&line, &keys()).unwrap_err().contains("signature"));
    assert!(Anchor::parse("{}", &keys()).is_err());
    let empty = block_on(verify(&Bucket::default(), &chain(), &keys(), &[], ALL)).unwrap();
    assert!(empty.is_sound() && empty.notes.iter().any(|note| note.contains("no digest")));
}
