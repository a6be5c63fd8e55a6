//! Backups that somebody else wrote: whole files, and contents of authentic chunks.
#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom_crypto::{SecretKey, SystemEntropy};
use strongroom_engine::backup::{Item, Reader, read_header};
use strongroom_keys::{BackupDescription, BackupKey, LocalRootKey};
use strongroom_types::Timestamp;

fuzz_target!(|bytes: &[u8]| {
    let key = SecretKey::from_slice(&[3; 32]).expect("32 bytes");
    let root = LocalRootKey::new(key).expect("a root key");
    let mut source = bytes;
    if let Ok(header) = read_header(&mut source) {
        assert!(Reader::open(&header, &root, &mut source).is_err());
    }
    let description = BackupDescription {
        id: [0; 16],
        time: Timestamp::from_millis(0),
        release: String::new(),
        root_key: String::new(),
        provider: None,
        clock_ahead: None,
        region: None,
        accounts: 0,
        keys: 0,
        records: 0,
        sequence: 0,
        commits: 0,
    };
    let content = &bytes[..bytes.len().min(BackupKey::CHUNK)];
    let (mut key, header) =
        BackupKey::begin(description, &root, &SystemEntropy).expect("a backup begins");
    let mut sealed = Vec::new();
    key.seal(true, content, &mut sealed).expect("a chunk");
    let mut source = sealed.as_slice();
    let mut reader = Reader::open(&header, &root, &mut source).expect("the same root key");
    while let Ok(item) = reader.next_item() {
        if matches!(item, Item::End(_)) {
            break;
        }
    }
});
