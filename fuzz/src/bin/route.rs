//! The head and form of a request: they lead to an operation, or are refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom_protocol::query::Form;
use strongroom_protocol::route::{Head, route};

fuzz_target!(|input: (&str, &str, &str, &str, Option<&str>, &[u8])| {
    let (method, path, query, content_type, target, body) = input;
    let _ = route(Head { method, path, query, content_type, target }, body);
    if let Ok(form) = Form::parse(body) {
        let _ = form.value("Action");
        let _ = form.into_input();
    }
});
