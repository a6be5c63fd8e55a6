//! A line on the operator's socket, and what the operator's commands are given.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    strongroom::fuzzing::operator_request(text);
    strongroom::fuzzing::policy_inputs(text);
});
