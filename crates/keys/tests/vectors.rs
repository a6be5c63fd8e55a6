//! Frozen vectors of what is at rest, format version 1. Each is written again from the same keys
//! and the same counted entropy, and must come out to the byte; and the frozen bytes must open.
//!
//! A vector is added, never edited: a server must open what an earlier one wrote.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use strongroom_crypto::{SecretBytes, SecretKey, hash};
use strongroom_keys::blob::{self, BlobHeader};
use strongroom_keys::identity::{
    AccessKeyUse, ControlRecord, IdentityRecord, InlinePolicy, ManagedPolicyRecord, PolicyVersion,
    ProviderRecord, RoleTerms, RoleUse, SessionOwner, SessionRecord,
};
use strongroom_keys::{
    AliasRecord, BackingKey, BackupDescription, BackupError, BackupHeader, BackupKey,
    DomainFloorRecord, DomainKey, DomainName, DomainRotationRecord, GrantRecord, GrantTerms,
    HsmPlace, Import, ImportToken, JournalKey, JournalReader, KeyMaterial, KeyRecord,
    KeyStorePlace, KeyStoreRecord, LocalRootKey, MaterialRecord, MultiRegion, Party, ProxyPlace,
    RestoreRecord, RootKey, Rotation, SegmentHeader, VpcEndpointService, codec, open, seal,
};
use strongroom_testkit::{CountedEntropy, Faults, region};
use strongroom_types::{
    AccountId, ConnectionErrorCode, ConnectionState, EncryptionContext, GrantOperation,
    IdentityKind, KeyArn, KeyId, KeyMaterialState, KeySpec, KeyState, KeyUsage, Origin,
    RotationType, Tag, Timestamp, WrappingAlgorithm, XksProxyConnectivity,
};

/// The fields of a vector file: `name = hexadecimal digits`, in order.
fn vector(file: &str) -> BTreeMap<String, Vec<u8>> {
    let text = std::fs::read_to_string(path(file)).expect("the vector is there");
    let fields = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    fields
        .map(|line| {
            let (name, digits) = line.split_once(" = ").expect("name = digits");
            (name.to_owned(), bytes(digits))
        })
        .collect()
}

fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/v1").join(file)
}

fn bytes(digits: &str) -> Vec<u8> {
    let pair = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("digits");
    (0..digits.len()).step_by(2).map(pair).collect()
}

/// The frozen vector must be exactly these fields. A file that is not there yet is shown, to be
/// added by hand.
#[track_caller]
fn assert_frozen(file: &str, fields: &[(&str, &[u8])]) {
    let lines: Vec<String> =
        fields.iter().map(|(name, bytes)| format!("{name} = {}", hash::hex(bytes))).collect();
    assert!(path(file).exists(), "add {file}:\n{}", lines.join("\n"));
    let expected: BTreeMap<String, Vec<u8>> =
        fields.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect();
    assert_eq!(vector(file), expected, "{file}:\n{}", lines.join("\n"));
}

fn entropy() -> CountedEntropy {
    CountedEntropy::new(0x7665_6374_6f72, Faults::default())
}

fn key(byte: u8) -> SecretKey {
    SecretKey::from_slice(&[byte; 32]).unwrap()
}

fn arn() -> KeyArn {
    let key = KeyId::from_random([0x11; 16]);
    KeyArn { region: region(), account: AccountId::INITIAL, key }
}

fn regional() -> DomainKey {
    DomainKey::new(DomainName::region(region()), 1, key(0xd1))
}

fn global() -> DomainKey {
    DomainKey::new(DomainName::global(), 1, key(0xd0))
}

fn context() -> EncryptionContext {
    let pairs = [("department", "10103.0"), ("purpose", "vector ä")];
    EncryptionContext::new(pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).into())
}

const CREATED: Timestamp = Timestamp::from_millis(1_795_329_425_123);

fn material() -> KeyMaterial {
    KeyMaterial::generate(KeySpec::SymmetricDefault, &arn(), &entropy()).unwrap()
}

#[test]
fn a_wrapped_backing_key() {
    let record = material().wrap(&regional(), &arn(), CREATED, &entropy()).unwrap();
    let encoded = codec::encode(&record);
    assert_frozen(
        "backing-key.txt",
        &[("material_id", &record.id), ("wrapped", &record.wrapped), ("record", &encoded)],
    );
    let frozen = vector("backing-key.txt");
    let record: MaterialRecord = codec::decode(&frozen["record"]).unwrap();
    let opened = KeyMaterial::unwrap(&regional(), &arn(), &record).unwrap();
    assert_eq!(opened.id().as_bytes().as_slice(), frozen["material_id"]);
}

