//! What keeps secrets in memory out of core dumps, debuggers and swap, as far as the machine lets
//! us, and what the operator must do where it does not.

use rustix::io::Errno;
use rustix::mm::{MlockAllFlags, mlockall};
use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior};
use rustix::process::{setpriority_process, setrlimit};
use rustix::thread::{CapabilitySet, capabilities, gettid, set_no_new_privs};
use std::fmt;

/// A protection that could not be had. The process may go on; the operator should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// Core dumps could not be turned off.
    CoreDumps(Errno),
    /// Other processes of the same user may read this one's memory.
    Dumpable(Errno),
    /// Programs started from this one could gain privileges.
    Privileges(Errno),
    /// The number of open files stays at its soft limit.
    OpenFiles {
        /// That limit.
        limit: u64,
        /// Why it could not be raised.
        error: Errno,
    },
    /// Memory may be written to the swap space of this machine.
    Swappable {
        /// Why memory is not locked; `None`: the limit on locked memory does not allow all of it.
        error: Option<Errno>,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CoreDumps(error) => write!(
                f,
                "core dumps, which would hold keys, could not be turned off ({error}): set \
                 LimitCORE=0 in the systemd unit"
            ),
            Self::Dumpable(error) => write!(
                f,
                "processes of the same user can read the memory of this one ({error}): run it as a \
                 user of its own"
            ),
            Self::Privileges(error) => write!(
                f,
                "privileges could not be given up ({error}): set NoNewPrivileges=yes in the \
                 systemd unit"
            ),
            Self::OpenFiles { limit, error } => write!(
                f,
                "at most {limit} files and connections can be open ({error}): set LimitNOFILE in \
                 the systemd unit"
            ),
            Self::Swappable { error } => {
                write!(f, "memory, which holds keys, may be written to swap")?;
                if let Some(error) = error {
                    write!(f, " ({error})")?;
                }
                write!(
                    f,
                    ": set LimitMEMLOCK=infinity in the systemd unit (in a container: --ulimit \
                     memlock=-1), or turn swap off or encrypt it"
                )
            }
        }
    }
}

/// Hardens the process: no core dumps, not readable by others of the same user, no new privileges,
/// as many open files as are allowed, memory locked. Call it once, before threads are started and
/// secrets are read. Returns what could not be done; doing it again does no harm.
#[must_use]
pub fn harden() -> Vec<Finding> {
    let mut findings = Vec::new();
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(error) = setrlimit(Resource::Core, none) {
        findings.push(Finding::CoreDumps(error));
    }
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        findings.push(Finding::Dumpable(error));
    }
    if let Err(error) = set_no_new_privs(true) {
        findings.push(Finding::Privileges(error));
    }
    if let Err(error) = raise(Resource::Nofile) {
        let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        findings.push(Finding::OpenFiles { limit, error });
    }
    findings.extend(lock_memory());
    findings
}

/// Lets this thread leave the processor to others, by so many steps of niceness; a thread that may
/// not say so is as important as the others.
pub fn be_nicer(steps: i32) {
    let _ = setpriority_process(Some(gettid()), steps);
}

/// How many files this process may have open, connections included; `None`: any number.
pub(crate) fn open_files() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}

/// Locks present and future memory if no limit stands against it: with one, a later allocation
/// would fail. Pages are locked as they come into use, so reserved stacks take no memory.
fn lock_memory() -> Option<Finding> {
    // If it fails, the limit found next is what it was.
    let _ = raise(Resource::Memlock);
    let unlimited = getrlimit(Resource::Memlock).current.is_none();
    let failed = if unlimited || may_lock() {
        let all = MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT;
        Some(mlockall(all).err()?)
    } else {
        None
    };
    swaps(&std::fs::read_to_string("/proc/swaps").unwrap_or_default())
        .then_some(Finding::Swappable { error: failed })
}

/// Whether the process has the capability before which the limit on locked memory is void.
fn may_lock() -> bool {
    capabilities(None).is_ok_and(|sets| sets.effective.contains(CapabilitySet::IPC_LOCK))
}

/// Raises a soft limit to its hard limit.
fn raise(resource: Resource) -> Result<(), Errno> {
    let Rlimit { current, maximum } = getrlimit(resource);
    if current == maximum {
        return Ok(());
    }
    setrlimit(resource, Rlimit { current: maximum, maximum })
}

/// Whether the text of `/proc/swaps` names a swap space: a line after the heading.
fn swaps(text: &str) -> bool {
    text.lines().skip(1).any(|line| !line.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swap_is_recognised() {
        let heading = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
        assert!(!swaps(heading));
        assert!(!swaps(""));
        assert!(swaps(&format!("{heading}/dev/dm-1 partition 999420 0 -2\n")));
    }

    #[test]
    fn findings_say_what_to_do() {
        let text = Finding::Swappable { error: Some(Errno::PERM) }.to_string();
        assert!(text.contains("LimitMEMLOCK=infinity"), "{text}");
        let text = Finding::OpenFiles { limit: 1024, error: Errno::PERM }.to_string();
        assert!(text.contains("1024"), "{text}");
    }
}
