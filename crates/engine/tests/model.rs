//! Random sequences of operations against a model made of maps, with restarts, time that passes, and
//! media that fail: commits that are not done, or done and told to have failed; a journal that is
//! torn; reads that fail or bring a flipped bit; a full disk. After each step the answer must be the
//! model's, or the failure that there may be, and at the end, and after one more restart, everything
//! that can be listed must be the model's.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use strongroom_engine::ports::Clock as _;
use strongroom_testkit::{Answer, Harm, Kit, Port, base64};
use strongroom_types::{KeyArn, KeyState, Timestamp};

/// A step. Keys, aliases and ciphertexts are named by number, modulo how many there are.
#[derive(Debug, Clone)]
enum Step {
    Create,
    Enable(usize),
    Disable(usize),
    Schedule(usize, i64),
    Cancel(usize),
    Describe(usize, String),
    Tag(usize, u8),
    Untag(usize, u8),
    CreateAlias(u8, usize),
    UpdateAlias(u8, usize),
    DeleteAlias(u8),
    EncryptByAlias(u8, Vec<u8>),
    Encrypt(usize, Vec<u8>),
    Decrypt(usize, bool),
    Days(i64),
    Restart,
    /// The next commit fails in this way.
    Break(Harm),
    /// The next append to the journal fails in this way.
    BreakJournal(Harm),
    /// Of the next request the read or scan of this number fails in this way.
    BreakReading(usize, Harm),
    /// There is no room on the disk, or there is again.
    Full(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let (key, alias, tag) = (0..6_usize, 0..4_u8, 0..3_u8);
    let plain = proptest::collection::vec(any::<u8>(), 1..40);
    let any_of = proptest::sample::select::<Harm>;
    let commits = any_of(vec![Harm::Undone, Harm::Done, Harm::DoneUnseen, Harm::Late]);
    let appends = any_of(vec![Harm::Undone, Harm::Half, Harm::Done]);
    let reads = any_of(vec![Harm::Undone, Harm::Flipped, Harm::Late]);
    prop_oneof![
        3 => Just(Step::Create),
        2 => key.clone().prop_map(Step::Enable),
        2 => key.clone().prop_map(Step::Disable),
        2 => (key.clone(), 7..=30_i64).prop_map(|(k, days)| Step::Schedule(k, days)),
        2 => key.clone().prop_map(Step::Cancel),
        1 => (key.clone(), "[a-z ]{0,12}").prop_map(|(k, text)| Step::Describe(k, text)),
        2 => (key.clone(), tag.clone()).prop_map(|(k, t)| Step::Tag(k, t)),
        1 => (key.clone(), tag).prop_map(|(k, t)| Step::Untag(k, t)),
        3 => (alias.clone(), key.clone()).prop_map(|(a, k)| Step::CreateAlias(a, k)),
        2 => (alias.clone(), key.clone()).prop_map(|(a, k)| Step::UpdateAlias(a, k)),
        1 => alias.clone().prop_map(Step::DeleteAlias),
        2 => (alias, plain.clone()).prop_map(|(a, p)| Step::EncryptByAlias(a, p)),
        3 => (key, plain).prop_map(|(k, p)| Step::Encrypt(k, p)),
        4 => (0..20_usize, any::<bool>()).prop_map(|(c, right)| Step::Decrypt(c, right)),
        2 => (1..15_i64).prop_map(Step::Days),
        1 => Just(Step::Restart),
        2 => commits.prop_map(Step::Break),
        1 => appends.prop_map(Step::BreakJournal),
        2 => (0..6_usize, reads).prop_map(|(n, harm)| Step::BreakReading(n, harm)),
        1 => any::<bool>().prop_map(Step::Full),
    ]
}

/// What is known of a key; `None` once it is deleted.
#[derive(Debug, Clone)]
struct ModelKey {
    arn: KeyArn,
    state: KeyState,
    description: String,
    tags: BTreeMap<String, String>,
    deletion: Option<Timestamp>,
}

#[derive(Default)]
struct Model {
    keys: Vec<Option<ModelKey>>,
    /// ARNs by number, also of deleted keys.
    arns: Vec<KeyArn>,
    aliases: BTreeMap<String, usize>,
    ciphertexts: Vec<(usize, Vec<u8>, Vec<u8>)>,
    /// How the next commit fails.
    broken: Option<Harm>,
    /// Whether the next request may fail because of what it reads.
    unreadable: bool,
    /// Whether what only the journal tells of may fail, until the next start.
    untold: bool,
    /// Whether there is no room.
    full: bool,
}

/// What becomes of a change that should be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is made, and told to be.
    Made,
    /// It is not made, and a failure is told.
    Failed,
    /// It is made, and a failure is told.
    Unseen,
    /// It is made and told to be, or neither.
    Either,
}

