//! A bit is flipped in every byte of a small store and of its journal. The server does not start and
//! says why; or what it is asked is answered as before, or fails, which the operator is told with
//! the name of the record, while the rest is answered. There is no other answer.
//!
//! `STRONGROOM_SLOW_TESTS=1` takes every byte, and of the journal every bit.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_macros,
    clippy::print_stderr,
    reason = "a test fails by panicking, and tells how much it has looked at"
)]

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use strongroom_engine::ports::Entry;
use strongroom_testkit::{CountedEntropy, Kit, World, base64, disk};

/// Bytes that are flipped together first: where nothing is kept, they change nothing together, and
/// each need not be tried alone.
const TOGETHER: usize = 64;
/// How many look at the same time.
const THREADS: usize = 2;

/// A stopped server's data, and what is asked of it.
struct Small {
    directory: tempfile::TempDir,
    user: (String, String),
    script: Vec<(bool, &'static str, Value)>,
}

/// What became of a server whose data were altered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// Everything is answered as before, and everything stored is as before.
    Unharmed,
    /// Everything is answered as before; another record, which nobody asked for, is not what it was.
    Unasked,
    /// Some requests fail, and the operator is told why.
    Named(String),
    /// It does not start.
    Refused(String),
}

fn world(seed: u64) -> World {
    let world = World::default();
    let entropy = CountedEntropy::new(seed, world.faults.clone());
    World { entropy, ..world }
}

impl Small {
    /// Two keys with aliases, tags, policies and a grant, a user, and uses. `killed`: as a server
    /// left them that was killed after some changes.
    fn new(killed: bool) -> Self {
        let directory = disk::scratch();
        let kit = world(1).open_in(directory.path()).unwrap();
        let policy = r#"{"Statement":{"Effect":"Allow","Action":"kms:Describe*","Resource":"*"}}"#;
        let user = kit.user_of(&kit.owner(), "somebody", policy);
        let credentials = (user.access_key.clone(), user.secret.clone());
        drop(user);
        let keys = [kit.create_key().to_string(), kit.create_key().to_string()];
        let ask = |operation: &str, input: Value| kit.call(operation, &input).ok();
        ask("CreateAlias", json!({"AliasName": "alias/one", "TargetKeyId": keys[0]}));
        let grantee = "arn:aws:iam::111122223333:user/somebody";
        let terms =
            json!({"KeyId": keys[0], "GranteePrincipal": grantee, "Operations": ["Decrypt"]});
        ask("CreateGrant", terms);
        let encrypt = |key: &String| {
            let input = json!({"KeyId": key, "Plaintext": base64(b"what it stands for")});
            ask("Encrypt", input).string("CiphertextBlob")
        };
        let blobs = [encrypt(&keys[0]), encrypt(&keys[1])];
        let script = script(&keys, &blobs);
        drop(kit.stop());
        let small = Self { directory, user: credentials, script };
        if killed { small.killed(&keys[1]) } else { small }
    }

    fn killed(self, key: &str) -> Self {
        let kit = world(2).open_in(self.directory.path()).unwrap();
        let _ = kit.call("DisableKey", &json!({ "KeyId": key })).ok();
        let _ = kit.call("ListKeys", &json!({})).ok();
        let directory = disk::scratch();
        copy(self.directory.path(), directory.path());
        fs::remove_file(directory.path().join("store.db-shm")).unwrap();
        without_reserve(&directory.path().join("journal"));
        drop(kit.stop());
        Self { directory, ..self }
    }

    /// What is answered to the script by the server in `directory`, the requests it has recorded
    /// before, and what it has told its operator.
    ///
    /// # Errors
    /// Why it does not start.
    fn asked(&self, directory: &Path) -> Result<Asked, String> {
        let kit = world(1_000_000).open_in(directory)?;
        let torn = kit.recovered.torn;
        let mut user = kit.owner();
        (user.access_key, user.secret) = self.user.clone();
        let answers = self.script.iter().map(|(by_user, operation, input)| {
            let client = if *by_user { user.clone() } else { kit.owner() };
            let answer = kit.block_on(client.call(operation, input));
            (answer.status, answer.text())
        });
        let answers = answers.collect();
        drop(user);
        let incidents = kit.stop().incidents.all();
        Ok(Asked { answers, trail: requests(directory), incidents, torn })
    }
}

/// The requests that are recorded, those of changes first.
fn requests(directory: &Path) -> Result<Vec<[u8; 16]>, String> {
    let trail = World::default().trail_in(directory)?;
    Ok(trail.iter().map(|record| record.request).collect())
}

fn script(keys: &[String; 2], blobs: &[String; 2]) -> Vec<(bool, &'static str, Value)> {
    let key = |key: &String| json!({ "KeyId": key });
    vec![
        (false, "DescribeKey", key(&keys[0])),
        (true, "DescribeKey", key(&keys[1])),
        (false, "DescribeKey", json!({"KeyId": "alias/one"})),
        (false, "ListKeys", json!({})),
        (false, "ListAliases", json!({})),
        (false, "ListGrants", key(&keys[0])),
        (false, "GetKeyPolicy", key(&keys[1])),
        (false, "Decrypt", json!({ "CiphertextBlob": blobs[0] })),
        (false, "Decrypt", json!({ "CiphertextBlob": blobs[1] })),
        // Permitted by the grant, and by nothing.
        (true, "Decrypt", json!({ "CiphertextBlob": blobs[0] })),
        (true, "Decrypt", json!({ "CiphertextBlob": blobs[1] })),
    ]
}

