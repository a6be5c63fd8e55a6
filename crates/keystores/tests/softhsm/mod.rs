//! What is tested on a token. All run in one process, after one another.

use super::*;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use std::sync::{Arc, OnceLock};
use strongroom_keystores::package::HsmPackage;

const PASSWORD: &str = "password-1";

/// A token, as the test sees it from beside the adapter.
struct Token {
    module: &'static Pkcs11,
    slot: Slot,
    label: &'static str,
}

impl Token {
    /// A new token with a user; `None` when SoftHSM was not told where to keep it.
    fn new(label: &'static str) -> Option<Self> {
        static LOADED: OnceLock<Pkcs11> = OnceLock::new();
        std::env::var_os(CONF)?;
        let module = LOADED.get_or_init(|| {
            let module = Pkcs11::new(MODULE).unwrap();
            module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
            module
        });
        let slot = *module.get_slots_with_token().unwrap().last().unwrap();
        let officer = AuthPin::from("officer-1".to_owned());
        module.init_token(slot, &officer, label).unwrap();
        let session = module.open_rw_session(slot).unwrap();
        session.login(UserType::So, Some(&officer)).unwrap();
        session.init_pin(&AuthPin::from(PASSWORD.to_owned())).unwrap();
        session.logout().unwrap();
        Some(Self { module, slot, label })
    }

    fn configuration(&self) -> HsmConfiguration {
        configuration(MODULE, label(self.label))
    }

    fn client(&self) -> Connectors {
        connectors(self.configuration())
    }

    /// A session in a process where the adapter has logged in.
    fn session(&self) -> Session {
        let is_it = |slot: &Slot| self.module.get_token_info(*slot).unwrap().label() == self.label;
        let slots = self.module.get_slots_with_token().unwrap();
        self.module.open_rw_session(slots.into_iter().find(is_it).unwrap()).unwrap()
    }

    fn find(&self, session: &Session, label: &str) -> Vec<ObjectHandle> {
        session.find_objects(&[Attribute::Label(label.as_bytes().to_vec())]).unwrap()
    }
}

async fn round_trip(
    client: &Connectors,
    store: &KeyStorePlace,
    aad: &[u8],
    text: &[u8],
) -> Vec<u8> {
    let package = client.encrypt(store, "k", aad, text, &purpose()).await.unwrap();
    let back = client.decrypt(store, "k", aad, &package, &purpose()).await.unwrap();
    assert!(back.same_as(text));
    package
}

async fn works(client: &Connectors, store: &KeyStorePlace) -> Result<(), KeyStoreError> {
    client.encrypt(store, "k", b"", b"x", &purpose()).await.map(drop)
}

#[tokio::test]
#[ignore = "run by `on_tokens_of_softhsm`"]
async fn keys_are_made_used_and_destroyed() {
    let Some(token) = Token::new("life") else { return };
    let (client, store, why) = (token.client(), store(PASSWORD), purpose());
    assert_eq!(client.connect(&store, &why).await, Ok(()));
    assert_eq!(client.describe(&store, "k", &why).await, Err(KeyStoreError::KeyNotFound));
    assert_eq!(works(&client, &store).await, Err(KeyStoreError::KeyNotFound));
    client.create(&store, "k").await.unwrap();
    client.create(&store, "k").await.unwrap();
    assert_eq!(token.find(&token.session(), "k").len(), 1);
    let found = client.describe(&store, "k", &why).await.unwrap();
    assert!(found.fits() && found.enabled);
    for (aad, plaintext) in [(0, 1), (33, 12), (8192, 4300)] {
        let (aad, plaintext) = (vec![7; aad], vec![9; plaintext]);
        let first = round_trip(&client, &store, &aad, &plaintext).await;
        let second = round_trip(&client, &store, &aad, &plaintext).await;
        assert_eq!(first.len(), plaintext.len() + 29);
        assert_ne!(first[1..13], second[1..13], "vectors do not repeat");
    }
    let package = round_trip(&client, &store, b"aad", b"plaintext").await;
    client.destroy(&store, "k").await.unwrap();
    client.destroy(&store, "k").await.unwrap();
    let gone = client.decrypt(&store, "k", b"aad", &package, &why).await;
    assert_eq!(gone.map(drop), Err(KeyStoreError::KeyNotFound));
    // Another key of that name does not open it.
    client.create(&store, "k").await.unwrap();
    let other = client.decrypt(&store, "k", b"aad", &package, &why).await;
    assert_eq!(other.map(drop), Err(KeyStoreError::Ciphertext));
}

