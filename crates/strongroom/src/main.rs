//! The program `strongroom`.

use std::alloc::System;
use zeroizing_alloc::ZeroAlloc;

/// Wipes all memory that is freed: secret types wipe their own, and this wipes what libraries copied.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> std::process::ExitCode {
    strongroom::run()
}
