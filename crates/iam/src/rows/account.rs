//! The account itself.

use super::row;
use crate::fields;
use strongroom_engine::demands::Demands;
use strongroom_types::ErrorCode as E;

pub(crate) const CREATE_ACCOUNT_ALIAS: Demands = row!(
    "CreateAccountAlias",
    Change,
    fields::CREATE_ACCOUNT_ALIAS,
    [E::EntityAlreadyExists, E::QuotaExceeded]
);

pub(crate) const DELETE_ACCOUNT_ALIAS: Demands = row!(
    "DeleteAccountAlias",
    Change,
    fields::DELETE_ACCOUNT_ALIAS,
    [E::NoSuchEntity, E::QuotaExceeded]
);

pub(crate) const LIST_ACCOUNT_ALIASES: Demands =
    row!("ListAccountAliases", Read, fields::LIST_ACCOUNT_ALIASES, []);

pub(crate) const GET_ACCOUNT_SUMMARY: Demands =
    row!("GetAccountSummary", Read, fields::GET_ACCOUNT_SUMMARY, []);

pub(crate) const GET_ACCOUNT_AUTHORIZATION_DETAILS: Demands =
    row!("GetAccountAuthorizationDetails", Read, fields::GET_ACCOUNT_AUTHORIZATION_DETAILS, []);
