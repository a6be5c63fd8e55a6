//! [Encrypt](https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html): encrypts up to 4,096 bytes under a key.

use super::context;
use crate::table::{OperationName, demands};
use strongroom_crypto::SecretBytes;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::OneKey;
use strongroom_engine::work::Work;
use strongroom_engine::{Fact, Operation, Role};
use strongroom_types::text::text;
use strongroom_types::{EncryptionAlgorithm, EncryptionContext};

pub(crate) struct Encrypt {
    key: String,
    plaintext: SecretBytes,
    context: EncryptionContext,
    algorithm: EncryptionAlgorithm,
}

impl Operation for Encrypt {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::Encrypt);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let algorithm = values.name("EncryptionAlgorithm");
        Ok(Self {
            key: values.need("KeyId")?,
            plaintext: values.need("Plaintext")?,
            context: values.take("EncryptionContext").unwrap_or_default(),
            algorithm: algorithm.unwrap_or(EncryptionAlgorithm::SymmetricDefault),
        })
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        Ok(OneKey::Named(self.key.clone()))
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        context::fact(&self.context, self.algorithm, key)
    }

    fn check(&self, key: &AdmittedKey) -> Result<(), Refusal> {
        context::fits(self.algorithm, &self.context, key.record())
    }

    async fn run(self, key: AdmittedKey, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let encrypted = work.encrypt(&key, self.algorithm, &self.context, &self.plaintext).await?;
        Ok(Reply::empty()
            .with("CiphertextBlob", encrypted.blob)
            .with("KeyId", text(&key.arn()))
            .with("EncryptionAlgorithm", self.algorithm.name()))
    }
}