/// The end of a request, as far as the model foretells it.
type Expected = Result<(), &'static str>;

const NOT_FOUND: Expected = Err("NotFoundException");
const INVALID_STATE: Expected = Err("KMSInvalidStateException");

fn alias(number: u8) -> String {
    format!("alias/{number}")
}

impl Model {
    /// The number that a step's number stands for.
    fn number(&self, key: usize) -> Option<usize> {
        (!self.arns.is_empty()).then(|| key % self.arns.len())
    }

    /// What a change to the key in one of `states` ends in.
    fn admits(&self, number: usize, states: &[KeyState]) -> Expected {
        match &self.keys[number] {
            None => NOT_FOUND,
            Some(key) if states.contains(&key.state) => Ok(()),
            Some(_) => INVALID_STATE,
        }
    }

    fn uses(&self, number: usize) -> Expected {
        match self.keys[number].as_ref().map(|key| key.state) {
            None => NOT_FOUND,
            Some(KeyState::Enabled) => Ok(()),
            Some(KeyState::Disabled) => Err("DisabledException"),
            Some(_) => INVALID_STATE,
        }
    }

    /// What becomes of a change now that should be made.
    fn fate(&mut self) -> Fate {
        if self.full {
            return Fate::Failed;
        }
        match self.broken.take() {
            Some(Harm::Undone | Harm::Half | Harm::Flipped) => Fate::Failed,
            Some(Harm::DoneUnseen) => Fate::Unseen,
            // The store is asked whether it was done.
            Some(Harm::Done | Harm::Late) => Fate::Made,
            None if self.unreadable => Fate::Either,
            None => Fate::Made,
        }
    }

    /// Whether what only the journal tells of may fail now, and whether it must.
    fn is_untold(&self) -> (bool, bool) {
        (self.full || self.untold || self.unreadable, self.full)
    }

    fn key(&mut self, number: usize) -> &mut ModelKey {
        self.keys[number].as_mut().expect("only keys that are there are changed")
    }

    fn delete_due(&mut self, now: Timestamp) -> usize {
        let due = |key: &ModelKey| key.deletion.is_some_and(|time| time <= now);
        let mut deleted = 0;
        for (number, key) in self.keys.iter_mut().enumerate() {
            if key.as_ref().is_some_and(due) {
                *key = None;
                self.aliases.retain(|_, target| *target != number);
                deleted += 1;
            }
        }
        deleted
    }
}

const LIVE: [KeyState; 2] = [KeyState::Enabled, KeyState::Disabled];

struct Run {
    kit: Option<Kit>,
    model: Model,
}

impl Run {
    fn kit(&self) -> &Kit {
        self.kit.as_ref().expect("a server runs")
    }

    /// Asks for a change that should end as expected. Returns whether it was made.
    fn change(&mut self, operation: &str, input: &Value, expected: Expected) -> bool {
        let answer = self.kit().call(operation, input);
        if expected.is_err() {
            self.used(&answer, expected);
            return false;
        }
        let fate = self.model.fate();
        let told = if answer.is_ok() { Ok(()) } else { Err(answer.code()) };
        let failed = Err("KMSInternalException".to_owned());
        self.read_all();
        match fate {
            Fate::Made => assert_eq!(told, Ok(()), "{operation} {input}"),
            Fate::Failed | Fate::Unseen => assert_eq!(told, failed, "{operation} {input}"),
            Fate::Either => assert!(told == Ok(()) || told == failed, "{operation} {told:?}"),
        }
        fate == Fate::Unseen || told.is_ok()
    }

