//! Signing, and verifying what was signed.

mod request;
mod sign;
mod verify;

pub(crate) use sign::Sign;
pub(crate) use verify::Verify;
