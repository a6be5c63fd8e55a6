//! Digests: every hour one for each delivery, also of an hour in which nothing happened.

use super::{ShipError, Shipped, Shipper};
use crate::digest::{self, Digest, HASH_ALGORITHM, LogFile, SIGNATURE_ALGORITHM, time_text};
use crate::{anchor, gzip, object_name, public_key};
use std::collections::hash_map::Entry;
use std::sync::Arc;
use strongroom_crypto::hash;
use strongroom_engine::TrailSigner;
use strongroom_engine::shipping::DeliveryPlace;
use strongroom_engine::work::BUILT_IN_TRAIL;
use strongroom_keys::{DeliveredDigest, DeliveredFile, DeliveryRecord, TrailRecord};
use strongroom_types::{AccountId, Region, Timestamp};

/// Milliseconds in an hour.
const HOUR: i64 = 3_600_000;
/// Deliveries written in one commit.
const BATCH: usize = 200;

/// A delivery whose digest is due.
struct Due {
    account: AccountId,
    region: Region,
    home: Region,
    trail: String,
}

impl Due {
    fn place(&self) -> DeliveryPlace<'_> {
        let Self { account, region, home, trail } = self;
        DeliveryPlace { account: *account, region: *region, home: *home, trail }
    }
}

impl Shipper {
    /// Closes the digests of the hours that are over. One digest covers all the time since the one
    /// before it: a server that was stopped for a day has recorded nothing in it.
    pub(super) async fn close_digests(&mut self, shipped: &mut Shipped) -> Result<(), ShipError> {
        let hour = self.engine.now().millis().div_euclid(HOUR) * HOUR;
        if hour <= self.closed {
            return Ok(());
        }
        // A digest of an hour before the restore may be there, of the history that was left, and is
        // not overwritten.
        if self.engine.restored().await?.is_some_and(|restore| hour <= restore.time.millis()) {
            return Ok(());
        }
        let mut due = Vec::new();
        let note = |place: DeliveryPlace<'_>, record: DeliveryRecord| {
            if record.closing.is_some() || record.since < hour {
                let DeliveryPlace { account, region, home, trail } = place;
                due.push(Due { account, region, home, trail: trail.to_owned() });
            }
        };
        self.engine.deliveries(note).await?;
        for batch in due.chunks(BATCH) {
            self.begin_closing(batch, hour).await?;
            self.close(batch, shipped).await?;
        }
        self.closed = hour;
        Ok(())
    }

    /// Commits when the digests end and what is in them, so that whoever repeats this makes the same
    /// ones.
    async fn begin_closing(&self, batch: &[Due], hour: i64) -> Result<(), ShipError> {
        let mut begun = Vec::new();
        for due in batch {
            let mut delivery = self.engine.delivery(&due.place()).await?;
            if let Some(record) = delivery.record.as_mut().filter(|record| record.closing.is_none())
            {
                record.closing = Some(hour);
                record.closing_files = u64::try_from(record.files.len()).unwrap_or(u64::MAX);
                begun.push((due.place(), delivery));
            }
        }
        Ok(self.engine.put_deliveries(&begun).await?)
    }

    async fn close(&mut self, batch: &[Due], shipped: &mut Shipped) -> Result<(), ShipError> {
        let mut closed = Vec::new();
        for due in batch {
            let mut delivery = self.engine.delivery(&due.place()).await?;
            let Some(record) = delivery.record.take() else { continue };
            let Some(end) = record.closing else { continue };
            delivery.record = self.closed(due, record, end, shipped).await?;
            closed.push((due.place(), delivery));
        }
        Ok(self.engine.put_deliveries(&closed).await?)
    }

    /// How a delivery stands once its digest is there; none when its trail is gone, too.
    async fn closed(
        &mut self,
        due: &Due,
        record: DeliveryRecord,
        end: i64,
        shipped: &mut Shipped,
    ) -> Result<Option<DeliveryRecord>, ShipError> {
        let Some((trail, is_last)) = self.trail_of(due).await? else { return Ok(None) };
        if !trail.validates {
            return Ok(Some(after(record, None, end)));
        }
        if !trail.is_logging && record.closing_files == 0 {
            // Nothing is delivered, so nothing is proved; the next digest covers this time, too.
            return Ok(Some(DeliveryRecord { closing: None, ..record }));
        }
        match self.write_digest(&trail, due.region, &record, end, shipped).await {
            Ok(digest) => Ok((!is_last).then(|| after(record, Some(digest), end))),
            Err(why) if trail.name == BUILT_IN_TRAIL => Err(why),
            // It may be there all the same. The same one is tried again, with the next hour.
            Err(why) => {
                let (name, account) = (&due.trail, due.account);
                shipped.failures.push(format!("digest of {name} of {account}: {why}"));
                Ok(Some(DeliveryRecord { failure: Some(why.to_string()), ..record }))
            }
        }
    }

    /// The trail of a delivery, if it is still there, and whether this is its last digest: the
    /// server's own has another home Region once the server has.
    async fn trail_of(&self, due: &Due) -> Result<Option<(TrailRecord, bool)>, ShipError> {
        let mut trails = self.trails(due.account).await?;
        if due.trail == BUILT_IN_TRAIL {
            let own = trails.into_iter().next().map(|own| {
                let is_last = own.region != due.home;
                (TrailRecord { region: due.home, ..own }, is_last)
            });
            return Ok(own);
        }
        trails.retain(|trail| trail.name == due.trail && trail.region == due.home);
        Ok(trails.pop().map(|trail| (trail, false)))
    }

    async fn write_digest(
        &mut self,
        trail: &TrailRecord,
        region: Region,
        record: &DeliveryRecord,
        end: i64,
        shipped: &mut Shipped,
    ) -> Result<DeliveredDigest, ShipError> {
        let signer = self.signer(region).await?;
        let end = Timestamp::from_millis(end);
        let home = (trail.name.as_str(), trail.region);
        let key = object_name::digest(trail.prefix.as_deref(), trail.account, region, home, end);
        let place = (trail.bucket.as_str(), key.as_str());
        let digest = digest_of(trail.account, record, place, end, signer.public());
        let body = digest.to_json().map_err(|why| ShipError::Form(why.to_string()))?;
        let hash = hash::sha256(&body);
        let signature = signer.sign(digest.string_to_sign(&hash).as_bytes())?;
        let compressed = gzip::compress(&body).map_err(|why| ShipError::Form(why.to_string()))?;
        let metadata = digest::metadata(&signature);
        self.put_object(trail, &key, &compressed, &metadata).await?;
        let bucket = trail.bucket.clone();
        let delivered = DeliveredDigest { bucket, key, hash, signature };
        if trail.name == BUILT_IN_TRAIL {
            let line = anchor::line(trail, region, &delivered, end, &signer)?;
            self.anchors.push(line);
        }
        shipped.digests += 1;
        Ok(delivered)
    }

    async fn signer(&mut self, region: Region) -> Result<Arc<TrailSigner>, ShipError> {
        if let Entry::Occupied(found) = self.signers.entry(region) {
            return Ok(found.get().clone());
        }
        let signer = self.engine.trail_signer(region).await?;
        self.signers.insert(region, signer.clone());
        Ok(signer)
    }

    /// Forgets the keys that sign, since others may from now on.
    pub fn forget_signers(&mut self) {
        self.signers.clear();
    }
}

