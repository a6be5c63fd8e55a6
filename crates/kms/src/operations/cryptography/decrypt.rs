//! [Decrypt](https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html): decrypts what Encrypt, ReEncrypt or a data-key operation made.

use super::ciphertext::{Ciphertext, Opened};
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
use strongroom_types::text::text;
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
        self.ciphertext.check(self.algorithm, &self.context, key.record())
    }

    async fn rehearse(&self, key: &AdmittedKey, work: &mut Work<'_>) -> Result<(), Refusal> {
        self.ciphertext.open(key, self.algorithm, &self.context, work).await.map(drop)
    }

    async fn run(self, key: AdmittedKey, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let opened = self.ciphertext.open(&key, self.algorithm, &self.context, work).await?;
        let Opened { plaintext, material } = opened.ok_or(Refusal::Internal)?;
        Ok(Reply::empty()
            .with("KeyId", text(&key.arn()))
            .with("Plaintext", plaintext)
            .with("EncryptionAlgorithm", self.algorithm.name())
            .with_some("KeyMaterialId", material.map(|id| id.to_string())))
    }
}
