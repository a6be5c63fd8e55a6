//! [GetPublicKey](https://docs.aws.amazon.com/kms/latest/APIReference/API_GetPublicKey.html): the public key of a key pair.

use crate::metadata::with_algorithms;
use crate::table::{OperationName, demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::refusal::{Refusal, Unsupported};
use strongroom_engine::reply::Reply;
use strongroom_engine::target::OneKey;
use strongroom_engine::work::Work;

pub(crate) struct GetPublicKey {
    key: String,
}

impl Operation for GetPublicKey {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::GetPublicKey);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { key: values.need("KeyId")? })
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        Ok(OneKey::Named(self.key.clone()))
    }

    fn check(&self, key: &AdmittedKey) -> Result<(), Refusal> {
        if key.record().spec.is_asymmetric() {
            Ok(())
        } else {
            Err(Refusal::Unsupported(Unsupported::NoPublicKey))
        }
    }

    async fn run(self, key: AdmittedKey, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let public_key = work.public_key(&key).await?;
        let record = key.record();
        let reply = Reply::empty()
            .with("KeyId", key.arn().to_string())
            .with("PublicKey", public_key)
            .with("CustomerMasterKeySpec", record.spec.name())
            .with("KeySpec", record.spec.name())
            .with("KeyUsage", record.usage.name());
        Ok(with_algorithms(reply, record))
    }
}
