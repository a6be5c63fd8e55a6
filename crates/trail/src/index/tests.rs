use super::*;
use crate::History;
use crate::record::Record;
use crate::testing::{BUCKET, Bucket, HOUR, START, account, block_on, event, region};
use crate::{gzip, log_file};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Mutex;
use strongroom_engine::ports::archive::{
    ArchiveError, EventHistory as _, EventPage, EventPlace, EventQuery, Object, ObjectSummary,
    Objects,
};
use strongroom_engine::ports::{Boxed, Inline};
use strongroom_types::Timestamp;

/// Log files in a bucket with an index over them, and all their events.
struct Shelf {
    folder: tempfile::TempDir,
    bucket: Arc<Bucket>,
    index: Arc<Index>,
    /// By file, in the order of delivery.
    files: Vec<(String, Vec<Event>)>,
}

impl Shelf {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let index = Arc::new(Index::open(&folder.path().join("index")).unwrap());
        Self { folder, bucket: Arc::default(), index, files: Vec::new() }
    }

    fn put(&mut self, minute: i64, events: Vec<Event>) {
        let time = START.plus_millis(minute * Timestamp::MINUTE);
        let unique = format!("{:016}", self.files.len());
        let key = object_name::log_file(None, account(), region(), time, &unique);
        let content = log_file::content(events.iter().map(|event| event.json.as_str()));
        self.bucket.put_now(&key, gzip::compress(&content).unwrap(), BTreeMap::new());
        let noted: Vec<&Event> = events.iter().collect();
        self.index.note_file(account(), region(), &key, &noted).unwrap();
        self.files.push((key, events));
    }

    fn history(&self) -> History {
        let objects: Arc<dyn Objects> = self.bucket.clone();
        History::new(self.index.clone(), objects, BUCKET.to_owned(), Arc::new(Inline))
    }

    /// All pages of what is asked for.
    fn look_up(&self, mut query: EventQuery) -> Vec<String> {
        let (history, mut found) = (self.history(), Vec::new());
        loop {
            let EventPage { events, next } = block_on(history.look_up(&query)).unwrap();
            assert!(events.len() <= query.limit);
            found.extend(events);
            match next {
                Some(place) => query.after = Some(place),
                None => return found,
            }
        }
    }

    /// What is asked for, found by looking at every event.
    fn scan(&self, query: &EventQuery) -> Vec<String> {
        let events = self.files.iter().flat_map(|(_, events)| events);
        let is_wanted = |event: &&Event| {
            let record = Record::parse(&event.json).unwrap();
            let time = record.time().unwrap();
            let of = query.attribute.as_ref();
            time >= query.from
                && time <= query.to
                && of.is_none_or(|wanted| event.attributes.has((wanted.0, &wanted.1)))
        };
        events.filter(is_wanted).map(|event| event.json.clone()).collect()
    }
}

fn all() -> EventQuery {
    EventQuery {
        account: account(),
        region: region(),
        attribute: None,
        from: Timestamp::from_millis(0),
        to: Timestamp::from_millis(i64::MAX),
        limit: 50,
        after: None,
    }
}

fn by(attribute: EventAttribute, value: &str) -> EventQuery {
    EventQuery { attribute: Some((attribute, value.to_owned())), ..all() }
}

/// Two days of a file every 23 minutes, some of them long.
fn two_days() -> Shelf {
    let mut shelf = Shelf::new();
    let mut number = 0;
    for minute in (0..2 * 24 * 60).step_by(23) {
        let long = if minute % 115 == 0 { 200 } else { 3 };
        let time = START.plus_millis(minute * Timestamp::MINUTE);
        let events = (0..long).map(|n| {
            number += 1;
            let time = time.plus_millis(n * 100 - 40_000);
            let name = ["Decrypt", "Encrypt", "CreateKey"][usize::try_from(number % 3).unwrap()];
            let (user, key) = (format!("u{}", number % 7), format!("k{}", number % 501));
            event(time, number, (name, &user, &key))
        });
        let events = events.collect();
        shelf.put(minute, events);
    }
    shelf
}

fn sorted(mut events: Vec<String>) -> Vec<String> {
    events.sort();
    events
}

