//! [GetParametersForImport](https://docs.aws.amazon.com/kms/latest/APIReference/API_GetParametersForImport.html): a wrapping key for key material.

use crate::table::{OperationName, demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::refusal::{ImportDefect, Invalid, Refusal, Unsupported};
use strongroom_engine::reply::Reply;
use strongroom_engine::target::OneKey;
use strongroom_engine::work::Work;
use strongroom_engine::{Fact, Operation, Role};
use strongroom_types::{WrappingAlgorithm, WrappingKeySpec};

pub(crate) struct GetParametersForImport {
    key: String,
    algorithm: WrappingAlgorithm,
    spec: WrappingKeySpec,
}

impl Operation for GetParametersForImport {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::GetParametersForImport);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self {
            key: values.need("KeyId")?,
            algorithm: values.name("WrappingAlgorithm").ok_or(Refusal::Internal)?,
            spec: values.name("WrappingKeySpec").ok_or(Refusal::Internal)?,
        })
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        Ok(OneKey::Named(self.key.clone()))
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        let text = match key {
            "kms:wrappingalgorithm" => self.algorithm.name(),
            "kms:wrappingkeyspec" => self.spec.name(),
            _ => return None,
        };
        Some(Fact::One(text.into()))
    }

    fn check(&self, key: &AdmittedKey) -> Result<(), Refusal> {
        let (algorithm, spec, material) = (self.algorithm, self.spec, key.record().spec);
        if algorithm == WrappingAlgorithm::RsaesPkcs1V15 {
            return Err(Refusal::Unsupported(Unsupported::Wrapping(algorithm)));
        }
        if algorithm.wraps(spec, material) {
            return Ok(());
        }
        let defect = ImportDefect::Wrapping(algorithm, spec, material);
        Err(Refusal::Validation(Invalid::Import(defect)))
    }

    async fn run(self, key: AdmittedKey, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let made = work.import_parameters(&key, self.algorithm, self.spec).await?;
        Ok(Reply::empty()
            .with("KeyId", key.arn().to_string())
            .with("ImportToken", made.token)
            .with("PublicKey", made.public_key)
            .with("ParametersValidTo", made.expires))
    }
}
