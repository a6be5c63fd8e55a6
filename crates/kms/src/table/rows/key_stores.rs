//! Rows of custom key stores.

use super::{account, row};
use crate::fields;
use strongroom_engine::demands::{Access, Demands, Effect};
use strongroom_types::{Action, ErrorCode as E};

/// Changes a custom key store.
const fn change(
    name: &'static str,
    action: &'static str,
    fields: super::Fields,
    errors: super::Errors,
) -> Demands {
    let access = Access::KeyStore(Action::new(action));
    Demands { effect: Effect::Change, ..row(name, access, fields, errors) }
}

pub(in crate::table) const CREATE_CUSTOM_KEY_STORE: Demands = super::shown(account(
    "CreateCustomKeyStore",
    "kms:CreateCustomKeyStore",
    Effect::Change,
    fields::CREATE_CUSTOM_KEY_STORE,
    &[
        E::CloudHsmClusterInUse,
        E::CustomKeyStoreNameInUse,
        E::CloudHsmClusterNotFound,
        E::CloudHsmClusterNotActive,
        E::IncorrectTrustAnchor,
        E::CloudHsmClusterInvalidConfiguration,
        E::LimitExceeded,
        E::XksProxyUriInUse,
        E::XksProxyUriEndpointInUse,
        E::XksProxyUriUnreachable,
        E::XksProxyIncorrectAuthenticationCredential,
        E::XksProxyVpcEndpointServiceInUse,
        E::XksProxyVpcEndpointServiceNotFound,
        E::XksProxyVpcEndpointServiceInvalidConfiguration,
        E::XksProxyInvalidResponse,
        E::XksProxyInvalidConfiguration,
    ],
));

pub(in crate::table) const CONNECT_CUSTOM_KEY_STORE: Demands = change(
    "ConnectCustomKeyStore",
    "kms:ConnectCustomKeyStore",
    fields::KEY_STORE_ONLY,
    &[
        E::CloudHsmClusterNotActive,
        E::CustomKeyStoreInvalidState,
        E::CustomKeyStoreNotFound,
        E::CloudHsmClusterInvalidConfiguration,
    ],
);

pub(in crate::table) const DISCONNECT_CUSTOM_KEY_STORE: Demands = change(
    "DisconnectCustomKeyStore",
    "kms:DisconnectCustomKeyStore",
    fields::KEY_STORE_ONLY,
    &[E::CustomKeyStoreInvalidState, E::CustomKeyStoreNotFound],
);

pub(in crate::table) const DELETE_CUSTOM_KEY_STORE: Demands = change(
    "DeleteCustomKeyStore",
    "kms:DeleteCustomKeyStore",
    fields::KEY_STORE_ONLY,
    &[E::CustomKeyStoreHasCmks, E::CustomKeyStoreInvalidState, E::CustomKeyStoreNotFound],
);

pub(in crate::table) const DESCRIBE_CUSTOM_KEY_STORES: Demands = account(
    "DescribeCustomKeyStores",
    "kms:DescribeCustomKeyStores",
    Effect::Read,
    fields::DESCRIBE_CUSTOM_KEY_STORES,
    &[E::CustomKeyStoreNotFound, E::InvalidMarker],
);

pub(in crate::table) const UPDATE_CUSTOM_KEY_STORE: Demands = change(
    "UpdateCustomKeyStore",
    "kms:UpdateCustomKeyStore",
    fields::UPDATE_CUSTOM_KEY_STORE,
    &[
        E::CustomKeyStoreNotFound,
        E::CustomKeyStoreNameInUse,
        E::CloudHsmClusterNotFound,
        E::CloudHsmClusterNotRelated,
        E::CustomKeyStoreInvalidState,
        E::CloudHsmClusterNotActive,
        E::CloudHsmClusterInvalidConfiguration,
        E::XksProxyUriInUse,
        E::XksProxyUriEndpointInUse,
        E::XksProxyUriUnreachable,
        E::XksProxyIncorrectAuthenticationCredential,
        E::XksProxyVpcEndpointServiceInUse,
        E::XksProxyVpcEndpointServiceNotFound,
        E::XksProxyVpcEndpointServiceInvalidConfiguration,
        E::XksProxyInvalidResponse,
        E::XksProxyInvalidConfiguration,
    ],
);
