//! Why something about a custom key store, or in one, was refused.

use crate::ports::key_store::KeyStoreError;
use strongroom_types::{ConnectionState, CustomKeyStoreType, ErrorCode};

/// A refusal that concerns a custom key store.
///
/// Source: AWS KMS API Reference; AWS KMS Developer Guide, "Troubleshooting external key stores",
/// which says how a proxy's failures are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyStoreRefusal {
    /// There is none of this identifier or name.
    NotFound(String),
    /// The name is another store's.
    NameInUse(String),
    /// Its connection is in a state that does not admit the operation.
    State(ConnectionState),
    /// There are keys in it.
    HasKeys,
    /// The cluster is another store's.
    ClusterInUse(String),
    /// The configuration has no such cluster.
    ClusterNotFound(String),
    /// The cluster's HSM is not there.
    ClusterNotActive(String),
    /// The cluster's HSM lacks what is needed.
    ClusterConfiguration(String),
    /// The cluster has another certificate than the one before it.
    ClusterNotRelated,
    /// The certificate is not the cluster's.
    TrustAnchor,
    /// Endpoint and path are another store's.
    UriInUse,
    /// The endpoint is another store's, and one of the two is reached by an endpoint service.
    EndpointInUse,
    /// The endpoint service is another store's.
    ServiceInUse,
    /// A store that is created or changed: its proxy says no, or nothing.
    Proxy(KeyStoreError),
    /// A key that is created in the store: the proxy or the HSM says no, or nothing.
    Creating(CustomKeyStoreType, KeyStoreError),
    /// Random bytes that are asked for: the HSM says no, or nothing.
    Random(KeyStoreError),
    /// A key that is used: the proxy or the HSM says no, or nothing.
    Using(CustomKeyStoreType, KeyStoreError),
    /// What the proxy has decrypted does not open.
    Opening,
    /// The external key belongs to another key.
    ExternalKeyInUse(String),
    /// The external key is none that a KMS key can have.
    ExternalKey(ExternalKeyDefect),
    /// Random bytes of an external key store, which makes none.
    NoRandom,
}

/// What is wrong with an external key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExternalKeyDefect {
    /// Its spec is this one.
    Spec(String),
    /// It is for these things.
    Usage(Vec<String>),
    /// It is not enabled.
    Status,
}

impl KeyStoreRefusal {
    /// The error code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NotFound(_) => ErrorCode::CustomKeyStoreNotFound,
            Self::NameInUse(_) => ErrorCode::CustomKeyStoreNameInUse,
            Self::State(_) => ErrorCode::CustomKeyStoreInvalidState,
            Self::HasKeys => ErrorCode::CustomKeyStoreHasCmks,
            Self::ClusterInUse(_) => ErrorCode::CloudHsmClusterInUse,
            Self::ClusterNotFound(_) => ErrorCode::CloudHsmClusterNotFound,
            Self::ClusterNotActive(_) => ErrorCode::CloudHsmClusterNotActive,
            Self::ClusterConfiguration(_) => ErrorCode::CloudHsmClusterInvalidConfiguration,
            Self::ClusterNotRelated => ErrorCode::CloudHsmClusterNotRelated,
            Self::TrustAnchor => ErrorCode::IncorrectTrustAnchor,
            Self::UriInUse => ErrorCode::XksProxyUriInUse,
            Self::EndpointInUse => ErrorCode::XksProxyUriEndpointInUse,
            Self::ServiceInUse => ErrorCode::XksProxyVpcEndpointServiceInUse,
            Self::Proxy(why) => of_proxy(why),
            Self::Creating(CustomKeyStoreType::ExternalKeyStore, why) => of_creation(why),
            Self::Creating(
                CustomKeyStoreType::AwsCloudHsm,
                KeyStoreError::TimedOut | KeyStoreError::Throttled,
            )
            | Self::Random(KeyStoreError::TimedOut | KeyStoreError::Throttled) => {
                ErrorCode::DependencyTimeout
            }
            Self::Creating(CustomKeyStoreType::AwsCloudHsm, _) => {
                ErrorCode::CloudHsmClusterInvalidConfiguration
            }
            Self::Random(_) => ErrorCode::CustomKeyStoreInvalidState,
            Self::Using(..) | Self::Opening => ErrorCode::KmsInvalidState,
            Self::ExternalKeyInUse(_) => ErrorCode::XksKeyAlreadyInUse,
            Self::ExternalKey(_) => ErrorCode::XksKeyInvalidConfiguration,
            Self::NoRandom => ErrorCode::UnsupportedOperation,
        }
    }
}

/// As CreateCustomKeyStore and UpdateCustomKeyStore tell it.
const fn of_proxy(why: &KeyStoreError) -> ErrorCode {
    use KeyStoreError as E;
    match why {
        E::Unreachable(_) | E::TimedOut | E::Throttled | E::Unhealthy => {
            ErrorCode::XksProxyUriUnreachable
        }
        E::ProxyCredentials => ErrorCode::XksProxyIncorrectAuthenticationCredential,
        E::ProxyConfiguration(_) | E::Tls(_) | E::NotAllowed(_) | E::AccessDenied => {
            ErrorCode::XksProxyInvalidConfiguration
        }
        _ => ErrorCode::XksProxyInvalidResponse,
    }
}

/// As CreateKey tells it of a proxy.
const fn of_creation(why: &KeyStoreError) -> ErrorCode {
    use KeyStoreError as E;
    match why {
        E::KeyNotFound => ErrorCode::XksKeyNotFound,
        E::KeyDisabled | E::KeyUsage(_) => ErrorCode::XksKeyInvalidConfiguration,
        _ => ErrorCode::CustomKeyStoreInvalidState,
    }
}
