//! [StopLogging](https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_StopLogging.html): stops delivery.

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

pub(crate) struct StopLogging {
    trail: TrailReference,
}

impl Operation for StopLogging {
    type Target = OneTrail;
    const DEMANDS: &'static Demands = cloudtrail_demands(CloudTrailOperation::StopLogging);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { trail: reference(&mut values, "Name")? })
    }

    fn target(&self) -> Result<OneTrail, Refusal> {
        Ok(OneTrail(self.trail.clone()))
    }

    async fn run(self, trail: AdmittedTrail, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let now = work.now();
        let stop = |trail: &mut TrailRecord| {
            trail.stop(now);
            Ok(())
        };
        work.update_trail(&trail, stop).await?;
        Ok(Reply::empty())
    }
}
