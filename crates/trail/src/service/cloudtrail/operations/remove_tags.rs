//! [RemoveTags](https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_RemoveTags.html): takes tags off a trail, by their keys; those that it does not carry are passed over.

use crate::service::cloudtrail::operations::rules::arn;
use crate::service::cloudtrail::operations::tags::{request_tag, tags};
use crate::service::cloudtrail::table::{CloudTrailOperation, cloudtrail_demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedTrail, OneTrail};
use strongroom_engine::work::Work;
use strongroom_engine::{Fact, Operation, Role};
use strongroom_keys::TrailRecord;
use strongroom_types::{Tag, TrailArn, TrailReference};

pub(crate) struct RemoveTags {
    trail: TrailArn,
    tags: Vec<Tag>,
}

impl Operation for RemoveTags {
    type Target = OneTrail;
    const DEMANDS: &'static Demands = cloudtrail_demands(CloudTrailOperation::RemoveTags);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let trail = arn(&values.need::<String>("ResourceId")?)?;
        Ok(Self { trail, tags: tags(&mut values)? })
    }

    fn target(&self) -> Result<OneTrail, Refusal> {
        Ok(OneTrail(TrailReference::Arn(self.trail.clone())))
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        request_tag(&self.tags, key)
    }

    async fn run(self, trail: AdmittedTrail, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let remove = |record: &mut TrailRecord| {
            record.tags.retain(|tag| !self.tags.iter().any(|gone| gone.key == tag.key));
            Ok(())
        };
        work.update_trail(&trail, remove).await?;
        Ok(Reply::empty())
    }
}
