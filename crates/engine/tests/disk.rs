//! The server on a real store and a real journal, whose calls to the operating system are written
//! down: the power is cut between any two of them, syncs are lost, calls fail. What was acknowledged
//! is there afterwards, what was refused is not, and nothing else is.
//!
//! `STRONGROOM_SLOW_TESTS=1` takes many more of the states that there are.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::disallowed_macros,
    reason = "a test fails by panicking, and tells how much it has looked at"
)]

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use strongroom_testkit::disk::{self, Call, Damage, Dice, Failing, Medium, Trace};
use strongroom_testkit::{CountedEntropy, Kit, World, base64};

/// Where the process under test tells what it was told.
const ACKS: &str = "acks";
/// How often the process under test tries to start its server: more often than a full disk fails.
const STARTS: usize = 15;

/// What somebody who was told all that was told may hold the server to.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Told {
    /// Keys, and whether they are enabled.
    keys: BTreeMap<String, bool>,
    aliases: BTreeMap<String, String>,
    /// Key, ciphertext and plaintext.
    ciphertexts: Vec<(String, String, String)>,
    /// Requests that were answered, and not with a failure of the server.
    requests: BTreeSet<String>,
    /// Requests that were answered with a failure of the server.
    failed: BTreeSet<String>,
    /// What was asked and not answered yet.
    asked: Option<Value>,
    /// Changes that failed since the last one that did not: the newest may be on the disk, whole, and
    /// nobody knows until the disk works again.
    doubtful: Vec<Value>,
    /// Changes that were in doubt when a server was stopped: the next start may have found one.
    perhaps: Vec<Value>,
}

impl Told {
    /// What the first `calls` of a trace told.
    fn by(calls: &[Call]) -> Self {
        let mut text = Vec::new();
        for call in calls {
            match call {
                Call::Write { path, data, .. } if path == ACKS => text.extend_from_slice(data),
                _ => {}
            }
        }
        let mut told = Self::default();
        for line in String::from_utf8(text).unwrap().lines() {
            told.hear(&serde_json::from_str(line).unwrap());
        }
        told
    }

    fn hear(&mut self, line: &Value) {
        if line["stopped"] == true {
            self.perhaps.append(&mut self.doubtful);
            return;
        }
        let Some(asked) = self.asked.take() else {
            self.asked = Some(line.clone());
            return;
        };
        let request = line["request"].as_str().unwrap().to_owned();
        match line["status"].as_u64() {
            Some(200) => {
                self.apply(&asked, &line["answer"]);
                if asked["operation"] != "Encrypt" {
                    self.doubtful.clear();
                }
            }
            Some(400) => assert!(self.is_refused(&asked), "{asked} {line}"),
            other => {
                assert_eq!(other, Some(500), "{asked} {line}");
                self.failed.insert(request);
                self.doubtful.push(asked);
                return;
            }
        }
        self.requests.insert(request);
    }

    /// Whether what was asked is not to be had, because what it builds on failed.
    fn is_refused(&self, asked: &Value) -> bool {
        let input = &asked["input"];
        match asked["operation"].as_str().unwrap() {
            "DeleteAlias" => !self.aliases.contains_key(input["AliasName"].as_str().unwrap()),
            "Encrypt" => !self.keys[input["KeyId"].as_str().unwrap()],
            _ => false,
        }
    }

    fn apply(&mut self, asked: &Value, answer: &Value) {
        let input = &asked["input"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match asked["operation"].as_str().unwrap() {
            "CreateKey" => drop(self.keys.insert(text(&answer["KeyMetadata"]["KeyId"]), true)),
            "DisableKey" => drop(self.keys.insert(text(&input["KeyId"]), false)),
            "EnableKey" => drop(self.keys.insert(text(&input["KeyId"]), true)),
            "CreateAlias" | "UpdateAlias" => {
                self.aliases.insert(text(&input["AliasName"]), text(&input["TargetKeyId"]));
            }
            "DeleteAlias" => drop(self.aliases.remove(input["AliasName"].as_str().unwrap())),
            "Encrypt" => self.ciphertexts.push((
                text(&input["KeyId"]),
                text(&answer["CiphertextBlob"]),
                text(&input["Plaintext"]),
            )),
            other => panic!("{other}"),
        }
    }

    /// This, and what would be if one of the changes whose end is not known had been made, too;
    /// `made`: the key that it made.
    fn possible(&self, made: Option<&String>) -> Vec<Self> {
        let and = |change: &Value| {
            let mut told = self.clone();
            told.apply(change, &json!({"KeyMetadata": {"KeyId": made}, "CiphertextBlob": ""}));
            told
        };
        let unknown = self.asked.iter().chain(&self.perhaps).chain(&self.doubtful);
        std::iter::once(self.clone()).chain(unknown.map(and)).collect()
    }
}

/// The process under test, and its client: each request is told of before it is sent and after it
/// was answered.
struct Client<'a> {
    kit: &'a Kit,
    acks: &'a mut File,
}

