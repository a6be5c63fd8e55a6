//! The shapes of the IAM and STS APIs that requests use, each defined once.

pub(crate) mod iam;
mod patterns;
pub(crate) mod simulation;
pub(crate) mod sts;

use strongroom_types::shape::Visibility::{Open, Withheld};
use strongroom_types::shape::{Kind, Shape};

/// A text or list for which the model gives no greatest length; the body's bounds it.
const UNBOUNDED: usize = usize::MAX;

const fn open(model: &'static str, kind: Kind) -> Shape {
    Shape { model, kind, visibility: Open }
}

const fn withheld(model: &'static str, kind: Kind) -> Shape {
    Shape { model, kind, visibility: Withheld }
}
