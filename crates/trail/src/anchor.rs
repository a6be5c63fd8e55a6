//! Anchors: signed lines that say how far a trail has come. Kept where the trail's keeper cannot
//! change them, they show when the trail's end was taken away.

use crate::digest::time_text;
use crate::public_key::{PublicKeys, fingerprint};
use serde::{Deserialize, Serialize};
use strongroom_crypto::hash;
use strongroom_engine::{TrailSigner, VaultError};
use strongroom_keys::{DeliveredDigest, TrailRecord};
use strongroom_types::{Region, Timestamp};

/// That there was this digest: a line of JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Anchor {
    /// Account of the trail.
    pub account: String,
    /// Region of the events.
    pub region: String,
    /// Name of the trail.
    pub trail: String,
    /// Home Region of the trail.
    pub home_region: String,
    /// Bucket of the digest.
    pub bucket: String,
    /// Key of the digest's object.
    pub key: String,
    /// Hash of the digest, uncompressed, hexadecimal.
    pub hash: String,
    /// Where it ends, `YYYY-MM-DDTHH:MM:SSZ`.
    pub end: String,
    /// Which public key verifies the signature.
    pub fingerprint: String,
    /// RSASSA-PKCS1-v1_5 with SHA-256 over [`Anchor::string_to_sign`], hexadecimal.
    pub signature: String,
}

impl Anchor {
    /// What is signed: the members before the fingerprint under a title, a line each. No digest is
    /// signed so: those begin with a time.
    #[must_use]
    pub fn string_to_sign(&self) -> String {
        let Self { account, region, trail, home_region, bucket, key, hash, end, .. } = self;
        format!(
            "strongroom trail anchor 1\n{account}\n{region}\n{trail}\n{home_region}\n\
             {bucket}/{key}\n{hash}\n{end}"
        )
    }

    /// Reads a line and verifies it.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn parse(line: &str, keys: &PublicKeys) -> Result<Self, String> {
        let anchor: Self =
            serde_json::from_str(line).map_err(|why| format!("it is no anchor: {why}"))?;
        if !keys.has(&anchor.fingerprint) {
            return Err(format!("no public key has its fingerprint {}", anchor.fingerprint));
        }
        if !keys.verify(&anchor.fingerprint, &anchor.string_to_sign(), &anchor.signature) {
            return Err("its signature is not that of the trail's key".to_owned());
        }
        Ok(anchor)
    }
}

/// The key of the object that a line is kept in, if it is kept in a bucket: beside no log file.
#[must_use]
pub fn object_key(line: &str) -> Option<String> {
    let anchor: Anchor = serde_json::from_str(line).ok()?;
    let (_, name) = anchor.key.rsplit_once('/')?;
    let name = name.strip_suffix(".json.gz")?;
    Some(format!("anchors/{}/{}/{name}.json", anchor.account, anchor.region))
}

/// The line for the digest `of` a trail for a Region, which ends at `end`.
///
/// # Errors
/// [`VaultError`] when it cannot be signed.
pub fn line(
    trail: &TrailRecord,
    region: Region,
    of: &DeliveredDigest,
    end: Timestamp,
    signer: &TrailSigner,
) -> Result<String, VaultError> {
    let mut anchor = Anchor {
        account: trail.account.to_string(),
        region: region.to_string(),
        trail: trail.name.clone(),
        home_region: trail.region.to_string(),
        bucket: of.bucket.clone(),
        key: of.key.clone(),
        hash: hash::hex(&of.hash),
        end: time_text(end),
        fingerprint: fingerprint(signer.public()),
        signature: String::new(),
    };
    anchor.signature = hash::hex(&signer.sign(anchor.string_to_sign().as_bytes())?);
    serde_json::to_string(&anchor).map_err(|why| VaultError(why.to_string()))
}
