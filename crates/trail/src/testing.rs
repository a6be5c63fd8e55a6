//! For this crate's tests: a bucket in memory, and a trail delivered to it.

use crate::anchor::Anchor;
use crate::digest::{self, Digest, HASH_ALGORITHM, LogFile, SIGNATURE_ALGORITHM, time_text};
use crate::public_key::{PublicKeys, fingerprint};
use crate::verify::{Chain, Head, Report, Window, verify};
use crate::{Event, gzip, log_file, object_name};
use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock};
use strongroom_crypto::asymmetric::{Message, PrivateKey, rsa_public_key};
use strongroom_crypto::hash;
use strongroom_engine::event_id::EventId;
use strongroom_engine::ports::Boxed;
use strongroom_engine::ports::archive::{ArchiveError, Object, ObjectSummary, Objects};
use strongroom_types::{AccountId, KeySpec, Region, SigningAlgorithm, Timestamp};

pub(crate) const BUCKET: &str = "bucket";
pub(crate) const HOUR: i64 = 3_600_000;
/// The beginning of an hour.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_795_327_200_000);

pub(crate) fn account() -> AccountId {
    AccountId::INITIAL
}

pub(crate) fn region() -> Region {
    "eu-west-2".parse().unwrap()
}

/// Runs a future that never waits for anything but other threads.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// One bucket, in memory.
#[derive(Default)]
pub(crate) struct Bucket(pub(crate) Mutex<BTreeMap<String, Object>>);

impl Bucket {
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut BTreeMap<String, Object>) -> T) -> T {
        change(&mut self.0.lock().unwrap())
    }

    pub(crate) fn put_now(&self, key: &str, body: Vec<u8>, metadata: BTreeMap<String, String>) {
        let object = Object { body, metadata, modified: START };
        self.change(|objects| objects.insert(key.to_owned(), object));
    }
}

impl Objects for Bucket {
    fn has_bucket(&self, name: &str) -> bool {
        name == BUCKET
    }

    fn put<'a>(
        &'a self,
        _: &'a str,
        key: &'a str,
        body: &'a [u8],
        metadata: &'a BTreeMap<String, String>,
    ) -> Boxed<'a, Result<(), ArchiveError>> {
        self.put_now(key, body.to_vec(), metadata.clone());
        Box::pin(std::future::ready(Ok(())))
    }

    fn get<'a>(
        &'a self,
        bucket: &'a str,
        key: &'a str,
    ) -> Boxed<'a, Result<Option<Object>, ArchiveError>> {
        let found = self.0.lock().unwrap().get(key).filter(|_| bucket == BUCKET).cloned();
        Box::pin(std::future::ready(Ok(found)))
    }

    fn list<'a>(
        &'a self,
        _: &'a str,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> Boxed<'a, Result<Vec<ObjectSummary>, ArchiveError>> {
        let objects = self.0.lock().unwrap();
        let keys = objects.iter().filter(|(key, _)| key.starts_with(prefix));
        let keys = keys.filter(|(key, _)| after.is_none_or(|after| key.as_str() > after));
        let summary = |(key, object): (&String, &Object)| ObjectSummary {
            key: key.clone(),
            size: object.body.len() as u64,
            modified: object.modified,
        };
        let page = keys.take(limit).map(summary).collect();
        Box::pin(std::future::ready(Ok(page)))
    }
}

/// The trail's key; making one takes long.
pub(crate) fn signer() -> &'static (PrivateKey, Vec<u8>) {
    static KEY: OnceLock<(PrivateKey, Vec<u8>)> = OnceLock::new();
    KEY.get_or_init(|| {
        let private = PrivateKey::generate(KeySpec::Rsa2048).unwrap();
        let private = PrivateKey::parse(KeySpec::Rsa2048, private.expose()).unwrap();
        let public = rsa_public_key(private.public_key()).unwrap();
        (private, public)
    })
}

pub(crate) fn keys() -> PublicKeys {
    let mut keys = PublicKeys::default();
    keys.add(signer().1.clone());
    keys
}

pub(crate) fn sign(message: &str) -> Vec<u8> {
    let message = Message::Raw(message.as_bytes());
    signer().0.sign(SigningAlgorithm::RsassaPkcs1Sha256, message).unwrap()
}

/// An event, told apart by `number`.
pub(crate) fn event(time: Timestamp, number: u64, (name, user, key): (&str, &str, &str)) -> Event {
    let id = format!(
        "{:08x}-{:04x}-7000-8000-{number:012x}",
        time.millis() >> 16,
        time.millis() & 0xffff
    );
    let id: EventId = id.parse().unwrap();
    let json = format!(
        r#"{{"eventVersion":"1.11","userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::{a}:user/{user}","accessKeyId":"AKIA{user}","userName":"{user}"}},"eventTime":"{}","eventSource":"kms.amazonaws.com","eventName":"{name}","awsRegion":"{r}","sourceIPAddress":"192.0.2.1","requestID":"{number}","eventID":"{id}","readOnly":{},"resources":[{{"accountId":"{a}","type":"AWS::KMS::Key","ARN":"arn:aws:kms:{r}:{a}:key/{key}"}}],"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"{a}","eventCategory":"Management"}}"#,
        time_text(time),
        name != "CreateKey",
        a = account(),
        r = region(),
    );
    Event {
        account: account(),
        region: region(),
        time,
        id,
        source: "kms.amazonaws.com".into(),
        is_read_only: name != "CreateKey",
        is_management: true,
        is_global: false,
        is_served: true,
        attributes: crate::event::attributes(&serde_json::from_str(&json).unwrap()),
        json,
    }
}

