//! What all listings answer: whether they go on, and where.

use strongroom_engine::reply::{Out, Reply};

/// A page under `name`.
pub(crate) fn page_reply(name: &'static str, items: Vec<Out>, next: Option<String>) -> Reply {
    let truncated = next.is_some();
    Reply::empty()
        .with(name, Out::List(items))
        .with_some("NextMarker", next)
        .with("Truncated", truncated)
}
