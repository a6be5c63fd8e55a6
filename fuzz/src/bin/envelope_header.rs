//! Headers of messages, in one piece and in parts.
#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom_envelope::{CommitmentPolicy, DecryptOptions, HeaderReader, inspect};

fuzz_target!(|bytes: &[u8]| {
    let options = DecryptOptions {
        commitment: CommitmentPolicy::RequireEncryptAllowDecrypt,
        ..DecryptOptions::default()
    };
    let mut whole = HeaderReader::new(&options);
    let taken = whole.push(bytes);
    let mut parts = HeaderReader::new(&options);
    let mut rest = bytes;
    let pushed = loop {
        let Some((byte, after)) = rest.split_first_chunk::<1>() else { break Ok(()) };
        match parts.push(byte) {
            Ok(0) => break Ok(()),
            Ok(_) => rest = after,
            Err(error) => break Err(error),
        }
    };
    assert_eq!(taken.as_ref().err(), pushed.as_ref().err());
    if let Ok(taken) = taken {
        let (one, two) = (whole.finish(), parts.finish());
        assert_eq!(one.as_ref().err(), two.as_ref().err());
        if let Ok(message) = one {
            assert_eq!(message.header().as_bytes(), &bytes[..taken]);
        }
    }
    if let Ok(seen) = inspect(bytes, &options) {
        assert_eq!(seen.message_len, bytes.len() as u64);
    }
});
