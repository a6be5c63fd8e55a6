//! `CustomKeyStoresListEntry`, as DescribeCustomKeyStores answers it.

use strongroom_engine::reply::Reply;
use strongroom_keys::{KeyStorePlace, KeyStoreRecord, ProxyPlace};

/// What is shown of a custom key store: all but what opens it.
pub(super) fn entry(store: &KeyStoreRecord) -> Reply {
    let reply = Reply::empty()
        .with("CustomKeyStoreId", store.id.clone())
        .with("CustomKeyStoreName", store.name.clone());
    let reply = match &store.place {
        KeyStorePlace::Hsm(hsm) => reply
            .with("CloudHsmClusterId", hsm.cluster.clone())
            .with("TrustAnchorCertificate", hsm.trust_anchor.clone()),
        KeyStorePlace::Proxy(_) => reply,
    };
    let reply = reply
        .with("ConnectionState", store.connection.name())
        .with_some("ConnectionErrorCode", store.failure.map(|code| code.name()))
        .with("CreationDate", store.created)
        .with("CustomKeyStoreType", store.kind().name());
    match &store.place {
        KeyStorePlace::Hsm(_) => reply,
        KeyStorePlace::Proxy(proxy) => reply.with("XksProxyConfiguration", configuration(proxy)),
    }
}

fn configuration(proxy: &ProxyPlace) -> Reply {
    let service = proxy.service.as_ref();
    Reply::empty()
        .with("Connectivity", proxy.connectivity.name())
        .with("AccessKeyId", proxy.access_key.clone())
        .with("UriEndpoint", proxy.endpoint.clone())
        .with("UriPath", proxy.path.clone())
        .with_some("VpcEndpointServiceName", service.map(|service| service.name.clone()))
        .with_some("VpcEndpointServiceOwner", service.map(|service| service.owner.to_string()))
}
