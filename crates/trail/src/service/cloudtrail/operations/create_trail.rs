//! [CreateTrail](https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html): makes a trail, which does not deliver before StartLogging.

use crate::service::cloudtrail::operations::entry;
use crate::service::cloudtrail::operations::rules::{Settings, combination, name};
use crate::service::cloudtrail::operations::tags::{merged, request_tag, tags};
use crate::service::cloudtrail::table::{CloudTrailOperation, cloudtrail_demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedNewTrail, NewTrail};
use strongroom_engine::work::{TrailDraft, Work};
use strongroom_engine::{Fact, Operation, Role};
use strongroom_types::{Action, TrailName};

pub(crate) struct CreateTrail {
    name: TrailName,
    draft: TrailDraft,
}

impl Operation for CreateTrail {
    type Target = NewTrail;
    const DEMANDS: &'static Demands = cloudtrail_demands(CloudTrailOperation::CreateTrail);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let name = name(&mut values)?;
        let settings = Settings::take(&mut values)?;
        let tags = merged(&[], tags(&mut values)?).map_err(Refusal::Trail)?;
        let is_multi_region = settings.is_multi_region.unwrap_or(false);
        let includes_global_events = settings.includes_global_events.unwrap_or(true);
        combination(is_multi_region, includes_global_events).map_err(Refusal::Trail)?;
        let draft = TrailDraft {
            bucket: settings.bucket.ok_or(Refusal::Internal)?,
            prefix: settings.prefix.filter(|prefix| !prefix.is_empty()),
            is_multi_region,
            includes_global_events,
            validates: settings.validates.unwrap_or(false),
            tags,
        };
        Ok(Self { name, draft })
    }

    fn target(&self) -> Result<NewTrail, Refusal> {
        let also = (!self.draft.tags.is_empty()).then(|| Action::new("cloudtrail:AddTags"));
        Ok(NewTrail { name: self.name.clone(), also })
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        request_tag(&self.draft.tags, key)
    }

    async fn run(self, trail: AdmittedNewTrail, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let record = work.create_trail(&trail, self.draft).await?;
        Ok(entry::settings(&record))
    }
}
