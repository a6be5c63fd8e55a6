//! Grants: what a principal may do with one key besides the policies, and on what conditions.
//!
//! Source: AWS KMS Developer Guide, "Grants in AWS KMS"; AWS KMS API Reference, `CreateGrant`,
//! `GrantConstraints`.

use crate::facts::{Fact, Facts};
use crate::principal::{Naming, naming_of_arn};
use std::collections::BTreeMap;
use strongroom_types::{AccountId, Action, GrantOperation, Principal};

/// A grant on the key that is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Grant<'a> {
    /// Its identifier.
    pub id: &'a str,
    /// Who may use the key.
    pub grantee: GrantParty<'a>,
    /// Who may retire the grant, besides.
    pub retiring: Option<GrantParty<'a>>,
    /// What it permits.
    pub operations: &'a [GrantOperation],
    /// What it asks of the encryption context.
    pub context: Option<ContextConstraint<'a>>,
    /// The resource on behalf of which the request must be made, by ARN.
    pub source_arn: Option<&'a str>,
    /// The account that created it.
    pub issuer: AccountId,
    /// Whether the request names it by a token.
    pub by_token: bool,
}

/// A party of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantParty<'a> {
    /// A principal, by ARN.
    Principal {
        /// The ARN.
        arn: &'a str,
        /// The unique id of the user or role that it stands for; absent where it stands for none.
        id: Option<&'a str>,
    },
    /// A service, by name.
    Service(&'a str),
}

/// What a grant asks of the encryption context. Keys are not case-sensitive, values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContextConstraint<'a> {
    /// It has these pairs.
    Subset(&'a BTreeMap<String, String>),
    /// It has these pairs and no others.
    Equals(&'a BTreeMap<String, String>),
}

impl ContextConstraint<'_> {
    /// The name of its kind, as condition keys give it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Subset(_) => "EncryptionContextSubset",
            Self::Equals(_) => "EncryptionContextEquals",
        }
    }

    /// The pairs.
    #[must_use]
    pub const fn pairs(&self) -> &BTreeMap<String, String> {
        match self {
            Self::Subset(pairs) | Self::Equals(pairs) => pairs,
        }
    }

    /// Whether the encryption context of the request has the pairs. A key that it has several
    /// times, in names that differ by case, has no value here: which one counts must not be the
    /// caller's choice.
    fn holds(&self, facts: &dyn Facts) -> bool {
        let pairs = self.pairs();
        let has = |key: &str, value: &str| {
            let name = context_fact(key);
            matches!(facts.fact(&name), Some(Fact::One(own)) if own == value)
        };
        let all = pairs.iter().all(|(key, value)| has(key, value));
        let count = || match facts.fact("kms:encryptioncontextkeys") {
            Some(Fact::Many(keys)) => keys.len(),
            _ => 0,
        };
        all && (matches!(self, Self::Subset(_)) || count() == pairs.len())
    }

    /// Whether the grant that the request would create, whose constraint is the request's
    /// encryption context, is at least as strict.
    fn holds_of_child(&self, facts: &dyn Facts) -> bool {
        let same_kind = || is_one(facts, "kms:grantconstrainttype", self.name());
        self.holds(facts) && (matches!(self, Self::Subset(_)) || same_kind())
    }
}

/// The condition key that has the value of the encryption context's `key`.
#[must_use]
pub fn context_fact(key: &str) -> String {
    format!("kms:encryptioncontext:{}", key.to_lowercase())
}

/// The condition key that has the resource on behalf of which a request is made.
pub const SOURCE_ARN_FACT: &str = "aws:sourcearn";

impl GrantParty<'_> {
    /// How it names the caller, if it does.
    pub(crate) fn naming(self, caller: &Principal) -> Option<Naming> {
        match (self, caller) {
            (Self::Principal { arn, id }, _) => naming_of_arn(arn, id, caller),
            (Self::Service(name), Principal::Service { name: own }) => {
                (own == name).then_some(Naming::Itself)
            }
            (Self::Service(_), _) => None,
        }
    }
}

impl Grant<'_> {
    /// Whether it permits `action` to its grantee, in a request of these facts. RetireGrant is a
    /// question of its own ([`crate::decide_retirement`]).
    #[must_use]
    pub fn permits(&self, action: Action, facts: &dyn Facts) -> bool {
        let listed = self.operations.iter().find(|operation| operation.action() == action);
        let Some(operation) = listed else { return false };
        let source = self.source_arn.is_none_or(|arn| is_one(facts, SOURCE_ARN_FACT, arn));
        source
            && match operation {
                GrantOperation::RetireGrant => false,
                GrantOperation::DescribeKey => true,
                GrantOperation::CreateGrant => self.permits_child(facts),
                _ => self.context.is_none_or(|context| context.holds(facts)),
            }
    }

    /// Whether the grant that the request would create permits no more than this one.
    fn permits_child(&self, facts: &dyn Facts) -> bool {
        let listed = |name: &str| self.operations.iter().any(|own| own.name() == name);
        let operations = match facts.fact("kms:grantoperations") {
            Some(Fact::Many(names)) => names.iter().all(|name| listed(name)),
            _ => false,
        };
        let source = |arn| is_one(facts, "kms:grantconstraintsourcearn", arn);
        operations
            && self.source_arn.is_none_or(source)
            && self.context.is_none_or(|context| context.holds_of_child(facts))
    }
}

fn is_one(facts: &dyn Facts, key: &str, value: &str) -> bool {
    matches!(facts.fact(key), Some(Fact::One(own)) if own == value)
}

/// The names under which a grant may have the caller as its grantee: its own, that of its role or of
/// the user who made its session, and that of its account. They are unique ids, with the session's
/// name for a session, and ARNs in the partition `aws` of what has none.
#[must_use]
pub fn grantee_names(caller: &Principal) -> Vec<String> {
    let mut names = vec![match caller {
        Principal::User { .. } | Principal::RoleSession { .. } => caller.user_id(),
        other => other.arn("aws").to_string(),
    }];
    match caller {
        Principal::RoleSession { role_id, .. } => names.push(role_id.clone()),
        Principal::FederatedUser { maker: Some(maker), .. } => names.push(maker.id.clone()),
        _ => {}
    }
    if let (Some(account), false) = (caller.account(), matches!(caller, Principal::Root { .. })) {
        names.push(Principal::Root { account }.arn("aws").to_string());
    }
    names
}

/// The names under which grants were placed formerly: ARNs in this partition, with a space and the
/// unique id of the user or role. A federated user was not found by the user who made its session.
#[must_use]
pub fn former_grantee_names(caller: &Principal, partition: &'static str) -> Vec<String> {
    let own = caller.arn(partition);
    let mut names = match caller {
        Principal::User { id, .. } => vec![format!("{own} {id}")],
        Principal::RoleSession { account, role_path, role, role_id, .. } => vec![
            format!("{own} {role_id}"),
            format!("arn:{partition}:iam::{account}:role{role_path}{role} {role_id}"),
        ],
        _ => vec![own.to_string()],
    };
    if let (Some(account), false) = (caller.account(), matches!(caller, Principal::Root { .. })) {
        names.push(Principal::Root { account }.arn(partition).to_string());
    }
    names
}
