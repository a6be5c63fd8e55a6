//! What is stored of the audit trail: trails, how far each delivery has come, the keys that sign
//! digests.

use crate::codec::{optional_time, secret, text, time};
use minicbor::{Decode, Encode};
use strongroom_crypto::SecretBytes;
use strongroom_types::{AccountId, Region, Timestamp};

/// A trail: which events of an account are delivered where.
///
/// Source: AWS CloudTrail API Reference, Trail, EventSelector, GetTrailStatus.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TrailRecord {
    /// Account.
    #[cbor(n(0), with = "text")]
    pub account: AccountId,
    /// Home Region: the one it was created in.
    #[cbor(n(1), with = "text")]
    pub region: Region,
    /// Name, 3 to 128 characters.
    #[n(2)]
    pub name: String,
    /// Bucket that log files are delivered to.
    #[n(3)]
    pub bucket: String,
    /// What the objects' keys begin with, without the slash behind it.
    #[n(4)]
    pub prefix: Option<String>,
    /// Whether it takes the events of all Regions.
    #[n(5)]
    pub is_multi_region: bool,
    /// Whether it takes the events of IAM and STS.
    #[n(6)]
    pub includes_global_events: bool,
    /// Whether there are digest files.
    #[n(7)]
    pub validates: bool,
    /// Whether it delivers.
    #[n(8)]
    pub is_logging: bool,
    /// When it was created.
    #[cbor(n(9), with = "time")]
    pub created: Timestamp,
    /// When delivery was last started.
    #[cbor(n(10), with = "optional_time")]
    pub started: Option<Timestamp>,
    /// When delivery was last stopped.
    #[cbor(n(11), with = "optional_time")]
    pub stopped: Option<Timestamp>,
    /// Which events it takes; none: all management events.
    #[n(12)]
    pub selectors: Vec<EventSelector>,
    /// Tags, in the order in which they were added.
    #[cbor(n(13), with = "crate::tags")]
    pub tags: Vec<strongroom_types::Tag>,
    /// When it delivered, oldest first, milliseconds since 1970; the latest time may not be over.
    #[cbor(n(14), default)]
    pub periods: Vec<(i64, Option<i64>)>,
}

/// Times that a trail keeps: what happened before them has been delivered long ago.
const MOST_PERIODS: usize = 32;

impl TrailRecord {
    /// Delivers from `now` on; one that does already goes on.
    pub fn start(&mut self, now: Timestamp) {
        if !self.is_logging {
            (self.is_logging, self.started) = (true, Some(now));
            self.periods.push((now.millis(), None));
            let surplus = self.periods.len().saturating_sub(MOST_PERIODS);
            self.periods.drain(..surplus);
        }
    }

    /// Delivers nothing that happens after `now`.
    pub fn stop(&mut self, now: Timestamp) {
        if self.is_logging {
            (self.is_logging, self.stopped) = (false, Some(now));
            if let Some((_, end)) = self.periods.last_mut() {
                *end = Some(now.millis());
            }
        }
    }

    /// Whether it delivers what happened at `time`.
    #[must_use]
    pub fn delivered_at(&self, time: Timestamp) -> bool {
        let within = |(from, to): &(i64, Option<i64>)| {
            *from <= time.millis() && to.is_none_or(|to| time.millis() <= to)
        };
        self.periods.iter().any(within)
    }
}

/// Which events a trail takes: those of any of its selectors.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EventSelector {
    /// Events that only read.
    #[n(0)]
    pub reads: bool,
    /// Events that may change something.
    #[n(1)]
    pub writes: bool,
    /// Management events; without them it selects nothing here.
    #[n(2)]
    pub management: bool,
    /// Services whose management events are left out, such as `kms.amazonaws.com`.
    #[n(3)]
    pub excluded_sources: Vec<String>,
    /// The name that it has as an advanced event selector, empty for none; absent for a basic one.
    #[n(4)]
    pub advanced: Option<String>,
}

impl EventSelector {
    /// All management events: what a trail without selectors takes.
    #[must_use]
    pub fn all() -> Self {
        let excluded_sources = Vec::new();
        Self { reads: true, writes: true, management: true, excluded_sources, advanced: None }
    }
}

/// Whose a bucket is: of the account that first made a trail to it or that the operator gave it to,
/// or everybody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BucketRecord {
    /// The account; [`AccountId::NOBODY`] if it is everybody's.
    #[cbor(n(0), with = "text")]
    pub account: AccountId,
    /// What the operator's configuration says of it, or has said.
    #[cbor(n(1), default)]
    pub standing: BucketStanding,
}

