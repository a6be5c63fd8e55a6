//! Digest files: which log files there are for an hour, with their hashes, signed and chained.
//!
//! Source: AWS CloudTrail User Guide, "CloudTrail digest file structure" and "Custom
//! implementations of CloudTrail log file integrity validation".

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use strongroom_crypto::hash;
use strongroom_types::Timestamp;

/// How digests are signed: RSASSA-PKCS1-v1_5 with SHA-256.
pub const SIGNATURE_ALGORITHM: &str = "SHA256withRSA";
/// How log files and digests are hashed.
pub const HASH_ALGORITHM: &str = "SHA-256";
/// The metadata of a digest's object that has its signature, lower-case hexadecimal.
pub const SIGNATURE_METADATA: &str = "signature";
/// The metadata of a digest's object that has [`SIGNATURE_ALGORITHM`].
pub const ALGORITHM_METADATA: &str = "signature-algorithm";

/// A digest file's content, members in the order in which AWS writes them.
///
/// The five `previous…` members are null in the first digest of a chain, the two event times in one
/// without log files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Digest {
    /// The account whose events it is about.
    pub aws_account_id: String,
    /// Where it begins, `YYYY-MM-DDTHH:MM:SSZ`: the end of the digest before.
    pub digest_start_time: String,
    /// Where it ends, likewise.
    pub digest_end_time: String,
    /// The bucket that it is in.
    pub digest_s3_bucket: String,
    /// The key of its object.
    pub digest_s3_object: String,
    /// Which public key verifies it: the MD5 of that key's PKCS #1 form, hexadecimal.
    pub digest_public_key_fingerprint: String,
    /// [`SIGNATURE_ALGORITHM`].
    pub digest_signature_algorithm: String,
    /// Time of the newest event in its log files.
    pub newest_event_time: Option<String>,
    /// Time of the oldest event in its log files.
    pub oldest_event_time: Option<String>,
    /// Bucket of the digest before.
    pub previous_digest_s3_bucket: Option<String>,
    /// Key of the digest before.
    pub previous_digest_s3_object: Option<String>,
    /// Hash of the digest before, uncompressed, hexadecimal.
    pub previous_digest_hash_value: Option<String>,
    /// [`HASH_ALGORITHM`].
    pub previous_digest_hash_algorithm: Option<String>,
    /// Signature of the digest before, hexadecimal.
    pub previous_digest_signature: Option<String>,
    /// The log files delivered in its time.
    pub log_files: Vec<LogFile>,
}

/// A log file as a digest names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogFile {
    /// Bucket.
    pub s3_bucket: String,
    /// Key of the object.
    pub s3_object: String,
    /// Hash of the content, uncompressed, hexadecimal.
    pub hash_value: String,
    /// [`HASH_ALGORITHM`].
    pub hash_algorithm: String,
    /// Time of its newest event.
    pub newest_event_time: Option<String>,
    /// Time of its oldest event.
    pub oldest_event_time: Option<String>,
}

impl Digest {
    /// Reads the uncompressed content of a digest file.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn parse(content: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(content).map_err(|why| format!("it is no digest: {why}"))
    }

    /// The uncompressed content of its file.
    ///
    /// # Errors
    /// None of these values' making; the serialiser's own.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    /// What is signed for this digest, whose content has the hash `content_hash`.
    #[must_use]
    pub fn string_to_sign(&self, content_hash: &[u8; 32]) -> String {
        string_to_sign(
            &self.digest_end_time,
            (&self.digest_s3_bucket, &self.digest_s3_object),
            &hash::hex(content_hash),
            self.previous_digest_signature.as_deref(),
        )
    }
}

/// What is signed for a digest that ends at `end` (as in its content), is at (bucket, key), whose
/// uncompressed content has `content_hash`, hexadecimal, and which follows on a digest with the
/// signature `previous`, hexadecimal.
#[must_use]
pub fn string_to_sign(
    end: &str,
    (bucket, key): (&str, &str),
    content_hash: &str,
    previous: Option<&str>,
) -> String {
    format!("{end}\n{bucket}/{key}\n{content_hash}\n{}", previous.unwrap_or("null"))
}

