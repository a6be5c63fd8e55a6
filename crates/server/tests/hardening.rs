//! Hardening of this very process; alone in its file because it changes the process.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};
use rustix::thread::no_new_privs;
use strongroom_server::hardening::{Finding, harden};

#[test]
fn the_process_is_hardened_as_far_as_it_may_be() {
    for _ in 0..2 {
        let findings = harden();
        let core = getrlimit(Resource::Core);
        assert_eq!((core.current, core.maximum), (Some(0), Some(0)));
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
        assert!(no_new_privs().unwrap());
        let files = getrlimit(Resource::Nofile);
        assert_eq!(files.current, files.maximum);
        assert!(findings.iter().all(|finding| matches!(finding, Finding::Swappable { .. })));
        assert!(findings.is_empty() || !locked(), "{findings:?}");
    }
    // Memory can still be had, whether it is locked or not.
    let much = vec![1_u8; 64 * 1024 * 1024];
    assert_eq!(much.iter().map(|&byte| u64::from(byte)).sum::<u64>(), 64 * 1024 * 1024);
    assert!(std::fs::metadata("/proc/self").is_ok());
}

/// Whether the kernel says that memory of this process is locked.
fn locked() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmLck:")).unwrap();
    line.split_whitespace().nth(1).unwrap() != "0"
}
