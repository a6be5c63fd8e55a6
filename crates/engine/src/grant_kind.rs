//! What grants have in common: what they permit, and of what in a request they ask.
//!
//! A grant is stored under its kind and under the values that it asks for, so that a request finds
//! the one that fits it among many by what it brings.

use crate::slot::digest;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use strongroom_keys::GrantTerms;
use strongroom_policy::{Fact, Facts, SOURCE_ARN_FACT, context_fact};
use strongroom_types::GrantOperation;

/// A kind of grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GrantKind {
    /// In the order of the API model.
    pub(crate) operations: Vec<GrantOperation>,
    context: Asked,
    /// Whether it asks on whose behalf the request is made.
    source: bool,
}

/// What is asked of the encryption context: the condition keys of its pairs, sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Asked {
    Nothing,
    Subset(Vec<String>),
    Equals(Vec<String>),
}

/// Where in its kind a grant stands: digests of the values that it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GrantPlace {
    pub(crate) kind: String,
    pub(crate) source: String,
    pub(crate) context: String,
}

impl GrantKind {
    /// The kind of a grant of these terms.
    pub(crate) fn of(terms: &GrantTerms) -> Self {
        let listed = |operation: &&GrantOperation| terms.operations.contains(operation);
        let keys = |pairs| sorted(pairs).into_iter().map(|(key, _)| key).collect();
        Self {
            operations: GrantOperation::ALL.iter().filter(listed).copied().collect(),
            context: match (&terms.context_subset, &terms.context_equals) {
                (Some(pairs), _) => Asked::Subset(keys(pairs)),
                (None, Some(pairs)) => Asked::Equals(keys(pairs)),
                (None, None) => Asked::Nothing,
            },
            source: terms.source_arn.is_some(),
        }
    }

    /// A digest of it: 32 hexadecimal digits.
    pub(crate) fn digest(&self) -> String {
        let names: Vec<&str> = self.operations.iter().map(|operation| operation.name()).collect();
        let (word, keys) = match &self.context {
            Asked::Nothing => ("any", [].as_slice()),
            Asked::Subset(keys) => ("subset", keys.as_slice()),
            Asked::Equals(keys) => ("equals", keys.as_slice()),
        };
        let source = if self.source { "source" } else { "" };
        digest(&format!("{} {source} {word} {}", names.join(","), joined(keys.iter())))
    }

    /// The place of the grants of this kind that ask for no other source than the request's;
    /// `None` if the request has none and it is asked for.
    pub(crate) fn source_of(&self, facts: &dyn Facts) -> Option<String> {
        if !self.source {
            return Some(digest(""));
        }
        one(facts, SOURCE_ARN_FACT).map(|arn| digest(&arn))
    }

    /// The place of the grants of this kind that ask for no other context than the request's;
    /// `None` if the request does not have what they ask for.
    pub(crate) fn context_of(&self, facts: &dyn Facts) -> Option<String> {
        let (keys, exact) = match &self.context {
            Asked::Nothing => return Some(digest("")),
            Asked::Subset(keys) => (keys, false),
            Asked::Equals(keys) => (keys, true),
        };
        let values: Option<Vec<String>> = keys.iter().map(|key| one(facts, key)).collect();
        let values = values?;
        if exact && pairs(facts) != keys.len() {
            return None;
        }
        Some(digest(&joined(values.iter())))
    }
}

impl GrantPlace {
    /// The place of a grant of these terms.
    pub(crate) fn of(terms: &GrantTerms) -> Self {
        let pairs = terms.context_subset.as_ref().or(terms.context_equals.as_ref());
        let values = |pairs| joined(sorted(pairs).iter().map(|(_, value)| value));
        Self {
            kind: GrantKind::of(terms).digest(),
            source: digest(terms.source_arn.as_deref().unwrap_or_default()),
            context: digest(&pairs.map(values).unwrap_or_default()),
        }
    }
}

/// The condition keys of the pairs with their values, in the order of the keys.
fn sorted(pairs: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let mut sorted: Vec<_> =
        pairs.iter().map(|(key, value)| (context_fact(key), value.clone())).collect();
    sorted.sort();
    sorted
}

/// The texts in one, each with its length, so that no two lists look the same.
fn joined<'a>(texts: impl Iterator<Item = &'a String>) -> String {
    texts.fold(String::new(), |mut all, text| {
        let _ = write!(all, "{}:{text}", text.len());
        all
    })
}

