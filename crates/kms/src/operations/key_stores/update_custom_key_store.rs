//! [UpdateCustomKeyStore](https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateCustomKeyStore.html): another name, another place, or what opens it now.

use super::proxy::{
    Credential, OF_HSM, OF_PROXY, credential, missing, refuse, service, service_of,
};
use crate::table::{OperationName, demands};
use strongroom_crypto::SecretBytes;
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::{Invalid, KeyStoreDefect, Refusal};
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedKeyStore, KeyStore};
use strongroom_engine::work::{KeyStoreChange, Work};
use strongroom_keys::{HsmPlace, KeyStorePlace, ProxyPlace};
use strongroom_types::{AccountId, CustomKeyStoreType, XksProxyConnectivity};

pub(crate) struct UpdateCustomKeyStore {
    store: String,
    name: Option<String>,
    hsm: HsmChange,
    proxy: ProxyChange,
    /// A member that is for one kind of store only, of each kind.
    only: (Result<(), Refusal>, Result<(), Refusal>),
}

#[derive(Default)]
struct HsmChange {
    cluster: Option<String>,
    password: Option<SecretBytes>,
}

#[derive(Default)]
struct ProxyChange {
    endpoint: Option<String>,
    path: Option<String>,
    connectivity: Option<XksProxyConnectivity>,
    credential: Option<Credential>,
    service: Option<String>,
    owner: Option<AccountId>,
}

impl Operation for UpdateCustomKeyStore {
    type Target = KeyStore;
    const DEMANDS: &'static Demands = demands(OperationName::UpdateCustomKeyStore);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let only = (refuse(&values, &OF_HSM), refuse(&values, &OF_PROXY));
        let (service, owner) = service(&mut values)?;
        Ok(Self {
            store: values.need("CustomKeyStoreId")?,
            name: values.take("NewCustomKeyStoreName"),
            hsm: HsmChange {
                cluster: values.take("CloudHsmClusterId"),
                password: values.take("KeyStorePassword"),
            },
            proxy: ProxyChange {
                credential: credential(&mut values)?,
                endpoint: values.take("XksProxyUriEndpoint"),
                path: values.take("XksProxyUriPath"),
                connectivity: values.name("XksProxyConnectivity"),
                service,
                owner,
            },
            only,
        })
    }

    fn target(&self) -> Result<KeyStore, Refusal> {
        Ok(KeyStore(self.store.clone()))
    }

    fn check(&self, store: &AdmittedKeyStore) -> Result<(), Refusal> {
        let (no_hsm, no_proxy) = &self.only;
        match store.record().kind() {
            CustomKeyStoreType::ExternalKeyStore => no_hsm.clone()?,
            CustomKeyStoreType::AwsCloudHsm => no_proxy.clone()?,
        }
        if self.name.is_none() && no_hsm.is_ok() && no_proxy.is_ok() {
            return Err(Refusal::Validation(Invalid::KeyStore(KeyStoreDefect::Nothing)));
        }
        Ok(())
    }

    async fn run(self, store: AdmittedKeyStore, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let Self { name, hsm, proxy, only: (no_hsm, no_proxy), .. } = self;
        let change = match (no_hsm.is_ok(), no_proxy.is_ok()) {
            (true, true) => KeyStoreChange::Nothing,
            (true, false) if proxy.is_light() => KeyStoreChange::Light,
            _ => KeyStoreChange::Place,
        };
        let caller = store.record().account;
        let edit = |place| match place {
            KeyStorePlace::Hsm(place) => Ok(KeyStorePlace::Hsm(hsm.apply(place))),
            KeyStorePlace::Proxy(place) => proxy.apply(place, caller).map(KeyStorePlace::Proxy),
        };
        work.update_key_store(store, name, change, edit).await?;
        Ok(Reply::empty())
    }
}

impl HsmChange {
    fn apply(self, place: HsmPlace) -> HsmPlace {
        HsmPlace {
            cluster: self.cluster.unwrap_or(place.cluster),
            password: self.password.unwrap_or(place.password),
            trust_anchor: place.trust_anchor,
        }
    }
}

impl ProxyChange {
    /// Whether it changes nothing but what a connected store may have changed.
    fn is_light(&self) -> bool {
        let Self { endpoint, connectivity, service, owner, path: _, credential: _ } = self;
        endpoint.is_none() && connectivity.is_none() && service.is_none() && owner.is_none()
    }

    /// Another connectivity takes another endpoint, too.
    fn apply(self, place: ProxyPlace, caller: AccountId) -> Result<ProxyPlace, Refusal> {
        let connectivity = self.connectivity.unwrap_or(place.connectivity);
        if connectivity != place.connectivity && self.endpoint.is_none() {
            return Err(missing("XksProxyUriEndpoint"));
        }
        let before = place.service.filter(|_| connectivity == place.connectivity);
        let name = self.service.or_else(|| before.as_ref().map(|service| service.name.clone()));
        let owner = self.owner.or_else(|| before.map(|service| service.owner));
        let (access_key, secret) = match self.credential {
            Some(new) => (new.access_key, new.secret),
            None => (place.access_key, place.secret),
        };
        Ok(ProxyPlace {
            endpoint: self.endpoint.unwrap_or(place.endpoint),
            path: self.path.unwrap_or(place.path),
            connectivity,
            access_key,
            secret,
            service: service_of(connectivity, name, owner, caller)?,
        })
    }
}
