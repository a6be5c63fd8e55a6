//! Keys of a bucket in pages, and what begins alike put together.

use std::fmt::Write as _;
use strongroom_engine::decode::Values;
use strongroom_engine::ports::archive::ObjectSummary;
use strongroom_engine::ports::object_names::is_bucket_name;
use strongroom_engine::refusal::{ObjectRefusal, Refusal};
use strongroom_engine::reply::{Out, Reply};
use strongroom_engine::target::AdmittedBucket;
use strongroom_engine::work::Work;
use strongroom_policy::Fact;

/// The most keys of a page, and how many there are if nothing is said.
///
/// Source: Amazon S3 API Reference, "ListObjectsV2".
const MAX_KEYS: usize = 1000;
/// How many are looked at at once where most of them may be put together.
const GROUPED: usize = 100;

/// What both forms of the listing ask for.
pub(super) struct Asked {
    pub(super) bucket: String,
    pub(super) prefix: Option<String>,
    pub(super) delimiter: Option<String>,
    max_keys: Option<String>,
    most: usize,
    encoded: bool,
}

/// A page.
#[derive(Default)]
pub(super) struct Page {
    objects: Vec<ObjectSummary>,
    groups: Vec<String>,
    /// The last key or group of it, if there are more.
    pub(super) next: Option<String>,
    last: String,
}

/// Takes the bucket's name out.
pub(super) fn bucket_name(values: &mut Values) -> Result<String, Refusal> {
    let name: String = values.need("Bucket")?;
    if is_bucket_name(&name) {
        Ok(name)
    } else {
        Err(Refusal::Object(ObjectRefusal::BucketName(name)))
    }
}

/// A parameter that has another form than `message` says.
pub(super) fn bad(name: &'static str, value: &str, message: &'static str) -> Refusal {
    let value = value.chars().take(128).collect();
    Refusal::Object(ObjectRefusal::Argument { name, value, message })
}

impl Asked {
    /// Takes it out of the checked members.
    pub(super) fn read(values: &mut Values) -> Result<Self, Refusal> {
        let max_keys: Option<String> = values.take("MaxKeys").filter(|it: &String| !it.is_empty());
        let most = max_keys.as_deref().map_or(Ok(MAX_KEYS), |text| match text.parse::<u32>() {
            Ok(most) if i32::try_from(most).is_ok() => {
                Ok(usize::try_from(most).map_or(MAX_KEYS, |most| most.min(MAX_KEYS)))
            }
            _ => {
                let message = "Argument maxKeys must be an integer between 0 and 2147483647";
                Err(bad("maxKeys", text, message))
            }
        })?;
        let encoding: Option<String> = values.take("EncodingType");
        let encoded = match encoding.as_deref() {
            None | Some("") => false,
            Some("url") => true,
            Some(other) => {
                let message = "Invalid Encoding Method specified in Request";
                return Err(bad("encoding-type", other, message));
            }
        };
        Ok(Self {
            bucket: bucket_name(values)?,
            prefix: values.take("Prefix"),
            delimiter: values.take("Delimiter"),
            max_keys,
            most,
            encoded,
        })
    }

