//! [HeadBucket](https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html): whether there is a bucket, and where.

use super::listing::bucket_name;
use super::{S3Operation, demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedBucket, OneBucket};
use strongroom_engine::work::Work;

pub(super) struct HeadBucket {
    bucket: String,
}

impl Operation for HeadBucket {
    type Target = OneBucket;
    const DEMANDS: &'static Demands = demands(S3Operation::HeadBucket);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { bucket: bucket_name(&mut values)? })
    }

    fn target(&self) -> Result<OneBucket, Refusal> {
        Ok(OneBucket { name: self.bucket.clone(), prefix: None })
    }

    async fn run(self, bucket: AdmittedBucket, _: &mut Work<'_>) -> Result<Reply, Refusal> {
        Ok(Reply::empty().with("BucketRegion", bucket.region().as_str().to_owned()))
    }
}
