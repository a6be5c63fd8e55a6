//! A JSON body against the fields of every operation: it is refused or typed, never a panic, and a
//! refusal's text never shows what the shapes withhold.
#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom_engine::decode::Values;
use strongroom_kms::{OperationName, demands};
use strongroom_protocol::json;

fuzz_target!(|input: (u8, &[u8])| {
    let (which, body) = input;
    let name = OperationName::ALL[usize::from(which) % OperationName::ALL.len()];
    let Ok(node) = json::parse(body) else { return };
    if let Err(refusal) = Values::check(demands(name).fields, &node) {
        assert!(!refusal.message().unwrap_or_default().is_empty());
    }
});