    /// Source: Service Authorization Reference, "Condition keys for Amazon S3".
    pub(super) fn fact(&self, key: &str) -> Option<Fact<'_>> {
        let value = match key {
            "s3:prefix" => self.prefix.as_deref(),
            "s3:delimiter" => self.delimiter.as_deref(),
            "s3:max-keys" => self.max_keys.as_deref(),
            _ => None,
        };
        value.map(|value| Fact::One(value.into()))
    }

    /// The page that begins after the key or group `after`.
    pub(super) async fn page(
        &self,
        bucket: &AdmittedBucket,
        after: &str,
        work: &Work<'_>,
    ) -> Result<Page, Refusal> {
        let mut page = Page::default();
        if self.most == 0 {
            return Ok(page);
        }
        let wanted = if self.delimiter().is_some() { GROUPED } else { self.most.saturating_add(1) };
        let mut place = after.to_owned();
        loop {
            let found = work.objects(bucket, Some(&place), wanted).await?;
            let ended = found.len() < wanted;
            let mut skipped = None;
            for object in found {
                place.clone_from(&object.key);
                let group = self.group(&object.key).map(str::to_owned);
                // What the page before ended with is not begun again.
                let is_new = group.as_deref().is_none_or(|group| group > after);
                if is_new && page.len() == self.most {
                    page.next = Some(std::mem::take(&mut page.last));
                    return Ok(page);
                }
                match group {
                    Some(group) => {
                        skipped = Some(beyond(&group));
                        page.add_group(group, is_new);
                        break;
                    }
                    None => page.add(object),
                }
            }
            match skipped {
                Some(beyond) => place = beyond,
                None if ended => return Ok(page),
                None => {}
            }
        }
    }

    fn delimiter(&self) -> Option<&str> {
        self.delimiter.as_deref().filter(|text| !text.is_empty())
    }

    /// What a key is put together with others by: all up to the first delimiter after the prefix.
    fn group<'k>(&self, key: &'k str) -> Option<&'k str> {
        let delimiter = self.delimiter()?;
        let from = self.prefix.as_deref().unwrap_or_default().len();
        let at = key.get(from..)?.find(delimiter)?;
        key.get(..from + at + delimiter.len())
    }

    /// A text of the answer, encoded if that is asked for.
    pub(super) fn shown(&self, text: &str) -> String {
        if self.encoded { encode(text) } else { text.to_owned() }
    }

    /// The answer's members that both forms have. `between` are those of one of them.
    pub(super) fn reply(
        &self,
        page: &Page,
        bucket: &AdmittedBucket,
        (between, with_owner): (Reply, bool),
    ) -> Reply {
        let owner = with_owner.then(|| canonical_user(bucket));
        let content = |object: &ObjectSummary| {
            let size = i64::try_from(object.size).unwrap_or(i64::MAX);
            let owner = owner.as_ref().map(|id| Reply::empty().with("ID", id.clone()));
            Reply::empty()
                .with("Key", self.shown(&object.key))
                .with("LastModified", object.modified)
                .with("Size", size)
                .with_some("Owner", owner)
                .with("StorageClass", "STANDARD")
                .into()
        };
        let group = |group: &String| Reply::empty().with("Prefix", self.shown(group)).into();
        let most = i64::try_from(self.most).unwrap_or(i64::MAX);
        between
            .with("Name", bucket.name().to_owned())
            .with("Prefix", self.shown(bucket.prefix()))
            .with_some("Delimiter", self.delimiter().map(|text| self.shown(text)))
            .with("MaxKeys", most)
            .with_some("EncodingType", self.encoded.then_some("url"))
            .with("IsTruncated", page.next.is_some())
            .with("Contents", page.objects.iter().map(content).collect::<Out>())
            .with("CommonPrefixes", page.groups.iter().map(group).collect::<Out>())
    }
}

impl Page {
    /// How many keys and groups it has.
    pub(super) fn len(&self) -> usize {
        self.objects.len() + self.groups.len()
    }

    fn add(&mut self, object: ObjectSummary) {
        self.last.clone_from(&object.key);
        self.objects.push(object);
    }

    fn add_group(&mut self, group: String, is_new: bool) {
        if is_new {
            self.last.clone_from(&group);
            self.groups.push(group);
        }
    }
}

/// A text that comes after all keys that begin with `group`: keys are ASCII.
fn beyond(group: &str) -> String {
    format!("{group}\u{10ffff}")
}

/// The canonical user id of a bucket's owner: 64 hexadecimal digits that stand for the account.
fn canonical_user(bucket: &AdmittedBucket) -> String {
    let text = format!("strongroom canonical user v1 {}", bucket.owner());
    strongroom_crypto::hash::hex(&strongroom_crypto::hash::sha256(text.as_bytes()))
}

/// As `encoding-type=url` has it: all but letters, digits and `-._*/`.
fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' | b'/' => {
                out.push(char::from(byte));
            }
            // Writing to a `String` cannot fail.
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}
