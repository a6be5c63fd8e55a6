//! [AddTags](https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AddTags.html): adds tags to a trail, or gives them new values.

use crate::service::cloudtrail::operations::rules::arn;
use crate::service::cloudtrail::operations::tags::{merged, request_tag, tags};
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

pub(crate) struct AddTags {
    trail: TrailArn,
    tags: Vec<Tag>,
}

impl Operation for AddTags {
    type Target = OneTrail;
    const DEMANDS: &'static Demands = cloudtrail_demands(CloudTrailOperation::AddTags);

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
        let add = |record: &mut TrailRecord| {
            record.tags = merged(&record.tags, self.tags)?;
            Ok(())
        };
        work.update_trail(&trail, add).await?;
        Ok(Reply::empty())
    }
}
