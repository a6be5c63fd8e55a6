//! An object as it is answered: its content or a part of it, and what is told of it.

use super::listing::bucket_name;
use super::range::{Part, part};
use md5::{Digest, Md5};
use std::fmt::Write as _;
use strongroom_engine::decode::Values;
use strongroom_engine::ports::object_names::MAX_OBJECT_KEY;
use strongroom_engine::refusal::{ObjectRefusal, Refusal};
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedObject, OneObject};

/// What is asked for of which object.
pub(super) struct Wanted {
    bucket: String,
    key: String,
    range: Option<String>,
    if_match: Option<String>,
    if_none_match: Option<String>,
}

impl Wanted {
    /// Takes it out of the checked members.
    pub(super) fn read(mut values: Values) -> Result<Self, Refusal> {
        let bucket = bucket_name(&mut values)?;
        let key: String = values.need("Key")?;
        if key.len() > MAX_OBJECT_KEY {
            return Err(Refusal::Object(ObjectRefusal::LongKey(key.len())));
        }
        Ok(Self {
            bucket,
            key,
            range: values.take("Range"),
            if_match: values.take("IfMatch"),
            if_none_match: values.take("IfNoneMatch"),
        })
    }

    /// The object.
    pub(super) fn target(&self) -> OneObject {
        OneObject { bucket: self.bucket.clone(), key: self.key.clone() }
    }

    /// The answer about it. `StatusCode` is there when it is not 200.
    pub(super) fn reply(&self, admitted: AdmittedObject) -> Result<Reply, Refusal> {
        let (content_type, encoding) = content(admitted.key());
        let object = admitted.into_object();
        let tag = entity_tag(&object.body);
        if self.if_match.as_deref().is_some_and(|wanted| !names(wanted, &tag)) {
            return Err(Refusal::Object(ObjectRefusal::Precondition("If-Match")));
        }
        let reply = Reply::empty().with("ETag", tag.clone()).with("LastModified", object.modified);
        if self.if_none_match.as_deref().is_some_and(|known| names(known, &tag)) {
            return Ok(reply.with("StatusCode", 304_i64));
        }
        let length = object.body.len();
        let part = self.range.as_deref().map_or(Part::Whole, |range| part(range, length));
        let (reply, body) = match part {
            Part::Whole => (reply, object.body),
            Part::Unsatisfiable => return Err(self.unsatisfiable(length)),
            Part::Bytes(range) => {
                let last = range.end.saturating_sub(1);
                let told = format!("bytes {}-{last}/{length}", range.start);
                let bytes = object.body.get(range).ok_or(Refusal::Internal)?.to_vec();
                (reply.with("StatusCode", 206_i64).with("ContentRange", told), bytes)
            }
        };
        Ok(reply
            .with("AcceptRanges", "bytes")
            .with("ContentType", content_type)
            .with_some("ContentEncoding", encoding)
            .with("Metadata", object.metadata)
            .with("Body", body))
    }

    fn unsatisfiable(&self, length: usize) -> Refusal {
        let asked = self.range.clone().unwrap_or_default();
        let size = u64::try_from(length).unwrap_or(u64::MAX);
        Refusal::Object(ObjectRefusal::Range { asked, size })
    }
}

/// The MD5 of the content in quotes, as S3 has it for what is put in one piece. Nothing depends on
/// its strength.
fn entity_tag(body: &[u8]) -> String {
    let mut tag = String::with_capacity(34);
    tag.push('"');
    for byte in Md5::digest(body) {
        // Writing to a `String` cannot fail.
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    tag
}

/// Whether a list of entity tags has this one. Clients may leave the quotes out.
fn names(list: &str, tag: &str) -> bool {
    let bare = |text: &str| text.trim().trim_start_matches("W/").trim_matches('"').to_owned();
    list.split(',').map(bare).any(|given| given == "*" || given == bare(tag))
}

/// `Content-Type` and `Content-Encoding`, as CloudTrail gives them to what it delivers.
fn content(key: &str) -> (&'static str, Option<&'static str>) {
    if key.ends_with(".json.gz") {
        ("application/json", Some("gzip"))
    } else {
        ("binary/octet-stream", None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entity_tags_are_s3s() {
        let empty = "\"d41d8cd98f00b204e9800998ecf8427e\"";
        assert_eq!(entity_tag(b""), empty);
        for list in [
            empty,
            "d41d8cd98f00b204e9800998ecf8427e",
            "*",
            "\"a\", W/\"d41d8cd98f00b204e9800998ecf8427e\"",
        ] {
            assert!(names(list, empty), "{list}");
        }
        assert!(!names("\"d41d\"", empty));
        assert!(!names("", empty));
    }
}