/// What the operator's configuration says of a bucket, or has said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum BucketStanding {
    /// Nothing: all that is in it is its account's.
    #[default]
    #[n(0)]
    Unnamed,
    /// Where it is: there may be more in it than its account's.
    #[n(1)]
    Named,
    /// That it is the server's own: no account can have it, and each sees its part.
    #[n(2)]
    Shared,
}

/// How far one trail's delivery for one account and Region has come.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct DeliveryRecord {
    /// When the digest that is being gathered began, milliseconds since 1970; the end of the one
    /// before.
    #[n(0)]
    pub since: i64,
    /// The log files delivered since then.
    #[n(1)]
    pub files: Vec<DeliveredFile>,
    /// The digest before.
    #[n(2)]
    pub previous: Option<DeliveredDigest>,
    /// When the latest log file was delivered, milliseconds since 1970.
    #[n(3)]
    pub delivered: Option<i64>,
    /// When the latest digest was, milliseconds since 1970.
    #[n(4)]
    pub digested: Option<i64>,
    /// Why the latest delivery failed, if it did.
    #[n(5)]
    pub failure: Option<String>,
    /// When the digest ends that was begun and is not known to be there, milliseconds since 1970.
    #[n(6)]
    pub closing: Option<i64>,
    /// Log files of the server's own trail whose events could not be delivered yet: their keys, and
    /// those that they shall be delivered under.
    #[cbor(n(7), default)]
    pub owed: Vec<(String, String)>,
    /// How many of the files are in the digest that was begun.
    #[cbor(n(8), default)]
    pub closing_files: u64,
    /// The latest round that this tells of.
    #[cbor(n(9), default)]
    pub round: u64,
}

/// A log file that is there.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DeliveredFile {
    /// Bucket.
    #[n(0)]
    pub bucket: String,
    /// Key of the object.
    #[n(1)]
    pub key: String,
    /// SHA-256 of its content before compression.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub hash: [u8; 32],
    /// Time of its oldest event, milliseconds since 1970.
    #[n(3)]
    pub oldest: i64,
    /// Time of its newest event, milliseconds since 1970.
    #[n(4)]
    pub newest: i64,
}

/// A digest file that is there.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DeliveredDigest {
    /// Bucket.
    #[n(0)]
    pub bucket: String,
    /// Key of the object.
    #[n(1)]
    pub key: String,
    /// SHA-256 of its content before compression.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub hash: [u8; 32],
    /// Its signature.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub signature: Vec<u8>,
}

/// A key pair that signs digests, RSA of 2,048 bits. The public key outlives the private one.
#[derive(Encode, Decode)]
#[cbor(map)]
pub struct TrailKeyRecord {
    /// The Region whose digests it signs.
    #[cbor(n(0), with = "text")]
    pub region: Region,
    /// The public key: RSAPublicKey of PKCS #1, DER.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub public: Vec<u8>,
    /// The private key, PKCS #8; empty once another key signs.
    #[cbor(n(2), with = "secret")]
    pub private: SecretBytes,
    /// Since when it signs.
    #[cbor(n(3), with = "time")]
    pub created: Timestamp,
    /// Since when another one signs.
    #[cbor(n(4), with = "optional_time")]
    pub retired: Option<Timestamp>,
}

/// How far delivery has come in the journal, and what it was about when it was last begun.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct ShippingRecord {
    /// All of the journal before here is delivered.
    #[n(0)]
    pub cursor: JournalCursor,
    /// Deliveries so far.
    #[n(1)]
    pub rounds: u64,
    /// The delivery that was begun and is not known to be done.
    #[n(2)]
    pub pending: Option<PendingRound>,
}

/// A place in the journal from which reading can go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct JournalCursor {
    /// Number of the segment; 0 before the first.
    #[n(0)]
    pub segment: u64,
    /// Frames of it before here.
    #[n(1)]
    pub frames: u64,
    /// Bytes of its file before here; 0 before its header.
    #[n(2)]
    pub offset: u64,
    /// Tag of the frame before.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub chain: [u8; 16],
}

/// A delivery that was begun: whoever repeats it does the same again.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PendingRound {
    /// When it began, milliseconds since 1970.
    #[n(0)]
    pub time: i64,
    /// Where in the journal it ends.
    #[n(1)]
    pub end: JournalCursor,
    /// The audit records of changes that it delivers, by the versions of their commits.
    #[n(2)]
    pub changes: Vec<u64>,
}
