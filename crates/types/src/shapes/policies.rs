//! Key policies.

use super::{matching, patterns};
use crate::shape::Shape;

/// Name of a key policy.
pub const POLICY_NAME: Shape = matching("PolicyNameType", 1, 128, &patterns::WORD);
/// Text of a key policy.
pub const POLICY: Shape = matching("PolicyType", 1, 131_072, &patterns::POLICY);
