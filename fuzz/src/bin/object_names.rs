//! Names of log files, digests and objects: what is read of a name makes that name again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom_engine::ports::object_names::{is_bucket_name, is_object_key};
use strongroom_trail::object_name::{DigestName, LogName, digest, log_file};
use strongroom_types::{TrailName, TrailReference};

fuzz_target!(|key: &str| {
    if let Some(name) = LogName::parse(key) {
        let again = log_file(None, name.account, name.region, name.time, name.unique);
        assert_eq!(LogName::parse(&again), Some(name));
    }
    if let Some(name) = DigestName::parse(key) {
        let (trail, end) = ((name.trail, name.home), name.end);
        let again = digest(None, name.account, name.region, trail, end);
        assert_eq!(DigestName::parse(&again), Some(name));
    }
    if is_object_key(key) {
        assert!(!key.is_empty() && !key.split('/').any(|part| matches!(part, "" | "." | "..")));
    }
    let _ = (is_bucket_name(key), TrailName::parse(key), TrailReference::parse(key));
});
