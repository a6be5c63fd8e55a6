//! What is known of a request that nobody has made: what is given of it, and what follows from who
//! would ask of what. The operator's `policy simulate` and IAM's policy simulator share it.

use crate::facts::principal_type;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use strongroom_policy::{Fact, Facts, NamedPrincipal};
use strongroom_types::{AccountId, Principal, Region, Timestamp};

/// Condition keys that have several values, however many are given.
const LISTS: [&str; 4] =
    ["kms:encryptioncontextkeys", "kms:grantoperations", "kms:resourcealiases", "aws:tagkeys"];

/// The prefix of the condition keys of an encryption context.
const CONTEXT: &str = "kms:encryptioncontext:";

/// The value of a condition key, by its name in lower case.
pub type Implied = (&'static str, String);

/// The values of a condition key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextEntry {
    /// The condition key, in any case.
    pub key: String,
    /// Its values; without any it is as if it were not given.
    pub values: Vec<String>,
    /// Whether it is one of several values, even if it has but one.
    pub is_list: bool,
}

/// What is given of a request.
#[derive(Debug, Default)]
pub struct Given {
    /// By the keys in lower case: the values, and whether they are a list.
    values: BTreeMap<String, (Vec<String>, bool)>,
    missed: Mutex<BTreeSet<String>>,
}

impl Given {
    /// What the entries say; of an encryption context also which keys it has. Entries of one key
    /// are taken together.
    #[must_use]
    pub fn new(entries: Vec<ContextEntry>) -> Self {
        let mut given = Self::default();
        let mut context = Vec::new();
        for ContextEntry { key, values, is_list } in entries {
            if values.is_empty() {
                continue;
            }
            let name = key.to_lowercase();
            // The part behind the prefix, in the case in which it was written.
            if let (true, Some(own)) = (name.starts_with(CONTEXT), key.get(CONTEXT.len()..)) {
                context.push(own.to_owned());
            }
            let (known, list) = given.values.entry(name).or_default();
            known.extend(values);
            *list |= is_list;
        }
        if !context.is_empty() {
            let keys = given.values.entry("kms:encryptioncontextkeys".to_owned());
            keys.or_insert((context, true));
        }
        given
    }

    /// Adds what follows from something else, where it is not given.
    pub fn imply(&mut self, implied: impl IntoIterator<Item = Implied>) {
        for (key, value) in implied {
            self.values.entry(key.to_owned()).or_insert_with(|| (vec![value], false));
        }
    }

    /// The condition keys, in lower case, that were asked for and are not there.
    #[must_use]
    pub fn missed(&self) -> Vec<String> {
        let missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        missed.iter().cloned().collect()
    }

    /// The value of a condition key, if it is given.
    pub(crate) fn value(&self, key: &str) -> Option<Fact<'_>> {
        let (values, is_list) = self.values.get(key)?;
        let all = || values.iter().map(|value| value.as_str().into()).collect();
        Some(match values.as_slice() {
            [one] if !is_list && !LISTS.contains(&key) => Fact::One(one.as_str().into()),
            _ if key.starts_with(CONTEXT) => Fact::Ambiguous(all()),
            _ => Fact::Many(all()),
        })
    }
}

impl Facts for Given {
    fn fact(&self, key: &str) -> Option<Fact<'_>> {
        let value = self.value(key);
        if value.is_none() {
            self.missed.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned());
        }
        value
    }
}

/// What follows from who asks; `arn` is the value of `aws:PrincipalArn`.
#[must_use]
pub fn of_caller(caller: &Principal, arn: String) -> Vec<Implied> {
    let is_service = matches!(caller, Principal::Service { .. });
    let mut facts = vec![
        ("aws:principalarn", arn),
        ("aws:principaltype", principal_type(caller).to_owned()),
        ("aws:principalisawsservice", is_service.to_string()),
        ("aws:viaawsservice", false.to_string()),
    ];
    if let Some(account) = caller.account() {
        facts.push(("aws:principalaccount", account.to_string()));
        facts.push(("kms:calleraccount", account.to_string()));
    }
    if let Principal::User { name, id, .. } = caller {
        facts.push(("aws:username", name.clone()));
        facts.extend((!id.is_empty()).then(|| ("aws:userid", id.clone())));
    }
    facts
}

/// What follows from the action, from the Region and the owner of what it is on, and from the time.
#[must_use]
pub fn of_request(
    action: &str,
    region: Option<Region>,
    owner: Option<AccountId>,
    now: Timestamp,
) -> Vec<Implied> {
    let mut facts = vec![
        ("aws:currenttime", now.civil().to_string()),
        ("aws:epochtime", now.seconds().to_string()),
    ];
    facts.extend(region.map(|region| ("aws:requestedregion", region.as_str().to_owned())));
    facts.extend(owner.map(|owner| ("aws:resourceaccount", owner.to_string())));
    let of_grants = ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"];
    if of_grants.iter().any(|name| name.eq_ignore_ascii_case(action)) {
        facts.push(("kms:grantisforawsresource", false.to_string()));
    }
    facts
}

/// Who asks under this name, if it is one of somebody who does; a role stands for a session of it
/// that is called `session`.
#[must_use]
pub fn asker(name: NamedPrincipal, session: &str) -> Option<Principal> {
    let of_role = |account, role_path: Box<str>, role: Box<str>, session: &str| {
        let (role_path, role, session) = (role_path.into(), role.into(), session.to_owned());
        Principal::RoleSession { account, role_path, role, role_id: String::new(), session }
    };
    Some(match name {
        NamedPrincipal::Account { account } => Principal::Root { account },
        NamedPrincipal::User { account, path, name } => {
            Principal::User { account, path: path.into(), name: name.into(), id: String::new() }
        }
        NamedPrincipal::Role { account, path, name } => of_role(account, path, name, session),
        NamedPrincipal::RoleSession { account, role, session } => {
            of_role(account, "/".into(), role, &session)
        }
        NamedPrincipal::FederatedUser { account, name } => {
            Principal::FederatedUser { account, name: name.into(), maker: None }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: &str, values: &[&str], is_list: bool) -> ContextEntry {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        ContextEntry { key: key.to_owned(), values, is_list }
    }

    #[test]
    fn what_is_given_comes_before_what_follows() {
        let mut given = Given::new(vec![
            entry("aws:UserName", &["bob"], false),
            entry("kms:EncryptionContext:Stage", &["a"], false),
            entry("kms:EncryptionContext:stage", &["b"], false),
            entry("aws:TagKeys", &["team"], false),
            entry("s3:list", &["x"], true),
            entry("s3:none", &[], true),
        ]);
        given.imply([("aws:username", "ann".to_owned()), ("aws:userid", "AIDA".to_owned())]);
        let one = |text: &'static str| Some(Fact::One(text.into()));
        assert_eq!(given.fact("aws:username"), one("bob"));
        assert_eq!(given.fact("aws:userid"), one("AIDA"));
        let both = Fact::Ambiguous(vec!["a".into(), "b".into()]);
        assert_eq!(given.fact("kms:encryptioncontext:stage"), Some(both));
        let keys = Fact::Many(vec!["Stage".into(), "stage".into()]);
        assert_eq!(given.fact("kms:encryptioncontextkeys"), Some(keys));
        assert_eq!(given.fact("aws:tagkeys"), Some(Fact::Many(vec!["team".into()])));
        assert_eq!(given.fact("s3:list"), Some(Fact::Many(vec!["x".into()])));
        assert!(given.missed().is_empty());
        assert_eq!(given.fact("s3:none"), None);
        assert_eq!(given.missed(), ["s3:none"]);
    }
}
