//! Work that is finished even when nobody waits for it any more.

use crate::task;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A future which, dropped before its end, goes on as a task of its own.
///
/// hyper drops the answer to a client that hung up. A handler stopped at whichever `await` that
/// was could leave memory and store telling different stories; so it is never stopped.
pub(crate) struct Finishing<T: Send + 'static> {
    work: Option<Pin<Box<dyn Future<Output = T> + Send>>>,
}

impl<T: Send + 'static> Finishing<T> {
    /// Nothing runs before the first poll.
    pub(crate) fn new(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self { work: Some(Box::pin(work)) }
    }
}

impl<T: Send + 'static> Future for Finishing<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let Some(work) = &mut self.work else {
            return Poll::Pending;
        };
        let output = std::task::ready!(work.as_mut().poll(cx));
        self.work = None;
        Poll::Ready(output)
    }
}

impl<T: Send + 'static> Drop for Finishing<T> {
    fn drop(&mut self) {
        // INVARIANT: a future that panicked is not polled again.
        if let Some(work) = self.work.take().filter(|_| !std::thread::panicking()) {
            let _ = task::spawn(async move { drop(work.await) });
        }
    }
}
