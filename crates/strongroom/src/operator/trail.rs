//! What the operator asks about the audit trail.

use super::Desk;
use crate::terminal::Failure;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use strongroom_crypto::hash;
use strongroom_engine::shipping::DeliveryPlace;
use strongroom_engine::{Engine, VaultError};
use strongroom_keys::DeliveryRecord;
use strongroom_trail::digest::time_text;
use strongroom_trail::public_key::{ExportedKey, ExportedKeys, fingerprint};
use strongroom_trail::shipper::Shipped;
use strongroom_types::Region;

/// Bytes of an answer after which a page of heads ends, about.
const HEADS_PAGE: usize = 1 << 20;
/// Bytes that a head takes without its files, and a file without its names.
const HEAD_SIZE: usize = 600;
const FILE_SIZE: usize = 120;

/// How far the delivery of a trail for an account and Region has come. Of a delivery with very many
/// files there are several, one after the other.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KnownHead {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) trail: String,
    pub(crate) home: String,
    /// The newest digest, if there is one.
    pub(crate) digest: Option<KnownDigest>,
    /// The log files since.
    pub(crate) files: Vec<KnownFile>,
}

/// A digest that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KnownDigest {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) hash: String,
}

/// A log file that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KnownFile {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) hash: String,
}

/// Where a page of heads begins: a delivery, and how many of its files are passed over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HeadsPlace {
    delivery: String,
    files: usize,
}

/// Some of the heads.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct HeadsPage {
    pub(crate) heads: Vec<KnownHead>,
    /// Where the next page begins.
    pub(crate) next: Option<HeadsPlace>,
}

/// Delivers what waits.
pub(super) async fn flush(desk: &Desk<'_>) -> Result<Value, Failure> {
    let none = "nothing delivers the trail here: is a server running on this directory?";
    let courier = desk.courier.ok_or_else(|| Failure::new(none))?;
    let Shipped { events, digests, failures, .. } = courier.deliver(false).await?;
    Ok(json!({ "Events": events, "Digests": digests, "Failures": failures }))
}

/// Lets another key sign the digests of a Region from now on.
pub(super) async fn rotate_key(
    region: Option<&str>,
    engine: &Engine,
    desk: &Desk<'_>,
) -> Result<Value, Failure> {
    let bad = |text: &str| Failure::new(format!("`{text}` is no Region name"));
    let region = region.map(|text| text.parse().map_err(|()| bad(text))).transpose()?;
    let rotated = engine.rotate_trail_key(region.unwrap_or(desk.region)).await;
    rotated.map_err(|why| Failure::new(why.to_string()))?;
    // Whoever delivers may have the key before it at hand.
    if let Some(courier) = desk.courier {
        courier.deliver(true).await?;
    }
    Ok(Value::Null)
}

/// The public keys of all Regions that have digests, as `ListPublicKeys` gives them out.
pub(super) async fn keys(engine: &Engine, home: Region) -> Result<Value, Failure> {
    let failed = |why: VaultError| Failure::new(why.to_string());
    let mut regions = BTreeSet::from([home]);
    let each = |place: DeliveryPlace<'_>, _| {
        regions.insert(place.region);
    };
    engine.deliveries(each).await.map_err(failed)?;
    let mut keys = ExportedKeys::default();
    for region in regions {
        for record in engine.trail_keys(region).await.map_err(failed)? {
            keys.public_key_list.push(ExportedKey {
                value: base64_simd::STANDARD.encode_to_string(&record.public),
                validity_start_time: Some(time_text(record.created)),
                validity_end_time: record.retired.map(time_text),
                fingerprint: fingerprint(&record.public),
                region: Some(region.to_string()),
            });
        }
    }
    Ok(json!(keys))
}

/// The newest digest of every delivery, and the files since; a page of them that begins at `from`.
pub(super) async fn heads(engine: &Engine, from: Option<&HeadsPlace>) -> Result<Value, Failure> {
    let from = from.cloned().unwrap_or_default();
    let (mut page, mut room) = (HeadsPage::default(), HEADS_PAGE);
    let each = |place: DeliveryPlace<'_>, record| page.take(&from, &mut room, place, &record);
    engine.deliveries(each).await.map_err(|why| Failure::new(why.to_string()))?;
    Ok(json!(page))
}

