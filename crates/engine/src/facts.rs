//! What conditions of policies may ask of a request.

use crate::call::Call;
use crate::operation::{Operation, Role};
use std::borrow::Cow;
use strongroom_attestation::Attested;
use strongroom_keys::identity::IdentityRecord;
use strongroom_keys::{GrantTerms, KeyRecord};
use strongroom_policy::{Fact, Facts};
use strongroom_types::{AccountId, AliasName, Principal, Region, Tag, Timestamp};

/// An operation's input as a source of facts, whatever the operation.
pub(crate) trait InputFacts: Send + Sync {
    fn input(&self, role: Role, key: &str) -> Option<Fact<'_>>;
}

impl<O: Operation> InputFacts for O {
    fn input(&self, role: Role, key: &str) -> Option<Fact<'_>> {
        self.fact(role, key)
    }
}

/// The facts of one question.
pub(crate) struct RequestFacts<'a> {
    pub(crate) call: &'a Call,
    pub(crate) input: &'a dyn InputFacts,
    pub(crate) recipient: Option<&'a Attested>,
    pub(crate) role: Role,
    pub(crate) record: Option<&'a KeyRecord>,
    /// The account of a key whose record is not to be asked.
    pub(crate) owner: Option<AccountId>,
    /// The Region that the question is about.
    pub(crate) region: Region,
    /// The alias by which the request named the key.
    pub(crate) alias: Option<&'a AliasName>,
    /// For ReEncrypt: whether both keys are one.
    pub(crate) same_key: Option<bool>,
    /// What was looked up because a policy asks for it.
    pub(crate) looked_up: Option<&'a LookedUp>,
    /// For RetireGrant: the grant.
    pub(crate) grant: Option<&'a GrantTerms>,
    /// What IAM knows by a name, when the question is about that.
    pub(crate) entity: Option<EntityFacts<'a>>,
}

/// What conditions may ask of a user, role, policy or identity provider.
#[derive(Clone, Copy)]
pub(crate) struct EntityFacts<'a> {
    /// The account that it is of.
    pub(crate) owner: AccountId,
    pub(crate) tags: &'a [Tag],
    pub(crate) boundary: Option<&'a str>,
}

impl<'a> EntityFacts<'a> {
    /// Those of what has no tags and no boundary.
    pub(crate) fn bare(owner: AccountId) -> Self {
        Self { owner, tags: &[], boundary: None }
    }

    /// Those of a user, group or role.
    pub(crate) fn of(record: &'a IdentityRecord) -> Self {
        let IdentityRecord { account, tags, boundary, .. } = record;
        Self { owner: *account, tags, boundary: boundary.as_deref() }
    }

    /// Source: IAM User Guide, "Available keys for AWS IAM".
    fn fact(&self, key: &str) -> Option<Fact<'a>> {
        if key == "iam:permissionsboundary" {
            return self.boundary.map(|arn| Fact::One(arn.into()));
        }
        let name = key.strip_prefix("aws:resourcetag/");
        let name = name.or_else(|| key.strip_prefix("iam:resourcetag/"))?;
        Fact::named(self.tags.iter().map(Tag::pair), name)
    }
}

/// What of a key is not in its record.
#[derive(Default)]
pub(crate) struct LookedUp {
    /// Names of its aliases.
    pub(crate) aliases: Vec<String>,
    /// Since when it is unused, for actions that may ask.
    pub(crate) unused_since: Option<Timestamp>,
}

/// The condition key of a key's aliases.
pub(crate) const RESOURCE_ALIASES: &str = "kms:resourcealiases";
/// The condition key of the days since a key's last use.
pub(crate) const UNUSED_DAYS: &str = "kms:trailingdayswithoutkeyusage";
/// The actions that have it. Source: Service Authorization Reference, "AWS KMS".
pub(crate) const ASK_FOR_UNUSED_DAYS: [&str; 2] = ["kms:DisableKey", "kms:ScheduleKeyDeletion"];

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

impl Facts for RequestFacts<'_> {
    fn fact(&self, key: &str) -> Option<Fact<'_>> {
        self.of_call(key)
            .or_else(|| self.record.and_then(|record| self.of_key(record, key)))
            .map(Fact::One)
            .or_else(|| self.call.caller.authority.fact(key))
            .or_else(|| self.record.and_then(|record| self.of_tags(record, key)))
            .or_else(|| self.of_looked_up(key))
            // The boundary that a request asks for is asked about, not the one it replaces.
            .or_else(|| self.of_request(key))
            .or_else(|| self.entity.as_ref().and_then(|entity| entity.fact(key)))
    }
}

