//! Bytes at rest that somebody else wrote: records of every kind, session tokens, journal headers and
//! frames. What is read of a record is written as the same record.
#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom_crypto::SecretKey;
use strongroom_keys::identity::{
    AccessKeyUse, ControlRecord, IdentityRecord, ManagedPolicyRecord, ProviderRecord, RoleUse,
    SessionRecord,
};
use strongroom_keys::{
    AliasRecord, BucketRecord, DeliveryRecord, DomainKey, DomainName, GrantRecord, JournalKey,
    JournalReader, KeyRecord, KeyStoreRecord, LastUse, SegmentHeader, ShippingRecord,
    TrailKeyRecord, TrailRecord, codec,
};

macro_rules! kinds {
    ($bytes:expr, $($kind:ty)+) => {$(
        if let Ok(record) = codec::decode::<$kind>($bytes) {
            let written = codec::encode(&record);
            let again = codec::decode::<$kind>(&written).ok().expect("it was just written");
            assert_eq!(codec::encode(&again), written);
        }
    )+};
}

fuzz_target!(|bytes: &[u8]| {
    let key = SecretKey::from_slice(&[3; 32]).expect("32 bytes");
    let domain = DomainKey::new(DomainName::global(), 1, key);
    assert!(strongroom_keys::open(&domain, b"place", 1, bytes).is_err());
    assert!(SessionRecord::open(&domain, bytes).is_err());
    kinds!(bytes, KeyRecord AliasRecord GrantRecord KeyStoreRecord LastUse SessionRecord);
    kinds!(bytes, IdentityRecord ManagedPolicyRecord ProviderRecord ControlRecord AccessKeyUse RoleUse);
    kinds!(bytes, TrailRecord BucketRecord DeliveryRecord TrailKeyRecord ShippingRecord);
    strongroom_engine::fuzzing::record(bytes);
    if let Some(header) = SegmentHeader::parse(bytes) {
        assert_eq!(header.to_bytes(), bytes[..SegmentHeader::LEN]);
        let key = JournalKey::new(&domain, &header).expect("a key");
        let mut reader = JournalReader::new(key, &bytes[SegmentHeader::LEN..]);
        while let Ok(Some(_)) = reader.next_frame() {}
        let _ = reader.was_durable();
    }
});