/// How a delivery stands after a digest that ended at `end`.
fn after(record: DeliveryRecord, digest: Option<DeliveredDigest>, end: i64) -> DeliveryRecord {
    let told = closing_files(&record).len();
    let files = record.files.iter().skip(told).cloned().collect();
    DeliveryRecord {
        since: end,
        files,
        digested: digest.as_ref().map(|_| end).or(record.digested),
        previous: digest,
        closing: None,
        closing_files: 0,
        ..record
    }
}

/// The files that are in the digest that was begun.
fn closing_files(record: &DeliveryRecord) -> &[DeliveredFile] {
    let count = usize::try_from(record.closing_files).unwrap_or(usize::MAX);
    record.files.get(..count.min(record.files.len())).unwrap_or_default()
}

fn digest_of(
    account: AccountId,
    record: &DeliveryRecord,
    (bucket, key): (&str, &str),
    end: Timestamp,
    public: &[u8],
) -> Digest {
    let time = |millis: i64| time_text(Timestamp::from_millis(millis));
    let previous = record.previous.as_ref();
    let files = closing_files(record);
    Digest {
        aws_account_id: account.to_string(),
        digest_start_time: time(record.since),
        digest_end_time: time_text(end),
        digest_s3_bucket: bucket.to_owned(),
        digest_s3_object: key.to_owned(),
        digest_public_key_fingerprint: public_key::fingerprint(public),
        digest_signature_algorithm: SIGNATURE_ALGORITHM.to_owned(),
        newest_event_time: files.iter().map(|file| file.newest).max().map(time),
        oldest_event_time: files.iter().map(|file| file.oldest).min().map(time),
        previous_digest_s3_bucket: previous.map(|digest| digest.bucket.clone()),
        previous_digest_s3_object: previous.map(|digest| digest.key.clone()),
        previous_digest_hash_value: previous.map(|digest| hash::hex(&digest.hash)),
        previous_digest_hash_algorithm: previous.map(|_| HASH_ALGORITHM.to_owned()),
        previous_digest_signature: previous.map(|digest| hash::hex(&digest.signature)),
        log_files: files.iter().map(log_file_of).collect(),
    }
}

fn log_file_of(file: &DeliveredFile) -> LogFile {
    LogFile {
        s3_bucket: file.bucket.clone(),
        s3_object: file.key.clone(),
        hash_value: hash::hex(&file.hash),
        hash_algorithm: HASH_ALGORITHM.to_owned(),
        newest_event_time: Some(time_text(Timestamp::from_millis(file.newest))),
        oldest_event_time: Some(time_text(Timestamp::from_millis(file.oldest))),
    }
}
