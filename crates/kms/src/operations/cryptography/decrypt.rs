//! [Decrypt](https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html): decrypts what Encrypt, ReEncrypt or a data-key operation made.

use super::ciphertext::Ciphertext;
use super::context;
use crate::table::{OperationName, demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::OneKey;
use strongroom_engine::work::Work;
use strongroom_engine::{Fact, Operation, Role};
use strongroom_types::{EncryptionAlgorithm, EncryptionContext};

pub(crate) struct Decrypt {
    ciphertext: Ciphertext,
    context: EncryptionContext,
    algorithm: EncryptionAlgorithm,
}

impl Operation for Decrypt {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::Decrypt);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let algorithm = values.name("EncryptionAlgorithm");
        Ok(Self {
            ciphertext: Ciphertext::read(&mut values, "KeyId")?,
            context: values.take("EncryptionContext").unwrap_or_default(),
            algorithm: algorithm.unwrap_or(EncryptionAlgorithm::SymmetricDefault),
        })
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        self.ciphertext.target(self.algorithm)
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        context::fact(&self.context, self.algorithm, key)
    }

    fn check(&self, key: &AdmittedKey) -> Result<(), Refusal> {
        context::fits(self.algorithm, key.record())?;
        self.ciphertext.check()
    }

    async fn rehearse(&self, key: &AdmittedKey, work: &mut Work<'_>) -> Result<(), Refusal> {
        let Some((blob, header)) = self.ciphertext.parts() else { return Ok(()) };
        work.decrypt(key, header, &self.context, blob).await.map(drop)
    }

    async fn run(self, key: AdmittedKey, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let (blob, header) = self.ciphertext.parts().ok_or(Refusal::Internal)?;
        let plain = work.decrypt(&key, header, &self.context, blob).await?;
        Ok(Reply::empty()
            .with("KeyId", key.arn().to_string())
            .with("Plaintext", plain)
            .with("EncryptionAlgorithm", self.algorithm.name())
            .with("KeyMaterialId", header.material.to_string()))
    }
}
