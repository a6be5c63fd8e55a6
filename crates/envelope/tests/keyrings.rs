//! Keyrings of KMS keys, several keyrings as one, and what their errors tell.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::kms::MemoryKms;
use common::{aes, block_on, manager, options, plaintext};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use strongroom_crypto::{SecretBytes, SystemEntropy};
use strongroom_envelope::{
    DecryptOptions, DecryptionRequest, DiscoveryFilter, EncryptedDataKey, EncryptionContext, Error,
    Keyring, KmsDiscoveryKeyring, KmsKeyring, MaterialsFault, MultiKeyring, RawAesKeyring,
    RawRsaKeyring, RsaPadding, Suite,
};

const ONE: &str = "arn:aws:kms:eu-west-1:111122223333:key/1111";
const TWO: &str = "arn:aws:kms:us-east-1:444455556666:key/2222";
const MRK: &str = "arn:aws:kms:eu-west-1:111122223333:key/mrk-33";
const MRK_US: &str = "arn:aws:kms:us-east-1:111122223333:key/mrk-33";
const ALIAS: &str = "alias/one";
const ALIAS_ARN: &str = "arn:aws:kms:eu-west-1:111122223333:alias/one";

fn kms() -> Arc<MemoryKms> {
    let same = [ONE, TWO, MRK, MRK_US].map(|arn| (arn, arn));
    let other = [("1111", ONE), (ALIAS, ONE), (ALIAS_ARN, ONE)];
    Arc::new(MemoryKms::new(&[&same[..], &other].concat()))
}

fn seal(keyring: impl Keyring + 'static) -> Result<Vec<u8>, Error> {
    let options = options(Suite::CommittedSigned, 64);
    let manager = manager(keyring);
    block_on(strongroom_envelope::encrypt(&manager, &plaintext(100), &options, &SystemEntropy))
}

fn open(keyring: impl Keyring + 'static, message: &[u8]) -> Result<(), Error> {
    let manager = manager(keyring);
    let opened =
        block_on(strongroom_envelope::decrypt(&manager, message, &DecryptOptions::default()));
    opened.map(|opened| assert_eq!(opened.plaintext.expose(), plaintext(100)))
}

fn tried(result: Result<(), Error>) -> Vec<(String, String)> {
    let Err(Error::Keyring(error)) = result else { panic!("{result:?}") };
    error.attempts().iter().map(|attempt| (attempt.key.clone(), attempt.cause.clone())).collect()
}

#[test]
fn any_key_of_several_opens_and_each_is_asked_in_its_region() {
    let kms = kms();
    let both = KmsKeyring::new(kms.clone(), ONE).unwrap().with_key(TWO).unwrap();
    let message = seal(both).unwrap();
    for key in [ONE, TWO] {
        open(KmsKeyring::new(kms.clone(), key).unwrap(), &message).unwrap();
    }
    let expected = [
        format!("GenerateDataKey {ONE} eu-west-1"),
        format!("Encrypt {TWO} us-east-1"),
        format!("Decrypt {ONE} eu-west-1"),
        format!("Decrypt {TWO} us-east-1"),
    ];
    assert_eq!(*kms.log.lock().unwrap(), expected);

    kms.disabled.lock().unwrap().insert(ONE.to_owned());
    let both = KmsKeyring::new(kms.clone(), ONE).unwrap().with_key(TWO).unwrap();
    open(both, &message).unwrap();
    let tried = tried(open(KmsKeyring::new(kms.clone(), ONE).unwrap(), &message));
    assert_eq!(tried, [(ONE.to_owned(), "DisabledException: it is disabled".to_owned())]);
    let sealed = seal(KmsKeyring::new(kms, ONE).unwrap());
    assert!(sealed.unwrap_err().to_string().contains("GenerateDataKey failed: DisabledException"));
}

#[test]
fn aliases_and_identifiers_open_what_their_key_sealed_and_nothing_else() {
    let kms = kms();
    for id in ["1111", ALIAS, ALIAS_ARN] {
        let message = seal(KmsKeyring::new(kms.clone(), id).unwrap()).unwrap();
        for other in ["1111", ALIAS, ALIAS_ARN, ONE] {
            open(KmsKeyring::new(kms.clone(), other).unwrap(), &message).unwrap();
        }
        assert!(open(KmsKeyring::new(kms.clone(), TWO).unwrap(), &message).is_err());
    }
    let message = seal(KmsKeyring::new(kms.clone(), TWO).unwrap()).unwrap();
    let before = kms.requests();
    // A bare identifier is another key's; only of an alias KMS has to be asked.
    assert!(open(KmsKeyring::new(kms.clone(), "1111").unwrap(), &message).is_err());
    assert!(open(KmsKeyring::new(kms.clone(), ONE).unwrap(), &message).is_err());
    assert_eq!(kms.requests(), before);
    assert!(open(KmsKeyring::new(kms.clone(), ALIAS).unwrap(), &message).is_err());
    assert_eq!(kms.requests(), before + 1);
}