#[tokio::test]
#[ignore = "run by `on_tokens_of_softhsm`"]
async fn altered_ciphertexts_are_told_from_failures() {
    let Some(token) = Token::new("altered") else { return };
    let (client, store, why) = (token.client(), store(PASSWORD), purpose());
    client.create(&store, "k").await.unwrap();
    let package = round_trip(&client, &store, b"aad", b"plaintext").await;
    let open = async |aad: &[u8], package: &[u8]| {
        client.decrypt(&store, "k", aad, package, &why).await.map(drop)
    };
    for aad in [b"".as_slice(), b"aae", b"aad "] {
        assert_eq!(open(aad, &package).await, Err(KeyStoreError::Ciphertext));
    }
    for at in 0..package.len() {
        let mut altered = package.clone();
        altered[at] ^= 1;
        assert_eq!(open(b"aad", &altered).await, Err(KeyStoreError::Ciphertext), "byte {at}");
    }
    for length in 0..package.len() {
        let cut = open(b"aad", &package[..length]).await;
        assert_eq!(cut, Err(KeyStoreError::Ciphertext), "{length} bytes");
    }
    assert_eq!(open(b"aad", &package).await, Ok(()));
}

#[tokio::test]
#[ignore = "run by `on_tokens_of_softhsm`"]
async fn a_key_never_leaves_and_its_ciphertexts_are_plain_gcm() {
    let Some(token) = Token::new("inside") else { return };
    let (client, store) = (token.client(), store(PASSWORD));
    client.create(&store, "k").await.unwrap();
    let package = round_trip(&client, &store, b"aad", b"plaintext").await;
    let session = token.session();
    let key = token.find(&session, "k")[0];
    let of_key = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::ValueLen(32.into()),
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::AlwaysSensitive(true),
        Attribute::Extractable(false),
        Attribute::NeverExtractable(true),
        Attribute::Local(true),
        Attribute::Encrypt(true),
        Attribute::Decrypt(true),
        Attribute::Wrap(false),
        Attribute::Unwrap(false),
    ];
    let asked: Vec<AttributeType> = of_key.iter().map(Attribute::attribute_type).collect();
    assert_eq!(session.get_attributes(key, &asked).unwrap(), of_key);
    assert!(session.get_attributes(key, &[AttributeType::Value]).unwrap().is_empty());
    let package = HsmPackage::parse(&package).unwrap();
    let mut iv = *package.iv();
    let gcm = Mechanism::AesGcm(GcmParams::new(&mut iv, b"aad", 128.into()).unwrap());
    assert_eq!(session.decrypt(&gcm, key, package.sealed()).unwrap(), b"plaintext");
}

#[tokio::test]
#[ignore = "run by `on_tokens_of_softhsm`"]
async fn a_refused_password_is_not_tried_again() {
    let Some(token) = Token::new("refused") else { return };
    let (client, good, bad, why) =
        (token.client(), store(PASSWORD), store("password-2"), purpose());
    let refused = Err(KeyStoreError::HsmCredentials);
    assert_eq!(client.connect(&bad, &why).await, refused);
    // Now the password is right, and only somebody who connects the store finds out.
    let session = token.session();
    session.login(UserType::User, Some(&AuthPin::from(PASSWORD.to_owned()))).unwrap();
    let change = |from: &str, to: &str| {
        session.set_pin(&AuthPin::from(from.to_owned()), &AuthPin::from(to.to_owned())).unwrap();
    };
    change(PASSWORD, "password-2");
    session.logout().unwrap();
    for _ in 0..3 {
        assert_eq!(client.create(&bad, "k").await, refused);
    }
    assert_eq!(client.connect(&bad, &why).await, Ok(()));
    client.create(&bad, "k").await.unwrap();
    // Being logged in does not make another password a good one.
    assert_eq!(works(&client, &good).await, refused);
    assert_eq!(works(&client, &bad).await, Ok(()));
    assert_eq!(client.connect(&good, &why).await, refused);
    assert_eq!(works(&client, &bad).await, Ok(()));
    for wrong in ["", "p", &"p".repeat(300)] {
        assert_eq!(client.connect(&store(wrong), &why).await, refused);
    }
    assert_eq!(works(&client, &bad).await, Ok(()));
}

#[tokio::test]
#[ignore = "run by `on_tokens_of_softhsm`"]
async fn a_lost_session_is_replaced() {
    let Some(token) = Token::new("lost") else { return };
    let (client, store) = (token.client(), store(PASSWORD));
    client.create(&store, "k").await.unwrap();
    let package = round_trip(&client, &store, b"aad", b"plaintext").await;
    for round in 0..6 {
        match round % 3 {
            // All sessions of the process end, and slots are numbered anew.
            0 => token.module.clone().finalize().unwrap(),
            1 => token.session().logout().unwrap(),
            _ => assert_eq!(client.connect(&store, &purpose()).await, Ok(())),
        }
        let back = client.decrypt(&store, "k", b"aad", &package, &purpose()).await.unwrap();
        assert!(back.same_as(b"plaintext"), "round {round}");
    }
}

