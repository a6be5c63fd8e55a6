//! Pages of listings, as IAM asks for and returns them.

use strongroom_engine::decode::Values;
use strongroom_engine::pages::{PageRequest, page_request};
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::{Out, Reply};

/// The page that `MaxItems` and `Marker` ask for.
pub(super) fn page(values: &mut Values) -> Result<PageRequest, Refusal> {
    page_request(values.take("MaxItems"), values.take("Marker"), 100, 1000)
}

/// An answer with a page of `entries` under `name`.
pub(super) fn page_reply(
    reply: Reply,
    name: &'static str,
    entries: Vec<Out>,
    next: Option<String>,
) -> Reply {
    reply
        .with(name, Out::List(entries))
        .with("IsTruncated", next.is_some())
        .with_some("Marker", next)
}

/// A listing of several parts, one after another: which part a marker continues, and its marker
/// within.
pub(super) fn split(marker: Option<String>) -> Result<(usize, Option<String>), Refusal> {
    let Some(text) = marker else { return Ok((0, None)) };
    let (part, within) = text.split_once('.').ok_or(Refusal::InvalidMarker)?;
    let part = part.parse().map_err(|_| Refusal::InvalidMarker)?;
    Ok((part, Some(within.to_owned()).filter(|within| !within.is_empty())))
}

/// The marker that continues in this part.
pub(super) fn joined(part: usize, within: Option<String>) -> String {
    format!("{part}.{}", within.unwrap_or_default())
}
