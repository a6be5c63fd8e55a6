//! Pages of listings, as CloudTrail asks for them: by a token alone.

use strongroom_engine::decode::Values;
use strongroom_engine::pages::PageRequest;
use strongroom_engine::refusal::{Refusal, TrailRefusal};

/// The most entries of a page. Our choice: CloudTrail's is not documented.
const ENTRIES: usize = 100;

/// The page that `NextToken` asks for.
pub(super) fn page(values: &mut Values) -> PageRequest {
    PageRequest { limit: ENTRIES, marker: values.take("NextToken") }
}

/// How CloudTrail refuses a token that it did not give for this.
pub(super) fn token(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::InvalidMarker => Refusal::Trail(TrailRefusal::Token),
        other => other,
    }
}