impl Client<'_> {
    fn ask(&mut self, operation: &str, input: &Value) -> Option<Value> {
        self.tell(&json!({"operation": operation, "input": input}));
        let answer = self.kit.call(operation, input);
        let body = if answer.is_ok() { answer.json() } else { Value::Null };
        let request = hex(&answer.request);
        self.tell(&json!({"status": answer.status, "request": request, "answer": body}));
        answer.is_ok().then_some(body)
    }

    fn tell(&mut self, line: &Value) {
        self.acks.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// A change, and after it a use, whose record stands behind the journal's word of the change.
    fn one_round(&mut self, number: usize) {
        let long = "x".repeat(number * 977 % 8000);
        let Some(made) = self.ask("CreateKey", &json!({ "Description": long })) else { return };
        let key = made["KeyMetadata"]["KeyId"].clone();
        let alias = format!("alias/{number}");
        self.ask("CreateAlias", &json!({"AliasName": alias, "TargetKeyId": key}));
        let plain = base64(format!("plaintext {number} {long:.3000}").as_bytes());
        self.ask("Encrypt", &json!({"KeyId": key, "Plaintext": plain}));
        if number % 2 == 1 {
            self.ask("DisableKey", &json!({ "KeyId": key }));
        }
        if number % 3 == 2 {
            self.ask("DeleteAlias", &json!({ "AliasName": alias }));
        }
        if number % 4 == 3 {
            self.ask("EnableKey", &json!({ "KeyId": key }));
            self.ask("Encrypt", &json!({"KeyId": key, "Plaintext": plain}));
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A world whose entropy is that of `seed`.
fn world(seed: u64) -> World {
    let world = World::default();
    let entropy = CountedEntropy::new(seed, world.faults.clone());
    World { entropy, ..world }
}

/// The process under test: three servers, one after another.
#[test]
#[ignore = "run by the tests below, in a process of its own"]
fn child() {
    let Some(root) = disk::root() else { return };
    let mut acks = File::create(root.join(ACKS)).unwrap();
    let (mut seed, mut number) = (1, 0);
    for _ in 0..3 {
        // Whoever is in charge of a server that does not start tries again.
        let start = |seed: &mut u64| {
            *seed += 1;
            let started = std::panic::catch_unwind(|| world(*seed).open_in(&root)).ok()?;
            started.inspect_err(|why| eprintln!("not started: {why}")).ok()
        };
        let kit = (0..STARTS).find_map(|_| start(&mut seed)).expect("it starts at last");
        for _ in 0..4 {
            Client { kit: &kit, acks: &mut acks }.one_round(number);
            number += 1;
        }
        Client { kit: &kit, acks: &mut acks }.tell(&json!({ "stopped": true }));
        drop(kit.stop());
    }
}

/// What the server says there is.
#[derive(Debug, PartialEq, Eq)]
struct Listed {
    keys: BTreeMap<String, bool>,
    aliases: BTreeMap<String, String>,
}

impl Listed {
    /// Asks for everything.
    ///
    /// # Errors
    /// The request that ended in a failure of the server.
    fn by(kit: &Kit) -> Result<Self, String> {
        let ask = |operation: &str, input: Value| {
            let answer = kit.call(operation, &input);
            if answer.status == 500 {
                return Err(format!("{operation} {input}: {:?}", kit.world.incidents.all()));
            }
            Ok(answer.ok().json())
        };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut found = Self { keys: BTreeMap::new(), aliases: BTreeMap::new() };
        for key in ask("ListKeys", json!({}))?["Keys"].as_array().unwrap() {
            let described = ask("DescribeKey", json!({ "KeyId": key["KeyId"] }))?;
            let enabled = described["KeyMetadata"]["Enabled"] == true;
            found.keys.insert(text(&key["KeyId"]), enabled);
        }
        for alias in ask("ListAliases", json!({}))?["Aliases"].as_array().unwrap() {
            let described = ask("DescribeKey", json!({ "KeyId": alias["AliasName"] }))?;
            assert_eq!(described["KeyMetadata"]["KeyId"], alias["TargetKeyId"]);
            found.aliases.insert(text(&alias["AliasName"]), text(&alias["TargetKeyId"]));
        }
        Ok(found)
    }

    fn is(&self, told: &Told) -> bool {
        self.keys == told.keys && self.aliases == told.aliases
    }

    /// Decrypts what was encrypted under the keys that are there.
    fn check_ciphertexts(&self, kit: &Kit, told: &Told) {
        for (key, blob, plain) in &told.ciphertexts {
            let answer = kit.call("Decrypt", &json!({ "CiphertextBlob": blob }));
            match self.keys.get(key) {
                _ if answer.status == 500 => {}
                Some(true) => assert_eq!(&answer.ok().string("Plaintext"), plain),
                Some(false) => assert_eq!(answer.code(), "DisabledException"),
                None => assert_eq!(answer.code(), "AccessDeniedException"),
            }
        }
    }
}

/// Checks that what the server says is what was told; returns whether it is more: a change whose
/// end was not known.
fn check_listed(kit: &Kit, told: &Told) -> bool {
    let found = Listed::by(kit).unwrap();
    let made = found.keys.keys().find(|key| !told.keys.contains_key(*key));
    let possible = told.possible(made);
    let wanted = (&told.keys, &told.aliases, &told.asked, &told.perhaps);
    assert!(possible.iter().any(|told| found.is(told)), "{found:?}\nnot {wanted:?}");
    assert!(told.ciphertexts.iter().all(|(key, ..)| found.keys.contains_key(key)));
    found.check_ciphertexts(kit, told);
    !found.is(told)
}

/// Whether the server in `directory` holds what was told, also after one more start, or even more.
fn check(directory: &Path, told: &Told) -> Result<bool, String> {
    let seed = 1_000_000;
    let kit = world(seed).open_in(directory)?;
    let more = check_listed(&kit, told);
    let made = kit.create_key();
    drop(kit.stop());
    let kit = world(seed + 1).open_in(directory)?;
    let _ = kit.call("DescribeKey", &json!({ "KeyId": made.to_string() })).ok();
    let world = kit.stop();
    let trail = world.trail_in(directory)?;
    let found: Vec<String> = trail.iter().map(|record| hex(&record.request)).collect();
    let unique: BTreeSet<String> = found.iter().cloned().collect();
    assert_eq!(found.len(), unique.len(), "a request is recorded twice");
    for request in &told.requests {
        assert!(unique.contains(request), "no record of {request}");
    }
    Ok(more)
}

fn traced(failing: Option<(usize, Failing)>) -> (tempfile::TempDir, Trace) {
    let outer = disk::scratch();
    let (output, trace) = disk::run("child", outer.path(), failing);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let done = String::from_utf8_lossy(&output.stdout).contains("1 passed");
    assert!(output.status.success() && done, "{failing:?} {said}");
    (outer, trace)
}

/// Opens what a power cut leaves, if it opens.
fn cut(medium: &Medium, damage: Damage, dice: &mut Dice, told: &Told) -> Result<bool, String> {
    let outer = disk::scratch();
    disk::restore(&medium.after_power_cut(damage, dice), outer.path());
    check(outer.path(), told)
}

#[test]
fn a_power_cut_at_any_moment_loses_nothing_that_was_acknowledged() {
    let (_outer, trace) = traced(None);
    let mut medium = Medium::default();
    let mut dice = Dice::new(1);
    let (mut cuts, mut answers) = (0, 0);
    let every = if disk::slow() { 7 } else { 29 };
    for (number, call) in trace.calls.iter().enumerate() {
        medium.take(call);
        if number % every != 0 || matches!(call, Call::Write { path, .. } if path == ACKS) {
            continue;
        }
        let told = Told::by(&trace.calls[..=number]);
        for damage in Damage::ALL {
            let found = cut(&medium, damage, &mut dice, &told);
            assert!(found.is_ok(), "{found:?}: {damage:?} after call {number}: {call:?}");
            cuts += 1;
            answers += told.requests.len();
        }
    }
    eprintln!(
        "{cuts} power cuts among {} calls; of {answers} acknowledged operations 0 were lost",
        trace.calls.len()
    );
    assert!(cuts > 50);
}

/// Files of which a disk acknowledges syncs that it does not do.
const LIES: [&str; 3] = ["store", "journal", ""];

/// A disk that lies. The server does not start and says why, or what it says was true: it is all
/// that was acknowledged when only the journal lost something; it reaches to the last use, which
/// came behind the journal's word of the changes before, when only the store did; and when both went
/// back, it is what was true at one time.
#[test]
fn what_lost_syncs_took_away_is_missed() {
    let (_outer, trace) = traced(None);
    let mut dice = Dice::new(2);
    let (mut started, mut refused) = (0, BTreeMap::new());
    let (from, every) = if disk::slow() { (61, 13) } else { (211, 41) };
    for lies in LIES {
        for begin in (0..trace.calls.len()).step_by(from) {
            let mut medium = Medium::default();
            for (number, call) in trace.calls.iter().enumerate() {
                if number == begin {
                    medium.lie_about(lies);
                }
                medium.take(call);
                if number <= begin || number % every != 0 {
                    continue;
                }
                let history = history(&trace.calls[..=number], lies);
                let damage = Damage::ALL[dice.below(Damage::ALL.len())];
                let image = medium.after_power_cut(damage, &mut dice);
                match lost(&image, &history) {
                    Ok(()) => started += 1,
                    Err(why) => *refused.entry(kind(&why)).or_insert(0) += 1,
                }
            }
        }
    }
    eprintln!(
        "after lost syncs {started} servers started and told the truth; refused: {refused:#?}"
    );
    assert!(started > 0 && refused.len() > 2);
}

/// A reason without the numbers in it.
fn kind(why: &str) -> String {
    let mut words: Vec<&str> = why.split(' ').collect();
    words.retain(|word| !word.contains(|letter: char| letter.is_ascii_digit()));
    words.join(" ")
}

/// What the server may say after those calls if syncs of files whose names begin with `lies` were
/// lost, newest first.
fn history(calls: &[Call], lies: &str) -> Vec<Told> {
    let acks = |call: &Call| matches!(call, Call::Write { path, .. } if path == ACKS);
    let ends = calls.iter().enumerate().filter(|(_, call)| acks(call)).map(|(at, _)| at + 1);
    let mut history: Vec<Told> = ends.map(|end| Told::by(&calls[..end])).collect();
    history.insert(0, Told::default());
    history.reverse();
    let uses = history[0].ciphertexts.len();
    match lies {
        "journal" => history.truncate(1),
        "store" => history.retain(|told| told.ciphertexts.len() == uses),
        _ => {}
    }
    history
}

fn lost(image: &disk::Image, history: &[Told]) -> Result<(), String> {
    let outer = disk::scratch();
    disk::restore(image, outer.path());
    let kit = world(1_000_000).open_in(outer.path())?;
    let found = Listed::by(&kit)?;
    let made = found.keys.keys().find(|key| !history[0].keys.contains_key(*key));
    let true_once = history.iter().any(|told| told.possible(made).iter().any(|t| found.is(t)));
    assert!(true_once, "{found:?}\nnot {:?} {:?}", history[0].keys, history[0].aliases);
    found.check_ciphertexts(&kit, &history[0]);
    Ok(())
}

/// Every call to the operating system fails once, in each way in which it can.
#[test]
fn a_call_that_fails_loses_nothing_and_keeps_nothing_that_was_refused() {
    let (_outer, trace) = traced(None);
    let calls = trace.calls.iter();
    let calls = calls.filter(|call| !matches!(call, Call::Write { path, .. } if path == ACKS));
    let calls = calls.count();
    let every = if disk::slow() { 5 } else { 47 };
    let (mut runs, mut refusals, mut answers, mut in_doubt) = (0, 0, 0, 0);
    for number in (0..calls).step_by(every) {
        for failing in Failing::ALL {
            let (outer, trace) = traced(Some((number, failing)));
            let told = Told::by(&trace.calls);
            assert_eq!(told.asked, None);
            let found = check(outer.path(), &told);
            assert!(found.is_ok(), "{found:?}: {failing:?} at call {number}");
            in_doubt += usize::from(found == Ok(true));
            runs += 1;
            refusals += told.failed.len();
            answers += told.requests.len();
        }
    }
    eprintln!(
        "{runs} runs with a failing call: of {answers} acknowledged operations 0 were lost; of \
         {refusals} failed ones {in_doubt}, in doubt to the end, were found done at the next start"
    );
    assert!(refusals > 0);
}
