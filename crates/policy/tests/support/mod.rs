//! Cases as data: policies, grants and a request. `tests/corpus.rs` says how they are written.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    reason = "a test that fails panics; not every test needs all of it"
)]

pub(crate) mod reference;

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use strongroom_policy::{
    ContextConstraint, Denial, Fact, Facts, Grant, GrantParty, Hypothesis, Mention, NewId, Permit,
    Policy, Question, Resource, Simulated, Sources, decide, decide_retirement, default_key_policy,
    simulate,
};
use strongroom_types::{
    AccountId, Action, AliasArn, AliasName, GrantOperation, KeyArn, Principal, SessionMaker,
};

const MEMBERS: [&str; 18] = [
    "name",
    "caller",
    "action",
    "resource",
    "cross_account",
    "facts",
    "condition",
    "version",
    "key_policy",
    "identity",
    "boundary",
    "session",
    "service_control",
    "grants",
    "retires",
    "expect",
    "message",
    "mention",
];

/// One case.
pub(crate) struct Case(pub(crate) Map<String, Value>);

struct Known(BTreeMap<String, Value>);

impl Facts for Known {
    fn fact(&self, key: &str) -> Option<Fact<'_>> {
        assert_eq!(key, key.to_lowercase(), "keys are asked for in lower case");
        Some(match self.0.get(key)? {
            Value::Array(all) => {
                Fact::Many(all.iter().map(|v| v.as_str().unwrap().into()).collect())
            }
            Value::Object(any) => {
                let all = any["any"].as_array().unwrap();
                Fact::Ambiguous(all.iter().map(|v| v.as_str().unwrap().into()).collect())
            }
            one => Fact::One(one.as_str().unwrap().into()),
        })
    }
}

