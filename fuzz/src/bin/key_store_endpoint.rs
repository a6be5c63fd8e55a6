//! Where a caller says that a proxy is: what is accepted is one host that the configuration admits.
//! The input is a line each for the endpoint, the path, the key and the route.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut lines = text.split('\n');
    let mut line = || lines.next().unwrap_or_default();
    let (endpoint, path, key, route) = (line(), line(), line(), line());
    strongroom_keystores::fuzzing::endpoint(endpoint, path, key, route);
});
