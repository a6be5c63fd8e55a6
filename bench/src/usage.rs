//! What a process has used, from `/proc` (proc(5)).

use std::time::Duration;

/// User and system time of all threads of `pid`, those that have ended included. The kernel counts
/// in ticks, of which there are 100 a second. `None` if there is no such process.
pub(crate) fn cpu(pid: u32) -> Option<Duration> {
    let ticks = ticks(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?;
    let nanos =
        ticks.checked_mul(1_000_000_000 / rustix::param::clock_ticks_per_second().max(1))?;
    Some(Duration::from_nanos(nanos))
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
