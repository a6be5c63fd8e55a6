//! [ListObjectsV2](https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html): what is in a bucket, in the second form of the listing.

use super::listing::{Asked, bad};
use super::{S3Operation, demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::operation::{Operation, Role};
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedBucket, OneBucket};
use strongroom_engine::work::Work;
use strongroom_policy::Fact;

/// What continuation tokens begin with; the rest is where to go on, in hexadecimal digits. They
/// prove nothing: a key made up by a client is one that it could have named as `start-after`.
const TOKEN: &str = "1-";

pub(super) struct ListObjectsV2 {
    asked: Asked,
    token: Option<String>,
    start_after: Option<String>,
    fetch_owner: bool,
}

impl Operation for ListObjectsV2 {
    type Target = OneBucket;
    const DEMANDS: &'static Demands = demands(S3Operation::ListObjectsV2);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let token: Option<String> = values.take("ContinuationToken");
        if let Some(token) = &token {
            let message = "The continuation token provided is incorrect";
            place(token).ok_or_else(|| bad("continuation-token", token, message))?;
        }
        let fetch_owner = values.take::<String>("FetchOwner").is_some_and(|text| text == "true");
        let start_after = values.take("StartAfter");
        Ok(Self { asked: Asked::read(&mut values)?, token, start_after, fetch_owner })
    }

    fn target(&self) -> Result<OneBucket, Refusal> {
        let prefix = self.asked.prefix.clone().unwrap_or_default();
        Ok(OneBucket { name: self.asked.bucket.clone(), prefix: Some(prefix) })
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        self.asked.fact(key)
    }

    async fn run(self, bucket: AdmittedBucket, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let Self { asked, token, start_after, fetch_owner } = self;
        let from_token = token.as_deref().and_then(place);
        let after = from_token.or_else(|| start_after.clone()).unwrap_or_default();
        let page = asked.page(&bucket, &after, work).await?;
        let count = i64::try_from(page.len()).unwrap_or(i64::MAX);
        let between = Reply::empty()
            .with_some("StartAfter", start_after.map(|text| asked.shown(&text)))
            .with_some("ContinuationToken", token)
            .with_some("NextContinuationToken", page.next.as_deref().map(make))
            .with("KeyCount", count);
        Ok(asked.reply(&page, &bucket, (between, fetch_owner)))
    }
}

fn make(place: &str) -> String {
    format!("{TOKEN}{}", strongroom_crypto::hash::hex(place.as_bytes()))
}

fn place(token: &str) -> Option<String> {
    let digits = token.strip_prefix(TOKEN)?;
    let pairs = digits.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => {
            let digit = |digit: u8| char::from(digit).to_digit(16);
            u8::try_from(digit(*high)? << 4 | digit(*low)?).ok()
        }
        _ => None,
    });
    String::from_utf8(pairs.collect::<Option<Vec<u8>>>()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_lead_back_to_their_place() {
        for text in ["", "AWSLogs/1/", "ä"] {
            assert_eq!(place(&make(text)).as_deref(), Some(text));
        }
        for bad in ["", "1", "2-61", "1-6", "1-zz", "1-ff"] {
            assert_eq!(place(bad), None, "{bad}");
        }
    }
}
