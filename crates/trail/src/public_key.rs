//! The public keys that verify digests, as CloudTrail gives them out.
//!
//! Source: AWS CloudTrail API Reference, PublicKey.

use base64_simd::STANDARD as BASE64;
use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use strongroom_crypto::{hash, rs256};

/// The name of the public key `pkcs1` (`RSAPublicKey` of PKCS #1, DER) in digests: its MD5,
/// hexadecimal. It identifies and protects nothing.
#[must_use]
pub fn fingerprint(pkcs1: &[u8]) -> String {
    hash::hex(&Md5::digest(pkcs1))
}

/// A public key as it is exported, members named as in `ListPublicKeys`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ExportedKey {
    /// Base64 of the key, `RSAPublicKey` of PKCS #1, DER.
    pub value: String,
    /// Since when it signs, `YYYY-MM-DDTHH:MM:SSZ`.
    pub validity_start_time: Option<String>,
    /// Until when it signed; null while it does.
    pub validity_end_time: Option<String>,
    /// [`fingerprint`].
    pub fingerprint: String,
    /// The Region whose digests it signs.
    pub region: Option<String>,
}

/// A file of public keys.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ExportedKeys {
    /// The keys.
    pub public_key_list: Vec<ExportedKey>,
}

/// The public keys that are trusted, by fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PublicKeys(BTreeMap<String, Vec<u8>>);

impl PublicKeys {
    /// Trusts `pkcs1` too.
    pub fn add(&mut self, pkcs1: Vec<u8>) {
        self.0.insert(fingerprint(&pkcs1), pkcs1);
    }

    /// The keys of a file that `strongroom trail keys` or `aws cloudtrail list-public-keys` wrote.
    /// Fingerprints are computed, not believed.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn parse(file: &[u8]) -> Result<Self, String> {
        let file: ExportedKeys =
            serde_json::from_slice(file).map_err(|why| format!("it is no file of keys: {why}"))?;
        let mut keys = Self::default();
        for key in file.public_key_list {
            let value = BASE64.decode_to_vec(&key.value);
            keys.add(value.map_err(|_| format!("key {} is no Base64", key.fingerprint))?);
        }
        Ok(keys)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there is one of that fingerprint.
    #[must_use]
    pub fn has(&self, fingerprint: &str) -> bool {
        self.0.contains_key(fingerprint)
    }

    /// Whether `signature`, hexadecimal, is that of `message` under the key of that fingerprint.
    #[must_use]
    pub fn verify(&self, fingerprint: &str, message: &str, signature: &str) -> bool {
        let Some(signature) = unhex(signature) else { return false };
        let key = self.0.get(fingerprint);
        key.is_some_and(|key| rs256::verify(key, message.as_bytes(), &signature))
    }
}

/// Bytes of lower-case hexadecimal.
#[must_use]
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    pairs.collect()
}