impl HeadsPage {
    /// Takes up a delivery, if it is on this page, with as many of its files as there is room for.
    /// Deliveries come in the order of their places.
    fn take(
        &mut self,
        from: &HeadsPlace,
        room: &mut usize,
        place: DeliveryPlace<'_>,
        record: &DeliveryRecord,
    ) {
        let DeliveryPlace { account, region, home, trail } = place;
        let delivery = format!("{account}/{region}/{home}/{trail}");
        if self.next.is_some() || delivery < from.delivery {
            return;
        }
        let passed = if delivery == from.delivery { from.files } else { 0 };
        if *room == 0 {
            self.next = Some(HeadsPlace { delivery, files: passed });
            return;
        }
        let digest = record.previous.as_ref().map(|digest| KnownDigest {
            bucket: digest.bucket.clone(),
            key: digest.key.clone(),
            hash: hash::hex(&digest.hash),
        });
        let mut files = Vec::new();
        for file in record.files.get(passed..).unwrap_or_default() {
            if *room == 0 {
                let files = passed + files.len();
                self.next = Some(HeadsPlace { delivery, files });
                break;
            }
            *room = room.saturating_sub(FILE_SIZE + file.bucket.len() + file.key.len());
            let (bucket, key) = (file.bucket.clone(), file.key.clone());
            files.push(KnownFile { bucket, key, hash: hash::hex(&file.hash) });
        }
        *room = room.saturating_sub(HEAD_SIZE);
        let (account, region) = (account.to_string(), region.to_string());
        let (trail, home) = (trail.to_owned(), home.to_string());
        self.heads.push(KnownHead { account, region, trail, home, digest, files });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strongroom_keys::{DeliveredDigest, DeliveredFile};

    /// All heads of these deliveries, by pages, and how many there were.
    fn all(deliveries: &[(u64, DeliveryRecord)]) -> (Vec<KnownHead>, usize) {
        let (mut heads, mut pages, mut from) = (Vec::new(), 0, HeadsPlace::default());
        let region: Region = "eu-west-2".parse().unwrap();
        loop {
            let (mut page, mut room) = (HeadsPage::default(), HEADS_PAGE);
            for (number, record) in deliveries {
                let account = strongroom_types::AccountId::from_number(*number).unwrap();
                let place = DeliveryPlace { account, region, home: region, trail: "strongroom" };
                page.take(&from, &mut room, place, record);
            }
            assert!(json!(page).to_string().len() < 2 * HEADS_PAGE);
            pages += 1;
            heads.extend(page.heads);
            match page.next {
                Some(next) => from = next,
                None => return (heads, pages),
            }
        }
    }

    #[test]
    fn pages_of_heads_are_bounded_and_miss_nothing() {
        let file = |number: usize| DeliveredFile {
            bucket: "bucket".to_owned(),
            key: format!("{number:0100}"),
            hash: [7; 32],
            oldest: 0,
            newest: 0,
        };
        let digest = DeliveredDigest {
            bucket: "bucket".to_owned(),
            key: "k".repeat(150),
            hash: [8; 32],
            signature: vec![0; 256],
        };
        let of = |files: usize| DeliveryRecord {
            files: (0..files).map(file).collect(),
            previous: (files != 3).then(|| digest.clone()),
            ..DeliveryRecord::default()
        };
        let mut deliveries: Vec<_> = (0..5_000).map(|n| (100_000_000_000 + n, of(2))).collect();
        deliveries[7].1 = of(20_000);
        deliveries[8].1 = of(3);
        let (heads, pages) = all(&deliveries);
        assert!(pages > 5, "{pages}");
        let files: usize = heads.iter().map(|head| head.files.len()).sum();
        assert_eq!(files, 4_998 * 2 + 20_000 + 3);
        let mut accounts: Vec<_> = heads.iter().map(|head| &head.account).collect();
        accounts.dedup();
        assert_eq!(accounts.len(), 5_000);
        let long = heads.iter().filter(|head| head.account.ends_with("007"));
        let keys: Vec<_> = long.clone().take(9).flat_map(|head| &head.files).collect();
        assert!(keys.iter().take(20_000).is_sorted_by(|one, other| one.key < other.key));
        assert_eq!(heads.iter().filter(|head| head.digest.is_none()).count(), 1);
    }
}
