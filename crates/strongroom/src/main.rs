//! The program `strongroom`.

use mimalloc::MiMalloc;
use zeroizing_alloc::ZeroAlloc;

/// Wipes all memory that is freed: secret types wipe their own, and this wipes what libraries copied.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<MiMalloc> = ZeroAlloc(MiMalloc);

fn main() -> std::process::ExitCode {
    strongroom::run()
}