/// What a server did.
struct Asked {
    answers: Vec<(u16, String)>,
    trail: Result<Vec<[u8; 16]>, String>,
    incidents: Vec<String>,
    /// Bytes of the journal that it has set aside, of which it tells.
    torn: usize,
}

impl Asked {
    /// Compares with what is right.
    fn outcome(&self, Sweep { right, before, .. }: &Sweep<'_>, what: &str) -> Outcome {
        let mut whys = Vec::new();
        for (number, (answer, right)) in self.answers.iter().zip(&right.answers).enumerate() {
            if answer == right {
                continue;
            }
            assert_eq!(answer.0, 500, "{what}: request {number} is answered {answer:?}");
            assert!(!self.incidents.is_empty(), "{what}: request {number} fails without a word");
        }
        whys.extend(self.incidents.iter().map(|why| kind(why)));
        match &self.trail {
            Err(why) => whys.push(format!("trail: {}", kind(why))),
            Ok(found) if found.starts_with(before) => {}
            Ok(found) => {
                assert!(self.torn > 0, "{what}: {} records instead of those before", found.len());
                whys.push("unfinished bytes of the journal were set aside".to_owned());
            }
        }
        whys.into_iter().next().map_or(Outcome::Unharmed, Outcome::Named)
    }
}

/// A reason without the names and numbers in it.
fn kind(why: &str) -> String {
    let mut words: Vec<&str> = why.split(' ').collect();
    words.retain(|word| !word.contains(|letter: char| letter.is_ascii_digit()) && word.len() < 30);
    words.join(" ")
}

/// Cuts the zeros off that a killed server leaves behind its newest segment, for speed.
fn without_reserve(journal: &Path) {
    for entry in fs::read_dir(journal).unwrap() {
        let path = entry.unwrap().path();
        let mut bytes = fs::read(&path).unwrap();
        let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        bytes.truncate(used);
        fs::write(&path, bytes).unwrap();
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&to).unwrap();
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), &to).unwrap();
        }
    }
}

/// Flips bits in one file of a small server's data and looks what becomes of it.
struct Sweep<'a> {
    small: &'a Small,
    file: PathBuf,
    bytes: Vec<u8>,
    right: Asked,
    /// Requests that are recorded in the data.
    before: Vec<[u8; 16]>,
    /// What is in the store.
    stored: Result<Vec<Entry>, String>,
}

impl<'a> Sweep<'a> {
    fn new(small: &'a Small, file: &str) -> Self {
        let file = PathBuf::from(file);
        let bytes = fs::read(small.directory.path().join(&file)).unwrap();
        let copied = disk::scratch();
        copy(small.directory.path(), copied.path());
        let right = small.asked(copied.path()).unwrap();
        let served = right.answers.iter().filter(|(status, _)| *status == 200).count();
        assert!(served > 7 && served < right.answers.len(), "{:?}", right.answers);
        assert!(right.incidents.is_empty() && right.torn == 0);
        let copied = disk::scratch();
        copy(small.directory.path(), copied.path());
        let before = requests(copied.path()).unwrap();
        assert!(before.len() > 10 && right.trail.as_ref().unwrap().starts_with(&before));
        let stored = World::entries_in(copied.path());
        assert!(stored.as_ref().is_ok_and(|entries| entries.len() > 20));
        Self { small, file, bytes, right, before, stored }
    }

    /// The outcome of flipping `bit` of each of the bytes `at`.
    fn flipped(&self, at: Range<usize>, bit: impl Fn(usize) -> u32) -> Outcome {
        let copied = disk::scratch();
        copy(self.small.directory.path(), copied.path());
        let mut bytes = self.bytes.clone();
        at.clone().for_each(|at| bytes[at] ^= 1 << bit(at));
        fs::write(copied.path().join(&self.file), &bytes).unwrap();
        let what = format!("{} bytes {at:?}", self.file.display());
        match self.small.asked(copied.path()) {
            Ok(asked) => match asked.outcome(self, &what) {
                Outcome::Unharmed if !self.is_whole(&bytes) => Outcome::Unasked,
                outcome => outcome,
            },
            Err(why) => Outcome::Refused(kind(&why)),
        }
    }

    /// Whether the store is as it was in all that it holds, if these are the bytes of the file.
    fn is_whole(&self, bytes: &[u8]) -> bool {
        let copied = disk::scratch();
        copy(self.small.directory.path(), copied.path());
        fs::write(copied.path().join(&self.file), bytes).unwrap();
        World::entries_in(copied.path()) == self.stored
    }

