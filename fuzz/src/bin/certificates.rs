//! Files of certificates and private keys, in PEM, and when a certificate ends.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let split = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let (chain, key) = bytes.split_at(split);
    strongroom_keystores::fuzzing::certificates(chain);
    strongroom_server::fuzzing::certificate(chain, key.strip_prefix(&[0]).unwrap_or(key));
});
