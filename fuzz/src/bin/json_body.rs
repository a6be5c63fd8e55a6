//! A JSON body against the fields of every operation: it is refused or typed, never a panic, and a
//! refusal's text never shows what the shapes withhold.
#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom_engine::decode::Values;
use strongroom_kms::{OperationName, demands};
use strongroom_protocol::json;
use strongroom_trail::service::cloudtrail::{CloudTrailOperation, cloudtrail_demands};

fuzz_target!(|input: (u8, &[u8])| {
    let (which, body) = input;
    let kms = OperationName::ALL.iter().map(|name| demands(*name));
    let trail = CloudTrailOperation::ALL.iter().map(|name| cloudtrail_demands(*name));
    let rows: Vec<_> = kms.chain(trail).collect();
    let Ok(node) = json::parse(body) else { return };
    if let Err(refusal) = Values::check(rows[usize::from(which) % rows.len()].fields, &node) {
        assert!(!refusal.message().unwrap_or_default().is_empty());
    }
});
