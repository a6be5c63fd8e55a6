//! What the operator asks about the audit trail.

use super::Desk;
use crate::terminal::Failure;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use strongroom_engine::{Engine, VaultError};
use strongroom_trail::digest::time_text;
use strongroom_trail::public_key::{ExportedKey, ExportedKeys, fingerprint};
use strongroom_trail::shipper::Shipped;
use strongroom_trail::verify::Head;
use strongroom_types::Region;

/// How far the delivery of a trail for an account and Region has come.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct KnownHead {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) trail: String,
    pub(crate) home: String,
    /// Bucket of the newest digest.
    pub(crate) bucket: String,
    /// Key of the newest digest.
    pub(crate) key: String,
    /// Hash of the newest digest.
    pub(crate) hash: String,
    /// Keys and hashes of the log files since.
    pub(crate) files: Vec<(String, String)>,
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
    let each = |place: strongroom_engine::shipping::DeliveryPlace<'_>, _| {
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

/// The newest digest of every delivery.
pub(super) async fn heads(engine: &Engine) -> Result<Value, Failure> {
    let mut heads = Vec::new();
    let each = |place: strongroom_engine::shipping::DeliveryPlace<'_>, record| {
        let bucket = record_bucket(&record);
        if let (Some(head), Some(bucket)) = (Head::of(&record), bucket) {
            heads.push(KnownHead {
                account: place.account.to_string(),
                region: place.region.to_string(),
                trail: place.trail.to_owned(),
                home: place.home.to_string(),
                bucket,
                key: head.key,
                hash: head.hash,
                files: head.files,
            });
        }
    };
    engine.deliveries(each).await.map_err(|why| Failure::new(why.to_string()))?;
    Ok(json!(heads))
}

fn record_bucket(record: &strongroom_keys::DeliveryRecord) -> Option<String> {
    record.previous.as_ref().map(|digest| digest.bucket.clone())
}
