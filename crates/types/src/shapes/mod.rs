//! The shapes of the KMS API that requests use, by family, each defined once. A test compares them
//! with the public API model.

mod aliases;
mod cryptography;
mod grants;
mod import;
mod key_stores;
mod keys;
mod paging;
mod patterns;
mod policies;
mod rotation;
mod tags;

pub use aliases::*;
pub use cryptography::*;
pub use grants::*;
pub use import::*;
pub use key_stores::*;
pub use keys::*;
pub use paging::*;
pub use policies::*;
pub use rotation::*;
pub use tags::*;

use crate::shape::Kind::{Boolean, Name, Text};
use crate::shape::Visibility::{Open, Withheld};
use crate::shape::{Kind, Pattern, Shape};

/// A list for which the model gives no greatest length; the body's bounds it.
const UNBOUNDED: usize = usize::MAX;

const fn open(model: &'static str, kind: Kind) -> Shape {
    Shape { model, kind, visibility: Open }
}

const fn withheld(model: &'static str, kind: Kind) -> Shape {
    Shape { model, kind, visibility: Withheld }
}

/// A text of which the model gives the length only.
const fn text(model: &'static str, min: usize, max: usize) -> Shape {
    open(model, Text { min, max, pattern: None })
}

const fn matching(model: &'static str, min: usize, max: usize, pattern: &'static Pattern) -> Shape {
    open(model, Text { min, max, pattern: Some(pattern) })
}

const fn name(model: &'static str, names: &'static [&'static str]) -> Shape {
    open(model, Name(names))
}

/// A member that may be true, false or absent.
pub const NULLABLE_BOOLEAN: Shape = open("NullableBooleanType", Boolean);
/// A member that is true or false.
pub const BOOLEAN: Shape = open("BooleanType", Boolean);