#[test]
fn imported_key_material_of_an_hmac_key() {
    let bytes = SecretBytes::new((0..40).collect());
    let material = KeyMaterial::imported(KeySpec::Hmac256, &arn(), bytes).unwrap();
    let mut record = material.wrap(&regional(), &arn(), CREATED, &entropy()).unwrap();
    let description = Some("the material of the vector".to_owned());
    record.import = Some(Import { expires: Some(CREATED.plus_days(1)), description });
    record.rotation = Some(Rotation { time: CREATED, kind: RotationType::OnDemand });
    record.waiting = Some(KeyMaterialState::PendingRotation);
    let encoded = codec::encode(&record);
    assert_frozen("imported-material.txt", &[("material_id", &record.id), ("record", &encoded)]);
    let frozen = vector("imported-material.txt");
    let decoded: MaterialRecord = codec::decode(&frozen["record"]).unwrap();
    assert_eq!(decoded, record);
    assert_eq!(KeyMaterial::unwrap(&regional(), &arn(), &decoded).unwrap().id(), material.id());
}

/// The wrapping key is random, so it is only opened: what it wrapped must unwrap.
#[test]
fn an_import_token() {
    let frozen = vector("import-token.txt");
    let token = ImportToken::open(&regional(), &arn(), &frozen["token"]).unwrap();
    assert_eq!(token.algorithm, WrappingAlgorithm::RsaesOaepSha256);
    assert_eq!(token.expires, CREATED.plus_days(1));
    let opened = token.unwrap(&frozen["wrapped"]).unwrap();
    assert_eq!(opened.expose(), frozen["material"]);
}

#[test]
fn a_ciphertext_blob() {
    let backing = BackingKey::new(KeySpec::SymmetricDefault, &material()).unwrap();
    let plain = b"the plaintext of the vector";
    let blob = backing.encrypt(&arn(), &context(), plain, &entropy()).unwrap();
    let empty = backing.encrypt(&arn(), &EncryptionContext::default(), b"x", &entropy()).unwrap();
    assert_frozen(
        "ciphertext-blob.txt",
        &[("plaintext", plain), ("blob", &blob), ("without_context", &empty)],
    );
    let frozen = vector("ciphertext-blob.txt");
    let decrypt = |blob: &[u8], context: &EncryptionContext| {
        let header = BlobHeader::parse(blob).unwrap();
        assert_eq!((header.account, header.key), (arn().account, arn().key));
        assert_eq!(header.material, backing.id());
        backing.decrypt(&header, context, blob).map(|plain| plain.expose().to_vec())
    };
    assert_eq!(decrypt(&frozen["blob"], &context()), Ok(frozen["plaintext"].clone()));
    assert_eq!(decrypt(&frozen["without_context"], &EncryptionContext::default()), Ok(b"x".into()));
    assert!(decrypt(&frozen["blob"], &EncryptionContext::default()).is_err());
}

#[test]
fn a_ciphertext_blob_for_a_key_outside() {
    let backing = BackingKey::new(KeySpec::SymmetricDefault, &material()).unwrap();
    let plain = b"the plaintext of the vector";
    let inside = backing.encrypt_inside(&arn(), &context(), plain, &entropy()).unwrap();
    let (header, body) = blob::split(&inside).unwrap();
    let bound_to = blob::outer_associated_data(header, &context());
    assert_frozen(
        "ciphertext-blob-twice.txt",
        &[("plaintext", plain), ("header", header), ("inside", body), ("bound_to", &bound_to)],
    );
    let frozen = vector("ciphertext-blob-twice.txt");
    let whole = [frozen["header"].as_slice(), &frozen["inside"]].concat();
    let header = BlobHeader::parse(&whole).unwrap();
    assert!(header.twice);
    assert_eq!((header.account, header.key), (arn().account, arn().key));
    let opened = backing.decrypt(&header, &context(), &whole).unwrap();
    assert_eq!(opened.expose(), frozen["plaintext"]);
    assert!(backing.decrypt(&header, &EncryptionContext::default(), &whole).is_err());
    // The two formats are not each other's.
    let mut once = whole.clone();
    once[0] = 1;
    assert!(BlobHeader::parse(&once).is_err());
}

