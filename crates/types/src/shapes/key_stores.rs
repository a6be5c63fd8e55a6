//! Custom key stores.

use super::{matching, name, patterns, text, withheld};
use crate::shape::Kind::{Secret, Structure};
use crate::shape::{Field, Shape, required};
use crate::{CustomKeyStoreType, XksProxyConnectivity};

/// Identifier of a custom key store.
pub const CUSTOM_KEY_STORE_ID: Shape = text("CustomKeyStoreIdType", 1, 64);
/// Name of a custom key store.
pub const CUSTOM_KEY_STORE_NAME: Shape = text("CustomKeyStoreNameType", 1, 256);
/// Where the keys of a custom key store are kept.
pub const CUSTOM_KEY_STORE_TYPE: Shape = name("CustomKeyStoreType", CustomKeyStoreType::NAMES);
/// Identifier of a cluster of hardware security modules.
pub const CLOUD_HSM_CLUSTER_ID: Shape =
    matching("CloudHsmClusterIdType", 19, 24, &patterns::CLUSTER_ID);
/// The certificate that a cluster's own is signed with, as PEM.
pub const TRUST_ANCHOR_CERTIFICATE: Shape = text("TrustAnchorCertificateType", 1, 5000);
/// The password by which a cluster is used.
pub const KEY_STORE_PASSWORD: Shape =
    withheld("KeyStorePasswordType", Secret { min: 7, max: 32, pattern: None });
/// Where an external key store's proxy is: scheme and host.
pub const XKS_PROXY_URI_ENDPOINT: Shape =
    matching("XksProxyUriEndpointType", 10, 128, &patterns::XKS_PROXY_ENDPOINT);
/// Where its API is: the path.
pub const XKS_PROXY_URI_PATH: Shape =
    matching("XksProxyUriPathType", 10, 128, &patterns::XKS_PROXY_PATH);
/// Name of the endpoint service that a proxy is reached by.
pub const XKS_PROXY_VPC_ENDPOINT_SERVICE_NAME: Shape =
    matching("XksProxyVpcEndpointServiceNameType", 20, 64, &patterns::VPC_ENDPOINT_SERVICE);
/// The account that an endpoint service is of.
pub const ACCOUNT_ID: Shape = matching("AccountIdType", 12, 12, &patterns::ACCOUNT_ID);
/// How a proxy is reached.
pub const XKS_PROXY_CONNECTIVITY: Shape =
    name("XksProxyConnectivityType", XksProxyConnectivity::NAMES);
/// What requests to a proxy are signed with.
pub const XKS_PROXY_CREDENTIAL: Shape =
    withheld("XksProxyAuthenticationCredentialType", Structure(XKS_PROXY_CREDENTIAL_FIELDS));
const XKS_PROXY_CREDENTIAL_FIELDS: &[Field] = &[
    required("AccessKeyId", &XKS_PROXY_ACCESS_KEY_ID),
    required("RawSecretAccessKey", &XKS_PROXY_SECRET_ACCESS_KEY),
];
const XKS_PROXY_ACCESS_KEY_ID: Shape = withheld(
    "XksProxyAuthenticationAccessKeyIdType",
    Secret { min: 20, max: 30, pattern: Some(&patterns::XKS_PROXY_ACCESS_KEY_ID) },
);
const XKS_PROXY_SECRET_ACCESS_KEY: Shape = withheld(
    "XksProxyAuthenticationRawSecretAccessKeyType",
    Secret { min: 43, max: 64, pattern: Some(&patterns::XKS_PROXY_SECRET_ACCESS_KEY) },
);
/// Identifier of a key in an external key manager.
pub const XKS_KEY_ID: Shape = matching("XksKeyIdType", 1, 128, &patterns::XKS_KEY_ID);
