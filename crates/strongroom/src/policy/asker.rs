//! Who asks, for what, and what is known of the request.

use crate::clock::SystemClock;
use crate::terminal::Failure;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use strongroom_engine::demands::Access;
use strongroom_engine::ports::Clock as _;
use strongroom_engine::principal_type;
use strongroom_kms::{OperationName, demands};
use strongroom_policy::{Fact, Facts, NamedPrincipal, Resource};
use strongroom_types::{AccountId, Action, AliasArn, KeyArn, KeyReference, Principal};

/// The session of a role that is named by its own ARN.
const SESSION: &str = "session";

/// The principal that `text` names.
pub(super) fn principal(text: &str) -> Result<Principal, Failure> {
    let unknown = || {
        Failure::new(format!(
            "`{text}` names nobody who asks: give the ARN of a root user, a user, a role, a role \
             session or a federated user, or the name of a service"
        ))
    };
    let is_service = text.contains('.') && !text.contains([':', '/', '*', ' ']);
    if is_service {
        return Ok(Principal::Service { name: text.to_owned() });
    }
    Ok(match NamedPrincipal::parse(text).ok_or_else(unknown)? {
        NamedPrincipal::Account { account } => Principal::Root { account },
        NamedPrincipal::User { account, path, name } => {
            Principal::User { account, path: path.into(), name: name.into(), id: String::new() }
        }
        NamedPrincipal::Role { account, path, name } => {
            role_session(account, path.into(), name.into(), SESSION.to_owned())
        }
        NamedPrincipal::RoleSession { account, role, session } => {
            role_session(account, "/".to_owned(), role.into(), session.into())
        }
        NamedPrincipal::FederatedUser { account, name } => {
            Principal::FederatedUser { account, name: name.into(), maker: None }
        }
        _ => return Err(unknown()),
    })
}

fn role_session(account: AccountId, role_path: String, role: String, session: String) -> Principal {
    Principal::RoleSession { account, role_path, role, role_id: String::new(), session }
}

/// The action of this name, in any case, which must be one on such a resource, and whether it is
/// for other accounts.
pub(super) fn action(name: &str, on: &On) -> Result<(Action, bool), Failure> {
    let named = |(action, _): &(Action, &[Kind])| action.as_str().eq_ignore_ascii_case(name);
    let known = OperationName::ALL.iter().map(|name| demands(*name)).find_map(|row| {
        let (action, kinds) = actions(row.access).into_iter().flatten().find(named)?;
        Some((action, kinds, row.cross_account))
    });
    let (action, kinds, cross_account) = known.ok_or_else(|| {
        Failure::new(format!("`{name}` is no action of KMS, such as kms:Decrypt"))
    })?;
    if !kinds.contains(&on.kind()) {
        let kinds: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
        let kinds = kinds.join(" or ");
        return Err(Failure::new(format!(
            "{action} is an action on {kinds}: give that as resource"
        )));
    }
    Ok((action, cross_account))
}

/// A kind of resource.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Key,
    Alias,
    Account,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Key => "a key",
            Self::Alias => "an alias",
            Self::Account => "`*`",
        }
    }
}

/// The actions, each with what it is on.
fn actions(access: Access) -> [Option<(Action, &'static [Kind])>; 2] {
    const KEY: &[Kind] = &[Kind::Key];
    const ACCOUNT: &[Kind] = &[Kind::Account];
    match access {
        Access::Key(action) | Access::Succession(action) | Access::Grant(action) => {
            [Some((action, KEY)), None]
        }
        Access::AliasAndKeys(action) => [Some((action, &[Kind::Key, Kind::Alias])), None],
        Access::TwoKeys { source, destination } => [Some((source, KEY)), Some((destination, KEY))],
        Access::Replication { key, account } => [Some((key, KEY)), Some((account, ACCOUNT))],
        Access::KeyStore(action) | Access::Account(action) => [Some((action, ACCOUNT)), None],
        // No operation of KMS.
        Access::Entity(_) | Access::Role { .. } | Access::Anyone => [None, None],
    }
}

/// What an action is on.
pub(super) enum On {
    Key(KeyArn),
    Alias(AliasArn),
    Account,
}

impl On {
    /// What `text` names.
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        if text == "*" {
            return Ok(Self::Account);
        }
        match KeyReference::parse(text) {
            Ok(KeyReference::Arn(arn)) => Ok(Self::Key(arn)),
            Ok(KeyReference::AliasArn(arn)) => Ok(Self::Alias(arn)),
            _ => Err(Failure::new(format!("`{text}` is no ARN of a key or an alias, and not `*`"))),
        }
    }

    const fn kind(&self) -> Kind {
        match self {
            Self::Key(_) => Kind::Key,
            Self::Alias(_) => Kind::Alias,
            Self::Account => Kind::Account,
        }
    }

    pub(super) fn resource(&self) -> Resource<'_> {
        match self {
            Self::Key(arn) => Resource::Key(*arn),
            Self::Alias(arn) => Resource::Alias(arn),
            Self::Account => Resource::Any,
        }
    }

    pub(super) fn partition(&self) -> &'static str {
        match self {
            Self::Key(arn) => arn.region.partition(),
            Self::Alias(arn) => arn.region.partition(),
            Self::Account => "aws",
        }
    }
}

