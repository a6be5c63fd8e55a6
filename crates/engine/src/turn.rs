//! Long work of one request lets the others have their turn.

use std::future::poll_fn;
use std::task::Poll;

/// How many records are opened in a row.
pub(crate) const IN_A_ROW: usize = 64;

/// Lets whoever else waits for the thread go first, once.
pub(crate) async fn turn() {
    let mut had = false;
    poll_fn(|context| {
        if had {
            return Poll::Ready(());
        }
        had = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
