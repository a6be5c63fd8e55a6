//! What a client reads besides messages: files of variables, pictures and sounds, and a KMS's refusals.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&which, rest)) = bytes.split_first() else { return };
    match which % 3 {
        0 => strongroom::fuzzing::variables(rest),
        1 => strongroom::fuzzing::carrier(rest),
        _ => strongroom_client::fuzzing::kms_fault(u16::from(which) * 7, rest),
    }
});
