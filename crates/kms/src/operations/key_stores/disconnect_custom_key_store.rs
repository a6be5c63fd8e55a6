//! [DisconnectCustomKeyStore](https://docs.aws.amazon.com/kms/latest/APIReference/API_DisconnectCustomKeyStore.html): disconnects a custom key store; its keys cannot be used until it is connected again.

use crate::table::{OperationName, demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedKeyStore, KeyStore};
use strongroom_engine::work::Work;

pub(crate) struct DisconnectCustomKeyStore {
    store: String,
}

impl Operation for DisconnectCustomKeyStore {
    type Target = KeyStore;
    const DEMANDS: &'static Demands = demands(OperationName::DisconnectCustomKeyStore);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { store: values.need("CustomKeyStoreId")? })
    }

    fn target(&self) -> Result<KeyStore, Refusal> {
        Ok(KeyStore(self.store.clone()))
    }

    async fn run(self, store: AdmittedKeyStore, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.disconnect_key_store(store).await?;
        Ok(Reply::empty())
    }
}