    /// Looks at the answer to a use or a refusal, of which only the journal tells. Returns whether it
    /// is the one expected, and not a failure that there may be.
    fn used(&mut self, answer: &Answer, expected: Expected) -> bool {
        let (may_fail, must_fail) = self.model.is_untold();
        self.read_all();
        if must_fail || (may_fail && answer.status == 500) {
            assert_eq!((answer.status, answer.code().as_str()), (500, "KMSInternalException"));
            return false;
        }
        let found = if answer.is_ok() { Ok(()) } else { Err(answer.code()) };
        assert_eq!(found, expected.map_err(str::to_owned), "{}", answer.text());
        true
    }

    /// A request is over: what it reads fails no more.
    fn read_all(&mut self) {
        if std::mem::take(&mut self.model.unreadable) {
            self.kit().world.faults.heal();
        }
    }

    fn change_key(
        &mut self,
        key: usize,
        operation: &str,
        states: &[KeyState],
        more: Value,
    ) -> Option<usize> {
        let number = self.model.number(key)?;
        let expected = self.model.admits(number, states);
        let mut input = json!({"KeyId": self.model.arns[number].to_string()});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.change(operation, &input, expected).then_some(number)
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Create => self.create(),
            Step::Enable(key) => {
                if let Some(n) = self.change_key(key, "EnableKey", &LIVE, json!({})) {
                    self.model.key(n).state = KeyState::Enabled;
                }
            }
            Step::Disable(key) => {
                if let Some(n) = self.change_key(key, "DisableKey", &LIVE, json!({})) {
                    self.model.key(n).state = KeyState::Disabled;
                }
            }
            Step::Schedule(key, days) => {
                let more = json!({"PendingWindowInDays": days});
                let due = self.kit().world.clock.now().plus_days(days);
                if let Some(n) = self.change_key(key, "ScheduleKeyDeletion", &LIVE, more) {
                    let key = self.model.key(n);
                    (key.state, key.deletion) = (KeyState::PendingDeletion, Some(due));
                }
            }
            Step::Cancel(key) => {
                let states = [KeyState::PendingDeletion];
                if let Some(n) = self.change_key(key, "CancelKeyDeletion", &states, json!({})) {
                    let key = self.model.key(n);
                    (key.state, key.deletion) = (KeyState::Disabled, None);
                }
            }
            Step::Describe(key, text) => {
                let more = json!({ "Description": text });
                if let Some(n) = self.change_key(key, "UpdateKeyDescription", &LIVE, more) {
                    self.model.key(n).description = text;
                }
            }
            Step::Tag(key, tag) => {
                let (name, value) = (format!("tag{tag}"), format!("{key}"));
                let more = json!({"Tags": [{"TagKey": name, "TagValue": value}]});
                if let Some(n) = self.change_key(key, "TagResource", &LIVE, more) {
                    self.model.key(n).tags.insert(name, value);
                }
            }
            Step::Untag(key, tag) => {
                let name = format!("tag{tag}");
                let more = json!({"TagKeys": [name]});
                if let Some(n) = self.change_key(key, "UntagResource", &LIVE, more) {
                    self.model.key(n).tags.remove(&name);
                }
            }
            other => self.take_other(other),
        }
    }

    fn take_other(&mut self, step: Step) {
        match step {
            Step::CreateAlias(a, key) => self.point_alias(&alias(a), key, true),
            Step::UpdateAlias(a, key) => self.point_alias(&alias(a), key, false),
            Step::DeleteAlias(a) => {
                let name = alias(a);
                let there = self.model.aliases.contains_key(&name);
                let expected = if there { Ok(()) } else { NOT_FOUND };
                if self.change("DeleteAlias", &json!({"AliasName": name}), expected) {
                    self.model.aliases.remove(&name);
                }
            }
            Step::EncryptByAlias(a, plain) => {
                let number = self.model.aliases.get(&alias(a)).copied();
                self.encrypt(number, &alias(a), &plain);
            }
            Step::Encrypt(key, plain) => {
                let Some(number) = self.model.number(key) else { return };
                let name = self.model.arns[number].to_string();
                self.encrypt(Some(number), &name, &plain);
            }
            Step::Decrypt(at, right) => self.decrypt(at, right),
            Step::Days(days) => {
                self.kit().world.clock.advance_days(days);
                let now = self.kit().world.clock.now();
                self.mend();
                let deleted = self.kit().block_on(
                    self.kit().engine().run_due_tasks(strongroom_engine::Due::Everything),
                );
                assert_eq!(deleted, Ok(self.model.delete_due(now)));
            }
            Step::Restart => self.restart(),
            other => self.break_something(&other),
        }
    }

    fn break_something(&mut self, step: &Step) {
        self.mend();
        let faults = self.kit().world.faults.clone();
        match step {
            Step::Break(harm) => {
                self.model.broken = Some(*harm);
                faults.harm(&[Port::Commit], 0, *harm);
            }
            Step::BreakJournal(harm) => {
                self.model.untold = true;
                faults.harm(&[Port::Append], 0, *harm);
            }
            Step::BreakReading(number, harm) => {
                self.model.unreadable = *harm != Harm::Late;
                faults.harm(&[Port::Read, Port::Scan], *number, *harm);
            }
            Step::Full(true) => {
                self.model.full = true;
                faults.always(&[Port::Commit, Port::Append, Port::Create]);
            }
            Step::Full(false) => {}
            _ => unreachable!("taken before"),
        }
    }

    fn mend(&mut self) {
        (self.model.broken, self.model.unreadable, self.model.full) = (None, false, false);
        self.kit().world.faults.heal();
    }

    fn restart(&mut self) {
        self.mend();
        self.model.untold = false;
        self.kit = self.kit.take().map(Kit::restart);
    }

    fn create(&mut self) {
        let before = self.model.arns.len();
        if !self.change("CreateKey", &json!({"Description": "new"}), Ok(())) {
            return;
        }
        // Its name is not taken from the answer, which a failure may have been.
        let keys = self.kit().world.store.entries().into_iter().filter_map(|entry| {
            let place = String::from_utf8(entry.key).ok()?;
            place.strip_prefix("k/").map(|rest| rest.rsplit('/').next().unwrap().to_owned())
        });
        let known: Vec<_> = self.model.arns.iter().map(|arn| arn.key.to_string()).collect();
        let mut made = keys.filter(|key| !known.contains(key));
        let id = made.next().expect("the key is there").parse().unwrap();
        assert_eq!((made.next(), known.len()), (None, before));
        let owner = self.kit().owner();
        let arn = KeyArn { region: owner.region, account: owner.account, key: id };
        self.model.arns.push(arn);
        self.model.keys.push(Some(ModelKey {
            arn,
            state: KeyState::Enabled,
            description: "new".to_owned(),
            tags: BTreeMap::new(),
            deletion: None,
        }));
    }

    fn point_alias(&mut self, name: &str, key: usize, create: bool) {
        let Some(number) = self.model.number(key) else { return };
        let there = self.model.aliases.contains_key(name);
        let admitted = self.model.admits(number, &LIVE);
        let expected = match (create, there, admitted) {
            (_, _, NOT_FOUND) | (false, false, _) => NOT_FOUND,
            (true, true, _) => Err("AlreadyExistsException"),
            (_, _, admitted) => admitted,
        };
        let input = json!({"AliasName": name, "TargetKeyId": self.model.arns[number].to_string()});
        let operation = if create { "CreateAlias" } else { "UpdateAlias" };
        if self.change(operation, &input, expected) {
            self.model.aliases.insert(name.to_owned(), number);
        }
    }

    fn encrypt(&mut self, number: Option<usize>, name: &str, plain: &[u8]) {
        let expected = number.map_or(NOT_FOUND, |number| self.model.uses(number));
        let context = json!({"length": plain.len().to_string()});
        let input =
            json!({"KeyId": name, "Plaintext": base64(plain), "EncryptionContext": context});
        let answer = self.kit().call("Encrypt", &input);
        if self.used(&answer, expected) && expected.is_ok() {
            let number = number.unwrap();
            assert_eq!(answer.string("KeyId"), self.model.arns[number].to_string());
            let blob = answer.bytes("CiphertextBlob");
            self.model.ciphertexts.push((number, plain.to_vec(), blob));
        }
    }

    fn decrypt(&mut self, at: usize, right: bool) {
        if self.model.ciphertexts.is_empty() {
            return;
        }
        let at = at % self.model.ciphertexts.len();
        let (number, plain, blob) = self.model.ciphertexts[at].clone();
        let length = plain.len() + usize::from(!right);
        let context = json!({"length": length.to_string()});
        let input = json!({"CiphertextBlob": base64(&blob), "EncryptionContext": context});
        let answer = self.kit().call("Decrypt", &input);
        let expected = match self.model.uses(number) {
            Ok(()) if !right => Err("InvalidCiphertextException"),
            // A ciphertext does not tell whether its key is there.
            NOT_FOUND => Err("AccessDeniedException"),
            expected => expected,
        };
        if self.used(&answer, expected) && expected.is_ok() {
            assert_eq!(answer.bytes("Plaintext"), plain);
        }
    }

    /// Everything that can be listed is the model's, page by page.
    fn check(&self) {
        let keys: Vec<&ModelKey> = self.model.keys.iter().flatten().collect();
        let mut expected: Vec<String> = keys.iter().map(|key| key.arn.to_string()).collect();
        expected.sort();
        let mut listed = self.list("ListKeys", "Keys", "KeyArn");
        listed.sort();
        assert_eq!(listed, expected);
        for key in keys {
            self.check_key(key);
        }
        let aliases: Vec<String> = self.model.aliases.keys().cloned().collect();
        assert_eq!(self.list("ListAliases", "Aliases", "AliasName"), aliases);
        for (name, number) in &self.model.aliases {
            let found = self.kit().call("DescribeKey", &json!({ "KeyId": name })).ok().json();
            let arn = self.model.arns[*number].to_string();
            assert_eq!(found["KeyMetadata"]["Arn"], arn);
            let input = json!({ "KeyId": arn });
            let held = self.kit().call("ListAliases", &input).ok().json()["Aliases"].clone();
            assert!(held.as_array().unwrap().iter().any(|entry| entry["AliasName"] == **name));
        }
    }

    fn check_key(&self, key: &ModelKey) {
        let input = json!({"KeyId": key.arn.to_string()});
        let found = self.kit().call("DescribeKey", &input).ok().json()["KeyMetadata"].clone();
        assert_eq!(found["KeyState"], key.state.name());
        assert_eq!(found["Enabled"], key.state == KeyState::Enabled);
        assert_eq!(found["Description"], key.description);
        let deletion = found["DeletionDate"].as_f64().map(|seconds| (seconds * 1000.0).round());
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of this century fit")]
        let due = key.deletion.map(|time| time.millis() as f64);
        assert_eq!(deletion, due);
        let tags = self.kit().call("ListResourceTags", &input).ok().json()["Tags"].clone();
        let text = |tag: &Value, name: &str| tag[name].as_str().unwrap().to_owned();
        let tags: BTreeMap<_, _> = tags
            .as_array()
            .unwrap()
            .iter()
            .map(|tag| (text(tag, "TagKey"), text(tag, "TagValue")))
            .collect();
        assert_eq!(tags, key.tags);
    }

    fn list(&self, operation: &str, members: &str, name: &str) -> Vec<String> {
        let (mut found, mut marker) = (Vec::new(), Value::Null);
        loop {
            let page =
                self.kit().call(operation, &json!({"Limit": 2, "Marker": marker})).ok().json();
            let entries = page[members].as_array().unwrap().iter();
            found.extend(entries.map(|entry| entry[name].as_str().unwrap().to_owned()));
            if page["Truncated"] != true {
                return found;
            }
            marker = page["NextMarker"].clone();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if strongroom_testkit::disk::slow() { 2000 } else { 64 },
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn every_sequence_ends_as_the_model_says(steps in proptest::collection::vec(step(), 1..60)) {
        let mut run = Run { kit: Some(Kit::new()), model: Model::default() };
        // With the first key of a Region comes a commit for the Region's domain key.
        run.create();
        for step in steps {
            run.take(step);
        }
        run.mend();
        if !run.model.untold {
            run.check();
        }
        run.restart();
        run.check();
    }
}
