//! [GetCallerIdentity](https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html): who signed this request? It takes no permission, and none can be denied.

use crate::table::{StsOperation, sts_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedCaller, Anyone};
use strongroom_engine::work::Work;

pub(crate) struct GetCallerIdentity;

impl Operation for GetCallerIdentity {
    type Target = Anyone;
    const DEMANDS: &'static Demands = sts_demands(StsOperation::GetCallerIdentity);

    fn read(_: Values) -> Result<Self, Refusal> {
        Ok(Self)
    }

    fn target(&self) -> Result<Anyone, Refusal> {
        Ok(Anyone)
    }

    async fn run(self, caller: AdmittedCaller, _: &mut Work<'_>) -> Result<Reply, Refusal> {
        Ok(Reply::empty()
            .with("Arn", caller.arn())
            .with("UserId", caller.user_id())
            .with("Account", caller.account().to_string()))
    }
}
