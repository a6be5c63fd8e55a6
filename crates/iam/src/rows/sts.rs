//! The operations of STS.

use crate::fields;
use strongroom_engine::demands::{Access, Counted, Demands, Effect, Shared, Shown, StateClass};
use strongroom_types::Action;
use strongroom_types::ErrorCode as E;
use strongroom_types::shape::Field;

/// A row of STS: nothing is stored, so nothing changes.
const fn row(
    name: &'static str,
    access: Access,
    fields: &'static [Field],
    errors: &'static [E],
) -> Demands {
    Demands {
        name,
        service: "sts",
        access,
        origins: &[],
        usage: None,
        states: StateClass::Any,
        cross_account: true,
        by_alias: false,
        effect: Effect::Read,
        counted: Counted::Shared(Shared::Sts),
        fields,
        errors,
        shown: Shown::Everything,
    }
}

pub(crate) const ASSUME_ROLE: Demands = row(
    "AssumeRole",
    Access::Role {
        assume: Action::new("sts:AssumeRole"),
        tag: Action::new("sts:TagSession"),
        identify: Action::new("sts:SetSourceIdentity"),
    },
    fields::ASSUME_ROLE,
    &[E::QueryMalformedPolicyDocument, E::PackedPolicyTooLarge, E::ExpiredIdentityToken],
);

/// Not counted with the others: whoever has a token of a provider that the account knows could use
/// up the account's quota. AWS counts it with none, either.
pub(crate) const ASSUME_ROLE_WITH_WEB_IDENTITY: Demands = Demands {
    counted: Counted::Own(600),
    ..row(
        "AssumeRoleWithWebIdentity",
        Access::Role {
            assume: Action::new("sts:AssumeRoleWithWebIdentity"),
            tag: Action::new("sts:TagSession"),
            identify: Action::new("sts:SetSourceIdentity"),
        },
        fields::ASSUME_ROLE_WITH_WEB_IDENTITY,
        &[
            E::QueryMalformedPolicyDocument,
            E::PackedPolicyTooLarge,
            E::InvalidIdentityToken,
            E::ExpiredIdentityToken,
        ],
    )
};

/// Nothing of any caller.
pub(crate) const GET_CALLER_IDENTITY: Demands = Demands {
    shown: Shown::Nothing,
    ..row("GetCallerIdentity", Access::Anyone, fields::GET_CALLER_IDENTITY, &[])
};

/// Nothing, of whoever has long-term credentials.
pub(crate) const GET_SESSION_TOKEN: Demands =
    row("GetSessionToken", Access::Anyone, fields::GET_SESSION_TOKEN, &[]);

pub(crate) const GET_FEDERATION_TOKEN: Demands = row(
    "GetFederationToken",
    Access::Entity(Action::new("sts:GetFederationToken")),
    fields::GET_FEDERATION_TOKEN,
    &[E::QueryMalformedPolicyDocument, E::PackedPolicyTooLarge],
);

pub(crate) const GET_ACCESS_KEY_INFO: Demands = row(
    "GetAccessKeyInfo",
    Access::Entity(Action::new("sts:GetAccessKeyInfo")),
    fields::GET_ACCESS_KEY_INFO,
    &[],
);
