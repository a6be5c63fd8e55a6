//! The texts of refusals that concern custom key stores.

use crate::ports::key_store::KeyStoreError;
use crate::refusal::{ExternalKeyDefect, KeyStoreRefusal};
use strongroom_types::CustomKeyStoreType;

/// The message.
pub(super) fn message(refusal: &KeyStoreRefusal) -> String {
    use KeyStoreRefusal as R;
    match refusal {
        R::NotFound(id) => format!("Custom key store {id} does not exist."),
        R::NameInUse(name) => format!("A custom key store with the name {name} already exists."),
        R::State(state) => {
            format!("The connection state of the custom key store is {state}.")
        }
        R::HasKeys => "The custom key store contains KMS keys.".to_owned(),
        R::ClusterInUse(id) => {
            format!("Cluster {id} is already associated with a custom key store.")
        }
        R::ClusterNotFound(id) => format!("Cluster {id} does not exist."),
        R::ClusterNotActive(id) => format!("Cluster {id} is not active."),
        R::ClusterConfiguration(id) => {
            format!("Cluster {id} does not meet the requirements of a custom key store.")
        }
        R::ClusterNotRelated => {
            "The cluster has another certificate than the cluster before it.".to_owned()
        }
        R::TrustAnchor => "The trust anchor certificate is not that of the cluster.".to_owned(),
        R::UriInUse => "XksProxyUriEndpoint and XksProxyUriPath together are already associated \
                        with another external key store."
            .to_owned(),
        R::EndpointInUse => "XksProxyUriEndpoint is already associated with another external key \
                             store."
            .to_owned(),
        R::ServiceInUse => "XksProxyVpcEndpointServiceName is already associated with another \
                            external key store."
            .to_owned(),
        R::Proxy(why)
        | R::Creating(CustomKeyStoreType::ExternalKeyStore, why)
        | R::Using(CustomKeyStoreType::ExternalKeyStore, why) => told(why),
        R::Random(why)
        | R::Creating(CustomKeyStoreType::AwsCloudHsm, why)
        | R::Using(CustomKeyStoreType::AwsCloudHsm, why) => in_hsm(why),
        R::Opening => "The ciphertext that the external key store proxy submitted for decryption, \
                       or the encryption context, is corrupted, missing, or otherwise invalid."
            .to_owned(),
        R::ExternalKeyInUse(id) => {
            format!("External key {id} is already associated with a KMS key in this key store.")
        }
        R::ExternalKey(defect) => external_key(defect),
        R::NoRandom => "GenerateRandom is not supported for external key stores.".to_owned(),
    }
}

/// Source: AWS KMS Developer Guide, "Troubleshooting external key stores", "External key errors".
fn external_key(defect: &ExternalKeyDefect) -> String {
    match defect {
        ExternalKeyDefect::Spec(spec) => format!(
            "The key spec of the external key must be AES_256. The key spec of specified external \
             key is {spec}."
        ),
        ExternalKeyDefect::Usage(usage) => format!(
            "The key usage of the external key must include ENCRYPT and DECRYPT. The key use of \
             specified external key is {}.",
            usage.join(", ")
        ),
        ExternalKeyDefect::Status => "The status of the external key must be ENABLED. The status \
                                      of specified external key is DISABLED."
            .to_owned(),
    }
}

/// What a proxy did, in AWS's words. What it says itself is for the operator's log.
///
/// Source: the same page.
fn told(why: &KeyStoreError) -> String {
    use KeyStoreError as E;
    let rejected = "The external key store proxy rejected the request";
    match why {
        E::Unreachable(_) => "AWS KMS cannot communicate with the external key store proxy. \
                              Verify that your external key store proxy is active and is connected \
                              to the network, and that its URI path and endpoint URI or VPC \
                              service name are correct in your external key store."
            .to_owned(),
        E::Tls(_) => "AWS KMS cannot establish a TLS connection to the external key store proxy. \
                      Verify the TLS configuration, including its certificate."
            .to_owned(),
        E::TimedOut => "AWS KMS rejected the request because the external key store proxy did not \
                        respond in time. Retry the request. If you see this error repeatedly, \
                        report it to your external key store proxy administrator."
            .to_owned(),
        E::ProxyCredentials => format!(
            "{rejected} because it could not authenticate AWS KMS. Verify the credentials for \
             your external key store and update if necessary."
        ),
        E::AccessDenied => "The external key store proxy denied access to the operation. Verify \
                            that the user and the external key are both authorized for this \
                            operation, and try the request again."
            .to_owned(),
        E::InvalidResponse(_) => "AWS KMS cannot interpret the response from the external key \
                                  store proxy. If you see this error repeatedly, consult your \
                                  external key store proxy administrator."
            .to_owned(),
        E::ProxyConfiguration(_) => format!(
            "{rejected} because of an invalid URI path. Verify the URI path for your external key \
             store and update if necessary."
        ),
        E::NotAllowed(what) => format!("The configuration of this server does not allow {what}."),
        E::Unhealthy => "The external key store proxy is in an unhealthy state. If you see this \
                         message repeatedly, notify your external key store proxy administrator."
            .to_owned(),
        E::KeyNotFound => format!("{rejected} because it could not find the external key."),
        E::KeyDisabled => format!(
            "{rejected} because the external key is not enabled in the external key manager."
        ),
        E::KeyUsage(_) => {
            format!("{rejected} because the external key does not support the requested operation.")
        }
        E::Ciphertext => format!(
            "{rejected} because the specified ciphertext or additional authenticated data is \
             corrupted, missing, or otherwise invalid."
        ),
        E::Throttled => format!(
            "{rejected} due to a very high request rate. Reduce the frequency of your calls using \
             KMS keys in this external key store."
        ),
        E::Unsupported => {
            format!("{rejected} because it does not support the requested cryptographic operation.")
        }
        E::Failed(_) => format!(
            "{rejected} because it cannot communicate with the external key manager. Verify that \
             the external key store proxy configuration is correct and that the external key \
             manager is available."
        ),
        // INVARIANT: the rest is of HSMs.
        _ => "The key store failed.".to_owned(),
    }
}

/// What an HSM did, in words of ours.
fn in_hsm(why: &KeyStoreError) -> String {
    use KeyStoreError as E;
    let text = match why {
        E::ClusterNotFound => "The configuration of this server has no such cluster.",
        E::ClusterNotActive => "The HSM of the custom key store is not active.",
        E::ClusterConfiguration(_) => "The HSM of the custom key store lacks what KMS keys need.",
        E::HsmCredentials => "The HSM refuses the password of the custom key store.",
        E::HsmUserLocked => "The user of the custom key store is locked out of the HSM.",
        E::KeyNotFound => "The HSM of the custom key store does not have the key.",
        E::KeyUsage(_) => "The key in the HSM of the custom key store does not admit this.",
        E::TimedOut => "The HSM of the custom key store did not respond in time.",
        E::Throttled => "Too many requests wait for the HSM of the custom key store.",
        _ => "The HSM of the custom key store failed.",
    };
    text.to_owned()
}