impl RequestFacts<'_> {
    /// A replica that is to be made is what its primary key is, but for its type.
    fn of_key<'r>(&self, record: &'r KeyRecord, key: &str) -> Option<Cow<'r, str>> {
        match (self.role, key) {
            (Role::Replica, "kms:multiregionkeytype") => Some("REPLICA".into()),
            _ => of_key(record, key),
        }
    }

    /// It has no tags yet.
    fn of_tags<'r>(&self, record: &'r KeyRecord, key: &str) -> Option<Fact<'r>> {
        if self.role == Role::Replica { None } else { of_tags(record, key) }
    }

    fn of_looked_up(&self, key: &str) -> Option<Fact<'_>> {
        let looked_up = self.looked_up?;
        match key {
            RESOURCE_ALIASES => {
                let names = looked_up.aliases.iter().map(|name| name.as_str().into());
                Some(Fact::Many(names.collect()))
            }
            UNUSED_DAYS => {
                let since = looked_up.unused_since?;
                let millis = self.call.time.millis().saturating_sub(since.millis());
                Some(Fact::One((millis.max(0) / DAY_MILLIS).to_string().into()))
            }
            _ => None,
        }
    }

    fn of_request(&self, key: &str) -> Option<Fact<'_>> {
        match key {
            "kms:requestalias" => self.alias.map(|name| Fact::One(name.as_str().into())),
            "kms:reencryptonsamekey" => self.same_key.map(|same| Fact::One(truth(same))),
            _ if key.starts_with("kms:recipientattestation:") => {
                self.recipient?.condition(key).map(|value| Fact::One(value.into()))
            }
            _ => match self.grant {
                Some(terms) => constraint_fact(terms, key),
                None => self.input.input(self.role, key),
            },
        }
    }

    /// Source: IAM User Guide, "AWS global condition context keys".
    fn of_call(&self, key: &str) -> Option<Cow<'_, str>> {
        let caller = &self.call.caller;
        Some(match key {
            "aws:currenttime" => self.call.time.civil().to_string().into(),
            "aws:epochtime" => self.call.time.seconds().to_string().into(),
            // Who has none is of no account, whichever account it acts in.
            "aws:principalaccount" | "kms:calleraccount" => {
                caller.principal.account()?.to_string().into()
            }
            "aws:principalarn" => principal_arn(&caller.principal, caller.partition).into(),
            "aws:principaltype" => principal_type(&caller.principal).into(),
            "aws:principalisawsservice" | "aws:viaawsservice" => "false".into(),
            "aws:userid" => caller.principal.user_id().into(),
            "aws:username" => match &caller.principal {
                Principal::User { name, .. } => name.as_str().into(),
                _ => return None,
            },
            "aws:requestedregion" => self.region.as_str().into(),
            "aws:securetransport" => truth(self.call.origin.tls.is_some()),
            "aws:sourceip" => self.call.origin.source.to_string().into(),
            "aws:useragent" => self.call.origin.user_agent.as_str().into(),
            "aws:resourceaccount" => {
                let of_record = self.record.map(|record| record.account).or(self.owner);
                let owner = of_record.or_else(|| self.entity.as_ref().map(|entity| entity.owner));
                owner.unwrap_or(caller.account).to_string().into()
            }
            _ => return None,
        })
    }
}

/// The value of `aws:PrincipalArn`: for a role session the ARN of the role, not of the session.
#[must_use]
pub fn principal_arn(principal: &Principal, partition: &'static str) -> String {
    match principal {
        Principal::RoleSession { account, role_path, role, .. } => {
            format!("arn:{partition}:iam::{account}:role{role_path}{role}")
        }
        other => other.arn(partition).to_string(),
    }
}

/// The value of `aws:PrincipalType`.
///
/// Source: IAM User Guide, "AWS global condition context keys".
#[must_use]
pub const fn principal_type(principal: &Principal) -> &'static str {
    match principal {
        Principal::Root { .. } => "Account",
        Principal::User { .. } => "User",
        Principal::RoleSession { .. } => "AssumedRole",
        Principal::FederatedUser { .. } => "FederatedUser",
        Principal::WebIdentity { .. } => "FederatedUser",
        Principal::Service { .. } => "Service",
    }
}

/// `kms:GrantConstraintType`, `kms:EncryptionContext:…` and `kms:EncryptionContextKeys` of a grant,
/// whose constraint stands in the place of an encryption context.
///
/// Source: Service Authorization Reference, "CreateGrant", "RetireGrant".
#[must_use]
pub fn constraint_fact<'a>(terms: &'a GrantTerms, key: &str) -> Option<Fact<'a>> {
    let (kind, pairs) = match (&terms.context_subset, &terms.context_equals) {
        (Some(pairs), _) => ("EncryptionContextSubset", pairs),
        (None, Some(pairs)) => ("EncryptionContextEquals", pairs),
        (None, None) => return None,
    };
    match key {
        "kms:grantconstrainttype" => Some(Fact::One(kind.into())),
        "kms:encryptioncontextkeys" => {
            Some(Fact::Many(pairs.keys().map(|key| key.as_str().into()).collect()))
        }
        _ => {
            let name = key.strip_prefix("kms:encryptioncontext:")?;
            Fact::named(pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())), name)
        }
    }
}

