//! An attestation document: with nobody trusted it proves nothing, whatever is in it, also when
//! the input stands where only the payload is read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom_attestation::{Roots, verify};
use strongroom_types::Timestamp;

fuzz_target!(|bytes: &[u8]| {
    let now = Timestamp::from_millis(1_795_329_425_000);
    let roots = Roots::default();
    assert!(verify(bytes, &roots, now).is_err());
    let Ok(len) = u16::try_from(bytes.len()) else { return };
    let mut document = vec![0x84, 0x44, 0xa1, 0x01, 0x38, 0x22, 0xa0, 0x59];
    document.extend_from_slice(&len.to_be_bytes());
    document.extend_from_slice(bytes);
    document.extend_from_slice(&[0x58, 96]);
    document.extend_from_slice(&[1; 96]);
    assert!(verify(&document, &roots, now).is_err());
    let _ = Roots::parse(bytes);
});
