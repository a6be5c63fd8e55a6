//! [ListTags](https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListTags.html): the tags of trails.

use crate::service::cloudtrail::operations::page::{page, token};
use crate::service::cloudtrail::operations::rules::arn;
use crate::service::cloudtrail::operations::tags::list;
use crate::service::cloudtrail::table::{CloudTrailOperation, cloudtrail_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::pages::PageRequest;
use strongroom_engine::refusal::{Refusal, TrailRefusal};
use strongroom_engine::reply::{Out, Reply};
use strongroom_engine::target::{AdmittedTrail, Trails};
use strongroom_engine::work::Work;
use strongroom_types::TrailArn;

/// The most trails of one request.
///
/// Source: AWS CloudTrail API Reference, ListTags.
const MAX_TRAILS: usize = 20;

pub(crate) struct ListTags {
    trails: Vec<TrailArn>,
    page: PageRequest,
}

impl Operation for ListTags {
    type Target = Trails;
    const DEMANDS: &'static Demands = cloudtrail_demands(CloudTrailOperation::ListTags);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let named: Vec<String> = values.need("ResourceIdList")?;
        if named.len() > MAX_TRAILS {
            return Err(Refusal::Trail(TrailRefusal::TooMany));
        }
        let trails: Vec<TrailArn> = named.iter().map(|text| arn(text)).collect::<Result<_, _>>()?;
        let mut accounts = trails.iter().map(|trail| trail.account);
        let first = accounts.next();
        if accounts.any(|account| Some(account) != first) {
            return Err(Refusal::Trail(TrailRefusal::Owners));
        }
        Ok(Self { trails, page: page(&mut values) })
    }

    fn target(&self) -> Result<Trails, Refusal> {
        Ok(Trails(self.trails.clone()))
    }

    async fn run(self, trails: Vec<AdmittedTrail>, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let subject: Vec<String> = self.trails.iter().map(TrailArn::to_string).collect();
        let found = work.page_of(&subject.join(" "), trails, self.page).await.map_err(token)?;
        let entry = |trail: &AdmittedTrail| {
            let reply = Reply::empty().with("ResourceId", trail.arn().to_string());
            Out::from(reply.with("TagsList", list(&trail.record().tags)))
        };
        let entries: Out = found.items.iter().map(entry).collect();
        Ok(Reply::empty().with("ResourceTagList", entries).with_some("NextToken", found.next))
    }
}
