//! [RevokeGrant](https://docs.aws.amazon.com/kms/latest/APIReference/API_RevokeGrant.html): ends a grant, on behalf of the key.

use super::party::{self, grant_id};
use crate::table::{OperationName, demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::OneKey;
use strongroom_engine::work::Work;
use strongroom_engine::{Fact, Operation, Role};

pub(crate) struct RevokeGrant {
    key: String,
    grant: String,
}

impl Operation for RevokeGrant {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::RevokeGrant);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { key: values.need("KeyId")?, grant: grant_id(values.need("GrantId")?)? })
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        Ok(OneKey::Named(self.key.clone()))
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        party::for_aws_resource(key)
    }

    async fn rehearse(&self, key: &AdmittedKey, work: &mut Work<'_>) -> Result<(), Refusal> {
        work.grant(key, &self.grant).await.map(drop)
    }

    async fn run(self, key: AdmittedKey, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.revoke_grant(&key, &self.grant).await?;
        Ok(Reply::empty())
    }
}