fn key_store(place: KeyStorePlace) -> KeyStoreRecord {
    KeyStoreRecord {
        account: arn().account,
        region: region(),
        id: "cks-0123456789abcdef0".to_owned(),
        name: "of the vector".to_owned(),
        created: CREATED,
        connection: ConnectionState::Failed,
        failure: Some(ConnectionErrorCode::InvalidCredentials),
        place,
    }
}

#[test]
fn the_record_of_a_key_store() {
    let hsm = key_store(KeyStorePlace::Hsm(HsmPlace {
        cluster: "cluster-abcdefghijk".to_owned(),
        trust_anchor: "certificate".to_owned(),
        password: SecretBytes::new(b"password".to_vec()),
    }));
    let proxy = key_store(KeyStorePlace::Proxy(ProxyPlace {
        endpoint: "https://xks.example.com".to_owned(),
        path: "/kms/xks/v1".to_owned(),
        connectivity: XksProxyConnectivity::VpcEndpointService,
        access_key: "ABCDEFGHIJKLMNOPQRST".to_owned(),
        secret: SecretBytes::new(b"secret".to_vec()),
        service: Some(VpcEndpointService {
            name: "com.amazonaws.vpce.eu-west-2.vpce-svc-0".to_owned(),
            owner: arn().account,
        }),
    }));
    let (hsm, proxy) = (codec::encode(&hsm), codec::encode(&proxy));
    assert_frozen("key-store-record.txt", &[("hsm", &hsm), ("proxy", &proxy)]);
    let frozen = vector("key-store-record.txt");
    for name in ["hsm", "proxy"] {
        let record: KeyStoreRecord = codec::decode(&frozen[name]).unwrap();
        assert_eq!(codec::encode(&record), frozen[name], "{name}");
        assert_eq!(record.cluster().is_some(), name == "hsm");
    }
}

fn key_record() -> KeyRecord {
    KeyRecord {
        account: arn().account,
        region: arn().region,
        id: arn().key,
        created: CREATED,
        description: "of the vector".to_owned(),
        state: KeyState::PendingDeletion,
        spec: KeySpec::SymmetricDefault,
        usage: KeyUsage::EncryptDecrypt,
        origin: Origin::AwsKms,
        multi_region: Some(MultiRegion {
            primary: region(),
            replicas: vec!["us-east-1".parse().unwrap()],
        }),
        deletion: Some(CREATED.plus_days(30)),
        policy: "{}".to_owned(),
        tags: vec![Tag { key: "a".to_owned(), value: "b".to_owned() }],
        material: vec![material().wrap(&regional(), &arn(), CREATED, &entropy()).unwrap()],
        rotation: None,
        store: None,
        transition: None,
        pending_window_days: None,
        grants: None,
        bindings: None,
    }
}

#[test]
fn the_record_of_a_key_and_its_sealed_form() {
    let place = b"k/111122223333/eu-west-2/11111111-1111-4111-9111-111111111111";
    let plain = codec::encode(&key_record());
    let sealed = seal(&regional(), place, 7, &plain, &entropy()).unwrap();
    assert_frozen(
        "key-record.txt",
        &[("place", place), ("plain", &plain), ("sealed_at_version_7", &sealed)],
    );
    let frozen = vector("key-record.txt");
    let opened = open(&regional(), &frozen["place"], 7, &frozen["sealed_at_version_7"]).unwrap();
    assert_eq!(codec::decode::<KeyRecord>(opened.expose()), Ok(key_record()));
    assert!(open(&regional(), &frozen["place"], 8, &frozen["sealed_at_version_7"]).is_err());
}

#[test]
fn the_record_of_an_alias() {
    let updated = CREATED.plus_days(1);
    let record = AliasRecord { target: arn().key, created: CREATED, updated };
    assert_frozen("alias-record.txt", &[("plain", &codec::encode(&record))]);
    assert_eq!(codec::decode(&vector("alias-record.txt")["plain"]), Ok(record));
}

#[test]
fn a_wrapped_domain_key() {
    let root = LocalRootKey::new(key(0x4b)).unwrap();
    let wrapped = root.wrap(&regional(), &entropy()).unwrap();
    let name = DomainName::region(region());
    let fingerprint = root.fingerprint().as_bytes().to_vec();
    assert_frozen("domain-key.txt", &[("fingerprint", &fingerprint), ("wrapped", &wrapped)]);
    let frozen = vector("domain-key.txt");
    let opened = root.unwrap(name, 1, &frozen["wrapped"]).unwrap();
    // It is the key that was wrapped: what one seals the other opens.
    let sealed = seal(&regional(), b"place", 1, b"content", &entropy()).unwrap();
    assert_eq!(open(&opened, b"place", 1, &sealed).unwrap().expose(), b"content");
    assert!(root.unwrap(name, 2, &frozen["wrapped"]).is_err());
}

