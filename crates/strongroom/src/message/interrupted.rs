//! The files that a signal would leave behind. Rust runs no destructors when a signal ends the process,
//! so the files that have a name before they are whole are known here, and removed by who receives it.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Interrupt, termination and hang-up: their numbers are the same on every Linux.
const ENDING: [i32; 3] = [2, 15, 1];

static PENDING: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn pending() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    PENDING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// This file would be left.
pub(super) fn expect(path: &Path) {
    pending().insert(path.to_owned());
}

/// This file is there no more, or is whole.
pub(super) fn forget(path: &Path) {
    pending().remove(path);
}

/// Receives the signals that end a process.
pub(super) struct Watch(Vec<(i32, Signal)>);

impl Watch {
    /// From now on. A signal that who started the process has it ignore (nohup) stays ignored. It takes
    /// a runtime that is entered.
    pub(super) fn begin() -> Self {
        let ignored = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = ignored_in(&ignored);
        let heard = ENDING.iter().filter(|number| ignored >> (**number - 1) & 1 == 0);
        // Where there can be no handler, the signal's default action stands.
        let signals =
            heard.filter_map(|number| Some((*number, signal(SignalKind::from_raw(*number)).ok()?)));
        Self(signals.collect())
    }

    /// Waits for one, removes what is pending, and dies of it: a shell that waits is told that it was a
    /// signal, and ends its loop, too. What waits for input meanwhile needs not be woken.
    pub(super) async fn wait(mut self) {
        let number = poll_fn(|context| {
            let mut come = self.0.iter_mut().filter_map(|(number, signal)| {
                signal.poll_recv(context).is_ready().then_some(*number)
            });
            come.next().map_or(Poll::Pending, Poll::Ready)
        });
        let number = number.await;
        // Held to the end, so that no other thread makes a file after this.
        let pending = pending();
        for path in pending.iter() {
            let _ = std::fs::remove_file(path);
        }
        let _ = signal_hook::low_level::emulate_default_handler(number);
        std::process::exit(128 + number);
    }
}

/// The signals that a process ignores, a bit each, of what proc(5) says of its status.
fn ignored_in(status: &str) -> u64 {
    let digits = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    digits.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::ignored_in;

    #[test]
    fn what_is_ignored_is_a_bit_a_signal() {
        assert_eq!(ignored_in("SigBlk:\t00ff\nSigIgn:\t0000000000001001\nSigCgt:\t02\n"), 0x1001);
        assert_eq!(ignored_in("") | ignored_in("SigIgn:\tx"), 0);
    }
}
