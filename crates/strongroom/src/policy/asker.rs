//! Who asks, for what, and what is known of the request.

use crate::clock::SystemClock;
use crate::terminal::Failure;
use strongroom_engine::demands::Access;
use strongroom_engine::hypothesis::{ContextEntry, Given, asker, of_caller, of_request};
use strongroom_engine::ports::Clock as _;
use strongroom_engine::principal_arn;
use strongroom_kms::{OperationName, demands};
use strongroom_policy::{NamedPrincipal, Resource};
use strongroom_types::{Action, AliasArn, KeyArn, KeyReference, Principal};

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
    NamedPrincipal::parse(text).and_then(|name| asker(name, SESSION)).ok_or_else(unknown)
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
        Access::Entity(_) | Access::Role { .. } | Access::Trail(_) | Access::Anyone => [None, None],
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

/// What is given of the request, and what follows from who asks of what.
///
/// # Errors
/// [`Failure`] for a pair that is no condition key with its value.
pub(super) fn given(
    pairs: &[String],
    caller: &Principal,
    action: Action,
    on: &On,
) -> Result<Given, Failure> {
    let entries = pairs.iter().map(|pair| entry(pair)).collect::<Result<_, _>>()?;
    let mut given = Given::new(entries);
    given.imply(of_caller(caller, principal_arn(caller, on.partition())));
    let (region, owner) = match on {
        On::Key(arn) => (Some(arn.region), Some(arn.account)),
        On::Alias(arn) => (Some(arn.region), Some(arn.account)),
        On::Account => (None, caller.account()),
    };
    given.imply(of_request(action.as_str(), region, owner, SystemClock.now()));
    Ok(given)
}

/// Reads `KEY=VALUE`.
fn entry(pair: &str) -> Result<ContextEntry, Failure> {
    let parts = pair.split_once('=').filter(|(key, _)| key.contains(':'));
    let (key, value) = parts.ok_or_else(|| {
        Failure::new(format!(
            "`{pair}` is no condition key with its value: aws:SecureTransport=true"
        ))
    })?;
    Ok(ContextEntry { key: key.to_owned(), values: vec![value.to_owned()], is_list: false })
}
