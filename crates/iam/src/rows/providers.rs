//! Identity providers.

use super::row;
use crate::fields;
use strongroom_engine::demands::Demands;
use strongroom_types::ErrorCode as E;

pub(crate) const CREATE_OPEN_ID_CONNECT_PROVIDER: Demands = row!(
    "CreateOpenIDConnectProvider",
    Change,
    fields::CREATE_OPEN_ID_CONNECT_PROVIDER,
    [E::InvalidInput, E::EntityAlreadyExists, E::QuotaExceeded]
);

pub(crate) const GET_OPEN_ID_CONNECT_PROVIDER: Demands = row!(
    "GetOpenIDConnectProvider",
    Read,
    fields::GET_OPEN_ID_CONNECT_PROVIDER,
    [E::InvalidInput, E::NoSuchEntity]
);

pub(crate) const LIST_OPEN_ID_CONNECT_PROVIDERS: Demands =
    row!("ListOpenIDConnectProviders", Read, fields::LIST_OPEN_ID_CONNECT_PROVIDERS, []);

pub(crate) const DELETE_OPEN_ID_CONNECT_PROVIDER: Demands = row!(
    "DeleteOpenIDConnectProvider",
    Change,
    fields::DELETE_OPEN_ID_CONNECT_PROVIDER,
    [E::InvalidInput, E::NoSuchEntity]
);

pub(crate) const ADD_CLIENT_ID_TO_OPEN_ID_CONNECT_PROVIDER: Demands = row!(
    "AddClientIDToOpenIDConnectProvider",
    Change,
    fields::ADD_CLIENT_ID_TO_OPEN_ID_CONNECT_PROVIDER,
    [E::InvalidInput, E::NoSuchEntity, E::QuotaExceeded]
);

pub(crate) const REMOVE_CLIENT_ID_FROM_OPEN_ID_CONNECT_PROVIDER: Demands = row!(
    "RemoveClientIDFromOpenIDConnectProvider",
    Change,
    fields::REMOVE_CLIENT_ID_FROM_OPEN_ID_CONNECT_PROVIDER,
    [E::InvalidInput, E::NoSuchEntity]
);

pub(crate) const UPDATE_OPEN_ID_CONNECT_PROVIDER_THUMBPRINT: Demands = row!(
    "UpdateOpenIDConnectProviderThumbprint",
    Change,
    fields::UPDATE_OPEN_ID_CONNECT_PROVIDER_THUMBPRINT,
    [E::InvalidInput, E::NoSuchEntity]
);
