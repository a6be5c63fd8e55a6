//! [SimulateCustomPolicy](https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html):
//! what policies that the request brings make of actions.

use super::answer::simulated;
use super::request::{Request, levels};
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::simulation::Held;
use strongroom_engine::target::{AdmittedIam, InAccount};
use strongroom_engine::work::Work;

pub(crate) struct SimulateCustomPolicy {
    levels: Vec<Vec<String>>,
    request: Request,
}

impl Operation for SimulateCustomPolicy {
    type Target = InAccount;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::SimulateCustomPolicy);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { levels: levels(&mut values)?, request: Request::read(&mut values, false)? })
    }

    fn target(&self) -> Result<InAccount, Refusal> {
        Ok(InAccount::Whole)
    }

    async fn run(self, _: AdmittedIam, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let (scenario, page) = self.request.into_scenario(Held::default(), self.levels);
        Ok(simulated(work.simulate("", scenario, page).await?))
    }
}
