//! What a bucket elsewhere answers: listings, errors, dates.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| strongroom_keystores::fuzzing::bucket_answer(body));
