//! Policy documents.

use crate::condition::Condition;
use crate::index::{Chosen, Index};
use crate::json::Json;
use crate::malformed::{Malformed, Problem};
use crate::principal::NamedPrincipal;
use crate::question::Inquiry;
use crate::statement::{Effect, Grammar, Kind, Statement, member};
use std::collections::{BTreeMap, BTreeSet};

/// A policy document, checked and compiled. It does not change; share it in an `Arc`.
#[derive(Debug)]
pub struct Policy {
    statements: Box<[Statement]>,
    /// What its conditions and variables ask for, in lower case, and how it is first written.
    asks: BTreeMap<Box<str>, Box<str>>,
    index: Option<Box<Index>>,
}

const ELEMENTS: [&str; 3] = ["Version", "Id", "Statement"];

impl Policy {
    /// The longest key policy, in bytes. Source: AWS KMS Developer Guide, "Resource quotas".
    pub const KEY_POLICY_MAX_LEN: usize = 32_768;
    /// The longest identity policy that is parsed, in bytes. Source: IAM API Reference,
    /// `PolicyDocument` of `CreatePolicy`. The quotas for each kind are lower, do not count white
    /// space, and are the business of who stores them.
    pub const IDENTITY_POLICY_MAX_LEN: usize = 131_072;

    /// Parses a key policy: every statement names principals. A statement without `Action` or
    /// `Resource` is accepted and has no effect, as in AWS KMS.
    ///
    /// # Errors
    /// [`Malformed`] with the first thing wrong.
    pub fn key_policy(text: &str) -> Result<Self, Malformed> {
        Self::parse(text, Kind::Key, Self::KEY_POLICY_MAX_LEN)
    }

    /// Parses the policy of a resource of any service, by the grammar of key policies.
    ///
    /// # Errors
    /// [`Malformed`] with the first thing wrong.
    pub fn resource_policy(text: &str) -> Result<Self, Malformed> {
        Self::parse(text, Kind::Key, Self::IDENTITY_POLICY_MAX_LEN)
    }

    /// Parses an identity policy, permissions boundary, session policy or service control policy:
    /// no statement names principals, each has actions and resources.
    ///
    /// # Errors
    /// [`Malformed`] with the first thing wrong.
    pub fn identity_policy(text: &str) -> Result<Self, Malformed> {
        Self::parse(text, Kind::Identity, Self::IDENTITY_POLICY_MAX_LEN)
    }

    /// The key, in lower case, of a condition that AWS KMS takes in no new key policy:
    /// `ForAllValues` over one pair of the encryption context or over one tag holds of every
    /// request without that. A policy that is stored may have it.
    ///
    /// Source: AWS KMS Developer Guide, "Using set operators with condition keys".
    #[must_use]
    pub fn overly_permissive(&self) -> Option<&str> {
        self.statements.iter().find_map(Statement::overly_permissive).map(Condition::key)
    }

    /// How many statements it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.statements.len()
    }

    /// Whether it has no statement, which the parser refuses.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// The policy without statements, which no document is: it allows nothing.
    #[must_use]
    pub fn nothing() -> Self {
        Self { statements: Box::default(), asks: Default::default(), index: None }
    }

    /// Parses the trust policy of a role: every statement names principals and actions, and none
    /// names resources.
    ///
    /// # Errors
    /// [`Malformed`] with the first thing wrong.
    pub fn trust_policy(text: &str) -> Result<Self, Malformed> {
        Self::parse(text, Kind::Trust, Self::IDENTITY_POLICY_MAX_LEN)
    }

    /// The principals that a key policy names, in order, repeats included. Whoever stores the
    /// policy checks that they exist.
    pub fn principals(&self) -> impl Iterator<Item = &NamedPrincipal> {
        self.statements.iter().filter_map(|s| s.principals.as_ref()).flat_map(|p| p.names())
    }

    /// The policy with its names of users, roles and role sessions tied to the unique ids
    /// (`AIDA…`, `AROA…`) that `id_of` gives. Another user or role that later bears the same name
    /// is then not meant.
    ///
    /// Source: IAM User Guide, "AWS JSON policy elements: Principal".
    #[must_use]
    pub fn bind(mut self, mut id_of: impl FnMut(&NamedPrincipal) -> Option<Box<str>>) -> Self {
        for statement in &mut self.statements {
            if let Some(principals) = &mut statement.principals {
                principals.bind(&mut id_of);
            }
        }
        // INVARIANT: a name with a unique id is sought by that, so the index is made once all is bound.
        self.index = Index::new(&self.statements);
        self
    }

    /// The condition keys that conditions and variables ask for, in lower case and as they are
    /// first written; sorted.
    pub fn context_keys(&self) -> impl Iterator<Item = (&str, &str)> {
        self.asks.iter().map(|(key, name)| (&**key, &**name))
    }

    /// Whether a condition or a variable asks for this key, in lower case.
    pub(crate) fn asks_for(&self, key: &str) -> bool {
        self.asks.contains_key(key)
    }

    /// All statements, in order.
    pub(crate) fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.statements.iter()
    }

    /// The statements of `effect` that may apply to the question, in order and with their index,
    /// counted from 0: all that do, and perhaps others. With `to_caller` those that may name the
    /// caller.
    pub(crate) fn candidates<'p>(
        &'p self,
        inquiry: &Inquiry<'_>,
        effect: Effect,
        to_caller: bool,
    ) -> impl Iterator<Item = (usize, &'p Statement)> + use<'p> {
        let chosen = match &self.index {
            Some(index) => index.candidates(inquiry, effect, to_caller),
            None => Chosen::all(self.statements.len()),
        };
        let found = chosen.into_indices().filter_map(|at| Some((at, self.statements.get(at)?)));
        found.filter(move |(_, statement)| statement.effect == effect)
    }

    fn parse(text: &str, kind: Kind, limit: usize) -> Result<Self, Malformed> {
        if text.len() > limit {
            return Err(Problem::TooLong { limit }.into());
        }
        let json = Json::parse(text)?;
        let members = json.members()?;
        if let Some(name) = members.keys().find(|name| !ELEMENTS.contains(&name.as_str())) {
            return Err(Malformed::from(Problem::UnknownElement).within(name));
        }
        let variables = member(members, "Version", has_variables)?.unwrap_or(false);
        member(members, "Id", |json| json.text().map(|_| ()))?;
        let grammar = Grammar { kind, variables };
        let parse = |json: &Json| json.each(|item| Statement::parse(item, grammar));
        let statements =
            member(members, "Statement", parse)?.ok_or(Problem::Missing("Statement"))?;
        let mut sids = BTreeSet::new();
        for (at, statement) in statements.iter().enumerate() {
            if statement.sid.as_deref().is_some_and(|sid| !sids.insert(sid)) {
                let repeated = Malformed::from(Problem::RepeatedSid).within("Sid");
                return Err(repeated.at(at).within("Statement"));
            }
        }
        let mut asks = BTreeMap::new();
        let mut note = |name: &str| {
            asks.entry(name.to_lowercase().into()).or_insert_with(|| name.into());
        };
        statements.iter().for_each(|statement| statement.note_keys(&mut note));
        Ok(Self { index: Index::new(&statements), statements, asks })
    }
}

/// Whether documents of this version have policy variables.
fn has_variables(version: &Json) -> Result<bool, Malformed> {
    match version.text()? {
        "2012-10-17" => Ok(true),
        "2008-10-17" => Ok(false),
        _ => Err(Problem::Version.into()),
    }
}
