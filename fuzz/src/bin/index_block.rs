//! A file of the trail's index: whoever wrote it, it is refused or looked through.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::fs;
use std::path::PathBuf;
use strongroom_trail::index::fuzzing::{read_block, write_block};

thread_local! {
    static PATH: PathBuf = path();
}

fn path() -> PathBuf {
    std::env::temp_dir().join(format!("strongroom-fuzz-index-{}", std::process::id()))
}

fuzz_target!(|input: (Vec<(u16, u8)>, &[u8])| {
    let (changes, bytes) = input;
    PATH.with(|path| {
        fs::write(path, bytes).expect("a file");
        read_block(path);
        // One of our own, with some bytes changed.
        write_block(path);
        let mut block = fs::read(path).expect("a file");
        for (at, with) in changes.into_iter().take(8) {
            let at = usize::from(at) % block.len();
            block[at] ^= with;
        }
        fs::write(path, block).expect("a file");
        read_block(path);
        fs::remove_file(path).expect("it was there");
    });
});