#[test]
fn an_alias_is_asked_where_it_is_and_not_without_end() {
    let kms = kms();
    let seal_with = |id: &str| seal(KmsKeyring::new(kms.clone(), id).unwrap()).unwrap();
    let (far, mrk) = (seal_with(TWO), seal_with(MRK_US));
    let before = kms.requests();
    let by_alias = || KmsKeyring::new(kms.clone(), ALIAS_ARN).unwrap();
    // Of another account and Region, and of another Region.
    assert!(open(by_alias(), &far).is_err() && open(by_alias(), &mrk).is_err());
    assert!(open(by_alias().multi_region_aware(), &far).is_err());
    assert_eq!(kms.requests(), before);
    let mrk_alias = "arn:aws:kms:eu-west-1:111122223333:alias/mrk";
    kms.keys.lock().unwrap().insert(mrk_alias.to_owned(), MRK.to_owned());
    open(KmsKeyring::new(kms.clone(), mrk_alias).unwrap().multi_region_aware(), &mrk).unwrap();

    let named = |at: u32| EncryptedDataKey {
        provider_id: "aws-kms".to_owned(),
        provider_info: format!("arn:aws:kms:eu-west-1:111122223333:key/{at}").into_bytes(),
        ciphertext: vec![0; 4],
    };
    let request = DecryptionRequest {
        suite: Suite::Committed,
        context: EncryptionContext::empty(),
        encrypted_data_keys: (0..128).map(named).collect(),
    };
    let mut both = by_alias();
    for alias in [ALIAS, mrk_alias] {
        both = both.with_key(alias).unwrap();
    }
    let before = kms.requests();
    let error = block_on(both.unwrap(&request)).err().unwrap();
    assert_eq!(kms.requests(), before + 32);
    assert!(error.to_string().contains("not asked again"), "{error}");
}

#[test]
fn a_keyring_that_takes_related_keys_for_one_has_no_two_of_them() {
    let kms = kms();
    let two = || KmsKeyring::new(kms.clone(), MRK).unwrap().with_key(MRK_US).unwrap();
    let message = seal(two()).unwrap();
    open(two(), &message).unwrap();
    let before = kms.requests();
    for error in [
        seal(two().multi_region_aware()).unwrap_err(),
        open(two().multi_region_aware(), &message).unwrap_err(),
    ] {
        assert!(error.to_string().contains("related to the key in eu-west-1"), "{error}");
    }
    assert_eq!(kms.requests(), before);
    let others = KmsKeyring::new(kms.clone(), ONE).unwrap().with_key(MRK).unwrap();
    seal(others.multi_region_aware()).unwrap();
}

#[test]
fn a_region_that_is_none_is_not_asked() {
    let kms = kms();
    for named in [
        "arn:aws:kms:evil.example/:111122223333:key/1",
        "arn:aws:kms:eu-west-1:1111:key/1",
        "arn:aws:kms:eu-west-1@a:111122223333:key/1",
    ] {
        let key = EncryptedDataKey {
            provider_id: "aws-kms".to_owned(),
            provider_info: named.as_bytes().to_vec(),
            ciphertext: vec![0; 4],
        };
        let request = DecryptionRequest {
            suite: Suite::Committed,
            context: EncryptionContext::empty(),
            encrypted_data_keys: vec![key],
        };
        let discovery = KmsDiscoveryKeyring::new(kms.clone());
        let error = block_on(discovery.unwrap(&request)).err().unwrap();
        assert!(error.to_string().contains("no ARN of a KMS key"), "{error}");
    }
    assert_eq!(kms.requests(), 0);
}

#[test]
fn related_keys_open_if_the_keyring_knows_of_them() {
    let kms = kms();
    let message = seal(KmsKeyring::new(kms.clone(), MRK).unwrap()).unwrap();
    assert!(open(KmsKeyring::new(kms.clone(), MRK_US).unwrap(), &message).is_err());
    let aware = KmsKeyring::new(kms.clone(), MRK_US).unwrap().multi_region_aware();
    open(aware, &message).unwrap();
    let other = KmsKeyring::new(kms.clone(), ONE).unwrap().multi_region_aware();
    assert!(open(other, &message).is_err());

    let discovery = || KmsDiscoveryKeyring::new(kms.clone());
    open(discovery().multi_region_aware("us-east-1"), &message).unwrap();
    assert_eq!(kms.log.lock().unwrap().last().unwrap(), &format!("Decrypt {MRK_US} us-east-1"));
    let single = seal(KmsKeyring::new(kms.clone(), ONE).unwrap()).unwrap();
    open(discovery().multi_region_aware("eu-west-1"), &single).unwrap();
    let tried = tried(open(discovery().multi_region_aware("us-east-1"), &single));
    assert!(tried[0].1.contains("another Region"), "{tried:?}");
}

