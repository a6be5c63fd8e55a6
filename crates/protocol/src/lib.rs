//! Wire formats: body → input, recorded outcome → body, error → status and wording.
//!
//! **Architecture invariant:** what any operation does is not known here. Bytes that tell how a
//! request ended are made of a [`Recorded`](strongroom_engine::ledger::Recorded) outcome, or of the
//! news that nothing could be recorded.

pub mod json;
pub mod query;
mod rendered;
pub mod rest_xml;
pub mod route;
mod xml;

pub use rendered::Rendered;
