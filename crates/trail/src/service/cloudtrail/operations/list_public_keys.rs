//! [ListPublicKeys](https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListPublicKeys.html): the public keys that verify digests of the Region.

use crate::public_key::fingerprint;
use crate::service::cloudtrail::operations::page::{page, token};
use crate::service::cloudtrail::table::{CloudTrailOperation, cloudtrail_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::pages::PageRequest;
use strongroom_engine::refusal::{Refusal, TrailRefusal};
use strongroom_engine::reply::{Out, Reply};
use strongroom_engine::target::{Account, AdmittedAccount};
use strongroom_engine::work::{PublicTrailKey, Work};
use strongroom_types::Timestamp;

/// How long a key that signs is said to be valid, in days. Our choice: nothing says when it will
/// be replaced.
const VALID_DAYS: i64 = 365;

pub(crate) struct ListPublicKeys {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    page: PageRequest,
}

impl Operation for ListPublicKeys {
    type Target = Account;
    const DEMANDS: &'static Demands = cloudtrail_demands(CloudTrailOperation::ListPublicKeys);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let (from, to) = (values.take("StartTime"), values.take("EndTime"));
        Ok(Self { from, to, page: page(&mut values) })
    }

    fn target(&self) -> Result<Account, Refusal> {
        Ok(Account::default())
    }

    async fn run(self, account: AdmittedAccount, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let now = work.now();
        let (from, to) = (self.from.unwrap_or(now), self.to.unwrap_or(now));
        if from > to {
            return Err(Refusal::Trail(TrailRefusal::TimeRange));
        }
        let mut keys = work.trail_keys(&account).await?;
        keys.retain(|key| key.created <= to && from <= end(key, now));
        let subject = format!("{} {:?} {:?}", account.region(), self.from, self.to);
        let found = work.page_of(&subject, keys, self.page).await.map_err(token)?;
        let entries: Out = found.items.into_iter().map(|key| entry(key, now)).collect();
        Ok(Reply::empty().with("PublicKeyList", entries).with_some("NextToken", found.next))
    }
}

/// Until when the key is valid.
fn end(key: &PublicTrailKey, now: Timestamp) -> Timestamp {
    key.retired.unwrap_or(now.plus_days(VALID_DAYS))
}

fn entry(key: PublicTrailKey, now: Timestamp) -> Out {
    let (end, fingerprint) = (end(&key, now), fingerprint(&key.public));
    let reply = Reply::empty()
        .with("Value", key.public)
        .with("ValidityStartTime", key.created)
        .with("ValidityEndTime", end);
    Out::from(reply.with("Fingerprint", fingerprint))
}
