//! What several operations ask of their input.

use strongroom_engine::decode::Values;
use strongroom_engine::refusal::{Refusal, TrailRefusal};
use strongroom_keys::TrailRecord;
use strongroom_types::{TrailArn, TrailName, TrailReference, TrailReferenceError};

/// The greatest length of a prefix, in characters.
///
/// Source: AWS CloudTrail API Reference, CreateTrail.
const MAX_PREFIX: usize = 200;

/// The trail that the member `name` names, by name or ARN.
pub(super) fn reference(values: &mut Values, name: &str) -> Result<TrailReference, Refusal> {
    let text: String = values.need(name)?;
    TrailReference::parse(&text).map_err(|why| refused(&text, why))
}

/// The trail that `text` names, by ARN only.
pub(super) fn arn(text: &str) -> Result<TrailArn, Refusal> {
    TrailArn::parse(text).map_err(|why| refused(text, why))
}

/// The name of a trail that shall be made.
pub(super) fn name(values: &mut Values) -> Result<TrailName, Refusal> {
    let text: String = values.need("Name")?;
    TrailName::parse(&text).map_err(|why| Refusal::Trail(TrailRefusal::Name(why)))
}

pub(super) fn refused(text: &str, why: TrailReferenceError) -> Refusal {
    Refusal::Trail(match why {
        TrailReferenceError::Name(why) => TrailRefusal::Name(why),
        TrailReferenceError::Arn => TrailRefusal::Arn(text.to_owned()),
        TrailReferenceError::Kind => TrailRefusal::Kind(text.to_owned()),
    })
}

/// What a request to make or change a trail says of it. Absent members change nothing.
#[derive(Debug, Default)]
pub(super) struct Settings {
    pub(super) bucket: Option<String>,
    /// Empty: no prefix.
    pub(super) prefix: Option<String>,
    pub(super) includes_global_events: Option<bool>,
    pub(super) is_multi_region: Option<bool>,
    pub(super) validates: Option<bool>,
}

impl Settings {
    /// Takes them out of a request, and refuses what is not served. Texts that are empty, and
    /// switches that are off, ask for nothing.
    pub(super) fn take(values: &mut Values) -> Result<Self, Refusal> {
        for member in
            ["SnsTopicName", "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn", "KmsKeyId"]
        {
            if values.take::<String>(member).is_some_and(|text| !text.is_empty()) {
                return Err(unserved(member));
            }
        }
        for member in ["IsOrganizationTrail", "RecursiveLogging"] {
            if values.take::<bool>(member) == Some(true) {
                return Err(unserved(member));
            }
        }
        Ok(Self {
            bucket: values.take("S3BucketName").map(bucket).transpose()?,
            prefix: values.take("S3KeyPrefix").map(prefix).transpose()?,
            includes_global_events: values.take("IncludeGlobalServiceEvents"),
            is_multi_region: values.take("IsMultiRegionTrail"),
            validates: values.take("EnableLogFileValidation"),
        })
    }

    /// Changes the trail as they say.
    pub(super) fn apply(self, trail: &mut TrailRecord) -> Result<(), TrailRefusal> {
        if let Some(bucket) = self.bucket {
            trail.bucket = bucket;
        }
        if let Some(prefix) = self.prefix {
            trail.prefix = Some(prefix).filter(|prefix| !prefix.is_empty());
        }
        if let Some(includes) = self.includes_global_events {
            trail.includes_global_events = includes;
        }
        if let Some(is_multi_region) = self.is_multi_region {
            trail.is_multi_region = is_multi_region;
        }
        if let Some(validates) = self.validates {
            trail.validates = validates;
        }
        combination(trail.is_multi_region, trail.includes_global_events)
    }
}

/// A trail of all Regions takes the events of global services.
pub(super) fn combination(
    is_multi_region: bool,
    includes_global_events: bool,
) -> Result<(), TrailRefusal> {
    match is_multi_region && !includes_global_events {
        true => Err(TrailRefusal::Combination),
        false => Ok(()),
    }
}

fn unserved(member: &str) -> Refusal {
    Refusal::Trail(TrailRefusal::Unserved(member.to_owned()))
}

/// Source: Amazon S3 User Guide, "General purpose bucket naming rules".
fn bucket(text: String) -> Result<String, Refusal> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let good = (3..=63).contains(&text.len())
        && text.bytes().all(|byte| plain(byte) || matches!(byte, b'.' | b'-'))
        && [text.bytes().next(), text.bytes().next_back()].into_iter().flatten().all(plain)
        && !text.contains("..")
        && text.parse::<std::net::Ipv4Addr>().is_err();
    if good { Ok(text) } else { Err(Refusal::Trail(TrailRefusal::BucketName(text))) }
}

/// What the keys of objects may begin with: segments that files may be called, with slashes between
/// them. Our choice; S3 takes any character.
fn prefix(text: String) -> Result<String, Refusal> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._=+-".contains(c);
    let segment = |segment: &str| {
        !matches!(segment, "" | "." | "..")
            && !segment.ends_with(".metadata")
            && segment.chars().all(plain)
    };
    let good = text.is_empty() || (text.len() <= MAX_PREFIX && text.split('/').all(segment));
    if good { Ok(text) } else { Err(Refusal::Trail(TrailRefusal::Prefix(text))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_named_as_s3_names_them() {
        for good in ["abc", "my-bucket.1", &"a".repeat(63)] {
            assert!(bucket(good.to_owned()).is_ok(), "{good}");
        }
        let long = "a".repeat(64);
        for bad in ["ab", &long, "Bucket", "a_b", "-ab", "ab.", "a..b", "192.168.5.4", "../x", ""] {
            assert!(bucket(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_prefix_leads_nowhere_else() {
        for good in ["", "audit", "a/b=c/d+e", &"a".repeat(MAX_PREFIX)] {
            assert!(prefix(good.to_owned()).is_ok(), "{good}");
        }
        let long = "a".repeat(MAX_PREFIX + 1);
        for bad in ["/a", "a/", "a//b", "../a", "a/./b", "a/..", "a b", "a.metadata/b", &long] {
            assert!(prefix(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
