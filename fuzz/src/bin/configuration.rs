//! The configuration file: refused, or a configuration within its bounds.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| strongroom::fuzzing::configuration(text));
