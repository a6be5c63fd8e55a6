//! The decision a second time: slow, obvious, straight from the documents' JSON, without anything
//! of the product's. It says whether, not why.

use super::Case;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Whether the case is allowed.
pub(crate) fn allows(case: &Case) -> bool {
    let request = Request::new(case);
    if case.flag("retires") { request.may_retire() } else { request.allowed() }
}

/// In which ways a caller is named.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Everyone,
    Itself,
    User,
    Maker,
    Role,
    Account,
}

const WAYS: [Way; 6] = [Way::Everyone, Way::Itself, Way::User, Way::Maker, Way::Role, Way::Account];

struct Request<'a> {
    case: &'a Case,
    facts: BTreeMap<String, Value>,
    /// `root`, `user`, `role`, `federated`, `service`.
    kind: &'a str,
    /// What comes after the kind.
    name: &'a str,
    account: Option<&'a str>,
}

const OWNER: &str = "111122223333";
const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

impl<'a> Request<'a> {
    fn new(case: &'a Case) -> Self {
        let text = case.text("caller", "user/Alice");
        let (text, account) = text.split_once('@').unwrap_or((text, OWNER));
        let (kind, name) = text.split_once('/').unwrap_or((text, ""));
        let account = (kind != "service").then_some(account);
        Self { case, facts: case.facts(), kind, name, account }
    }

    fn allowed(&self) -> bool {
        let resource = self.case.text("resource", "key");
        let foreign = resource != "*" && self.account.is_some_and(|own| own != OWNER);
        if foreign && !self.case.flag("cross_account") {
            return false;
        }
        if self.is_denied() || !self.organization_allows() {
            return false;
        }
        if resource != "key" {
            return !foreign && (self.kind == "root" || self.identity_allows());
        }
        let ways: Vec<Way> =
            WAYS.into_iter().filter(|way| self.key_policy_has("Allow", *way)).collect();
        let by_policy = match foreign {
            true => !ways.is_empty() && (self.kind == "root" || self.identity_allows()),
            false => ways.iter().any(|way| self.within_limits(*way)),
        };
        by_policy || self.case.list("grants").iter().any(|grant| self.granted(grant, foreign))
    }

    fn is_denied(&self) -> bool {
        if self.caller_side_denies() {
            return true;
        }
        let Some(policy) = self.case.key_policy() else { return false };
        self.case.text("resource", "key") == "key"
            && statements(&policy).iter().any(|statement| {
                statement["Effect"] == "Deny"
                    && self.is_about_caller(statement)
                    && self.applies(statement, &policy)
            })
    }

    fn caller_side_denies(&self) -> bool {
        let levels = self.case.list("service_control").iter();
        let mut policies: Vec<&Value> = levels.flat_map(|l| l.as_array().unwrap()).collect();
        policies.extend(self.case.list("identity"));
        policies.extend(self.case.list("session"));
        policies.extend(self.case.0.get("boundary"));
        self.account.is_some() && policies.into_iter().any(|policy| self.says("Deny", policy))
    }

    fn organization_allows(&self) -> bool {
        let allows = |level: &Value| {
            level.as_array().unwrap().iter().any(|policy| self.says("Allow", policy))
        };
        self.account.is_none() || self.case.list("service_control").iter().all(allows)
    }

    /// An identity policy, within boundary and session.
    fn identity_allows(&self) -> bool {
        self.case.list("identity").iter().any(|policy| self.says("Allow", policy))
            && self.boundary_allows()
            && self.session_allows()
    }

    fn boundary_allows(&self) -> bool {
        self.case.0.get("boundary").is_none_or(|policy| self.says("Allow", policy))
    }

    fn session_allows(&self) -> bool {
        let policies = self.case.list("session");
        (policies.is_empty() && self.kind != "federated")
            || policies.iter().any(|policy| self.says("Allow", policy))
    }

    /// The table of what limits an allow under each name.
    fn within_limits(&self, way: Way) -> bool {
        match way {
            Way::Everyone | Way::Itself => true,
            Way::User => self.session_allows(),
            Way::Maker | Way::Role => self.boundary_allows() && self.session_allows(),
            Way::Account => self.kind == "root" || self.identity_allows(),
        }
    }

