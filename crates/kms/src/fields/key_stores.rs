//! Custom key stores.

use super::Fields;
use strongroom_types::shape::{optional, required};
use strongroom_types::shapes::{
    ACCOUNT_ID, CLOUD_HSM_CLUSTER_ID, CUSTOM_KEY_STORE_ID, CUSTOM_KEY_STORE_NAME,
    CUSTOM_KEY_STORE_TYPE, KEY_STORE_PASSWORD, LIMIT, MARKER, TRUST_ANCHOR_CERTIFICATE,
    XKS_PROXY_CONNECTIVITY, XKS_PROXY_CREDENTIAL, XKS_PROXY_URI_ENDPOINT, XKS_PROXY_URI_PATH,
    XKS_PROXY_VPC_ENDPOINT_SERVICE_NAME,
};

/// Of ConnectCustomKeyStore, DisconnectCustomKeyStore and DeleteCustomKeyStore.
pub(crate) const KEY_STORE_ONLY: Fields = &[required("CustomKeyStoreId", &CUSTOM_KEY_STORE_ID)];

pub(crate) const CREATE_CUSTOM_KEY_STORE: Fields = &[
    required("CustomKeyStoreName", &CUSTOM_KEY_STORE_NAME),
    optional("CloudHsmClusterId", &CLOUD_HSM_CLUSTER_ID),
    optional("TrustAnchorCertificate", &TRUST_ANCHOR_CERTIFICATE),
    optional("KeyStorePassword", &KEY_STORE_PASSWORD),
    optional("CustomKeyStoreType", &CUSTOM_KEY_STORE_TYPE),
    optional("XksProxyUriEndpoint", &XKS_PROXY_URI_ENDPOINT),
    optional("XksProxyUriPath", &XKS_PROXY_URI_PATH),
    optional("XksProxyVpcEndpointServiceName", &XKS_PROXY_VPC_ENDPOINT_SERVICE_NAME),
    optional("XksProxyVpcEndpointServiceOwner", &ACCOUNT_ID),
    optional("XksProxyAuthenticationCredential", &XKS_PROXY_CREDENTIAL),
    optional("XksProxyConnectivity", &XKS_PROXY_CONNECTIVITY),
];

pub(crate) const DESCRIBE_CUSTOM_KEY_STORES: Fields = &[
    optional("CustomKeyStoreId", &CUSTOM_KEY_STORE_ID),
    optional("CustomKeyStoreName", &CUSTOM_KEY_STORE_NAME),
    optional("Limit", &LIMIT),
    optional("Marker", &MARKER),
];

pub(crate) const UPDATE_CUSTOM_KEY_STORE: Fields = &[
    required("CustomKeyStoreId", &CUSTOM_KEY_STORE_ID),
    optional("NewCustomKeyStoreName", &CUSTOM_KEY_STORE_NAME),
    optional("KeyStorePassword", &KEY_STORE_PASSWORD),
    optional("CloudHsmClusterId", &CLOUD_HSM_CLUSTER_ID),
    optional("XksProxyUriEndpoint", &XKS_PROXY_URI_ENDPOINT),
    optional("XksProxyUriPath", &XKS_PROXY_URI_PATH),
    optional("XksProxyVpcEndpointServiceName", &XKS_PROXY_VPC_ENDPOINT_SERVICE_NAME),
    optional("XksProxyVpcEndpointServiceOwner", &ACCOUNT_ID),
    optional("XksProxyAuthenticationCredential", &XKS_PROXY_CREDENTIAL),
    optional("XksProxyConnectivity", &XKS_PROXY_CONNECTIVITY),
];
