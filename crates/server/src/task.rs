//! Where tasks are started.

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// Starts a task on the runtime that the caller runs on; without one, drops `work`.
pub(crate) fn spawn(work: impl Future<Output = ()> + Send + 'static) -> Option<JoinHandle<()>> {
    Handle::try_current().ok().map(|runtime| runtime.spawn(work))
}

/// A task that ends when this is dropped.
pub(crate) struct Background(Option<JoinHandle<()>>);

impl Background {
    /// Starts it.
    pub(crate) fn start(work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(spawn(work))
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}
