//! [RetireGrant](https://docs.aws.amazon.com/kms/latest/APIReference/API_RetireGrant.html): ends a grant, on behalf of one of its parties.

use super::party::grant_id;
use crate::table::{OperationName, demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::{GrantDefect, Refusal};
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedGrant, GrantOnKey};
use strongroom_engine::work::Work;

pub(crate) enum RetireGrant {
    Token(String),
    Named { key: String, grant: String },
}

impl Operation for RetireGrant {
    type Target = GrantOnKey;
    const DEMANDS: &'static Demands = demands(OperationName::RetireGrant);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let (key, grant) = (values.take("KeyId"), values.take("GrantId"));
        match (values.take("GrantToken"), key, grant) {
            (Some(token), None, None) => Ok(Self::Token(token)),
            (None, Some(key), Some(grant)) => Ok(Self::Named { key, grant: grant_id(grant)? }),
            _ => Err(Refusal::Grant(GrantDefect::Unnamed)),
        }
    }

    fn target(&self) -> Result<GrantOnKey, Refusal> {
        Ok(match self {
            Self::Token(token) => GrantOnKey::Token(token.clone()),
            Self::Named { key, grant } => {
                GrantOnKey::Named { key: key.clone(), grant: grant.clone() }
            }
        })
    }

    async fn run(self, grant: AdmittedGrant, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.retire_grant(&grant).await?;
        Ok(Reply::empty())
    }
}
