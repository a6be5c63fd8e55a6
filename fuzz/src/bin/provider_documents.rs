//! What an identity provider publishes: where its keys are, and the keys.
#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom_federation::Provider;

fuzz_target!(|bytes: &[u8]| {
    strongroom::fuzzing::discovery(bytes);
    let _ = Provider::parse(bytes);
});