    fn granted(&self, grant: &Value, foreign: bool) -> bool {
        let action = self.case.text("action", "kms:Decrypt").trim_start_matches("kms:");
        let operations = grant["operations"].as_array().unwrap();
        if action == "RetireGrant" || !operations.iter().any(|operation| operation == action) {
            return false;
        }
        let source = grant.get("source_arn");
        if source.is_some_and(|arn| self.facts.get("aws:sourcearn") != Some(arn)) {
            return false;
        }
        let fits = match action {
            "DescribeKey" => true,
            "CreateGrant" => {
                let child = self.facts.get("kms:grantoperations").and_then(Value::as_array);
                child.is_some_and(|child| child.iter().all(|one| operations.contains(one)))
                    && source.is_none_or(|arn| {
                        self.facts.get("kms:grantconstraintsourcearn") == Some(arn)
                    })
                    && self.context_fits(grant)
                    && (grant.get("equals").is_none()
                        || self.facts.get("kms:grantconstrainttype")
                            == Some(&Value::from("EncryptionContextEquals")))
            }
            _ => self.context_fits(grant),
        };
        fits && self.party_within_limits(&grant["grantee"], foreign)
    }

    fn context_fits(&self, grant: &Value) -> bool {
        let pairs = |name: &str| grant.get(name).and_then(Value::as_object);
        let has = |pairs: &Map<String, Value>| {
            pairs.iter().all(|(key, value)| {
                let fact = format!("kms:encryptioncontext:{}", key.to_lowercase());
                self.facts.get(&fact) == Some(value)
            })
        };
        let keys = self.facts.get("kms:encryptioncontextkeys").and_then(Value::as_array);
        pairs("subset").is_none_or(has)
            && pairs("equals")
                .is_none_or(|pairs| has(pairs) && keys.map_or(0, Vec::len) == pairs.len())
    }

    fn party_within_limits(&self, party: &Value, foreign: bool) -> bool {
        let Some(way) = self.way_of_party(party) else { return false };
        match way {
            Way::Account => self.within_limits(Way::Account),
            _ if foreign => self.boundary_allows() && self.session_allows(),
            way => self.within_limits(way),
        }
    }

    fn way_of_party(&self, party: &Value) -> Option<Way> {
        let (kind, text) = match party {
            Value::Object(service) => ("Service", service["service"].as_str().unwrap()),
            arn => ("AWS", arn.as_str().unwrap()),
        };
        WAYS.into_iter().find(|way| *way != Way::Everyone && self.is_named(*way, kind, text))
    }

    fn may_retire(&self) -> bool {
        let foreign = self.account.is_some_and(|own| own != OWNER);
        if self.caller_side_denies() || !self.organization_allows() {
            return false;
        }
        let grant = &self.case.list("grants")[0];
        let listed = grant["operations"].as_array().unwrap().contains(&"RetireGrant".into());
        let issuer = grant.get("issuer").map_or(OWNER, |issuer| issuer.as_str().unwrap());
        let owns = self.account.is_some_and(|own| own == issuer || own == OWNER);
        grant.get("retiring").is_some_and(|party| self.party_within_limits(party, foreign))
            || (listed && self.party_within_limits(&grant["grantee"], foreign))
            || (owns && self.within_limits(Way::Account))
    }

    /// Whether the key policy says this to the caller under this name.
    fn key_policy_has(&self, effect: &str, way: Way) -> bool {
        let Some(policy) = self.case.key_policy() else { return false };
        statements(&policy).iter().any(|statement| {
            let named = statement.get("Principal").is_some_and(|list| self.is_listed(way, list));
            statement["Effect"] == effect && named && self.applies(statement, &policy)
        })
    }

