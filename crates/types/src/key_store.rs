//! Custom key stores, by the names of the KMS API model.

use crate::names::named;

named! {
    /// Where the keys of a custom key store are kept.
    CustomKeyStoreType {
        /// In a hardware security module.
        AwsCloudHsm = "AWS_CLOUDHSM",
        /// In an external key manager, behind a proxy.
        ExternalKeyStore = "EXTERNAL_KEY_STORE",
    }
}

named! {
    /// The states of a custom key store's connection.
    ConnectionState {
        Connected = "CONNECTED", Connecting = "CONNECTING", Failed = "FAILED",
        Disconnected = "DISCONNECTED", Disconnecting = "DISCONNECTING",
    }
}

named! {
    /// Why a connection is [`ConnectionState::Failed`].
    ConnectionErrorCode {
        InvalidCredentials = "INVALID_CREDENTIALS",
        ClusterNotFound = "CLUSTER_NOT_FOUND",
        NetworkErrors = "NETWORK_ERRORS",
        InternalError = "INTERNAL_ERROR",
        InsufficientCloudHsmHsms = "INSUFFICIENT_CLOUDHSM_HSMS",
        UserLockedOut = "USER_LOCKED_OUT",
        UserNotFound = "USER_NOT_FOUND",
        UserLoggedIn = "USER_LOGGED_IN",
        SubnetNotFound = "SUBNET_NOT_FOUND",
        InsufficientFreeAddressesInSubnet = "INSUFFICIENT_FREE_ADDRESSES_IN_SUBNET",
        XksProxyAccessDenied = "XKS_PROXY_ACCESS_DENIED",
        XksProxyNotReachable = "XKS_PROXY_NOT_REACHABLE",
        XksVpcEndpointServiceNotFound = "XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND",
        XksProxyInvalidResponse = "XKS_PROXY_INVALID_RESPONSE",
        XksProxyInvalidConfiguration = "XKS_PROXY_INVALID_CONFIGURATION",
        XksVpcEndpointServiceInvalidConfiguration = "XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION",
        XksProxyTimedOut = "XKS_PROXY_TIMED_OUT",
        XksProxyInvalidTlsConfiguration = "XKS_PROXY_INVALID_TLS_CONFIGURATION",
    }
}

named! {
    /// How an external key store's proxy is reached.
    XksProxyConnectivity {
        PublicEndpoint = "PUBLIC_ENDPOINT", VpcEndpointService = "VPC_ENDPOINT_SERVICE",
    }
}
