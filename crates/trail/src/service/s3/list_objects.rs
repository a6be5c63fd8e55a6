//! [ListObjects](https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html): what is in a bucket, in the first form of the listing.

use super::listing::Asked;
use super::{S3Operation, demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::operation::{Operation, Role};
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedBucket, OneBucket};
use strongroom_engine::work::Work;
use strongroom_policy::Fact;

pub(super) struct ListObjects {
    asked: Asked,
    marker: String,
}

impl Operation for ListObjects {
    type Target = OneBucket;
    const DEMANDS: &'static Demands = demands(S3Operation::ListObjects);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let marker = values.take("Marker").unwrap_or_default();
        Ok(Self { asked: Asked::read(&mut values)?, marker })
    }

    fn target(&self) -> Result<OneBucket, Refusal> {
        let prefix = self.asked.prefix.clone().unwrap_or_default();
        Ok(OneBucket { name: self.asked.bucket.clone(), prefix: Some(prefix) })
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        self.asked.fact(key)
    }

    async fn run(self, bucket: AdmittedBucket, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let Self { asked, marker } = self;
        let page = asked.page(&bucket, &marker, work).await?;
        // Without a delimiter the last key is what to go on with.
        let next = page.next.as_deref().filter(|_| asked.delimiter.is_some());
        let between = Reply::empty()
            .with("Marker", asked.shown(&marker))
            .with_some("NextMarker", next.map(|next| asked.shown(next)));
        Ok(asked.reply(&page, &bucket, (between, true)))
    }
}
