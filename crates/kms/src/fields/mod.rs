//! The wire fields of each operation, by family, in the order of the API model. A test compares
//! them with it.

mod aliases;
mod cryptography;
mod deletion;
mod keys;
mod policies;
mod tags;

pub(crate) use aliases::*;
pub(crate) use cryptography::*;
pub(crate) use deletion::*;
pub(crate) use keys::*;
pub(crate) use policies::*;
pub(crate) use tags::*;

use strongroom_types::shape::{Field, optional, required};
use strongroom_types::shapes::{KEY_ID, LIMIT, MARKER};

type Fields = &'static [Field];

pub(crate) const KEY_ONLY: Fields = &[required("KeyId", &KEY_ID)];

pub(crate) const KEY_PAGE: Fields =
    &[required("KeyId", &KEY_ID), optional("Limit", &LIMIT), optional("Marker", &MARKER)];
