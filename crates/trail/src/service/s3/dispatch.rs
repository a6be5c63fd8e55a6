//! From an operation's name to its code. A name without a line here does not compile.

use super::S3Operation as Name;
use super::get_bucket_location::GetBucketLocation;
use super::get_object::GetObject;
use super::head_bucket::HeadBucket;
use super::head_object::HeadObject;
use super::list_objects::ListObjects;
use super::list_objects_v2::ListObjectsV2;
use strongroom_engine::call::Call;
use strongroom_engine::ledger::{Recorded, Unrecorded};
use strongroom_engine::wire::{Malformed, Node};
use strongroom_engine::{Engine, Outcome};

/// Serves the operation of S3 `name`.
///
/// # Errors
/// [`Unrecorded`] when the request could not be recorded.
pub async fn serve(
    engine: &Engine,
    name: Name,
    call: &Call,
    input: Result<Node<'_>, Malformed>,
) -> Result<Recorded<Outcome>, Unrecorded> {
    match name {
        Name::GetBucketLocation => engine.serve::<GetBucketLocation>(call, input).await,
        Name::GetObject => engine.serve::<GetObject>(call, input).await,
        Name::HeadBucket => engine.serve::<HeadBucket>(call, input).await,
        Name::HeadObject => engine.serve::<HeadObject>(call, input).await,
        Name::ListObjects => engine.serve::<ListObjects>(call, input).await,
        Name::ListObjectsV2 => engine.serve::<ListObjectsV2>(call, input).await,
    }
}
