//! Bytes at rest that somebody else wrote: records, journal headers and frames.
#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom_crypto::SecretKey;
use strongroom_engine::audit::AuditRecord;
use strongroom_keys::{
    AliasRecord, DomainKey, DomainName, JournalKey, JournalReader, KeyRecord, SegmentHeader, codec,
};

fuzz_target!(|bytes: &[u8]| {
    let key = SecretKey::from_slice(&[3; 32]).expect("32 bytes");
    let domain = DomainKey::new(DomainName::global(), 1, key);
    assert!(strongroom_keys::open(&domain, b"place", 1, bytes).is_err());
    let _ = codec::decode::<KeyRecord>(bytes);
    let _ = codec::decode::<AliasRecord>(bytes);
    let _ = codec::decode::<AuditRecord>(bytes);
    if let Some(header) = SegmentHeader::parse(bytes) {
        assert_eq!(header.to_bytes(), bytes[..SegmentHeader::LEN]);
        let key = JournalKey::new(&domain, &header).expect("a key");
        let mut reader = JournalReader::new(key, &bytes[SegmentHeader::LEN..]);
        while let Ok(Some(_)) = reader.next_frame() {}
        let _ = reader.was_durable();
    }
});
