//! [SimulatePrincipalPolicy](https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html):
//! what the policies of a user, group or role make of actions.

use super::answer::simulated;
use super::request::{Request, exclusions};
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::simulation::Exclusion;
use strongroom_engine::target::{AdmittedIdentity, OneIdentity};
use strongroom_engine::work::Work;
use strongroom_types::IdentityKind;

pub(crate) struct SimulatePrincipalPolicy {
    source: String,
    excluded: Vec<Exclusion>,
    request: Request,
}

impl Operation for SimulatePrincipalPolicy {
    type Target = OneIdentity;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::SimulatePrincipalPolicy);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let source: String = values.need("PolicySourceArn")?;
        let excluded = exclusions(&mut values)?;
        // Nobody asks as a group.
        let has_caller = OneIdentity::at(&source)?.kind != IdentityKind::Group;
        Ok(Self { source, excluded, request: Request::read(&mut values, has_caller)? })
    }

    fn target(&self) -> Result<OneIdentity, Refusal> {
        OneIdentity::at(&self.source)
    }

    async fn run(self, identity: AdmittedIdentity, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let held = work.held_policies(&identity, &self.excluded).await?;
        let (scenario, page) = self.request.into_scenario(held, Vec::new());
        Ok(simulated(work.simulate(&self.source, scenario, page).await?))
    }
}
