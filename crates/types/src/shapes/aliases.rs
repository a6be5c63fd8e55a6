//! Aliases.

use super::{matching, patterns};
use crate::shape::Shape;

/// Alias name, prefix included.
pub const ALIAS_NAME: Shape = matching("AliasNameType", 1, 256, &patterns::ALIAS);