#[tokio::test]
#[ignore = "run by `on_tokens_of_softhsm`"]
async fn a_token_that_is_not_there_is_not_active() {
    let Some(token) = Token::new("there") else { return };
    let blank = *token.module.get_slots_with_token().unwrap().last().unwrap();
    assert_ne!(blank.id(), token.slot.id());
    let inactive = Err(KeyStoreError::ClusterNotActive);
    for name in
        [label("elsewhere"), label(""), TokenName::Slot(987_654), TokenName::Slot(blank.id())]
    {
        let client = connectors(configuration(MODULE, name));
        assert_eq!(client.connect(&store(PASSWORD), &purpose()).await, inactive);
        assert_eq!(client.create(&store(PASSWORD), "k").await, inactive);
    }
    let by_slot = connectors(configuration(MODULE, TokenName::Slot(token.slot.id())));
    assert_eq!(by_slot.connect(&store(PASSWORD), &purpose()).await, Ok(()));
}

#[tokio::test]
#[ignore = "run by `on_tokens_of_softhsm`"]
async fn keys_of_another_kind_are_not_used() {
    let Some(token) = Token::new("foreign") else { return };
    let (client, store, why) = (token.client(), store(PASSWORD), purpose());
    client.connect(&store, &why).await.unwrap();
    let session = token.session();
    let make = |label: &str, bytes: u64, extractable: bool| {
        let template = [
            Attribute::Token(true),
            Attribute::Label(label.as_bytes().to_vec()),
            Attribute::ValueLen(bytes.into()),
            Attribute::Sensitive(true),
            Attribute::Extractable(extractable),
            Attribute::Encrypt(true),
            Attribute::Decrypt(true),
        ];
        session.generate_key(&Mechanism::AesKeyGen, &template).unwrap();
    };
    make("short", 16, false);
    make("leaves", 32, true);
    for name in ["short", "leaves"] {
        assert!(!client.describe(&store, name, &why).await.unwrap().fits(), "{name}");
        let refused = client.create(&store, name).await;
        assert!(matches!(refused, Err(KeyStoreError::KeyUsage(_))), "{name}: {refused:?}");
    }
    make("twice", 32, false);
    assert!(client.describe(&store, "twice", &why).await.unwrap().fits());
    make("twice", 32, false);
    let several = Err(KeyStoreError::Failed("several keys have this label".to_owned()));
    assert_eq!(client.describe(&store, "twice", &why).await.map(drop), several);
    assert_eq!(client.destroy(&store, "twice").await, several);
    assert_eq!(token.find(&session, "twice").len(), 2);
}

#[tokio::test]
#[ignore = "run by `on_tokens_of_softhsm`"]
async fn a_user_has_a_name_where_the_module_wants_one() {
    let Some(token) = Token::new("named") else { return };
    let session = token.session();
    session.login(UserType::User, Some(&AuthPin::from(PASSWORD.to_owned()))).unwrap();
    let pin = AuthPin::from(format!("kmsuser:{PASSWORD}"));
    session.set_pin(&AuthPin::from(PASSWORD.to_owned()), &pin).unwrap();
    drop(session);
    let named = HsmConfiguration { user: Some("kmsuser".to_owned()), ..token.configuration() };
    let named = connectors(named).connect(&store(PASSWORD), &purpose()).await;
    assert_eq!(named, Ok(()));
    let unnamed = token.client().connect(&store(PASSWORD), &purpose()).await;
    assert_eq!(unnamed, Err(KeyStoreError::HsmCredentials));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "run by `on_tokens_of_softhsm`"]
async fn two_tokens_of_one_module_at_once() {
    let (Some(first), Some(second)) = (Token::new("first"), Token::new("second")) else { return };
    let clusters = ["cluster-aaaaaaaaaaa", "cluster-bbbbbbbbbbb"];
    let hsms = clusters.map(str::to_owned).into_iter();
    let hsms = hsms.zip([first.configuration(), second.configuration()]).collect();
    let client = Connectors::new(Configuration { hsms, ..Configuration::default() }).unwrap();
    let client = Arc::new(client);
    for cluster in clusters {
        client.create(&of(cluster, PASSWORD), "k").await.unwrap();
    }
    let begun = std::time::Instant::now();
    let tasks: Vec<_> = (0..32_usize)
        .map(|task| {
            let client = Arc::clone(&client);
            tokio::spawn(async move {
                let store = of(clusters[task % 2], PASSWORD);
                for round in 0..50 {
                    let text = format!("{task} {round}");
                    round_trip(&client, &store, text.as_bytes(), &[7; 100]).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    eprintln!("3200 requests to two tokens in {:?}", begun.elapsed());
    let package = round_trip(&client, &of(clusters[0], PASSWORD), b"", b"x").await;
    let other = client.decrypt(&of(clusters[1], PASSWORD), "k", b"", &package, &purpose()).await;
    assert_eq!(other.map(drop), Err(KeyStoreError::Ciphertext));
}