impl Case {
    pub(crate) fn text<'a>(&'a self, name: &str, default: &'a str) -> &'a str {
        self.0.get(name).map_or(default, |value| value.as_str().unwrap())
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| value.as_bool().unwrap())
    }

    pub(crate) fn list(&self, name: &str) -> &[Value] {
        self.0.get(name).map(|value| value.as_array().unwrap().as_slice()).unwrap_or_default()
    }

    /// The documents' version, null for none.
    pub(crate) fn version(&self) -> Value {
        self.0.get("version").cloned().unwrap_or(json!("2012-10-17"))
    }

    /// The key policy as a document, if there is one.
    pub(crate) fn key_policy(&self) -> Option<Value> {
        match (self.0.get("condition"), self.0.get("key_policy")) {
            (Some(condition), None) => Some(self.document(
                &json!({"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": condition}),
            )),
            (None, Some(Value::String(_))) => {
                Some(serde_json::from_str(&default_key_policy(key().account, "aws")).unwrap())
            }
            (None, Some(json)) => Some(self.document(json)),
            (None, None) => None,
            (Some(_), Some(_)) => panic!("two key policies"),
        }
    }

    /// A document of these statements.
    pub(crate) fn document(&self, statements: &Value) -> Value {
        let mut document = json!({"Statement": statements});
        if !self.version().is_null() {
            document["Version"] = self.version();
        }
        document
    }

    pub(crate) fn facts(&self) -> BTreeMap<String, Value> {
        let facts = self.0.get("facts").map(|v| serde_json::from_value(v.clone()).unwrap());
        facts.unwrap_or_default()
    }

    /// What the product answers, in words; for a refusal the text that its caller is told, too.
    pub(crate) fn decided(&self) -> (String, Option<String>) {
        for member in self.0.keys() {
            assert!(MEMBERS.contains(&member.as_str()), "{member} in {}", self.0["name"]);
        }
        let caller = principal(self.text("caller", "user/Alice"));
        let alias;
        let KeyArn { region, account, .. } = key();
        let resource = match self.text("resource", "key") {
            "key" => Resource::Key(key()),
            "new key" => Resource::NewKey { region, account, id: NewId::Any },
            "new multi-Region key" => Resource::NewKey { region, account, id: NewId::MultiRegion },
            "new replica" => Resource::NewKey { region, account, id: NewId::Known(key().key) },
            "*" => Resource::Any,
            name => {
                alias = AliasArn { region, account, name: AliasName::parse(name).unwrap() };
                Resource::Alias(&alias)
            }
        };
        let question = Question {
            principal: &caller,
            partition: "aws",
            action: Action::new(self.text("action", "kms:Decrypt").to_owned().leak()),
            resource,
            cross_account_allowed: self.flag("cross_account"),
        };
        match self.answer(&question) {
            Ok(permit) => (format!("allow: {}", permit.reason()), None),
            Err(denial) => {
                let mention = match self.text("mention", "arn") {
                    "arn" => Mention::Arn,
                    "ciphertext" => Mention::Ciphertext,
                    "withheld" => Mention::Withheld,
                    other => panic!("{other}"),
                };
                (format!("deny: {denial}"), Some(denial.message(&question, mention)))
            }
        }
    }

    fn answer(&self, question: &Question<'_>) -> Result<Permit, Denial> {
        self.with_sources(|sources, facts| match sources.grants.first() {
            Some(grant) if self.flag("retires") => {
                decide_retirement(question, sources, facts, grant)
            }
            _ => decide(question, sources, facts),
        })
    }

    /// What the simulator makes of a case that is about the key and its policy, without grants.
    pub(crate) fn simulated(&self) -> Option<Simulated> {
        let about_key = self.text("resource", "key") == "key" && self.list("grants").is_empty();
        let caller = self.text("caller", "user/Alice");
        // Which actions are for other accounts is not among what policies say.
        if !about_key || (caller.contains('@') && !self.flag("cross_account")) {
            return None;
        }
        let (caller, key) = (principal(caller), key());
        let arn = key.to_string();
        let action = self.text("action", "kms:Decrypt");
        let owner = Some(key.account);
        let hypothesis = Hypothesis { principal: &caller, action, resource: &arn, owner };
        self.with_sources(|sources, facts| {
            sources.key_policy.map(|_| simulate(&hypothesis, sources, facts))
        })
    }

    fn with_sources<T>(&self, ask: impl FnOnce(&Sources<'_>, &dyn Facts) -> T) -> T {
        let facts = Known(self.facts());
        let identity_policy = |json: &Value| {
            let text = self.document(json).to_string();
            Policy::identity_policy(&text).unwrap_or_else(|why| panic!("{why}: {text}"))
        };
        let list = |items: &[Value]| -> Vec<Policy> { items.iter().map(identity_policy).collect() };
        let key_policy = self.key_policy().map(|document| {
            let text = document.to_string();
            Policy::key_policy(&text).unwrap_or_else(|why| panic!("{why}: {text}"))
        });
        let (identity, session) = (list(self.list("identity")), list(self.list("session")));
        let boundary = self.0.get("boundary").map(identity_policy);
        let levels = self.list("service_control").iter();
        let levels: Vec<_> = levels.map(|level| list(level.as_array().unwrap())).collect();
        let levels: Vec<Vec<&Policy>> = levels.iter().map(|level| level.iter().collect()).collect();
        let grants: Vec<OwnedGrant> = self.list("grants").iter().map(OwnedGrant::new).collect();
        let grants: Vec<Grant<'_>> = grants.iter().map(OwnedGrant::view).collect();
        let sources = Sources {
            key_policy: key_policy.as_ref(),
            identity: &identity.iter().collect::<Vec<_>>(),
            boundary: boundary.as_ref(),
            session: &session.iter().collect::<Vec<_>>(),
            service_control: &levels.iter().map(Vec::as_slice).collect::<Vec<_>>(),
            grants: &grants,
        };
        ask(&sources, &facts)
    }
}

/// A grant, read from its JSON.
struct OwnedGrant {
    id: String,
    grantee: (bool, String),
    retiring: Option<(bool, String)>,
    operations: Vec<GrantOperation>,
    subset: Option<BTreeMap<String, String>>,
    equals: Option<BTreeMap<String, String>>,
    source_arn: Option<String>,
    issuer: AccountId,
    by_token: bool,
}