#[test]
fn every_attribute_finds_what_looking_at_all_finds() {
    let shelf = two_days();
    let arn = |key: &str| format!("arn:aws:kms:{}:{}:key/{key}", region(), account());
    let queries = [
        all(),
        by(EventAttribute::EventName, "CreateKey"),
        by(EventAttribute::ReadOnly, "false"),
        by(EventAttribute::Username, "u3"),
        by(EventAttribute::AccessKeyId, "AKIAu6"),
        by(EventAttribute::ResourceName, &arn("k7")),
        by(EventAttribute::ResourceType, "AWS::KMS::Key"),
        by(EventAttribute::EventSource, "kms.amazonaws.com"),
        by(EventAttribute::Username, "nobody"),
        by(EventAttribute::EventId, &shelf.files[100].1[2].id.to_string()),
        by(EventAttribute::EventId, "no id"),
    ];
    for query in queries {
        let found = shelf.look_up(query.clone());
        let times: Vec<_> = found.iter().map(|json| Record::parse(json).unwrap().time()).collect();
        assert!(times.is_sorted_by(|one, other| one >= other), "newest first: {query:?}");
        assert_eq!(sorted(found), sorted(shelf.scan(&query)), "{query:?}");
    }
    assert_eq!(
        shelf.look_up(by(EventAttribute::EventId, &shelf.files[100].1[2].id.to_string())).len(),
        1
    );
}

#[test]
fn hours_and_days_that_are_over_are_rolled_up() {
    let shelf = two_days();
    let folder = shelf.index.folder(account(), region());
    let days = names(&folder).unwrap();
    assert_eq!(days, ["20261122", "20261123", "20261124"]);
    assert!(folder.join("20261122/d").exists() && folder.join("20261122/h-23").exists());
    assert!(folder.join("20261124/h-04").exists() && !folder.join("20261124/d").exists());
    assert!(!folder.join("20261124/h-05").exists());
}

#[test]
fn a_file_that_comes_late_is_found_and_one_that_comes_twice_once() {
    let mut shelf = two_days();
    let time = START.plus_millis(30 * Timestamp::MINUTE);
    shelf.put(30, vec![event(time, 0, ("Decrypt", "late", "k"))]);
    assert_eq!(shelf.look_up(by(EventAttribute::Username, "late")).len(), 1);
    let (key, events) = shelf.files.last().unwrap();
    let noted: Vec<&Event> = events.iter().collect();
    shelf.index.note_file(account(), region(), key, &noted).unwrap();
    // The next hour rolls it up.
    shelf.put(3000, vec![event(START.plus_millis(50 * HOUR), 0, ("Decrypt", "x", "k"))]);
    assert!(shelf.index.folder(account(), region()).join("20261122/d").exists());
    assert_eq!(shelf.look_up(by(EventAttribute::Username, "late")).len(), 1);
    let query = by(EventAttribute::Username, "u1");
    assert_eq!(sorted(shelf.look_up(query.clone())), sorted(shelf.scan(&query)));
}

#[test]
fn it_is_the_same_when_it_is_made_again_from_the_files() {
    let shelf = two_days();
    let query = by(EventAttribute::Username, "u5");
    let before = shelf.look_up(query.clone());
    let usage = shelf.index.usage(account(), region(), ("0", "9")).unwrap();
    assert!(!shelf.index.is_complete());
    fs::remove_dir_all(shelf.folder.path().join("index")).unwrap();
    make_folder(&shelf.folder.path().join("index")).unwrap();
    let count = block_on(shelf.index.rebuild(&*shelf.bucket, BUCKET)).unwrap();
    assert_eq!(count, shelf.files.len() as u64);
    assert!(shelf.index.is_complete());
    assert_eq!(shelf.look_up(query), before);
    assert_eq!(shelf.index.usage(account(), region(), ("0", "9")).unwrap(), usage);
    assert_eq!(shelf.index.places().unwrap(), [(account(), region())]);
}

/// A bucket of which one object cannot be had.
struct Faulty {
    bucket: Arc<Bucket>,
    bad: Option<String>,
    asked: Mutex<Vec<String>>,
}