    fn is_about_caller(&self, statement: &Value) -> bool {
        if let Some(list) = statement.get("Principal") {
            return WAYS.into_iter().any(|way| self.is_listed(way, list));
        }
        let list = &statement["NotPrincipal"];
        let needed: &[Way] = match self.kind {
            "root" => &[Way::Account],
            "user" => &[Way::User, Way::Account],
            "role" => &[Way::Itself, Way::Role, Way::Account],
            "federated" => &[Way::Itself, Way::Account],
            _ => &[Way::Itself],
        };
        let exempt = self.is_listed(Way::Everyone, list)
            || needed.iter().all(|way| self.is_listed(*way, list));
        self.case.0.contains_key("boundary") || !exempt
    }

    fn is_listed(&self, way: Way, list: &Value) -> bool {
        let Some(kinds) = list.as_object() else { return way == Way::Everyone };
        kinds
            .iter()
            .any(|(kind, names)| texts(names).iter().any(|name| self.is_named(way, kind, name)))
    }

    fn is_named(&self, way: Way, kind: &str, name: &str) -> bool {
        let account = self.account.unwrap_or("");
        // One account, whatever the partition that its ARN is written in.
        let name = &*name.replacen("arn:aws-cn:", "arn:aws:", 1);
        let arn = |service: &str, rest: String| format!("arn:aws:{service}::{account}:{rest}");
        // Of a federated user the session is who made it.
        let (role, session) = self.name.split_once(':').unwrap_or((self.name, ""));
        let short = role.rsplit('/').next().unwrap();
        match (way, self.kind) {
            (Way::Everyone, _) => kind == "AWS" && name == "*",
            (Way::Itself, "service") => kind == "Service" && name == self.name,
            _ if kind != "AWS" => false,
            (Way::Itself, "role") => name == arn("sts", format!("assumed-role/{short}/{session}")),
            (Way::Itself, "federated") => name == arn("sts", format!("federated-user/{role}")),
            (Way::Maker, "federated") => {
                !session.is_empty() && name == arn("iam", format!("user/{session}"))
            }
            (Way::User, "user") => name == arn("iam", format!("user/{}", self.name)),
            (Way::Role, "role") => name == arn("iam", format!("role/{role}")),
            (Way::Account, _) => {
                self.account == Some(name)
                    || (self.account.is_some() && name == arn("iam", "root".to_owned()))
            }
            _ => false,
        }
    }

    /// Whether a policy without principals says this.
    fn says(&self, effect: &str, policy: &Value) -> bool {
        let document = self.case.document(policy);
        statements(&document)
            .iter()
            .any(|statement| statement["Effect"] == effect && self.applies(statement, &document))
    }

    fn applies(&self, statement: &Value, document: &Value) -> bool {
        let variables = document.get("Version") == Some(&Value::from("2012-10-17"));
        let denies = statement["Effect"] == "Deny";
        self.action_matches(statement)
            && self.resource_matches(statement, variables, denies)
            && statement.get("Condition").is_none_or(|condition| {
                condition.as_object().unwrap().iter().all(|(operator, keys)| {
                    keys.as_object().unwrap().iter().all(|(key, values)| {
                        condition::Condition {
                            operator,
                            values,
                            variables,
                            denies,
                            facts: &self.facts,
                        }
                        .holds(&key.to_lowercase())
                    })
                })
            })
    }

    fn action_matches(&self, statement: &Value) -> bool {
        let action = self.case.text("action", "kms:Decrypt").to_lowercase();
        let any = |list: &Value| {
            texts(list).iter().any(|pattern| like(&wild(&pattern.to_lowercase()), &action))
        };
        match (statement.get("Action"), statement.get("NotAction")) {
            (Some(list), _) => any(list),
            (None, Some(list)) => !any(list),
            (None, None) => false,
        }
    }

