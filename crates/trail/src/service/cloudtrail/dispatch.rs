//! From an operation's name to its code. A name without a line here does not compile.

use super::operations as o;
use super::table::CloudTrailOperation as Name;
use strongroom_engine::call::Call;
use strongroom_engine::ledger::{Recorded, Unrecorded};
use strongroom_engine::wire::{Malformed, Node};
use strongroom_engine::{Engine, Outcome};

/// Serves the operation of CloudTrail `name`.
///
/// # Errors
/// [`Unrecorded`] when the request could not be recorded.
pub async fn serve_cloudtrail(
    engine: &Engine,
    name: Name,
    call: &Call,
    input: Result<Node<'_>, Malformed>,
) -> Result<Recorded<Outcome>, Unrecorded> {
    match name {
        Name::AddTags => engine.serve::<o::AddTags>(call, input).await,
        Name::CreateTrail => engine.serve::<o::CreateTrail>(call, input).await,
        Name::DeleteTrail => engine.serve::<o::DeleteTrail>(call, input).await,
        Name::DescribeTrails => engine.serve::<o::DescribeTrails>(call, input).await,
        Name::GetEventSelectors => engine.serve::<o::GetEventSelectors>(call, input).await,
        Name::GetTrail => engine.serve::<o::GetTrail>(call, input).await,
        Name::GetTrailStatus => engine.serve::<o::GetTrailStatus>(call, input).await,
        Name::ListPublicKeys => engine.serve::<o::ListPublicKeys>(call, input).await,
        Name::ListTags => engine.serve::<o::ListTags>(call, input).await,
        Name::ListTrails => engine.serve::<o::ListTrails>(call, input).await,
        Name::LookupEvents => engine.serve::<o::LookupEvents>(call, input).await,
        Name::PutEventSelectors => engine.serve::<o::PutEventSelectors>(call, input).await,
        Name::RemoveTags => engine.serve::<o::RemoveTags>(call, input).await,
        Name::StartLogging => engine.serve::<o::StartLogging>(call, input).await,
        Name::StopLogging => engine.serve::<o::StopLogging>(call, input).await,
        Name::UpdateTrail => engine.serve::<o::UpdateTrail>(call, input).await,
    }
}
