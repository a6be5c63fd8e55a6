//! The file that a signal would leave behind. Rust runs no destructors when a signal ends the process,
//! so the one file that has a name before it is whole is known here, and removed by who receives it.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use tokio::signal::unix::{SignalKind, signal};

static PENDING: Mutex<Option<PathBuf>> = Mutex::new(None);

/// The file that would be left, or that there is none.
pub(super) fn pending(path: Option<&Path>) {
    let mut pending = PENDING.lock().unwrap_or_else(PoisonError::into_inner);
    *pending = path.map(Path::to_owned);
}

/// Waits for the signals that end a process, removes what is pending, and ends it with the code that
/// shells give to such an end. What waits for input meanwhile needs not be woken.
pub(super) async fn watch() {
    let kinds =
        [(SignalKind::interrupt(), 2), (SignalKind::terminate(), 15), (SignalKind::hangup(), 1)];
    let waiting = kinds.map(|(kind, number)| async move {
        match signal(kind) {
            Ok(mut signal) => {
                signal.recv().await;
                number
            }
            // Its default action stands.
            Err(_) => std::future::pending().await,
        }
    });
    let [interrupt, terminate, hangup] = waiting;
    let number = tokio::select! {
        number = interrupt => number,
        number = terminate => number,
        number = hangup => number,
    };
    let pending = PENDING.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(path) = pending {
        let _ = std::fs::remove_file(path);
    }
    std::process::exit(128 + number);
}
