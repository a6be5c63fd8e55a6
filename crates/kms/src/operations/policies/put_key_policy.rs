//! [PutKeyPolicy](https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html): gives a key another policy, unless it would lock its
//! author out.

use crate::table::{OperationName, demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::refusal::{Refusal, Unsupported};
use strongroom_engine::reply::Reply;
use strongroom_engine::target::OneKey;
use strongroom_engine::work::Work;
use strongroom_engine::{Fact, Operation, Role};

pub(crate) struct PutKeyPolicy {
    key: String,
    name: Option<String>,
    policy: String,
    bypass: Option<bool>,
}

impl Operation for PutKeyPolicy {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::PutKeyPolicy);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self {
            key: values.need("KeyId")?,
            name: values.take("PolicyName"),
            policy: values.need("Policy")?,
            bypass: values.take("BypassPolicyLockoutSafetyCheck"),
        })
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        Ok(OneKey::Named(self.key.clone()))
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        let bypass = self.bypass.filter(|_| key == "kms:bypasspolicylockoutsafetycheck")?;
        Some(Fact::One(if bypass { "true" } else { "false" }.into()))
    }

    fn check(&self, _: &AdmittedKey) -> Result<(), Refusal> {
        match self.name.as_deref() {
            None | Some(super::DEFAULT) => Ok(()),
            Some(_) => Err(Refusal::Unsupported(Unsupported::PolicyName)),
        }
    }

    async fn run(self, key: AdmittedKey, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.put_policy(&key, self.policy, self.bypass.unwrap_or(false)).await?;
        Ok(Reply::empty())
    }
}