#[test]
fn discovery_asks_whom_the_filter_allows() {
    let kms = kms();
    let both = KmsKeyring::new(kms.clone(), ONE).unwrap().with_key(TWO).unwrap();
    let message = seal(both).unwrap();
    let filter = |partition: &str, account: &str| DiscoveryFilter {
        partition: partition.to_owned(),
        accounts: vec![account.to_owned()],
    };
    let discovery = || KmsDiscoveryKeyring::new(kms.clone());
    open(discovery(), &message).unwrap();
    open(discovery().with_filter(filter("aws", "444455556666")), &message).unwrap();
    assert_eq!(kms.log.lock().unwrap().last().unwrap(), &format!("Decrypt {TWO} us-east-1"));
    let before = kms.requests();
    for filter in [filter("aws-cn", "111122223333"), filter("aws", "999999999999")] {
        let tried = tried(open(discovery().with_filter(filter), &message));
        assert_eq!(tried.len(), 2);
        assert!(tried.iter().all(|(_, cause)| cause.contains("filter")), "{tried:?}");
    }
    assert_eq!(kms.requests(), before);
    assert!(seal(discovery()).is_err());
}

#[test]
fn keyrings_of_several_kinds_are_one() {
    let kms = kms();
    let several = MultiKeyring::new(
        Some(Arc::new(aes(128))),
        vec![Arc::new(KmsKeyring::new(kms.clone(), ONE).unwrap()), Arc::new(aes(256))],
    );
    let message = seal(several.unwrap()).unwrap();
    open(aes(128), &message).unwrap();
    open(aes(256), &message).unwrap();
    open(KmsKeyring::new(kms.clone(), ONE).unwrap(), &message).unwrap();
    // All KMS keys only wrap: the data key is there already.
    assert_eq!(kms.log.lock().unwrap()[0], format!("Encrypt {ONE} eu-west-1"));

    let two: Arc<dyn Keyring> = Arc::new(KmsKeyring::new(kms.clone(), TWO).unwrap());
    let others = MultiKeyring::new(Some(Arc::new(aes(192))), vec![two]).unwrap();
    let tried = tried(open(others, &message));
    assert_eq!(tried.len(), 2, "{tried:?}");
    assert!(tried[0].0.contains("aes-192") && tried[1].0.contains(TWO), "{tried:?}");
    assert!(tried[0].1.contains("raw-keys/aes-128, aws-kms/"), "{tried:?}");

    let none = MultiKeyring::new(None, Vec::new());
    assert!(matches!(none, Err(Error::Materials(MaterialsFault::EmptyKeyring))));
    let without = MultiKeyring::new(None, vec![Arc::new(aes(256))]).unwrap();
    assert!(matches!(seal(without), Err(Error::Materials(MaterialsFault::EmptyKeyring))));
}

#[test]
fn a_service_that_answers_with_another_key_is_not_believed() {
    let kms = Arc::new(MemoryKms::new(&[(ALIAS, ONE), (ONE, ONE)]));
    let message = seal(KmsKeyring::new(kms.clone(), ALIAS).unwrap()).unwrap();
    open(KmsKeyring::new(kms.clone(), ALIAS).unwrap(), &message).unwrap();
    for id in [ALIAS, ONE] {
        kms.keys.lock().unwrap().insert(id.to_owned(), TWO.to_owned());
    }
    kms.is_lying.store(true, Ordering::Relaxed);
    for opened in [
        open(KmsKeyring::new(kms.clone(), ALIAS).unwrap(), &message),
        open(KmsKeyring::new(kms.clone(), ONE).unwrap(), &message),
        open(KmsDiscoveryKeyring::new(kms.clone()), &message),
    ] {
        let cause = &tried(opened)[0].1;
        assert!(cause.contains(&format!("another key: {TWO}")), "{cause}");
    }
    let odd = Arc::new(MemoryKms::new(&[(ALIAS, "not an arn")]));
    let error = seal(KmsKeyring::new(odd, ALIAS).unwrap()).unwrap_err();
    assert!(error.to_string().contains("another key: not an arn"), "{error}");
}

#[test]
fn what_is_no_key_and_no_name_is_refused() {
    let key = SecretBytes::zeroed(32);
    for (namespace, name) in [("", "a"), ("a", ""), ("aws-kms", "a"), ("a", &"x".repeat(65_500))] {
        assert!(RawAesKeyring::new(namespace, name, &key).is_err());
        assert!(RawRsaKeyring::new(namespace, name, RsaPadding::OaepSha256).is_err());
    }
    assert!(RawAesKeyring::new("a", "b", &SecretBytes::zeroed(31)).is_err());
    let rsa = || RawRsaKeyring::new("a", "b", RsaPadding::OaepSha256).unwrap();
    assert!(rsa().with_public_key(b"").is_err());
    assert!(rsa().with_public_key(b"-----BEGIN PUBLIC KEY-----\n").is_err());
    assert!(rsa().with_private_key(&SecretBytes::new(b"-----BEGIN".to_vec())).is_err());
    assert!(seal(rsa()).unwrap_err().to_string().contains("no public key"));
    assert!(KmsKeyring::new(kms(), "").is_err());
    assert!(KmsKeyring::new(kms(), &"x".repeat(2049)).is_err());
}