/// Condition keys that have several values, however many are given.
const LISTS: [&str; 4] =
    ["kms:encryptioncontextkeys", "kms:grantoperations", "kms:resourcealiases", "aws:tagkeys"];

/// What is given of the request, and what follows from who asks of what.
pub(super) struct Given {
    values: BTreeMap<String, Vec<String>>,
    missed: Mutex<BTreeSet<String>>,
}

impl Given {
    /// Reads `KEY=VALUE`s. What follows from caller, action and resource is there if it is not
    /// given.
    pub(super) fn new(
        pairs: &[String],
        caller: &Principal,
        action: Action,
        on: &On,
    ) -> Result<Self, Failure> {
        let mut given: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut context = Vec::new();
        for pair in pairs {
            let (key, value) =
                pair.split_once('=').filter(|(key, _)| key.contains(':')).ok_or_else(|| {
                    Failure::new(format!(
                        "`{pair}` is no condition key with its value: aws:SecureTransport=true"
                    ))
                })?;
            let name = key.to_lowercase();
            // The part behind the prefix, in the case in which it was written.
            if let (true, Some(own)) = (
                name.starts_with("kms:encryptioncontext:"),
                key.get("kms:encryptioncontext:".len()..),
            ) {
                context.push(own.to_owned());
            }
            given.entry(name).or_default().push(value.to_owned());
        }
        let mut implied = implied(caller, action, on);
        if !context.is_empty() {
            implied.push(("kms:encryptioncontextkeys", context));
        }
        for (key, values) in implied {
            given.entry(key.to_owned()).or_insert(values);
        }
        Ok(Self { values: given, missed: Mutex::default() })
    }

    /// The condition keys that were asked for and are not there.
    pub(super) fn missed(&self) -> Vec<String> {
        let missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        missed.iter().cloned().collect()
    }
}

fn implied(caller: &Principal, action: Action, on: &On) -> Vec<(&'static str, Vec<String>)> {
    let partition = on.partition();
    let mut facts = constant(caller, action);
    let arn = match caller {
        Principal::RoleSession { account, role_path, role, .. } => {
            format!("arn:{partition}:iam::{account}:role{role_path}{role}")
        }
        other => other.arn(partition).to_string(),
    };
    facts.push(("aws:principalarn", vec![arn]));
    if let Some(account) = caller.account() {
        facts.push(("aws:principalaccount", vec![account.to_string()]));
        facts.push(("kms:calleraccount", vec![account.to_string()]));
    }
    if let Principal::User { name, .. } = caller {
        facts.push(("aws:username", vec![name.clone()]));
    }
    let (region, owner) = match on {
        On::Key(arn) => (Some(arn.region), Some(arn.account)),
        On::Alias(arn) => (Some(arn.region), Some(arn.account)),
        On::Account => (None, caller.account()),
    };
    facts.extend(region.map(|region| ("aws:requestedregion", vec![region.as_str().to_owned()])));
    facts.extend(owner.map(|owner| ("aws:resourceaccount", vec![owner.to_string()])));
    facts
}

/// What is the same in all requests of such a caller for such an action, and the time.
fn constant(caller: &Principal, action: Action) -> Vec<(&'static str, Vec<String>)> {
    let is_service = matches!(caller, Principal::Service { .. });
    let now = SystemClock.now();
    let mut facts = vec![
        ("aws:currenttime", now.civil().to_string()),
        ("aws:epochtime", now.seconds().to_string()),
        ("aws:principaltype", principal_type(caller).to_owned()),
        ("aws:principalisawsservice", is_service.to_string()),
        ("aws:viaawsservice", false.to_string()),
    ];
    if matches!(action.as_str(), "kms:CreateGrant" | "kms:ListGrants" | "kms:RevokeGrant") {
        facts.push(("kms:grantisforawsresource", false.to_string()));
    }
    facts.into_iter().map(|(key, value)| (key, vec![value])).collect()
}

impl Facts for Given {
    fn fact(&self, key: &str) -> Option<Fact<'_>> {
        let Some(values) = self.values.get(key) else {
            self.missed.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned());
            return None;
        };
        let all = || values.iter().map(|value| value.as_str().into()).collect();
        match values.as_slice() {
            [one] if !LISTS.contains(&key) => Some(Fact::One(one.as_str().into())),
            _ if key.starts_with("kms:encryptioncontext:") => Some(Fact::Ambiguous(all())),
            _ => Some(Fact::Many(all())),
        }
    }
}
