//! Secrets are gone from memory when they are dropped. What a freed place holds cannot be asked
//! for in safe Rust, but the kernel can be: it shows a process its own memory as a file.

#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use strongroom_crypto::{SecretBytes, SecretKey, kdf};

const MARK: u8 = 0xa7;

/// This process's memory. All that looking takes is allocated beforehand, since an allocation
/// between drop and look could take over the place that is looked at.
struct Memory {
    file: File,
    buffer: [u8; 1024],
}

impl Memory {
    fn new() -> Self {
        let file = File::open("/proc/self/mem").expect("the kernel shows it");
        Self { file, buffer: [0; 1024] }
    }

    /// The bytes at `address` now. They may have been freed; their page is still there.
    fn at(&mut self, address: usize, length: usize) -> &[u8] {
        let bytes = &mut self.buffer[..length];
        self.file.read_exact_at(bytes, address as u64).expect("it is mapped");
        bytes
    }

    /// How many marked bytes are left. The allocator writes its own into what is freed.
    fn marked(&mut self, address: usize, length: usize) -> usize {
        self.at(address, length).iter().filter(|byte| **byte == MARK).count()
    }
}

#[test]
fn bytes_are_wiped_when_dropped() {
    let mut memory = Memory::new();
    let secret = SecretBytes::new(vec![MARK; 1000]);
    let address = secret.expose().as_ptr().addr();
    assert_eq!(memory.marked(address, 1000), 1000);
    drop(secret);
    // The allocator keeps lists in the first bytes of what is freed, and an address may have any
    // byte in it.
    assert_eq!(memory.marked(address + 64, 1000 - 64), 0);
}

/// Without wiping the other tests would fail: what is dropped stays.
#[test]
fn bytes_that_are_no_secret_are_not_wiped() {
    let mut memory = Memory::new();
    let open = vec![MARK; 1000];
    let small = Box::new([MARK; 32]);
    let (address, small_address) = (open.as_ptr().addr(), small.as_ptr().addr());
    drop(open);
    assert!(memory.marked(address, 1000) > 500);
    drop(small);
    assert!(memory.marked(small_address, 32) > 0);
}

#[test]
fn a_key_is_wiped_when_dropped_and_leaves_no_copy_where_it_was_moved_from() {
    let mut memory = Memory::new();
    let key = SecretKey::from_slice(&[MARK; 32]).unwrap();
    let address = key.expose().as_ptr().addr();
    let moved = Box::new(key);
    // Moving a key moves no key bytes.
    assert_eq!(moved.expose().as_ptr().addr(), address);
    assert_eq!(memory.marked(address, 32), 32);
    drop(moved);
    assert_eq!(memory.marked(address + 16, 16), 0);
}

#[test]
fn a_derived_key_is_wiped_when_dropped() {
    let mut memory = Memory::new();
    let key = SecretKey::from_slice(&[MARK; 32]).unwrap();
    let derived = kdf::derive(&key, "wiping", b"").unwrap();
    let (address, before) = (derived.expose().as_ptr().addr(), *derived.expose());
    assert_eq!(memory.at(address, 32), before);
    drop(derived);
    // The allocator's own bytes take the place of the first sixteen.
    assert_eq!(memory.at(address, 32)[16..], [0; 16]);
    assert_ne!(before[16..], [0; 16]);
}
