//! What is read back of the delivered trail: gzip, log files, records, digests, keys and anchors.
//! Whatever is not what it should be is refused; what is read is what was written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom_trail::anchor::Anchor;
use strongroom_trail::digest::Digest;
use strongroom_trail::gzip::{self, Parts};
use strongroom_trail::object_name::{DigestName, LogName};
use strongroom_trail::public_key::PublicKeys;
use strongroom_trail::record::Record;
use strongroom_trail::{event, log_file};

/// The longest content, bytes.
const MAX: u64 = 1 << 20;

fuzz_target!(|input: (u8, &[u8])| {
    let (which, data) = input;
    match which % 4 {
        0 => compressed(data),
        1 => records(data),
        2 => {
            let Ok(digest) = Digest::parse(data) else { return };
            let written = digest.to_json().unwrap_or_default();
            assert_eq!(Digest::parse(&written), Ok(digest.clone()));
            let _ = (digest.string_to_sign(&[0; 32]), LogName::parse(&digest.digest_s3_object));
            let _ = DigestName::parse(&digest.digest_s3_object);
        }
        _ => {
            let keys = PublicKeys::parse(data).unwrap_or_default();
            let Ok(text) = std::str::from_utf8(data) else { return };
            // Nobody has a key whose signature this is.
            assert!(Anchor::parse(text, &keys).is_err());
        }
    }
});

fn compressed(data: &[u8]) {
    if let Ok(content) = gzip::decompress(data, MAX) {
        records(&content);
        let parts = Parts::open(data.to_vec());
        if parts.make_up(&content) && !content.is_empty() {
            assert_eq!(parts.read(0..content.len()), Ok(content));
        }
    }
    let made = gzip::compress(data).unwrap_or_default();
    assert_eq!(gzip::decompress(&made, MAX).as_deref(), Ok(data));
}

fn records(content: &[u8]) {
    let Ok(records) = log_file::records(content) else { return };
    let places = log_file::places_in(content, &records);
    for (record, place) in records.iter().zip(places) {
        assert_eq!(content.get(place), Some(record.get().as_bytes()));
        if let Ok(record) = Record::parse(record.get()) {
            let _ = (record.time(), record.username(), record.principal());
        }
        if let Ok(value) = serde_json::from_str(record.get()) {
            let _ = event::attributes(&value);
        }
    }
}
