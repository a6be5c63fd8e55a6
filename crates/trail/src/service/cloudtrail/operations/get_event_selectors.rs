//! [GetEventSelectors](https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetEventSelectors.html): which events a trail takes.

use crate::service::cloudtrail::operations::rules::reference;
use crate::service::cloudtrail::operations::selectors;
use crate::service::cloudtrail::table::{CloudTrailOperation, cloudtrail_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedTrail, OneTrail};
use strongroom_engine::work::Work;
use strongroom_types::TrailReference;

pub(crate) struct GetEventSelectors {
    trail: TrailReference,
}

impl Operation for GetEventSelectors {
    type Target = OneTrail;
    const DEMANDS: &'static Demands = cloudtrail_demands(CloudTrailOperation::GetEventSelectors);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { trail: reference(&mut values, "TrailName")? })
    }

    fn target(&self) -> Result<OneTrail, Refusal> {
        Ok(OneTrail(self.trail.clone()))
    }

    async fn run(self, trail: AdmittedTrail, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let _ = work;
        let reply = Reply::empty().with("TrailARN", trail.arn().to_string());
        Ok(selectors::show(reply, &trail.record().selectors))
    }
}
