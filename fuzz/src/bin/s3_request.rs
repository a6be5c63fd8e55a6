//! The head of a request to S3: it leads to an operation with an input, or is refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom_engine::decode::Values;
use strongroom_protocol::rest_xml::{Head, Request};
use strongroom_trail::service::s3::demands;

fuzz_target!(|input: (&str, &str, &str, Option<&str>)| {
    let (method, path, query, range) = input;
    let head = Head { method, path, query, range, if_match: range, if_none_match: range };
    if let Ok(request) = Request::parse(head) {
        let _ = Values::check(demands(request.operation()).fields, &request.input());
    }
});
