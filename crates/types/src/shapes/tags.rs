//! Tags.

use super::{UNBOUNDED, open, text};
use crate::shape::Kind::{List, Structure};
use crate::shape::{Field, Shape, required};

/// Tags.
pub const TAGS: Shape = open("TagList", List { member: &TAG, min: 0, max: UNBOUNDED });
const TAG: Shape = open("Tag", Structure(TAG_FIELDS));
/// The members of a tag.
pub const TAG_FIELDS: &[Field] = &[required("TagKey", &TAG_KEY), required("TagValue", &TAG_VALUE)];
const TAG_KEY: Shape = text("TagKeyType", 1, 128);
const TAG_VALUE: Shape = text("TagValueType", 0, 256);
/// Keys of tags.
pub const TAG_KEYS: Shape = open("TagKeyList", List { member: &TAG_KEY, min: 0, max: UNBOUNDED });
