//! [UpdateTrail](https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_UpdateTrail.html): changes the settings of a trail.

use crate::service::cloudtrail::operations::entry;
use crate::service::cloudtrail::operations::rules::{Settings, reference};
use crate::service::cloudtrail::table::{CloudTrailOperation, cloudtrail_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedTrail, OneTrail};
use strongroom_engine::work::Work;
use strongroom_types::TrailReference;

pub(crate) struct UpdateTrail {
    trail: TrailReference,
    settings: Settings,
}

impl Operation for UpdateTrail {
    type Target = OneTrail;
    const DEMANDS: &'static Demands = cloudtrail_demands(CloudTrailOperation::UpdateTrail);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let trail = reference(&mut values, "Name")?;
        Ok(Self { trail, settings: Settings::take(&mut values)? })
    }

    fn target(&self) -> Result<OneTrail, Refusal> {
        Ok(OneTrail(self.trail.clone()))
    }

    async fn run(self, trail: AdmittedTrail, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let record = work.update_trail(&trail, |record| self.settings.apply(record)).await?;
        Ok(entry::settings(&record))
    }
}
