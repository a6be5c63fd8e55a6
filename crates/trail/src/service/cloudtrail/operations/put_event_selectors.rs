//! [PutEventSelectors](https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html): says which events a trail takes.

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
use strongroom_keys::{EventSelector, TrailRecord};
use strongroom_types::TrailReference;

pub(crate) struct PutEventSelectors {
    trail: TrailReference,
    selectors: Vec<EventSelector>,
}

impl Operation for PutEventSelectors {
    type Target = OneTrail;
    const DEMANDS: &'static Demands = cloudtrail_demands(CloudTrailOperation::PutEventSelectors);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let trail = reference(&mut values, "TrailName")?;
        Ok(Self { trail, selectors: selectors::take(&mut values)? })
    }

    fn target(&self) -> Result<OneTrail, Refusal> {
        Ok(OneTrail(self.trail.clone()))
    }

    async fn run(self, trail: AdmittedTrail, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let put = |record: &mut TrailRecord| {
            record.selectors = self.selectors;
            Ok(())
        };
        let record = work.update_trail(&trail, put).await?;
        let reply = Reply::empty().with("TrailARN", trail.arn().to_string());
        Ok(selectors::show(reply, &record.selectors))
    }
}
