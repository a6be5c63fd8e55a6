//! The day: who did what.

use crate::clock;
use crate::terminal::Failure;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use strongroom_crypto::asymmetric::{Message, PrivateKey, rsa_public_key};
use strongroom_crypto::hash;
use strongroom_engine::ports::archive::{EventAttribute, Objects};
use strongroom_trail::digest::{
    self, Digest, HASH_ALGORITHM, LogFile, SIGNATURE_ALGORITHM, time_text,
};
use strongroom_trail::index::Index;
use strongroom_trail::public_key::{PublicKeys, fingerprint};
use strongroom_trail::{Event, gzip, log_file, object_name};
use strongroom_types::{AccountId, KeySpec, Region, SigningAlgorithm, Timestamp};

pub(super) const BUCKET: &str = "strongroom-trail";
/// 2026-11-22T00:00:00Z.
const MIDNIGHT: Timestamp = Timestamp::from_millis(1_795_305_600_000);
const MINUTES: u64 = 1440;
const USERS: u64 = 500;
const KEYS: u64 = 2000;
/// Of a hundred events in this order.
const NAMES: [(&str, u64); 5] =
    [("Decrypt", 60), ("GenerateDataKey", 85), ("Encrypt", 95), ("Sign", 99), ("CreateGrant", 100)];
/// Minutes between two events of the rare user.
const RARE: u64 = 60;

pub(super) fn account() -> AccountId {
    AccountId::INITIAL
}

pub(super) fn region() -> Result<Region, Failure> {
    "eu-west-2".parse().map_err(|()| Failure::new("no Region"))
}

/// The beginning and the end of the day.
pub(super) fn span() -> (Timestamp, Timestamp) {
    (MIDNIGHT, MIDNIGHT.plus_days(1))
}

/// What is delivered, and where.
pub(super) struct Day {
    objects: Arc<dyn Objects>,
    index: Arc<Index>,
    private: PrivateKey,
    public: Vec<u8>,
    region: Region,
    /// Time that the index took.
    pub(super) indexing: Duration,
    ids: Vec<String>,
    waiting: Vec<LogFile>,
    previous: Option<(String, String, String)>,
}

impl Day {
    pub(super) fn new(objects: Arc<dyn Objects>, index: Arc<Index>) -> Result<Self, Failure> {
        let failed = |why: strongroom_crypto::asymmetric::KeyError| Failure::new(why.to_string());
        let pkcs8 = PrivateKey::generate(KeySpec::Rsa2048).map_err(failed)?;
        let private = PrivateKey::parse(KeySpec::Rsa2048, pkcs8.expose()).map_err(failed)?;
        let public = rsa_public_key(private.public_key()).map_err(failed)?;
        let (region, indexing) = (region()?, Duration::ZERO);
        let (ids, waiting, previous) = (Vec::new(), Vec::new(), None);
        Ok(Self { objects, index, private, public, region, indexing, ids, waiting, previous })
    }

    /// Delivers a day of `events`.
    pub(super) async fn deliver(&mut self, events: u64) -> Result<(), Failure> {
        for minute in 0..MINUTES {
            let (from, to) = (events * minute / MINUTES, events * (minute + 1) / MINUTES);
            let begins = MIDNIGHT.plus_millis(millis(minute) * Timestamp::MINUTE);
            let at = |n: u64| begins.plus_millis(millis((n - from) * 60_000 / (to - from)));
            let all =
                (from..to).map(|n| event(n, at(n), self.region, n == from && minute % RARE == 0));
            let all: Vec<Event> = all.collect();
            self.ids.extend(all.first().map(|event| event.id.clone()));
            self.file(begins.plus_millis(59_999), &all).await?;
            if minute % 60 == 59 {
                self.digest(begins.plus_millis(Timestamp::MINUTE)).await?;
            }
        }
        Ok(())
    }