#[test]
fn a_segment_of_the_journal() {
    let header = SegmentHeader { number: 3, domain: 1, salt: [0x5a; 16], previous: [0xc4; 16] };
    let frames: [(u64, &[u8]); 3] = [(0, b"first"), (1, b"second"), (1, b"")];
    let mut writer = JournalKey::new(&global(), &header).unwrap();
    let mut segment = header.to_bytes();
    for (durable, plain) in frames {
        writer.seal(durable, plain, &mut segment).unwrap();
    }
    assert_frozen("journal-segment.txt", &[("segment", &segment), ("chain", &writer.chain())]);

    let frozen = vector("journal-segment.txt");
    let segment = &frozen["segment"];
    let header = SegmentHeader::parse(segment).unwrap();
    let reader = JournalKey::new(&global(), &header).unwrap();
    let mut reader = JournalReader::new(reader, &segment[SegmentHeader::LEN..]);
    for (durable, plain) in frames {
        let (known, opened) = reader.next_frame().unwrap().unwrap();
        assert_eq!((known, opened.expose()), (durable, plain));
    }
    assert!(reader.next_frame().unwrap().is_none());
    assert_eq!(reader.chain().as_slice(), frozen["chain"]);
}

#[test]
fn a_user_and_a_role() {
    let mut record = IdentityRecord {
        account: AccountId::INITIAL,
        kind: IdentityKind::User,
        id: "AIDAVECTOR00000000001".to_owned(),
        name: "Ann".to_owned(),
        path: "/staff/".to_owned(),
        created: CREATED,
        inline: vec![InlinePolicy { name: "own".to_owned(), document: "{}".to_owned() }],
        attached: vec!["arn:aws:iam::aws:policy/AdministratorAccess".to_owned()],
        boundary: Some("arn:aws:iam::111122223333:policy/limit".to_owned()),
        tags: vec![Tag { key: "team".to_owned(), value: "blue".to_owned() }],
        groups: vec!["crew".to_owned()],
        access_keys: vec!["AKIAVECTOR0000000001".to_owned()],
        members: 0,
        role: None,
    };
    let user = codec::encode(&record);
    record.kind = IdentityKind::Role;
    record.role = Some(RoleTerms {
        trust: "{}".to_owned(),
        bindings: vec![("111122223333:user/staff/Ann".to_owned(), "AIDAVECTOR".to_owned())],
        description: Some("works".to_owned()),
        max_session: 3600,
    });
    let role = codec::encode(&record);
    assert_frozen("identity-record.txt", &[("user", &user), ("role", &role)]);
    let frozen = vector("identity-record.txt");
    let read: IdentityRecord = codec::decode(&frozen["role"]).unwrap();
    assert_eq!(read, record);
}

#[test]
fn a_managed_policy_and_a_provider() {
    let tags = vec![Tag { key: "team".to_owned(), value: "blue".to_owned() }];
    let policy = ManagedPolicyRecord {
        account: AccountId::INITIAL,
        id: "ANPAVECTOR00000000001".to_owned(),
        name: "Use".to_owned(),
        path: "/".to_owned(),
        created: CREATED,
        updated: CREATED.plus_days(1),
        description: None,
        versions: vec![PolicyVersion { number: 2, document: "{}".to_owned(), created: CREATED }],
        default: 2,
        next: 3,
        attachments: 1,
        boundaries: 2,
        tags: tags.clone(),
    };
    let provider = ProviderRecord {
        account: AccountId::INITIAL,
        url: "id.example.com/pool".to_owned(),
        created: CREATED,
        clients: vec!["app".to_owned()],
        thumbprints: Vec::new(),
        tags,
    };
    let control = ControlRecord {
        policies: vec![("keep".to_owned(), "{}".to_owned())],
        without_full_access: true,
    };
    let used =
        AccessKeyUse { time: CREATED, service: "kms".to_owned(), region: "eu-west-2".to_owned() };
    let [one, two, three, four] = [
        codec::encode(&policy),
        codec::encode(&provider),
        codec::encode(&control),
        codec::encode(&used),
    ];
    assert_frozen(
        "iam-records.txt",
        &[("policy", &one), ("provider", &two), ("control", &three), ("use", &four)],
    );
    let frozen = vector("iam-records.txt");
    assert_eq!(codec::decode::<ManagedPolicyRecord>(&frozen["policy"]).unwrap(), policy);
    assert_eq!(codec::decode::<ProviderRecord>(&frozen["provider"]).unwrap(), provider);
    assert_eq!(codec::decode::<ControlRecord>(&frozen["control"]).unwrap(), control);
    assert_eq!(codec::decode::<AccessKeyUse>(&frozen["use"]).unwrap(), used);
}