    /// One bit of every byte of which `takes` says so. Returns how often there was which outcome.
    fn run(&self, takes: impl Fn(usize) -> bool + Sync) -> BTreeMap<Outcome, usize> {
        let (next, found) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
        let bit = |at: usize| u32::try_from(at * 5 % 8).unwrap();
        let note = |outcome, count| {
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            *found.entry(outcome).or_insert(0) += count;
        };
        let work = || loop {
            let from = next.fetch_add(TOGETHER, Ordering::SeqCst);
            if from >= self.bytes.len() {
                return;
            }
            let all = from..(from + TOGETHER).min(self.bytes.len());
            if !all.clone().any(&takes) {
                continue;
            }
            let empty = self.bytes[all.clone()].iter().all(|byte| *byte == 0);
            if empty && self.flipped(all.clone(), bit) == Outcome::Unharmed {
                note(Outcome::Unharmed, all.filter(|at| takes(*at)).count());
                continue;
            }
            for at in all.filter(|at| takes(*at)) {
                note(self.flipped(at..at + 1, bit), 1);
            }
        };
        std::thread::scope(|scope| {
            (0..THREADS).for_each(|_| drop(scope.spawn(work)));
        });
        found.into_inner().unwrap()
    }
}

fn report(what: &str, found: &BTreeMap<Outcome, usize>) {
    let sum = |is: fn(&Outcome) -> bool| -> usize {
        found.iter().filter(|(outcome, _)| is(outcome)).map(|(_, count)| count).sum()
    };
    let refused = sum(|outcome| matches!(outcome, Outcome::Refused(_)));
    let named = sum(|outcome| matches!(outcome, Outcome::Named(_)));
    let unasked = sum(|outcome| *outcome == Outcome::Unasked);
    let unharmed = sum(|outcome| *outcome == Outcome::Unharmed);
    eprintln!(
        "{what}: {} flips; {refused} refused at the start, {named} named while the rest is served, \
         {unasked} in records that nobody asked for, {unharmed} in bytes that mean nothing, 0 wrong \
         answers {found:#?}",
        refused + named + unasked + unharmed
    );
}

/// Every byte, or one of so many.
fn every(sampled: usize) -> impl Fn(usize) -> bool + Sync {
    let every = if disk::slow() { 1 } else { sampled };
    move |at| at % every == 0
}

#[test]
fn a_bit_flipped_in_the_store_is_noticed_or_harmless() {
    let small = Small::new(false);
    assert!(!small.directory.path().join("store.db-wal").exists());
    let found = Sweep::new(&small, "store.db").run(every(211));
    report("store.db", &found);
    assert!(found.len() > 2);
}

#[test]
fn a_bit_flipped_in_the_write_ahead_log_is_noticed_or_harmless() {
    let small = Small::new(true);
    let found = Sweep::new(&small, "store.db-wal").run(every(101));
    report("store.db-wal", &found);
    assert!(!found.is_empty());
}

/// Three segments, which hold uses and the journal's word of changes.
fn with_journal() -> World {
    let mut kit = Kit::new();
    for _ in 0..2 {
        let key = kit.create_key().to_string();
        for _ in 0..2 {
            let input = json!({"KeyId": key, "Plaintext": base64(b"what it stands for")});
            let _ = kit.call("Encrypt", &input).ok();
        }
        kit = kit.restart();
    }
    let _ = kit.call("ListKeys", &json!({})).ok();
    kit.stop()
}

/// What becomes of `world`, in whose journal something was flipped, if `before` was recorded.
fn journal_outcome(world: World, before: &[[u8; 16]], what: &str) -> Outcome {
    let kit = match world.open() {
        Ok(kit) => kit,
        Err(why) => return Outcome::Refused(kind(&why.to_string())),
    };
    let torn = kit.recovered.torn;
    match kit.stop().try_trail() {
        Err(why) => Outcome::Named(format!("trail: {}", kind(&why.to_string()))),
        Ok(trail) if trail.iter().map(|record| record.request).eq(before.iter().copied()) => {
            // Only the journal's own word of a start was in what was set aside.
            Outcome::Unharmed
        }
        Ok(trail) => {
            assert!(torn > 0 && trail.len() < before.len(), "{what}: other records");
            Outcome::Named("unfinished bytes of the journal were set aside".to_owned())
        }
    }
}

#[test]
fn a_bit_flipped_in_the_journal_is_noticed() {
    let world = with_journal();
    let before: Vec<_> = world.trail().iter().map(|record| record.request).collect();
    let segments = world.journal();
    assert_eq!(segments.len(), 3);
    let (takes, mut found) = (every(37), BTreeMap::new());
    for (number, (_, bytes)) in segments.iter().enumerate() {
        for at in (0..bytes.len()).filter(|at| takes(*at)) {
            let bits = if disk::slow() { 0..8 } else { at % 8..at % 8 + 1 };
            for bit in bits {
                let mut flipped = segments.clone();
                flipped[number].1[at] ^= 1 << bit;
                let mut world = world.snapshot();
                world.replace_journal(&flipped);
                let what = format!("bit {bit} of byte {at} of segment {number}");
                let outcome = journal_outcome(world, &before, &what);
                *found.entry(outcome).or_insert(0) += 1;
            }
        }
    }
    report("journal", &found);
    assert!(found.len() > 2);
}