    async fn file(&mut self, time: Timestamp, events: &[Event]) -> Result<(), Failure> {
        let failed = |why: &dyn std::fmt::Display| Failure::new(why.to_string());
        let unique = format!("{:016}", time.millis());
        let key = object_name::log_file(None, account(), self.region, time, &unique);
        let content = log_file::content(events.iter().map(|event| event.json.as_str()));
        let body = gzip::compress(&content).map_err(|why| failed(&why))?;
        self.put(&key, &body, &BTreeMap::new()).await?;
        let began = clock::now();
        let noted: Vec<&Event> = events.iter().collect();
        let noted = self.index.note_file(account(), self.region, &key, &noted);
        noted.map_err(|why| failed(&why))?;
        self.indexing += began.elapsed();
        let at = |event: Option<&Event>| event.map(|event| time_text(event.time));
        self.waiting.push(LogFile {
            s3_bucket: BUCKET.to_owned(),
            s3_object: key,
            hash_value: hash::hex(&hash::sha256(&content)),
            hash_algorithm: HASH_ALGORITHM.to_owned(),
            newest_event_time: at(events.last()),
            oldest_event_time: at(events.first()),
        });
        Ok(())
    }

    async fn digest(&mut self, end: Timestamp) -> Result<(), Failure> {
        let key =
            object_name::digest(None, account(), self.region, ("strongroom", self.region), end);
        let previous = self.previous.take();
        let of =
            |part: fn(&(String, String, String)) -> &String| previous.as_ref().map(part).cloned();
        let digest = Digest {
            aws_account_id: account().to_string(),
            digest_start_time: time_text(end.plus_millis(-60 * Timestamp::MINUTE)),
            digest_end_time: time_text(end),
            digest_s3_bucket: BUCKET.to_owned(),
            digest_s3_object: key.clone(),
            digest_public_key_fingerprint: fingerprint(&self.public),
            digest_signature_algorithm: SIGNATURE_ALGORITHM.to_owned(),
            newest_event_time: None,
            oldest_event_time: None,
            previous_digest_s3_bucket: previous.as_ref().map(|_| BUCKET.to_owned()),
            previous_digest_s3_object: of(|(key, _, _)| key),
            previous_digest_hash_value: of(|(_, hash, _)| hash),
            previous_digest_hash_algorithm: previous.as_ref().map(|_| HASH_ALGORITHM.to_owned()),
            previous_digest_signature: of(|(_, _, signature)| signature),
            log_files: std::mem::take(&mut self.waiting),
        };
        let failed = |why: &dyn std::fmt::Display| Failure::new(why.to_string());
        let content = digest.to_json().map_err(|why| failed(&why))?;
        let content_hash = hash::sha256(&content);
        let text = digest.string_to_sign(&content_hash);
        let message = Message::Raw(text.as_bytes());
        let signature = self.private.sign(SigningAlgorithm::RsassaPkcs1Sha256, message);
        let signature = signature.map_err(|why| failed(&why))?;
        let body = gzip::compress(&content).map_err(|why| failed(&why))?;
        self.put(&key, &body, &digest::metadata(&signature)).await?;
        self.previous = Some((key, hash::hex(&content_hash), hash::hex(&signature)));
        Ok(())
    }

    async fn put(
        &self,
        key: &str,
        body: &[u8],
        metadata: &BTreeMap<String, String>,
    ) -> Result<(), Failure> {
        let put = self.objects.put(BUCKET, key, body, metadata).await;
        put.map_err(|why| Failure::new(why.to_string()))
    }

    pub(super) fn keys(&self) -> PublicKeys {
        let mut keys = PublicKeys::default();
        keys.add(self.public.clone());
        keys
    }

    /// The value that the look-up of this number asks for in a case.
    pub(super) fn value(&self, case: &str, number: u64) -> String {
        let spread = mixed(number);
        match case {
            "EventId" => {
                let count = self.ids.len().max(1) as u64;
                let at = usize::try_from(spread % count).unwrap_or(0);
                self.ids.get(at).cloned().unwrap_or_default()
            }
            "EventName" => {
                if number.is_multiple_of(2) { "Decrypt" } else { "CreateGrant" }.to_owned()
            }
            "ReadOnly false" => "false".to_owned(),
            "Username" => user(spread % USERS),
            "Username, rare" => "auditor".to_owned(),
            "Username, nobody" => format!("nobody-{number}"),
            "ResourceName" => key_arn(spread % KEYS, self.region),
            "ResourceType" => "AWS::KMS::Key".to_owned(),
            "EventSource" => "kms.amazonaws.com".to_owned(),
            _ => access_key(&user(spread % USERS)),
        }
    }
}

