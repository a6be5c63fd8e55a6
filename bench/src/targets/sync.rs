//! The disk alone: appending and waiting until it is durable, as the journal does.

use super::Context;
use crate::clock;
use crate::contestant;
use crate::histogram::Histogram;
use crate::terminal::Failure;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Appends that are timed.
const COUNT: u64 = 400;
/// Bytes of each: about those of the record of one Encrypt. Disks take whole blocks, so it does not
/// matter how many exactly.
const FRAME: u32 = 1024;
/// What the file has beyond its end, so that its length does not change with each append, bytes.
const RESERVE: usize = 4 << 20;

/// Seconds that half of the appends take at most, with nothing else under way.
pub(super) fn measure(context: &Context<'_>) -> Result<Option<f64>, Failure> {
    let dir = contestant::directory(context.data)?;
    let path = dir.path().join("appended");
    let timed = timed(&path).map_err(|why| Failure::of(path.display(), why))?;
    Ok(timed.percentile(500).map(|latency| latency.as_secs_f64()))
}

fn timed(path: &Path) -> io::Result<Histogram> {
    let file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all_at(&vec![0; RESERVE], 0)?;
    file.sync_all()?;
    let (bytes, mut times) = (vec![0x5a; usize::try_from(FRAME).unwrap_or(0)], Histogram::new());
    for number in 0..COUNT {
        let begun = clock::now();
        file.write_all_at(&bytes, number * u64::from(FRAME))?;
        file.sync_data()?;
        times.record(clock::now().saturating_duration_since(begun));
    }
    Ok(times)
}
