//! [DeleteTrail](https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DeleteTrail.html): deletes a trail. What it has delivered stays.

use crate::service::cloudtrail::operations::rules::reference;
use crate::service::cloudtrail::table::{CloudTrailOperation, cloudtrail_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedTrail, OneTrail};
use strongroom_engine::work::Work;
use strongroom_types::TrailReference;

pub(crate) struct DeleteTrail {
    trail: TrailReference,
}

impl Operation for DeleteTrail {
    type Target = OneTrail;
    const DEMANDS: &'static Demands = cloudtrail_demands(CloudTrailOperation::DeleteTrail);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { trail: reference(&mut values, "Name")? })
    }

    fn target(&self) -> Result<OneTrail, Refusal> {
        Ok(OneTrail(self.trail.clone()))
    }

    async fn run(self, trail: AdmittedTrail, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.delete_trail(&trail).await?;
        Ok(Reply::empty())
    }
}
