//! [Verify](https://docs.aws.amazon.com/kms/latest/APIReference/API_Verify.html): verifies what Sign, or the private key elsewhere, signed.

use super::request::SigningRequest;
use crate::table::{OperationName, demands};
use std::sync::Arc;
use strongroom_crypto::SecretBytes;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::OneKey;
use strongroom_engine::work::Work;
use strongroom_engine::{Fact, Operation, Role};

pub(crate) struct Verify {
    request: SigningRequest,
    signature: Arc<SecretBytes>,
}

impl Operation for Verify {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::Verify);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let request = SigningRequest::read(&mut values)?;
        Ok(Self { request, signature: Arc::new(values.need("Signature")?) })
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        Ok(OneKey::Named(self.request.key.clone()))
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        self.request.fact(key)
    }

    fn check(&self, key: &AdmittedKey) -> Result<(), Refusal> {
        self.request.check(key.record())
    }

    /// Of a signature that is not valid the dry run says so, as the request itself would.
    async fn rehearse(&self, key: &AdmittedKey, work: &mut Work<'_>) -> Result<(), Refusal> {
        work.verify(key, self.request.signed(), self.signature.clone()).await
    }

    /// A signature that is not valid is an error, never an answer.
    async fn run(self, key: AdmittedKey, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let algorithm = self.request.algorithm;
        work.verify(&key, self.request.signed(), self.signature).await?;
        Ok(Reply::empty()
            .with("KeyId", key.arn().to_string())
            .with("SignatureValid", true)
            .with("SigningAlgorithm", algorithm.name()))
    }
}
