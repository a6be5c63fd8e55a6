//! The files of a data directory that are read by themselves: root key, credentials, key material.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| strongroom::fuzzing::data_files(bytes));