#[test]
fn the_last_use_of_a_role() {
    let used = RoleUse { time: CREATED, region: "eu-west-2".to_owned() };
    assert_frozen("role-use.txt", &[("use", &codec::encode(&used))]);
    let frozen = vector("role-use.txt");
    assert_eq!(codec::decode::<RoleUse>(&frozen["use"]).unwrap(), used);
}

/// One to a user and one to a service: of that, no id.
#[test]
fn the_record_of_a_grant() {
    let pairs = |pairs: [(&str, &str); 1]| pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    let terms = GrantTerms {
        grantee: Party::Principal("arn:aws:iam::111122223333:user/ann".to_owned()),
        retiring: Some(Party::Principal("arn:aws:iam::111122223333:role/ops".to_owned())),
        operations: vec![GrantOperation::Decrypt, GrantOperation::Encrypt],
        context_subset: Some(pairs([("App", "Shop")])),
        context_equals: None,
        source_arn: None,
        name: Some("vector".to_owned()),
        grantee_id: Some("AIDAVECTOR".to_owned()),
        retiring_id: Some("AROAVECTOR".to_owned()),
    };
    let principal = |arn: &str| Party::Principal(arn.to_owned());
    let session = principal("arn:aws:sts::111122223333:assumed-role/ops/work");
    let session_name = session.name(Some("AROAVECTOR"));
    let account_name = principal("arn:aws-cn:iam::111122223333:root").name(None);
    let record = |terms| GrantRecord {
        id: "0a".repeat(32),
        terms,
        issuer: AccountId::INITIAL,
        created: CREATED,
    };
    let to_service = GrantTerms {
        grantee: Party::Service("rds.amazonaws.com".to_owned()),
        retiring: Some(Party::Service("rds.amazonaws.com".to_owned())),
        context_equals: Some(pairs([("n", "1")])),
        context_subset: None,
        source_arn: Some("arn:aws:rds:eu-west-2:111122223333:db:orders".to_owned()),
        name: None,
        grantee_id: None,
        retiring_id: None,
        ..terms.clone()
    };
    let (digest, former) = (terms.digest(), terms.former_grantee_name());
    let (name, retiring) = (terms.grantee_name(), terms.retiring_name().unwrap());
    assert_frozen(
        "grant-names.txt",
        &[
            ("grantee_name", name.as_bytes()),
            ("retiring_name", retiring.as_bytes()),
            ("of_a_session", session_name.as_bytes()),
            ("of_an_account", account_name.as_bytes()),
        ],
    );
    let (one, two) = (record(terms), record(to_service));
    assert_frozen(
        "grant-record.txt",
        &[
            ("to_a_user", &codec::encode(&one)),
            ("terms_digest", digest.as_bytes()),
            ("grantee_name", former.as_bytes()),
            ("to_a_service", &codec::encode(&two)),
        ],
    );
    let frozen = vector("grant-record.txt");
    assert_eq!(codec::decode::<GrantRecord>(&frozen["to_a_user"]).unwrap(), one);
    assert_eq!(codec::decode::<GrantRecord>(&frozen["to_a_service"]).unwrap(), two);
}

#[test]
fn a_session_token() {
    let record = SessionRecord {
        access_key: "ASIAVECTOR0000000001".to_owned(),
        secret: SecretBytes::new(b"secret-access-key-of-forty-characters-00".to_vec()),
        issued: CREATED,
        expires: CREATED.plus_days(1),
        account: AccountId::INITIAL,
        owner: SessionOwner::Role("Ops".to_owned(), "AROAVECTOR".to_owned(), "work".to_owned()),
        policy: Some("{}".to_owned()),
        policies: vec!["arn:aws:iam::aws:policy/AdministratorAccess".to_owned()],
        tags: vec![Tag { key: "team".to_owned(), value: "blue".to_owned() }],
        transitive: vec!["team".to_owned()],
        source_identity: Some("ann".to_owned()),
        provider: None,
        padding: Vec::new(),
        root_key: None,
    };
    let sealed = record.seal(&global(), &entropy()).unwrap();
    assert_frozen("session-token.txt", &[("sealed", &sealed)]);
    let opened = SessionRecord::open(&global(), &vector("session-token.txt")["sealed"]).unwrap();
    assert!(opened.secret.same_as(record.secret.expose()));
    assert_eq!((opened.owner, opened.expires), (record.owner, record.expires));
    let mut altered = sealed;
    altered[40] ^= 1;
    assert!(SessionRecord::open(&global(), &altered).is_err());
    let of_root = SessionRecord {
        owner: SessionOwner::Federated("sam".to_owned(), String::new(), String::new()),
        root_key: Some("AKIAVECTOR0000000001".to_owned()),
        ..record
    };
    let sealed = of_root.seal(&global(), &entropy()).unwrap();
    assert_frozen("session-token-of-root.txt", &[("sealed", &sealed)]);
    let sealed = &vector("session-token-of-root.txt")["sealed"];
    assert_eq!(SessionRecord::open(&global(), sealed).unwrap().root_key, of_root.root_key);
}

