//! Doors for fuzz targets to parsers that only this crate uses; they are open with `--cfg fuzzing`
//! and never in the product. What must hold of a parser whatever it is given is asserted here, where
//! its types are known.

use crate::{Answer, answered};
use bytes::Bytes;
use hyper::{HeaderMap, StatusCode};

/// An answer of a KMS that is no success: what is shown of it is short and moves no cursor.
pub fn kms_fault(status: u16, body: &[u8]) {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let answer = Answer { status, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body) };
    let text = answered::fault(&answer).to_string();
    assert!(text.chars().count() < 1500 && !text.chars().any(char::is_control));
}