impl Faulty {
    fn of(shelf: &Shelf, bad: Option<usize>) -> Self {
        let bad = bad.map(|number| shelf.files[number].0.clone());
        Self { bucket: shelf.bucket.clone(), bad, asked: Mutex::default() }
    }
}

impl Objects for Faulty {
    fn has_bucket(&self, name: &str) -> bool {
        self.bucket.has_bucket(name)
    }

    fn put<'a>(
        &'a self,
        bucket: &'a str,
        key: &'a str,
        body: &'a [u8],
        metadata: &'a BTreeMap<String, String>,
    ) -> Boxed<'a, Result<(), ArchiveError>> {
        self.bucket.put(bucket, key, body, metadata)
    }

    fn get<'a>(
        &'a self,
        bucket: &'a str,
        key: &'a str,
    ) -> Boxed<'a, Result<Option<Object>, ArchiveError>> {
        self.asked.lock().unwrap().push(key.to_owned());
        if self.bad.as_deref() == Some(key) {
            return Box::pin(std::future::ready(Err(ArchiveError("it cannot be had".to_owned()))));
        }
        self.bucket.get(bucket, key)
    }

    fn list<'a>(
        &'a self,
        bucket: &'a str,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> Boxed<'a, Result<Vec<ObjectSummary>, ArchiveError>> {
        self.bucket.list(bucket, prefix, after, limit)
    }
}

/// An index that has nothing yet.
fn emptied(shelf: &mut Shelf) {
    let path = shelf.folder.path().join("other");
    shelf.index = Arc::new(Index::open(&path).unwrap());
}

#[test]
fn it_is_made_again_newest_first_and_goes_on_where_it_was_broken_off() {
    let mut shelf = two_days();
    let old = -100 * 24 * 60;
    shelf.put(old, vec![event(START.plus_days(-100), 0, ("Decrypt", "old", "k"))]);
    for name in ["CloudTrail-Digest/eu-west-2/2026/x", "CloudTrail/eu-west-2/odd", "y", "~"] {
        shelf.bucket.put_now(&format!("AWSLogs/{}/{name}", account()), vec![1], BTreeMap::new());
    }
    emptied(&mut shelf);
    let bad = 100;
    let faulty = Faulty::of(&shelf, Some(bad));
    assert!(block_on(shelf.index.rebuild(&faulty, BUCKET)).is_err());
    assert!(!shelf.index.is_complete());
    let asked = faulty.asked.into_inner().unwrap();
    let days: Vec<String> =
        asked.iter().map(|key| FileName::of(&LogName::parse(key).unwrap()).day).collect();
    assert_eq!(days.len(), shelf.files.len() - 1, "all but the old one");
    assert!(days.is_sorted_by(|one, other| one >= other));
    let folder = shelf.index.folder(account(), region());
    assert!(folder.join("20261122/d").exists() && folder.join("20261124/h-04").exists());
    let faulty = Faulty::of(&shelf, None);
    let count = block_on(shelf.index.rebuild(&faulty, BUCKET)).unwrap();
    assert_eq!(count, shelf.files.len() as u64 - 1);
    assert_eq!(faulty.asked.into_inner().unwrap(), [shelf.files[bad].0.clone()]);
    assert!(shelf.index.is_complete());
    shelf.files.pop();
    let query = by(EventAttribute::Username, "u5");
    assert_eq!(sorted(shelf.look_up(query.clone())), sorted(shelf.scan(&query)));
}

#[test]
fn files_may_be_delivered_while_it_is_made_again() {
    let mut shelf = two_days();
    emptied(&mut shelf);
    let made = std::thread::scope(|threads| {
        let making = threads.spawn(|| block_on(shelf.index.rebuild(&*shelf.bucket, BUCKET)));
        for (key, events) in &shelf.files {
            let noted: Vec<&Event> = events.iter().collect();
            shelf.index.note_file(account(), region(), key, &noted).unwrap();
        }
        making.join().unwrap()
    });
    assert_eq!(made.unwrap(), shelf.files.len() as u64);
    assert!(shelf.index.is_complete() && shelf.index.trouble().is_none());
    for query in [all(), by(EventAttribute::Username, "u5")] {
        assert_eq!(sorted(shelf.look_up(query.clone())), sorted(shelf.scan(&query)));
    }
}