    fn resource_matches(&self, statement: &Value, variables: bool, denies: bool) -> bool {
        let arn = match self.case.text("resource", "key") {
            "key" => KEY.to_owned(),
            "*" => String::new(),
            "new key" => "arn:aws:kms:us-east-1:111122223333:key/*".to_owned(),
            "new multi-Region key" => "arn:aws:kms:us-east-1:111122223333:key/mrk-*".to_owned(),
            "new replica" => KEY.to_owned(),
            alias => format!("arn:aws:kms:us-east-1:111122223333:{alias}"),
        };
        let answers = |list: &Value| -> Vec<Option<bool>> {
            let one = |pattern: &String| arn_like(pattern, &arn, variables, &self.facts);
            texts(list).iter().map(one).collect()
        };
        let is_open = arn.ends_with("key/*") | arn.ends_with("key/mrk-*");
        let meets = |list: &Value| {
            let start = arn.trim_end_matches('*');
            texts(list).iter().any(|text| may_name(text, start, variables, &self.facts))
        };
        match (statement.get("Resource"), statement.get("NotResource")) {
            (Some(list), _) if denies && is_open => meets(list),
            (None, Some(list)) if !denies && is_open && meets(list) => false,
            (Some(list), _) => answers(list).contains(&Some(true)),
            (None, Some(list)) => {
                let answers = answers(list);
                let unknown = answers.contains(&None);
                !answers.contains(&Some(true)) && (!unknown || denies)
            }
            (None, None) => false,
        }
    }
}

fn statements(document: &Value) -> Vec<Value> {
    match &document["Statement"] {
        Value::Array(list) => list.clone(),
        one => vec![one.clone()],
    }
}

/// A text, or a list of texts.
fn texts(value: &Value) -> Vec<String> {
    let one = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match value {
        Value::Array(list) => list.iter().map(one).collect(),
        single => vec![one(single)],
    }
}

/// One position of a pattern.
#[derive(Clone, PartialEq, Eq)]
enum Piece {
    Char(char),
    One,
    Run,
}

fn wild(text: &str) -> Vec<Piece> {
    let piece = |c| match c {
        '*' => Piece::Run,
        '?' => Piece::One,
        c => Piece::Char(c),
    };
    text.chars().map(piece).collect()
}

fn literal(text: &str) -> Vec<Piece> {
    text.chars().map(Piece::Char).collect()
}

/// Whether the pattern is that of the text: a table of which beginnings fit which.
fn like(pattern: &[Piece], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let mut fits = vec![vec![false; text.len() + 1]; pattern.len() + 1];
    fits[0][0] = true;
    for (p, piece) in pattern.iter().enumerate() {
        for t in 0..=text.len() {
            fits[p + 1][t] = match piece {
                Piece::Run => fits[p][t] || (t > 0 && fits[p + 1][t - 1]),
                Piece::One => t > 0 && fits[p][t - 1],
                Piece::Char(c) => t > 0 && fits[p][t - 1] && text[t - 1] == *c,
            };
        }
    }
    fits[pattern.len()][text.len()]
}

/// The pattern with its variables replaced, cut at its first five colons if it shall be; `None`
/// when one has no value.
fn expand(
    text: &str,
    wildcards: bool,
    variables: bool,
    parts: usize,
    facts: &BTreeMap<String, Value>,
) -> Option<Vec<Vec<Piece>>> {
    let mut all = vec![Vec::new()];
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if variables && rest.starts_with("${") {
            let (inside, after) = rest[2..].split_once('}').unwrap();
            all.last_mut().unwrap().extend(match inside {
                "*" | "?" | "$" => literal(inside),
                _ => literal(&value(inside, facts)?),
            });
            rest = after;
            continue;
        }
        rest = &rest[c.len_utf8()..];
        if c == ':' && all.len() < parts {
            all.push(Vec::new());
        } else if wildcards {
            all.last_mut().unwrap().extend(wild(&c.to_string()));
        } else {
            all.last_mut().unwrap().push(Piece::Char(c));
        }
    }
    Some(all)
}

/// The value of `name` or `name, 'default'`.
fn value(inside: &str, facts: &BTreeMap<String, Value>) -> Option<String> {
    let (name, default) = match inside.split_once(',') {
        Some((name, default)) => (name, Some(default.trim().trim_matches('\'').to_owned())),
        None => (inside, None),
    };
    match facts.get(&name.trim().to_lowercase()) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(_) => None,
        None => default,
    }
}

