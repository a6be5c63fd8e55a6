//! [StartLogging](https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_StartLogging.html): starts delivery.

use crate::service::cloudtrail::operations::rules::reference;
use crate::service::cloudtrail::table::{CloudTrailOperation, cloudtrail_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedTrail, OneTrail};
use strongroom_engine::work::Work;
use strongroom_keys::TrailRecord;
use strongroom_types::TrailReference;

pub(crate) struct StartLogging {
    trail: TrailReference,
}

impl Operation for StartLogging {
    type Target = OneTrail;
    const DEMANDS: &'static Demands = cloudtrail_demands(CloudTrailOperation::StartLogging);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { trail: reference(&mut values, "Name")? })
    }

    fn target(&self) -> Result<OneTrail, Refusal> {
        Ok(OneTrail(self.trail.clone()))
    }

    async fn run(self, trail: AdmittedTrail, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let now = work.now();
        let start = |trail: &mut TrailRecord| {
            trail.start(now);
            Ok(())
        };
        work.update_trail(&trail, start).await?;
        Ok(Reply::empty())
    }
}