#[test]
fn what_is_no_log_file_is_passed_over() {
    let shelf = two_days();
    let key = object_name::log_file(None, account(), region(), START, "X");
    shelf.bucket.put_now(&key, b"no gzip".to_vec(), BTreeMap::new());
    block_on(shelf.index.rebuild(&*shelf.bucket, BUCKET)).unwrap();
    assert!(shelf.index.is_complete());
}

#[test]
fn days_that_are_rolled_up_are_not_looked_at_each_hour() {
    let mut shelf = two_days();
    let folder = shelf.index.folder(account(), region());
    let block = folder.join("20261122/d");
    fs::remove_file(&block).unwrap();
    let next = |shelf: &mut Shelf, hour: i64| {
        let time = START.plus_millis(hour * HOUR);
        shelf.put(hour * 60, vec![event(time, 0, ("Decrypt", "x", "k"))]);
    };
    next(&mut shelf, 50);
    assert!(!block.exists());
    // After a start they are, once.
    shelf.index = Arc::new(Index::open(&shelf.folder.path().join("index")).unwrap());
    next(&mut shelf, 51);
    assert!(block.exists());
}

#[test]
fn uses_of_keys_are_counted_by_day() {
    let shelf = two_days();
    let mut sum = Usage::default();
    let days = shelf.index.usage(account(), region(), ("0", "9")).unwrap();
    assert_eq!(days.len(), 3);
    days.iter().for_each(|(_, usage)| sum.add(usage));
    let counts = sum.keys.values().flat_map(BTreeMap::values);
    let events: usize = shelf.files.iter().map(|(_, events)| events.len()).sum();
    assert_eq!(counts.map(|count| count.served + count.refused).sum::<u64>(), events as u64);
    let one = shelf.index.usage(account(), region(), ("20261123", "20261123")).unwrap();
    assert_eq!(one, [days[1].clone()]);
}

#[test]
fn a_damaged_file_fails_the_look_up_and_a_missing_one_is_passed_over() {
    let shelf = two_days();
    let last = shelf.files.last().unwrap().0.clone();
    let count = shelf.look_up(all()).len();
    shelf.bucket.change(|objects| objects.remove(&last));
    assert_eq!(shelf.look_up(all()).len(), count - shelf.files.last().unwrap().1.len());
    shelf.bucket.put_now(&last, b"no gzip".to_vec(), BTreeMap::new());
    assert!(block_on(shelf.history().look_up(&all())).is_err());
    let place = EventPlace { file: "nothing".to_owned(), event: 3 };
    let stray = EventQuery { after: Some(place), ..by(EventAttribute::EventName, "x") };
    assert!(block_on(shelf.history().look_up(&stray)).unwrap().events.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_index_finds_what_looking_at_all_finds(
        files in proptest::collection::vec(
            (0_i64..4000, proptest::collection::vec((0_i64..90, 0_u64..5, 0_u64..3), 1..40)), 1..25),
        (from, length) in (-100_i64..4000, 0_i64..2000),
        (user, limit) in (0_u64..6, 1_usize..60),
    ) {
        let mut shelf = Shelf::new();
        let mut number = 0;
        for (minute, events) in files {
            let event = |(before, user, key): (i64, u64, u64)| {
                number += 1;
                let time = START.plus_millis(minute * Timestamp::MINUTE - before * 1000);
                event(time, number, ("Decrypt", &format!("u{user}"), &format!("k{key}")))
            };
            let events = events.into_iter().map(event).collect();
            shelf.put(minute, events);
        }
        let at = |minute: i64| START.plus_millis(minute * Timestamp::MINUTE);
        let attribute = (user < 5).then(|| (EventAttribute::Username, format!("u{user}")));
        let query = EventQuery { attribute, from: at(from), to: at(from + length), limit, ..all() };
        prop_assert_eq!(sorted(shelf.look_up(query.clone())), sorted(shelf.scan(&query)));
    }
}