/// What is put with the object of a digest that has this signature.
#[must_use]
pub fn metadata(signature: &[u8]) -> BTreeMap<String, String> {
    BTreeMap::from([
        (SIGNATURE_METADATA.to_owned(), hash::hex(signature)),
        (ALGORITHM_METADATA.to_owned(), SIGNATURE_ALGORITHM.to_owned()),
    ])
}

/// A time as digests and records write it.
#[must_use]
pub fn time_text(time: Timestamp) -> String {
    time.civil().to_string()
}

/// Reads `YYYY-MM-DDTHH:MM:SSZ`.
#[must_use]
pub fn parse_time(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let stands = |at: usize, mark: u8| bytes.get(at) == Some(&mark);
    let formed = stands(4, b'-') && stands(7, b'-') && stands(13, b':') && stands(16, b':');
    if bytes.len() != 20 || !formed {
        return None;
    }
    Timestamp::parse_basic(&text.replace(['-', ':'], ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first() -> Digest {
        Digest {
            aws_account_id: "111122223333".to_owned(),
            digest_start_time: "2026-11-22T05:00:00Z".to_owned(),
            digest_end_time: "2026-11-22T06:00:00Z".to_owned(),
            digest_s3_bucket: "b".to_owned(),
            digest_s3_object: "k".to_owned(),
            digest_public_key_fingerprint: "00".to_owned(),
            digest_signature_algorithm: SIGNATURE_ALGORITHM.to_owned(),
            newest_event_time: None,
            oldest_event_time: None,
            previous_digest_s3_bucket: None,
            previous_digest_s3_object: None,
            previous_digest_hash_value: None,
            previous_digest_hash_algorithm: None,
            previous_digest_signature: None,
            log_files: Vec::new(),
        }
    }

    #[test]
    fn members_are_named_and_ordered_as_in_cloudtrail() {
        let mut digest = first();
        digest.log_files.push(LogFile {
            s3_bucket: "b".to_owned(),
            s3_object: "o".to_owned(),
            hash_value: "ff".to_owned(),
            hash_algorithm: HASH_ALGORITHM.to_owned(),
            newest_event_time: None,
            oldest_event_time: Some("2026-11-22T05:10:00Z".to_owned()),
        });
        let json = String::from_utf8(digest.to_json().unwrap()).unwrap();
        let expected = concat!(
            r#"{"awsAccountId":"111122223333","digestStartTime":"2026-11-22T05:00:00Z","#,
            r#""digestEndTime":"2026-11-22T06:00:00Z","digestS3Bucket":"b","digestS3Object":"k","#,
            r#""digestPublicKeyFingerprint":"00","digestSignatureAlgorithm":"SHA256withRSA","#,
            r#""newestEventTime":null,"oldestEventTime":null,"previousDigestS3Bucket":null,"#,
            r#""previousDigestS3Object":null,"previousDigestHashValue":null,"#,
            r#""previousDigestHashAlgorithm":null,"previousDigestSignature":null,"logFiles":["#,
            r#"{"s3Bucket":"b","s3Object":"o","hashValue":"ff","hashAlgorithm":"SHA-256","#,
            r#""newestEventTime":null,"oldestEventTime":"2026-11-22T05:10:00Z"}]}"#,
        );
        assert_eq!(json, expected);
        assert_eq!(Digest::parse(json.as_bytes()).unwrap(), digest);
    }

    #[test]
    fn the_string_to_sign_is_cloudtrails() {
        let signed = first().string_to_sign(&[0xab; 32]);
        assert_eq!(signed, format!("2026-11-22T06:00:00Z\nb/k\n{}\nnull", "ab".repeat(32)));
        assert_eq!(string_to_sign("e", ("b", "k"), "h", Some("s")), "e\nb/k\nh\ns");
    }

    #[test]
    fn times_are_read_as_they_are_written() {
        let time = Timestamp::from_millis(1_795_329_425_000);
        assert_eq!(parse_time(&time_text(time)), Some(time));
        for text in ["", "2026-11-22T06:37:05", "20261122T063705Z", "2026-11-22 06:37:05Z"] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }
}
