//! The key that signs one day's requests to one service in one Region.

use crate::TERMINATOR;
use strongroom_crypto::SecretBytes;
use strongroom_crypto::mac::{HmacKey, hmac_sha256};
use zeroize::{Zeroize, Zeroizing};

/// The derived key of SigV4, ready for many signatures. It is as secret as the secret access key
/// for its day, and can neither be printed nor copied. Deriving takes four HMACs, so a server
/// keeps it per access key id, date, Region and service.
pub struct SigningKey {
    key: HmacKey,
    date: String,
    region: String,
    service: String,
}

impl SigningKey {
    /// Derives the key:
    /// `HMAC(HMAC(HMAC(HMAC("AWS4" + secret, date), region), service), "aws4_request")`.
    ///
    /// `secret` is the secret access key as text, `date` is `YYYYMMDD`.
    #[must_use]
    pub fn derive(secret: &SecretBytes, date: &str, region: &str, service: &str) -> Self {
        const PREFIX: &[u8] = b"AWS4";
        let mut first = SecretBytes::zeroed(PREFIX.len() + secret.len());
        for (to, from) in first.expose_mut().iter_mut().zip(PREFIX.iter().chain(secret.expose())) {
            *to = *from;
        }
        let mut key = Zeroizing::new(hmac_sha256(first.expose(), date.as_bytes()));
        for step in [region, service, TERMINATOR] {
            let mut next = hmac_sha256(key.as_slice(), step.as_bytes());
            key.copy_from_slice(&next);
            next.zeroize();
        }
        Self {
            key: HmacKey::new(key.as_slice()),
            date: date.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
        }
    }

    pub(crate) fn sign(&self, string_to_sign: &[u8]) -> [u8; 32] {
        self.key.sign(string_to_sign)
    }

    pub(crate) fn date(&self) -> &str {
        &self.date
    }

    /// `date/region/service/aws4_request`.
    pub(crate) fn scope(&self) -> String {
        format!("{}/{}/{}/{TERMINATOR}", self.date, self.region, self.service)
    }
}
