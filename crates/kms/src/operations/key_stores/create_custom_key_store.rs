//! [CreateCustomKeyStore](https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateCustomKeyStore.html): a key store in an HSM, or behind a proxy.

use super::proxy::{
    Credential, OF_HSM, OF_PROXY, credential, missing, refuse, service, service_of,
};
use crate::table::{OperationName, demands};
use strongroom_crypto::SecretBytes;
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{Account, AdmittedAccount};
use strongroom_engine::work::Work;
use strongroom_keys::{HsmPlace, KeyStorePlace, ProxyPlace};
use strongroom_types::{AccountId, CustomKeyStoreType, XksProxyConnectivity};

pub(crate) struct CreateCustomKeyStore {
    name: String,
    place: Place,
}

enum Place {
    Hsm(HsmPlace),
    Proxy(Proxy),
}

struct Proxy {
    endpoint: String,
    path: String,
    connectivity: XksProxyConnectivity,
    credential: Credential,
    service: Option<String>,
    owner: Option<AccountId>,
}

impl Operation for CreateCustomKeyStore {
    type Target = Account;
    const DEMANDS: &'static Demands = demands(OperationName::CreateCustomKeyStore);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let name = values.need("CustomKeyStoreName")?;
        let place = match values.name("CustomKeyStoreType") {
            Some(CustomKeyStoreType::ExternalKeyStore) => {
                refuse(&values, &OF_HSM)?;
                Place::Proxy(Proxy::read(&mut values)?)
            }
            Some(CustomKeyStoreType::AwsCloudHsm) | None => {
                refuse(&values, &OF_PROXY)?;
                Place::Hsm(hsm(&mut values)?)
            }
        };
        Ok(Self { name, place })
    }

    fn target(&self) -> Result<Account, Refusal> {
        Ok(Account::default())
    }

    async fn run(self, account: AdmittedAccount, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let place = match self.place {
            Place::Hsm(hsm) => KeyStorePlace::Hsm(hsm),
            Place::Proxy(proxy) => KeyStorePlace::Proxy(proxy.place(account.account())?),
        };
        let id = work.create_key_store(&account, self.name, place).await?;
        Ok(Reply::empty().with("CustomKeyStoreId", id))
    }
}

fn hsm(values: &mut Values) -> Result<HsmPlace, Refusal> {
    let password: Option<SecretBytes> = values.take("KeyStorePassword");
    let (cluster, anchor) =
        (values.take("CloudHsmClusterId"), values.take("TrustAnchorCertificate"));
    Ok(HsmPlace {
        cluster: cluster.ok_or(missing("CloudHsmClusterId"))?,
        trust_anchor: anchor.ok_or(missing("TrustAnchorCertificate"))?,
        password: password.ok_or(missing("KeyStorePassword"))?,
    })
}

impl Proxy {
    fn read(values: &mut Values) -> Result<Self, Refusal> {
        let (service, owner) = service(values)?;
        let credential = credential(values)?;
        let (endpoint, path) = (values.take("XksProxyUriEndpoint"), values.take("XksProxyUriPath"));
        let connectivity = values.name("XksProxyConnectivity");
        let proxy = Self {
            endpoint: endpoint.ok_or(missing("XksProxyUriEndpoint"))?,
            path: path.ok_or(missing("XksProxyUriPath"))?,
            connectivity: connectivity.ok_or(missing("XksProxyConnectivity"))?,
            credential: credential.ok_or(missing("XksProxyAuthenticationCredential"))?,
            service,
            owner,
        };
        Ok(proxy)
    }

    fn place(self, caller: AccountId) -> Result<ProxyPlace, Refusal> {
        let Self { endpoint, path, connectivity, credential, service, owner } = self;
        let service = service_of(connectivity, service, owner, caller)?;
        let Credential { access_key, secret } = credential;
        Ok(ProxyPlace { endpoint, path, connectivity, access_key, secret, service })
    }
}
