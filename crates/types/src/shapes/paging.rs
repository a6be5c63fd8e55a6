//! Pages of listings.

use super::{matching, open, patterns};
use crate::shape::Kind::Integer;
use crate::shape::Shape;

/// Page length.
pub const LIMIT: Shape = open("LimitType", Integer { min: 1, max: 1000 });
/// Page marker.
pub const MARKER: Shape = matching("MarkerType", 1, 1024, &patterns::LATIN);
