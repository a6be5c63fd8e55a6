//! [GetBucketLocation](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html): the Region of a bucket.

use super::listing::bucket_name;
use super::{S3Operation, demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedBucket, OneBucket};
use strongroom_engine::work::Work;

pub(super) struct GetBucketLocation {
    bucket: String,
}

impl Operation for GetBucketLocation {
    type Target = OneBucket;
    const DEMANDS: &'static Demands = demands(S3Operation::GetBucketLocation);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { bucket: bucket_name(&mut values)? })
    }

    fn target(&self) -> Result<OneBucket, Refusal> {
        Ok(OneBucket { name: self.bucket.clone(), prefix: None })
    }

    async fn run(self, bucket: AdmittedBucket, _: &mut Work<'_>) -> Result<Reply, Refusal> {
        // Source: the same page: that of us-east-1 is empty.
        let region = bucket.region();
        let location = if region.as_str() == "us-east-1" { "" } else { region.as_str() };
        Ok(Reply::empty().with("LocationConstraint", location.to_owned()))
    }
}
