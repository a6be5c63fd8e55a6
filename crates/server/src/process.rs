//! What the process takes of the machine, as the kernel counts it.

use crate::clock;
use rustix::fs::{Dir, Mode, OFlags};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// More than `/proc/self/stat` has.
const MOST_STAT: usize = 2048;

/// Reads it again and again, from files that were opened once: in a sandbox they are out of reach.
pub struct Process {
    stat: File,
    descriptors: Mutex<Dir>,
    started: SystemTime,
}

/// What it takes now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Time on processors, of all threads that there were.
    pub processor: Duration,
    /// Threads.
    pub threads: u64,
    /// Address space, bytes.
    pub address_space: u64,
    /// Memory that is held, bytes.
    pub resident: u64,
    /// Files that are open, sockets among them.
    pub open_files: u64,
    /// Files that may be open; `None`: any number.
    pub most_files: Option<u64>,
    /// When the process began, for the purpose of this: since 1970.
    pub started: Duration,
}

impl Process {
    /// Opens what it is read from. Call it before a sandbox is entered, once, early.
    ///
    /// # Errors
    /// Of the system, if it has no `/proc`.
    pub fn open() -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let descriptors = rustix::fs::open("/proc/self/fd", flags, Mode::empty())?;
        Ok(Self {
            stat: File::open("/proc/self/stat")?,
            descriptors: Mutex::new(Dir::new(descriptors)?),
            started: clock::now(),
        })
    }

    /// What the process takes now; `None` if the kernel does not tell.
    #[must_use]
    pub fn usage(&self) -> Option<Usage> {
        let mut bytes = [0; MOST_STAT];
        let length = self.stat.read_at(&mut bytes, 0).ok()?;
        let stat = Stat::parse(std::str::from_utf8(bytes.get(..length)?).ok()?)?;
        let ticks = rustix::param::clock_ticks_per_second().max(1);
        let page = u64::try_from(rustix::param::page_size()).ok()?;
        let started = self.started.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Some(Usage {
            processor: Duration::from_millis(stat.ticks.saturating_mul(1000) / ticks),
            threads: stat.threads,
            address_space: stat.bytes,
            resident: stat.pages.saturating_mul(page),
            open_files: self.open_files()?,
            most_files: crate::hardening::open_files(),
            started,
        })
    }

    fn open_files(&self) -> Option<u64> {
        let mut descriptors = self.descriptors.lock().unwrap_or_else(PoisonError::into_inner);
        descriptors.rewind();
        let mut count = 0;
        while let Some(entry) = descriptors.read() {
            count += u64::from(!entry.ok()?.file_name().to_bytes().starts_with(b"."));
        }
        Some(count)
    }
}

/// Of `/proc/self/stat`. Source: proc_pid_stat(5).
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    ticks: u64,
    threads: u64,
    bytes: u64,
    pages: u64,
}

impl Stat {
    /// The program's name, second and in parentheses, may hold anything; fields are counted behind it.
    fn parse(text: &str) -> Option<Self> {
        let (_, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        // The first of them is the third of all.
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        Some(Self {
            ticks: field(14)?.saturating_add(field(15)?),
            threads: field(20)?,
            bytes: field(23)?,
            pages: field(24)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_counted_behind_the_name() {
        let text = "7 (a) b (c)) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 12 0 999 \
                    1048576 300 18446744073709551615 1 1 0";
        let expected = Stat { ticks: 300, threads: 12, bytes: 1_048_576, pages: 300 };
        assert_eq!(Stat::parse(text), Some(expected));
        assert_eq!(Stat::parse("7 (a) S 1"), None);
        assert_eq!(Stat::parse(""), None);
    }

    #[test]
    fn a_process_knows_itself_each_time_anew() {
        let process = Process::open().unwrap();
        let before = process.usage().unwrap();
        assert!(before.threads >= 1 && before.resident > 0 && before.address_space > 0);
        let more: Vec<_> = (0..5).map(|_| File::open("/dev/null").unwrap()).collect();
        assert!(process.usage().unwrap().open_files >= before.open_files + 5);
        drop(more);
    }
}
