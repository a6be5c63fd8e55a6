//! What a process has used, from `/proc` (proc(5)).

use std::time::Duration;

/// User and system time of all threads of `pid`, those that have ended included. The kernel counts
/// in ticks, of which there are 100 a second. `None` if there is no such process.
pub(crate) fn cpu(pid: u32) -> Option<Duration> {
    time(ticks(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?)
}

/// Processor time of the threads that this process has now, nanoseconds; the kernel brings it up to
/// date at least 100 times a second. `None` where it keeps no such statistics.
pub(crate) fn own_cpu() -> Option<u64> {
    let threads = std::fs::read_dir("/proc/self/task").ok()?;
    let used = threads.map(|thread| {
        let text = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        text.split_ascii_whitespace().next()?.parse::<u64>().ok()
    });
    used.sum()
}

/// Time in which the machine's cores were not idle, added up; what a hypervisor took from them
/// counts too.
pub(crate) fn machine() -> Option<Duration> {
    time(busy(&std::fs::read_to_string("/proc/stat").ok()?)?)
}

/// Memory of `pid` that is resident now, bytes.
pub(crate) fn resident(pid: u32) -> Option<u64> {
    kibibytes(&std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?, "VmRSS:")
}

/// The value of a line `name  12 kB`, in bytes.
pub(crate) fn kibibytes(text: &str, name: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(name))?;
    value.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
}

fn time(ticks: u64) -> Option<Duration> {
    let nanos =
        ticks.checked_mul(1_000_000_000 / rustix::param::clock_ticks_per_second().max(1))?;
    Some(Duration::from_nanos(nanos))
}

/// The first line's user, nice, system, irq, softirq and steal; not idle and iowait, which are the
/// fourth and fifth.
fn busy(stat: &str) -> Option<u64> {
    let fields = stat.lines().next()?.strip_prefix("cpu ")?.split_ascii_whitespace().take(8);
    let idle = |at: usize| (3..=4).contains(&at);
    let counted =
        fields.enumerate().filter(|(at, _)| !idle(*at)).map(|(_, ticks)| ticks.parse::<u64>());
    counted.sum::<Result<_, _>>().ok()
}

/// Fields 14 and 15. The second field is the program's name in parentheses and may hold anything,
/// parentheses and blanks too.
fn ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<u64>().ok();
    next()?.checked_add(next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_program_does_not_shift_its_fields() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 500 0 0 0 1234 66 0 0 20 0 3 0 100 0 0";
        assert_eq!(ticks(stat), Some(1300));
        assert_eq!(ticks("7 (a) S 1"), None);
    }

    #[test]
    fn waiting_is_not_work() {
        assert_eq!(busy("cpu  1 10 100 7777 8888 1000 10000 100000 5 5\ncpu0 1\n"), Some(111_111));
        assert_eq!(busy("cpu0 1 1 1 1"), None);
        assert!(machine().unwrap() > cpu(std::process::id()).unwrap());
    }

    #[test]
    fn memory_is_in_bytes() {
        let status = "Name:\tx\nVmHWM:\t    9 kB\nVmRSS:\t   12 kB\n";
        assert_eq!(kibibytes(status, "VmRSS:"), Some(12 * 1024));
        assert_eq!(kibibytes(status, "VmSwap:"), None);
    }

    #[test]
    fn this_process_is_found() {
        assert!(cpu(std::process::id()).is_some());
        assert!(resident(std::process::id()).unwrap() > 100_000);
        assert_eq!(cpu(u32::MAX), None);
    }
}
