//! [ReEncrypt](https://docs.aws.amazon.com/kms/latest/APIReference/API_ReEncrypt.html): decrypts and encrypts again, inside the service.

use super::ciphertext::{Ciphertext, Opened};
use super::context;
use crate::table::{OperationName, demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedPair, OneKey, TwoKeys};
use strongroom_engine::work::Work;
use strongroom_engine::{Fact, Operation, Role};
use strongroom_types::text::text;
use strongroom_types::{EncryptionAlgorithm, EncryptionContext};

pub(crate) struct ReEncrypt {
    ciphertext: Ciphertext,
    destination: String,
    source_context: EncryptionContext,
    destination_context: EncryptionContext,
    source_algorithm: EncryptionAlgorithm,
    destination_algorithm: EncryptionAlgorithm,
}

impl Operation for ReEncrypt {
    type Target = TwoKeys;
    const DEMANDS: &'static Demands = demands(OperationName::ReEncrypt);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let default = EncryptionAlgorithm::SymmetricDefault;
        Ok(Self {
            ciphertext: Ciphertext::read(&mut values, "SourceKeyId")?,
            destination: values.need("DestinationKeyId")?,
            source_context: values.take("SourceEncryptionContext").unwrap_or_default(),
            destination_context: values.take("DestinationEncryptionContext").unwrap_or_default(),
            source_algorithm: values.name("SourceEncryptionAlgorithm").unwrap_or(default),
            destination_algorithm: values.name("DestinationEncryptionAlgorithm").unwrap_or(default),
        })
    }

    fn target(&self) -> Result<TwoKeys, Refusal> {
        let destination = OneKey::Named(self.destination.clone());
        Ok(TwoKeys { source: self.ciphertext.target(self.source_algorithm)?, destination })
    }

    fn fact(&self, role: Role, key: &str) -> Option<Fact<'_>> {
        match role {
            Role::Destination => {
                context::fact(&self.destination_context, self.destination_algorithm, key)
            }
            Role::Source | Role::Only | Role::Replica => {
                context::fact(&self.source_context, self.source_algorithm, key)
            }
        }
    }

    fn check(&self, keys: &AdmittedPair) -> Result<(), Refusal> {
        let (source, destination) = (keys.source.record(), keys.destination.record());
        self.ciphertext.check(self.source_algorithm, &self.source_context, source)?;
        context::fits(self.destination_algorithm, &self.destination_context, destination)
    }

    async fn rehearse(&self, keys: &AdmittedPair, work: &mut Work<'_>) -> Result<(), Refusal> {
        let (algorithm, context) = (self.source_algorithm, &self.source_context);
        self.ciphertext.open(&keys.source, algorithm, context, work).await.map(drop)
    }

    async fn run(self, keys: AdmittedPair, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let (algorithm, context) = (self.source_algorithm, &self.source_context);
        let opened = self.ciphertext.open(&keys.source, algorithm, context, work).await?;
        let Opened { plaintext, material } = opened.ok_or(Refusal::Internal)?;
        let (algorithm, context) = (self.destination_algorithm, &self.destination_context);
        let encrypted = work.encrypt(&keys.destination, algorithm, context, &plaintext).await?;
        Ok(Reply::empty()
            .with("CiphertextBlob", encrypted.blob)
            .with("SourceKeyId", text(&keys.source.arn()))
            .with("KeyId", text(&keys.destination.arn()))
            .with("SourceEncryptionAlgorithm", self.source_algorithm.name())
            .with("DestinationEncryptionAlgorithm", self.destination_algorithm.name())
            .with_some("SourceKeyMaterialId", material.map(|id| id.to_string()))
            .with_some("DestinationKeyMaterialId", encrypted.material.map(|id| id.to_string())))
    }
}
