//! Algorithm suites: which cipher, key derivation, commitment and signature a message has.
//!
//! Source: AWS Encryption SDK Developer Guide, "AWS Encryption SDK algorithms reference".

use std::fmt;
use strongroom_crypto::hkdf::HkdfHash;
use strongroom_crypto::stream_signature::SignatureCurve;

/// A suite that messages can have. [`Suite::Committed`] and [`Suite::CommittedSigned`] are written and
/// read, the others are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Suite {
    /// 0x0014: AES-128-GCM under the data key itself.
    Aes128,
    /// 0x0046: AES-192-GCM under the data key itself.
    Aes192,
    /// 0x0078: AES-256-GCM under the data key itself.
    Aes256,
    /// 0x0114: AES-128-GCM, HKDF with SHA-256.
    Aes128Hkdf,
    /// 0x0146: AES-192-GCM, HKDF with SHA-256.
    Aes192Hkdf,
    /// 0x0178: AES-256-GCM, HKDF with SHA-256.
    Aes256Hkdf,
    /// 0x0214: AES-128-GCM, HKDF with SHA-256, ECDSA on P-256.
    Aes128HkdfSigned,
    /// 0x0346: AES-192-GCM, HKDF with SHA-384, ECDSA on P-384.
    Aes192HkdfSigned,
    /// 0x0378: AES-256-GCM, HKDF with SHA-384, ECDSA on P-384.
    Aes256HkdfSigned,
    /// 0x0478: AES-256-GCM, HKDF with SHA-512, key commitment.
    Committed,
    /// 0x0578: AES-256-GCM, HKDF with SHA-512, key commitment, ECDSA on P-384. AWS's default.
    CommittedSigned,
}

/// The version of the message format, which follows from the suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    V1,
    V2,
}

impl Suite {
    /// All of them, by their identifiers.
    pub const ALL: [Self; 11] = [
        Self::Aes128,
        Self::Aes192,
        Self::Aes256,
        Self::Aes128Hkdf,
        Self::Aes192Hkdf,
        Self::Aes256Hkdf,
        Self::Aes128HkdfSigned,
        Self::Aes192HkdfSigned,
        Self::Aes256HkdfSigned,
        Self::Committed,
        Self::CommittedSigned,
    ];

    /// The suite of this identifier.
    #[must_use]
    pub fn from_id(id: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.id() == id)
    }

    /// Its identifier in a message.
    #[must_use]
    pub const fn id(self) -> u16 {
        match self {
            Self::Aes128 => 0x0014,
            Self::Aes192 => 0x0046,
            Self::Aes256 => 0x0078,
            Self::Aes128Hkdf => 0x0114,
            Self::Aes192Hkdf => 0x0146,
            Self::Aes256Hkdf => 0x0178,
            Self::Aes128HkdfSigned => 0x0214,
            Self::Aes192HkdfSigned => 0x0346,
            Self::Aes256HkdfSigned => 0x0378,
            Self::Committed => 0x0478,
            Self::CommittedSigned => 0x0578,
        }
    }

    /// AWS's name of it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aes128 => "AES_128_GCM_IV12_TAG16",
            Self::Aes192 => "AES_192_GCM_IV12_TAG16",
            Self::Aes256 => "AES_256_GCM_IV12_TAG16",
            Self::Aes128Hkdf => "AES_128_GCM_IV12_TAG16_HKDF_SHA256",
            Self::Aes192Hkdf => "AES_192_GCM_IV12_TAG16_HKDF_SHA256",
            Self::Aes256Hkdf => "AES_256_GCM_IV12_TAG16_HKDF_SHA256",
            Self::Aes128HkdfSigned => "AES_128_GCM_IV12_TAG16_HKDF_SHA256_ECDSA_P256",
            Self::Aes192HkdfSigned => "AES_192_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384",
            Self::Aes256HkdfSigned => "AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384",
            Self::Committed => "AES_256_GCM_HKDF_SHA512_COMMIT_KEY",
            Self::CommittedSigned => "AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384",
        }
    }

    /// Bytes of the data key, and of the key that is derived from it.
    #[must_use]
    pub const fn data_key_len(self) -> usize {
        match self {
            Self::Aes128 | Self::Aes128Hkdf | Self::Aes128HkdfSigned => 16,
            Self::Aes192 | Self::Aes192Hkdf | Self::Aes192HkdfSigned => 24,
            Self::Aes256
            | Self::Aes256Hkdf
            | Self::Aes256HkdfSigned
            | Self::Committed
            | Self::CommittedSigned => 32,
        }
    }

    /// Whether a message is bound to one data key, so that no two keys open it to different plaintexts.
    #[must_use]
    pub const fn is_committing(self) -> bool {
        matches!(self, Self::Committed | Self::CommittedSigned)
    }

    /// Whether a message ends with a signature.
    #[must_use]
    pub const fn is_signed(self) -> bool {
        self.curve().is_some()
    }

    /// Whether a data key can be used for more than one message: not without a key derivation.
    #[must_use]
    pub const fn derives_keys(self) -> bool {
        self.kdf().is_some()
    }

    /// Bytes of a message's identifier.
    #[must_use]
    pub const fn message_id_len(self) -> usize {
        match self.version() {
            Version::V1 => 16,
            Version::V2 => 32,
        }
    }

    pub(crate) const fn version(self) -> Version {
        if self.is_committing() { Version::V2 } else { Version::V1 }
    }

    pub(crate) const fn kdf(self) -> Option<HkdfHash> {
        match self {
            Self::Aes128 | Self::Aes192 | Self::Aes256 => None,
            Self::Aes128Hkdf | Self::Aes192Hkdf | Self::Aes256Hkdf | Self::Aes128HkdfSigned => {
                Some(HkdfHash::Sha256)
            }
            Self::Aes192HkdfSigned | Self::Aes256HkdfSigned => Some(HkdfHash::Sha384),
            Self::Committed | Self::CommittedSigned => Some(HkdfHash::Sha512),
        }
    }

    pub(crate) const fn curve(self) -> Option<SignatureCurve> {
        match self {
            Self::Aes128HkdfSigned => Some(SignatureCurve::P256),
            Self::Aes192HkdfSigned | Self::Aes256HkdfSigned | Self::CommittedSigned => {
                Some(SignatureCurve::P384)
            }
            _ => None,
        }
    }

    /// The one length of signatures that the SDKs write, so that a message's length can be told
    /// beforehand: the most frequent one of DER.
    pub(crate) const fn signature_len(self) -> Option<u16> {
        match self.curve() {
            Some(SignatureCurve::P256) => Some(71),
            Some(SignatureCurve::P384) => Some(103),
            None => None,
        }
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (0x{:04X})", self.name(), self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_of_one_suite_each() {
        for suite in Suite::ALL {
            assert_eq!(Suite::from_id(suite.id()), Some(suite));
            assert_eq!(suite.is_signed(), suite.name().contains("ECDSA"));
            assert_eq!(suite.derives_keys(), suite.name().contains("HKDF"));
            assert_eq!(suite.is_committing(), suite.name().contains("COMMIT"));
            let bits = suite.data_key_len() * 8;
            assert!(suite.name().starts_with(&format!("AES_{bits}_GCM")));
        }
        assert_eq!(Suite::from_id(0), None);
        assert_eq!(Suite::from_id(0x0479), None);
    }
}
