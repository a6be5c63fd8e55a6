//! [DescribeTrails](https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html): the trails that show in the Region, or those that are named.

use crate::service::cloudtrail::operations::entry;
use crate::service::cloudtrail::operations::rules::refused;
use crate::service::cloudtrail::table::{CloudTrailOperation, cloudtrail_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::{Out, Reply};
use strongroom_engine::target::{Account, AdmittedAccount};
use strongroom_engine::work::{BUILT_IN_TRAIL, Work};
use strongroom_keys::TrailRecord;
use strongroom_types::{Region, TrailReference};

pub(crate) struct DescribeTrails {
    named: Vec<TrailReference>,
    shadows: bool,
}

impl Operation for DescribeTrails {
    type Target = Account;
    const DEMANDS: &'static Demands = cloudtrail_demands(CloudTrailOperation::DescribeTrails);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let named: Vec<String> = values.take("trailNameList").unwrap_or_default();
        let parse = |text: &String| TrailReference::parse(text).map_err(|why| refused(text, why));
        let named = named.iter().map(parse).collect::<Result<_, _>>()?;
        Ok(Self { named, shadows: values.take("includeShadowTrails").unwrap_or(true) })
    }

    fn target(&self) -> Result<Account, Refusal> {
        Ok(Account::default())
    }

    async fn run(self, account: AdmittedAccount, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let trails = work.trails(&account).await?;
        let shown = trails.iter().filter(|trail| self.shows(trail, account.region()));
        let entries: Out = shown.map(|trail| Out::from(entry::trail(trail))).collect();
        Ok(Reply::empty().with("trailList", entries))
    }
}

impl DescribeTrails {
    /// Whether the trail is among those that are asked for in `region`. By a name it is one of the
    /// Region, or the built-in one; by its ARN it may be anywhere.
    fn shows(&self, trail: &TrailRecord, region: Region) -> bool {
        let is_here = trail.region == region;
        if !is_here && !self.shadows {
            return false;
        }
        if self.named.is_empty() {
            return is_here || trail.is_multi_region;
        }
        self.named.iter().any(|named| match named {
            TrailReference::Arn(arn) => entry::is(trail, arn),
            TrailReference::Name(name) => {
                trail.name == name.as_str() && (is_here || trail.name == BUILT_IN_TRAIL)
            }
        })
    }
}
