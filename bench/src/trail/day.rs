//! The day: who did what.

use crate::terminal::Failure;
use crate::usage;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use strongroom_crypto::asymmetric::{Message, PrivateKey, rsa_public_key};
use strongroom_crypto::hash;
use strongroom_engine::audit::{ArrivalRecord, AuditRecord, Identity};
use strongroom_engine::ports::archive::Objects;
use strongroom_keys::codec;
use strongroom_trail::digest::{
    self, Digest, HASH_ALGORITHM, LogFile, SIGNATURE_ALGORITHM, time_text,
};
use strongroom_trail::event::Writer;
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
const AGENT: &str = "aws-sdk-rust/1.3.3 os/linux lang/rust/1.95 md/http#hyper-1.x api/kms/1.1";
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

/// Processor time of the parts of delivery.
#[derive(Default)]
pub(super) struct Cpu {
    /// Records decoded and made into events.
    pub(super) making: Duration,
    /// Log files put together and compressed.
    pub(super) compressing: Duration,
    /// Hashed and written.
    pub(super) writing: Duration,
    /// Taken up by the index.
    pub(super) indexing: Duration,
}

/// Processor time so far.
fn cpu_time() -> Duration {
    Duration::from_nanos(usage::own_cpu().unwrap_or_default())
}

/// What is delivered, and where.
pub(super) struct Day {
    objects: Arc<dyn Objects>,
    index: Arc<Index>,
    private: PrivateKey,
    public: Vec<u8>,
    region: Region,
    /// Processor time that it took.
    pub(super) cpu: Cpu,
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
        let (region, cpu) = (region()?, Cpu::default());
        let (ids, waiting, previous) = (Vec::new(), Vec::new(), None);
        Ok(Self { objects, index, private, public, region, cpu, ids, waiting, previous })
    }

    /// Delivers a day of `events`, from their records.
    pub(super) async fn deliver(&mut self, events: u64) -> Result<(), Failure> {
        for minute in 0..MINUTES {
            let (from, to) = (events * minute / MINUTES, events * (minute + 1) / MINUTES);
            let begins = MIDNIGHT.plus_millis(millis(minute) * Timestamp::MINUTE);
            let at = |n: u64| begins.plus_millis(millis((n - from) * 60_000 / (to - from)));
            let all =
                (from..to).map(|n| record(n, at(n), self.region, n == from && minute % RARE == 0));
            let all: Vec<Vec<u8>> = all.collect();
            let began = cpu_time();
            let all = made(&all)?;
            self.cpu.making += cpu_time().saturating_sub(began);
            self.ids.extend(all.first().map(|event| event.id.to_string()));
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
        let began = cpu_time();
        let content = log_file::content(events.iter().map(|event| event.json.as_str()));
        let body = gzip::compress(&content).map_err(|why| failed(&why))?;
        let compressed = cpu_time();
        self.cpu.compressing += compressed.saturating_sub(began);
        let content_hash = hash::sha256(&content);
        self.put(&key, &body, &BTreeMap::new()).await?;
        let began = cpu_time();
        self.cpu.writing += began.saturating_sub(compressed);
        let noted: Vec<&Event> = events.iter().collect();
        let noted = self.index.note_file(account(), self.region, &key, &noted);
        noted.map_err(|why| failed(&why))?;
        self.cpu.indexing += cpu_time().saturating_sub(began);
        let at = |event: Option<&Event>| event.map(|event| time_text(event.time));
        self.waiting.push(LogFile {
            s3_bucket: BUCKET.to_owned(),
            s3_object: key,
            hash_value: hash::hex(&content_hash),
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

/// The events of records, as delivery makes them.
fn made(records: &[Vec<u8>]) -> Result<Vec<Event>, Failure> {
    let failed = |why: codec::CodecError| Failure::new(why.to_string());
    let mut events = Vec::with_capacity(records.len());
    let mut writer = Writer::new("aws");
    for record in records {
        let record: AuditRecord = codec::decode(record).map_err(failed)?;
        writer.write(&record, |event| events.push(event));
    }
    Ok(events)
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

/// The record of an event, as the journal has it.
fn record(number: u64, time: Timestamp, region: Region, is_rare: bool) -> Vec<u8> {
    let (spread, account) = (mixed(number), account());
    let user = if is_rare { "auditor".to_owned() } else { user(spread % USERS) };
    let key = key_arn((spread >> 16) % KEYS, region);
    let share = (spread >> 40) % 100;
    let name = NAMES.iter().find(|(_, until)| share < *until).map_or("Decrypt", |(name, _)| name);
    let mut request = [0; 16];
    let halves = mixed(spread).to_be_bytes().into_iter().chain(number.to_be_bytes());
    request.iter_mut().zip(halves).for_each(|(to, from)| *to = from);
    let digits = |number| format!("{:032x}", u128::from(mixed(number)));
    codec::encode(&AuditRecord {
        request,
        time,
        service: "kms".to_owned(),
        operation: (*name).to_owned(),
        region,
        account,
        identity: Some(Identity {
            kind: "IAMUser".to_owned(),
            id: format!("AIDA{spread:016X}"),
            arn: format!("arn:aws:iam::{account}:user/{user}"),
            access_key: access_key(&user),
            user_name: Some(user),
            session: None,
        }),
        arrival: Some(ArrivalRecord {
            source: format!("10.0.{}.{}", spread % 250, (spread >> 8) % 250),
            user_agent: AGENT.to_owned(),
            tls: Some(("TLSv1.3".to_owned(), "TLS_AES_256_GCM_SHA384".to_owned())),
            host: "kms.internal:4599".to_owned(),
        }),
        parameters: parameters(&key, (spread >> 24) % 5000),
        response: Vec::new(),
        resources: vec![key],
        error_code: None,
        error_message: None,
        read_only: *name != *"CreateGrant",
        material: vec![digits(spread % KEYS) + &digits(spread % KEYS + KEYS)],
        reasons: vec!["key policy: statement \"Enable IAM User Permissions\"".to_owned()],
        recipient: None,
        store: None,
        grant: None,
        decided: Vec::new(),
        suppressed: None,
    })
}

/// A request's members: a CBOR map of one with a text and one with pairs.
fn parameters(key: &str, tenant: u64) -> Vec<u8> {
    let text = |text: &str, to: &mut Vec<u8>| to.extend(codec::encode(&text.to_owned()));
    let pairs = [("purpose", "envelope".to_owned()), ("tenant", tenant.to_string())];
    let mut cbor = vec![0xbf];
    text("KeyId", &mut cbor);
    text(key, &mut cbor);
    text("EncryptionContext", &mut cbor);
    cbor.extend(codec::encode(&BTreeMap::from(pairs)));
    cbor.push(0xff);
    cbor
}