fn millis(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number without pattern (SplitMix64).
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn user(number: u64) -> String {
    format!("service-{number:03}")
}

fn access_key(user: &str) -> String {
    format!("AKIA{:0>16}", user.to_ascii_uppercase().replace('-', ""))
}

fn key_arn(number: u64, region: Region) -> String {
    let id = mixed(number);
    let (high, low) = (id >> 32, id & 0xffff_ffff);
    format!("arn:aws:kms:{region}:{}:key/{high:08x}-0000-4000-8000-0000{low:08x}", account())
}

fn event(number: u64, time: Timestamp, region: Region, is_rare: bool) -> Event {
    let spread = mixed(number);
    let user = if is_rare { "auditor".to_owned() } else { user(spread % USERS) };
    let access_key = access_key(&user);
    let key = key_arn((spread >> 16) % KEYS, region);
    let share = (spread >> 40) % 100;
    let name = NAMES.iter().find(|(_, until)| share < *until).map_or("Decrypt", |(name, _)| name);
    let is_read_only = name != "CreateGrant";
    let at = time.millis();
    let id = format!(
        "{:08x}-{:04x}-7{:03x}-8{:03x}-{:012x}",
        at >> 16,
        at & 0xffff,
        spread & 0xfff,
        (spread >> 12) & 0xfff,
        (spread >> 16) & 0xffff_ffff_ffff
    );
    let account = account();
    let json = format!(
        r#"{{"eventVersion":"1.11","userIdentity":{{"type":"IAMUser","principalId":"AIDA{spread:016X}","arn":"arn:aws:iam::{account}:user/{user}","accountId":"{account}","accessKeyId":"{access_key}","userName":"{user}"}},"eventTime":"{}","eventSource":"kms.amazonaws.com","eventName":"{name}","awsRegion":"{region}","sourceIPAddress":"10.0.{}.{}","userAgent":"aws-sdk-rust/1.3.3 os/linux lang/rust/1.95 md/http#hyper-1.x api/kms/1.1","requestParameters":{{"keyId":"{key}","encryptionContext":{{"tenant":"{}","purpose":"envelope"}},"encryptionAlgorithm":"SYMMETRIC_DEFAULT"}},"responseElements":null,"additionalEventData":{{"keyMaterialId":"{:064x}"}},"requestID":"{:08x}-0000-4000-8000-{:012x}","eventID":"{id}","readOnly":{is_read_only},"resources":[{{"accountId":"{account}","type":"AWS::KMS::Key","ARN":"{key}"}}],"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"{account}","eventCategory":"Management","tlsDetails":{{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_256_GCM_SHA384","clientProvidedHostHeader":"kms.internal:4599"}}}}"#,
        time_text(time),
        spread % 250,
        (spread >> 8) % 250,
        (spread >> 24) % 5000,
        mixed(spread % KEYS),
        spread & 0xffff_ffff,
        number,
    );
    let attributes = vec![
        (EventAttribute::EventId, id.clone()),
        (EventAttribute::EventName, (*name).to_owned()),
        (EventAttribute::ReadOnly, is_read_only.to_string()),
        (EventAttribute::EventSource, "kms.amazonaws.com".to_owned()),
        (EventAttribute::AccessKeyId, access_key),
        (EventAttribute::Username, user),
        (EventAttribute::ResourceType, "AWS::KMS::Key".to_owned()),
        (EventAttribute::ResourceName, key),
    ];
    Event {
        account,
        region,
        time,
        id,
        source: "kms.amazonaws.com".to_owned(),
        is_read_only,
        is_management: true,
        is_global: false,
        attributes,
        json,
    }
}