impl OwnedGrant {
    fn new(json: &Value) -> Self {
        let pairs =
            |name: &str| json.get(name).map(|pairs| serde_json::from_value(pairs.clone()).unwrap());
        let party = |json: &Value| match json {
            Value::Object(service) => (true, service["service"].as_str().unwrap().to_owned()),
            arn => (false, arn.as_str().unwrap().to_owned()),
        };
        let operations = json["operations"].as_array().unwrap().iter();
        Self {
            id: json.get("id").map_or("g1", |id| id.as_str().unwrap()).to_owned(),
            grantee: party(&json["grantee"]),
            retiring: json.get("retiring").map(party),
            operations: operations.map(|name| name.as_str().unwrap().parse().unwrap()).collect(),
            subset: pairs("subset"),
            equals: pairs("equals"),
            source_arn: json.get("source_arn").map(|arn| arn.as_str().unwrap().to_owned()),
            issuer: json
                .get("issuer")
                .map_or(AccountId::INITIAL, |id| id.as_str().unwrap().parse().unwrap()),
            by_token: json.get("by_token").is_some_and(|flag| flag.as_bool().unwrap()),
        }
    }

    fn view(&self) -> Grant<'_> {
        Grant {
            id: &self.id,
            grantee: named(&self.grantee),
            retiring: self.retiring.as_ref().map(named),
            operations: &self.operations,
            context: match (&self.subset, &self.equals) {
                (Some(pairs), None) => Some(ContextConstraint::Subset(pairs)),
                (None, Some(pairs)) => Some(ContextConstraint::Equals(pairs)),
                (None, None) => None,
                (Some(_), Some(_)) => panic!("two constraints"),
            },
            source_arn: self.source_arn.as_deref(),
            issuer: self.issuer,
            by_token: self.by_token,
        }
    }
}

fn named((is_service, name): &(bool, String)) -> GrantParty<'_> {
    if *is_service {
        GrantParty::Service(name)
    } else {
        GrantParty::Principal { arn: name, id: None }
    }
}

pub(crate) fn key() -> KeyArn {
    KeyArn {
        region: "us-east-1".parse().unwrap(),
        account: AccountId::INITIAL,
        key: "1234abcd-12ab-34cd-56ef-1234567890ab".parse().unwrap(),
    }
}

/// `root`, `user/path/name`, `role/path/name:session`, `federated/name` or
/// `federated/name:path/name of the user who made the session`, `service/name`, each perhaps with
/// `@account`.
pub(crate) fn principal(text: &str) -> Principal {
    let (text, account) = text.split_once('@').unwrap_or((text, "111122223333"));
    let account = account.parse().unwrap();
    let (kind, rest) = text.split_once('/').unwrap_or((text, ""));
    let path_and_name = |text: &str| match text.rsplit_once('/') {
        Some((path, name)) => (format!("/{path}/"), name.to_owned()),
        None => ("/".to_owned(), text.to_owned()),
    };
    match kind {
        "root" => Principal::Root { account },
        "user" => {
            let (path, name) = path_and_name(rest);
            Principal::User { account, path, name, id: "AIDAEXAMPLE".to_owned() }
        }
        "role" => {
            let (role, session) = rest.split_once(':').unwrap();
            let (role_path, role) = path_and_name(role);
            let (role_id, session) = ("AROAEXAMPLE".to_owned(), session.to_owned());
            Principal::RoleSession { account, role_path, role, role_id, session }
        }
        "federated" => {
            let (name, maker) = rest.split_once(':').unwrap_or((rest, ""));
            let (path, maker_name) = path_and_name(maker);
            let id = "AIDAEXAMPLE".to_owned();
            let maker = (!maker.is_empty()).then_some(SessionMaker { path, name: maker_name, id });
            Principal::FederatedUser { account, name: name.to_owned(), maker }
        }
        "service" => Principal::Service { name: rest.to_owned() },
        other => panic!("{other}"),
    }
}