/// Whether the pattern is of several ARNs, one of which begins so: which positions of its last part
/// can be reached by the beginning.
fn may_name(pattern: &str, start: &str, variables: bool, facts: &BTreeMap<String, Value>) -> bool {
    if pattern.chars().all(|c| c == '*') {
        return true;
    }
    let Some(parts) = expand(pattern, true, variables, 6, facts) else { return false };
    let cut: Vec<&str> = start.splitn(6, ':').collect();
    if parts.len() != 6 || !(0..5).all(|at| like(&parts[at], cut[at])) {
        return false;
    }
    let last = &parts[5];
    let runs_over = |mut at: Vec<bool>| {
        for (p, piece) in last.iter().enumerate() {
            at[p + 1] |= at[p] && *piece == Piece::Run;
        }
        at
    };
    let mut at = vec![false; last.len() + 1];
    at[0] = true;
    at = runs_over(at);
    for c in cut[5].chars() {
        let mut next = vec![false; last.len() + 1];
        for (p, piece) in last.iter().enumerate().filter(|(p, _)| at[*p]) {
            match piece {
                Piece::Run => next[p] = true,
                Piece::One => next[p + 1] = true,
                Piece::Char(own) => next[p + 1] |= *own == c,
            }
        }
        at = runs_over(next);
    }
    at.contains(&true) && last.iter().any(|piece| !matches!(piece, Piece::Char(_)))
}

/// Whether the ARN is of the pattern, part by part; `None` when that hangs on a variable without
/// value.
fn arn_like(
    pattern: &str,
    arn: &str,
    variables: bool,
    facts: &BTreeMap<String, Value>,
) -> Option<bool> {
    if !pattern.is_empty() && pattern.chars().all(|c| c == '*') {
        return Some(true);
    }
    let cut: Vec<&str> = arn.splitn(6, ':').collect();
    if cut.len() < 6 {
        return Some(false);
    }
    if variables && pattern.starts_with("${") && pattern.find('}') == Some(pattern.len() - 1) {
        return expand(pattern, true, true, 1, facts).map(|parts| like(&parts[0], arn));
    }
    match expand(pattern, true, variables, 6, facts) {
        Some(parts) => {
            let pairs = parts.iter().zip(&cut);
            Some(parts.len() == 6 && pairs.into_iter().all(|(part, text)| like(part, text)))
        }
        None => {
            // What stands before the last part may refuse it all the same.
            let before = pattern.split("${").next().unwrap();
            let before = before.rsplit_once(':').map_or("", |(before, _)| before);
            let parts = expand(before, true, false, 6, facts).unwrap();
            let fits = parts.iter().zip(&cut).all(|(part, text)| like(part, text));
            if fits || before.is_empty() { None } else { Some(false) }
        }
    }
}

mod condition {
    use super::{Value, arn_like, expand, like, texts};
    use std::collections::BTreeMap;

