//! Message authentication codes.

mod generate_mac;
mod request;
mod verify_mac;

pub(crate) use generate_mac::GenerateMac;
pub(crate) use verify_mac::VerifyMac;
