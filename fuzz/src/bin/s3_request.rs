//! The head of a request to S3: it leads to an operation with an input, or is refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom_engine::decode::Values;
use strongroom_protocol::rest_xml::{Head, Request};
use strongroom_trail::service::s3::demands;

/// Methods that a fuzzer does not find by itself.
const METHODS: [&str; 4] = ["GET", "HEAD", "PUT", "get"];

fuzz_target!(|text: &str| {
    let Some((method, rest)) = text.split_at_checked(1) else { return };
    let method = METHODS[usize::from(method.as_bytes()[0] % 4)];
    let mut lines = rest.split('\n');
    let (target, range) = (lines.next().unwrap_or_default(), lines.next());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let head = Head { method, path, query, range, if_match: range, if_none_match: range };
    if let Ok(request) = Request::parse(head) {
        let _ = Values::check(demands(request.operation()).fields, &request.input());
    }
});