/// A trail in a bucket.
#[derive(Default)]
pub(crate) struct Trail {
    pub(crate) bucket: Bucket,
    /// The digests, oldest first, with their signatures and keys.
    pub(crate) digests: Vec<(Digest, String)>,
    pub(crate) waiting: Vec<LogFile>,
}

impl Trail {
    /// A trail of some hours, of which each has two files with three events, but the second none.
    pub(crate) fn of_hours(hours: i64) -> Self {
        let mut trail = Self::default();
        for hour in 0..hours {
            for minute in [10, 20].into_iter().filter(|_| hour != 1) {
                let time = START.plus_millis(hour * HOUR + minute * Timestamp::MINUTE);
                let events: Vec<Event> = (0..3)
                    .map(|n| event(time.plus_millis(-1000 * (3 - n)), 0, ("Decrypt", "ann", "k")))
                    .collect();
                trail.deliver(time, &events);
            }
            trail.close(START.plus_millis((hour + 1) * HOUR));
        }
        trail
    }

    /// Delivers a log file; returns its key.
    pub(crate) fn deliver(&mut self, time: Timestamp, events: &[Event]) -> String {
        let content = log_file::content(events.iter().map(|event| event.json.as_str()));
        let key = object_name::log_file(None, account(), region(), time, "AAAAAAAAAAAAAAAA");
        let time = |found: Option<Timestamp>| found.map(time_text);
        self.waiting.push(LogFile {
            s3_bucket: BUCKET.to_owned(),
            s3_object: key.clone(),
            hash_value: hash::hex(&hash::sha256(&content)),
            hash_algorithm: HASH_ALGORITHM.to_owned(),
            newest_event_time: time(events.iter().map(|event| event.time).max()),
            oldest_event_time: time(events.iter().map(|event| event.time).min()),
        });
        self.bucket.put_now(&key, gzip::compress(&content).unwrap(), BTreeMap::new());
        key
    }

    /// Closes a digest that ends at `end`.
    pub(crate) fn close(&mut self, end: Timestamp) {
        let key = digest_key(end);
        let before = self.digests.last();
        let of = |digest: &Digest| hash::hex(&hash::sha256(&digest.to_json().unwrap()));
        let start = before.map(|(digest, _)| digest.digest_end_time.clone());
        let files = std::mem::take(&mut self.waiting);
        let digest = Digest {
            aws_account_id: account().to_string(),
            digest_start_time: start.unwrap_or_else(|| time_text(START)),
            digest_end_time: time_text(end),
            digest_s3_bucket: BUCKET.to_owned(),
            digest_s3_object: key,
            digest_public_key_fingerprint: fingerprint(&signer().1),
            digest_signature_algorithm: SIGNATURE_ALGORITHM.to_owned(),
            newest_event_time: files.iter().filter_map(|f| f.newest_event_time.clone()).max(),
            oldest_event_time: files.iter().filter_map(|f| f.oldest_event_time.clone()).min(),
            previous_digest_s3_bucket: before.map(|_| BUCKET.to_owned()),
            previous_digest_s3_object: before.map(|(digest, _)| digest.digest_s3_object.clone()),
            previous_digest_hash_value: before.map(|(digest, _)| of(digest)),
            previous_digest_hash_algorithm: before.map(|_| HASH_ALGORITHM.to_owned()),
            previous_digest_signature: before.map(|(_, signature)| signature.clone()),
            log_files: files,
        };
        self.put_digest(digest);
    }

    /// Signs a digest and puts it where it says it is.
    pub(crate) fn put_digest(&mut self, digest: Digest) {
        let content = digest.to_json().unwrap();
        let signature = sign(&digest.string_to_sign(&hash::sha256(&content)));
        let (key, body) = (digest.digest_s3_object.clone(), gzip::compress(&content).unwrap());
        self.bucket.put_now(&key, body, digest::metadata(&signature));
        self.digests.push((digest, hash::hex(&signature)));
    }

    /// What is known of the newest digest.
    pub(crate) fn head(&self) -> Head {
        let (digest, _) = self.digests.last().unwrap();
        Head {
            source: "the server's store".to_owned(),
            key: digest.digest_s3_object.clone(),
            hash: hash::hex(&hash::sha256(&digest.to_json().unwrap())),
            files: self
                .waiting
                .iter()
                .map(|f| (f.s3_object.clone(), f.hash_value.clone()))
                .collect(),
        }
    }

    /// An anchor for the newest digest.
    pub(crate) fn anchor(&self) -> Anchor {
        let head = self.head();
        let mut anchor = Anchor {
            account: account().to_string(),
            region: region().to_string(),
            trail: "main".to_owned(),
            home_region: region().to_string(),
            bucket: BUCKET.to_owned(),
            key: head.key,
            hash: head.hash,
            end: self.digests.last().unwrap().0.digest_end_time.clone(),
            fingerprint: fingerprint(&signer().1),
            signature: String::new(),
        };
        anchor.signature = hash::hex(&sign(&anchor.string_to_sign()));
        anchor
    }

    pub(crate) fn verify(&self, heads: &[Head], window: Window) -> Report {
        block_on(verify(&self.bucket, &chain(), &keys(), heads, window)).unwrap()
    }
}

pub(crate) fn digest_key(end: Timestamp) -> String {
    object_name::digest(None, account(), region(), ("main", region()), end)
}

pub(crate) fn chain() -> Chain {
    Chain {
        bucket: BUCKET.to_owned(),
        prefix: None,
        account: account(),
        region: region(),
        trail: "main".to_owned(),
        home: region(),
    }
}