#[test]
fn a_backup() {
    let description = BackupDescription {
        id: [0x61; 16],
        time: CREATED,
        release: "0.1.0".to_owned(),
        root_key: "d80ac1c3f63867ac".to_owned(),
        provider: Some(b"provider = \"file\"\n".to_vec()),
        clock_ahead: Some(86_400_000),
        region: Some(region()),
        accounts: 1,
        keys: 2,
        records: 3,
        sequence: 4,
        commits: 5,
    };
    let root = LocalRootKey::new(key(0x01)).unwrap();
    let (mut sealing, header) = BackupKey::begin(description.clone(), &root, &entropy()).unwrap();
    let (mut first, mut last) = (Vec::new(), Vec::new());
    sealing.seal(false, b"first chunk", &mut first).unwrap();
    sealing.seal(true, b"last chunk", &mut last).unwrap();
    let restore = RestoreRecord {
        time: CREATED.plus_days(1),
        backup: [0x61; 16],
        taken: CREATED,
        sequence: 4,
        commits: 5,
        first: 1 << 61,
    };
    assert_frozen(
        "backup.txt",
        &[
            ("header", header.bytes()),
            ("first", &first),
            ("last", &last),
            ("restore_record", &codec::encode(&restore)),
        ],
    );
    let frozen = vector("backup.txt");
    let header = BackupHeader::parse(frozen["header"].clone()).unwrap();
    assert_eq!(header.description, description);
    let mut opening = BackupKey::open(&header, &root).unwrap();
    for (name, text, is_last) in [("first", "first chunk", false), ("last", "last chunk", true)] {
        let (prefix, sealed) = frozen[name].split_first_chunk().unwrap();
        assert_eq!(BackupKey::rest(prefix), Ok(sealed.len()));
        let (plain, last) = opening.open_chunk(prefix, sealed).unwrap();
        assert_eq!((plain.expose(), last), (text.as_bytes(), is_last));
    }
    let other = LocalRootKey::new(key(0x02)).unwrap();
    assert!(matches!(BackupKey::open(&header, &other), Err(BackupError::RootKey(_))));
    assert_eq!(codec::decode::<RestoreRecord>(&frozen["restore_record"]).unwrap(), restore);
    let mut later = frozen["header"].clone();
    later[4] = 2;
    assert_eq!(BackupHeader::parse(later).unwrap_err(), BackupError::TooNew(2));
}

#[test]
fn the_records_of_a_rotation_of_domain_keys() {
    let rotation = DomainRotationRecord {
        started: Timestamp::from_millis(1_700_000_000_000),
        after: b"k/111122223333/".to_vec(),
        found: 3,
        walked: Some(Timestamp::from_millis(1_700_000_100_000)),
        resealed: 400,
    };
    let begun = DomainRotationRecord::new(Timestamp::from_millis(1_700_000_000_000));
    let least = vec![("eu-west-2".to_owned(), 3), ("global".to_owned(), 2)];
    let floor = DomainFloorRecord { least };
    let fields: [(&str, &[u8]); 3] = [
        ("begun", &codec::encode(&begun)),
        ("rotation", &codec::encode(&rotation)),
        ("floor", &codec::encode(&floor)),
    ];
    assert_frozen("domain-rotation.txt", &fields);
    let frozen = vector("domain-rotation.txt");
    assert_eq!(codec::decode(&frozen["begun"]), Ok(begun));
    assert_eq!(codec::decode(&frozen["rotation"]), Ok(rotation));
    assert_eq!(codec::decode(&frozen["floor"]), Ok(floor));
}
