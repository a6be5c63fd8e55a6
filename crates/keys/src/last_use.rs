//! The last use of a key: what is remembered of it.

use crate::codec::time;
use minicbor::{Decode, Encode};
use strongroom_types::Timestamp;

/// The last successful cryptographic operation with a key.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LastUse {
    /// The operation.
    #[n(0)]
    pub operation: String,
    /// When.
    #[cbor(n(1), with = "time")]
    pub time: Timestamp,
    /// Identifier of the request; 16 bytes.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub request: [u8; 16],
}