/// How many pairs the request's encryption context has.
fn pairs(facts: &dyn Facts) -> usize {
    match facts.fact("kms:encryptioncontextkeys") {
        Some(Fact::Many(keys)) => keys.len(),
        _ => 0,
    }
}

fn one(facts: &dyn Facts, key: &str) -> Option<String> {
    match facts.fact(key) {
        Some(Fact::One(value)) => Some(value.into_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strongroom_keys::Party;

    struct Request(Vec<(&'static str, &'static str)>);

    impl Facts for Request {
        fn fact(&self, key: &str) -> Option<Fact<'_>> {
            if key == "kms:encryptioncontextkeys" {
                return Some(Fact::Many(self.0.iter().map(|(own, _)| (*own).into()).collect()));
            }
            let found = self.0.iter().filter(|(own, _)| *own == key).map(|(_, value)| *value);
            Fact::single(found)
        }
    }

    fn terms(context: &[(&str, &str)]) -> GrantTerms {
        let pairs = context.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        GrantTerms {
            grantee: Party::Principal("arn:aws:iam::111122223333:root".to_owned()),
            retiring: None,
            operations: vec![GrantOperation::Encrypt, GrantOperation::Decrypt],
            context_subset: (!context.is_empty()).then_some(pairs),
            context_equals: None,
            source_arn: None,
            name: None,
            grantee_id: None,
            retiring_id: None,
        }
    }

    fn finds(terms: &GrantTerms, request: &Request) -> bool {
        let (kind, place) = (GrantKind::of(terms), GrantPlace::of(terms));
        let context = kind.context_of(request);
        kind.source_of(request).as_ref() == Some(&place.source)
            && context.as_ref() == Some(&place.context)
    }

    #[test]
    fn a_request_finds_the_grant_that_asks_for_what_it_has() {
        let request = Request(vec![
            ("kms:encryptioncontext:app", "Shop"),
            ("kms:encryptioncontext:stage", "test"),
        ]);
        assert!(finds(&terms(&[]), &request));
        assert!(finds(&terms(&[("App", "Shop")]), &request));
        assert!(finds(&terms(&[("Stage", "test"), ("app", "Shop")]), &request));
        assert!(!finds(&terms(&[("App", "shop")]), &request));
        assert!(!finds(&terms(&[("App", "Shop"), ("other", "x")]), &request));
        let bound = GrantTerms { source_arn: Some("arn:aws:s3:::b".into()), ..terms(&[]) };
        assert!(!finds(&bound, &request));
        assert!(finds(&bound, &Request(vec![("aws:sourcearn", "arn:aws:s3:::b")])));
        let equals = |context| {
            let mut exact = terms(context);
            exact.context_equals = exact.context_subset.take();
            exact
        };
        assert!(!finds(&equals(&[("App", "Shop")]), &request));
        assert!(finds(&equals(&[("App", "Shop"), ("stage", "test")]), &request));
        // Two values of one key: none of them counts.
        let twice = Request(vec![("kms:encryptioncontext:app", "Shop"); 2]);
        assert!(!finds(&terms(&[("App", "Shop")]), &twice));
    }

    #[test]
    fn kinds_differ_by_what_they_permit_and_ask_for() {
        let base = terms(&[("App", "a")]);
        let digest = |terms: &GrantTerms| GrantPlace::of(terms).kind;
        let mut other_value = base.clone();
        other_value.context_subset = Some([("app".to_owned(), "b".to_owned())].into());
        other_value.operations.reverse();
        assert_eq!(digest(&base), digest(&other_value));
        assert_ne!(GrantPlace::of(&base).context, GrantPlace::of(&other_value).context);
        let mut equals = base.clone();
        equals.context_equals = equals.context_subset.take();
        let mut fewer = base.clone();
        fewer.operations.pop();
        let bound = GrantTerms { source_arn: Some("arn".into()), ..base.clone() };
        let mut kinds = vec![digest(&base), digest(&equals), digest(&fewer), digest(&bound)];
        kinds.push(digest(&terms(&[("App", "a"), ("b", "c")])));
        kinds.push(digest(&terms(&[])));
        kinds.sort();
        kinds.dedup();
        assert_eq!(kinds.len(), 6);
    }
}