    /// One operator over one key.
    pub(super) struct Condition<'a> {
        pub(super) operator: &'a str,
        pub(super) values: &'a Value,
        pub(super) variables: bool,
        pub(super) denies: bool,
        pub(super) facts: &'a BTreeMap<String, Value>,
    }

    impl Condition<'_> {
        pub(super) fn holds(&self, key: &str) -> bool {
            let name = self.operator.to_lowercase();
            let (set, name) = match name.split_once(':') {
                Some((set, name)) => (Some(set.to_owned()), name.to_owned()),
                None => (None, name),
            };
            let (name, if_exists) = match name.strip_suffix("ifexists") {
                Some(name) => (name.to_owned(), true),
                None => (name, false),
            };
            let fact = self.facts.get(key).filter(|fact| **fact != Value::Array(Vec::new()));
            if name == "null" {
                let absent = if fact.is_none() { "true" } else { "false" };
                return texts(self.values).iter().any(|value| value.eq_ignore_ascii_case(absent));
            }
            let negated = name.contains("not") && !name.starts_with("notary");
            let positive = name.replacen("not", "", 1);
            let one = |own: &str| self.any(&positive, own) != negated;
            let Some(fact) = fact else {
                return match set.as_deref() {
                    _ if if_exists => true,
                    Some("forallvalues") => true,
                    Some(_) => false,
                    None => negated,
                };
            };
            match (fact, set.as_deref()) {
                (Value::Object(any), _) => {
                    let all = texts(&any["any"]);
                    if self.denies {
                        all.iter().any(|v| one(v))
                    } else {
                        all.iter().all(|v| one(v))
                    }
                }
                (Value::Array(_), None) => false,
                (list, Some("forallvalues")) => texts(list).iter().all(|v| one(v)),
                (list, _) => texts(list).iter().any(|v| one(v)),
            }
        }

        fn any(&self, operator: &str, own: &str) -> bool {
            texts(self.values).iter().any(|value| self.matches(operator, value, own))
        }

        fn matches(&self, operator: &str, value: &str, own: &str) -> bool {
            let text = |wildcards, value: &str, own: &str| {
                let parts = expand(value, wildcards, self.variables, 1, self.facts);
                parts.is_some_and(|parts| like(&parts[0], own))
            };
            match operator {
                "stringequals" => text(false, value, own),
                "stringlike" => text(true, value, own),
                "stringequalsignorecase" | "bool" => {
                    let parts = expand(value, false, self.variables, 1, self.facts);
                    parts.is_some_and(|parts| {
                        let text: String = parts[0].iter().map(char_of).collect();
                        text.to_lowercase() == own.to_lowercase()
                    })
                }
                "arnequals" | "arnlike" => {
                    arn_like(value, own, self.variables, self.facts) == Some(true)
                }
                "binaryequals" => {
                    base64_simd::STANDARD.decode_to_vec(value).unwrap() == own.as_bytes()
                }
                "ipaddress" => in_network(value, own),
                _ => match operator.strip_prefix("numeric") {
                    Some(relation) => compare(relation, number(own), number(value)),
                    None => {
                        let relation = operator.strip_prefix("date").unwrap();
                        compare(relation, date(own), date(value))
                    }
                },
            }
        }
    }

    fn char_of(piece: &super::Piece) -> char {
        match piece {
            super::Piece::Char(c) => *c,
            super::Piece::One => '?',
            super::Piece::Run => '*',
        }
    }

    fn compare<T: Ord>(relation: &str, own: Option<T>, other: Option<T>) -> bool {
        let (Some(own), Some(other)) = (own, other) else { return false };
        match relation {
            "equals" => own == other,
            "lessthan" => own < other,
            "lessthanequals" => own <= other,
            "greaterthan" => own > other,
            "greaterthanequals" => own >= other,
            other => panic!("{other}"),
        }
    }

    /// In units so small that every number of these tests is whole.
    fn number(text: &str) -> Option<i128> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => (-1, digits),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let whole: i128 = whole.parse().ok()?;
        let padded: i128 = format!("{fraction:0<18}").parse().ok()?;
        Some(sign * (whole * 1_000_000_000_000_000_000 + padded))
    }

    /// Milliseconds since the epoch.
    fn date(text: &str) -> Option<i128> {
        let whole = match text.len() {
            4 => format!("{text}-01-01T00:00:00Z"),
            7 if text.contains('-') => format!("{text}-01T00:00:00Z"),
            10 if text.contains('-') => format!("{text}T00:00:00Z"),
            _ => text.to_owned(),
        };
        if let Ok(time) = whole.parse::<jiff::Timestamp>() {
            return Some(time.as_millisecond().into());
        }
        number(text).map(|units| units.div_euclid(1_000_000_000_000_000))
    }

    /// Addresses as rows of bits, of which the first ones must be the same.
    fn in_network(range: &str, own: &str) -> bool {
        let bits = |text: &str| -> Option<String> {
            Some(match text.parse::<std::net::IpAddr>().ok()?.to_canonical() {
                std::net::IpAddr::V4(address) => format!("4{:032b}", u32::from(address)),
                std::net::IpAddr::V6(address) => format!("6{:0128b}", u128::from(address)),
            })
        };
        let (address, length) = range.split_once('/').unwrap_or((range, "128"));
        let (Some(range), Some(own)) = (bits(address), bits(own)) else { return false };
        let length = 1 + length.parse::<usize>().unwrap().min(range.len() - 1);
        own.get(..length) == range.get(..length)
    }
}