/// Source: AWS KMS Developer Guide, "AWS KMS condition keys".
fn of_key<'a>(record: &'a KeyRecord, key: &str) -> Option<Cow<'a, str>> {
    Some(match key {
        "kms:keyspec" | "kms:customermasterkeyspec" => record.spec.name().into(),
        "kms:keyusage" | "kms:customermasterkeyusage" => record.usage.name().into(),
        "kms:keyorigin" => record.origin.name().into(),
        "kms:multiregion" => truth(record.multi_region.is_some()),
        "kms:multiregionkeytype" => {
            let family = record.multi_region.as_ref()?;
            if family.primary == record.region { "PRIMARY" } else { "REPLICA" }.into()
        }
        _ => return None,
    })
}

/// `aws:ResourceTag/…`
fn of_tags<'a>(record: &'a KeyRecord, key: &str) -> Option<Fact<'a>> {
    let name = key.strip_prefix("aws:resourcetag/")?;
    Fact::named(record.tags.iter().map(Tag::pair), name)
}

fn truth(value: bool) -> Cow<'static, str> {
    if value { "true" } else { "false" }.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Arrival, Caller, RequestId};
    use std::net::{IpAddr, Ipv4Addr};
    use std::sync::Arc;
    use strongroom_keys::Party;

    struct NoInput;

    impl InputFacts for NoInput {
        fn input(&self, _: Role, _: &str) -> Option<Fact<'_>> {
            None
        }
    }

    /// The account is that of the role, which is none of theirs.
    #[test]
    fn whom_a_provider_vouches_for_is_of_no_account() {
        let call = |principal| Call {
            caller: Caller {
                principal,
                account: AccountId::INITIAL,
                access_key: String::new(),
                region: "us-east-1".parse().unwrap(),
                partition: "aws",
                authority: Arc::default(),
            },
            time: Timestamp::from_millis(0),
            id: RequestId([0; 16]),
            origin: Arrival {
                source: IpAddr::V4(Ipv4Addr::LOCALHOST),
                user_agent: String::new(),
                tls: None,
                host: String::new(),
            },
            stages: None,
        };
        let web = Principal::WebIdentity {
            provider: "arn:aws:iam::111122223333:oidc-provider/id.example.com".to_owned(),
            subject: "ann".to_owned(),
        };
        let root = Principal::Root { account: AccountId::INITIAL };
        for (principal, known) in [(web, false), (root, true)] {
            let call = call(principal);
            let facts = RequestFacts {
                call: &call,
                input: &NoInput,
                recipient: None,
                role: Role::Only,
                record: None,
                region: call.caller.region,
                alias: None,
                same_key: None,
                looked_up: None,
                grant: None,
                entity: None,
                owner: None,
            };
            for key in ["aws:principalaccount", "kms:calleraccount"] {
                assert_eq!(facts.fact(key).is_some(), known, "{key}");
            }
        }
    }

    fn terms(subset: bool, pairs: &[(&str, &str)]) -> GrantTerms {
        let pairs = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let (context_subset, context_equals) =
            if subset { (Some(pairs), None) } else { (None, Some(pairs)) };
        GrantTerms {
            grantee: Party::Service("rds.amazonaws.com".to_owned()),
            retiring: None,
            operations: Vec::new(),
            context_subset,
            context_equals,
            source_arn: None,
            name: None,
            grantee_id: None,
            retiring_id: None,
        }
    }

    /// Source: Service Authorization Reference, `RetireGrant`. Only identity policies are asked.
    #[test]
    fn policies_see_the_constraint_of_a_grant() {
        let subset = terms(true, &[("App", "Shop"), ("n", "1")]);
        let one = |value: &'static str| Some(Fact::One(value.into()));
        assert_eq!(
            constraint_fact(&subset, "kms:grantconstrainttype"),
            one("EncryptionContextSubset")
        );
        assert_eq!(constraint_fact(&subset, "kms:encryptioncontext:app"), one("Shop"));
        assert_eq!(constraint_fact(&subset, "kms:encryptioncontext:other"), None);
        let keys = constraint_fact(&subset, "kms:encryptioncontextkeys");
        assert_eq!(keys, Some(Fact::Many(vec!["App".into(), "n".into()])));
        let equals = terms(false, &[("App", "a"), ("app", "b")]);
        assert_eq!(
            constraint_fact(&equals, "kms:grantconstrainttype"),
            one("EncryptionContextEquals")
        );
        let twice = constraint_fact(&equals, "kms:encryptioncontext:app");
        assert_eq!(twice, Some(Fact::Ambiguous(vec!["a".into(), "b".into()])));
        let none = GrantTerms { context_equals: None, ..equals };
        assert_eq!(constraint_fact(&none, "kms:grantconstrainttype"), None);
    }
}
