//! Doors for fuzz targets to parsers that only this crate uses; they are open with `--cfg fuzzing`
//! and never in the product. What must hold of a parser whatever it is given is asserted here, where
//! its types are known.

pub use crate::buckets::fuzzing::bucket_answer;
pub use crate::xks::fuzzing::{endpoint, proxy_answer};

/// The certificates in a PEM file.
pub fn certificates(text: &[u8]) {
    if let Some(all) = strongroom_client::pem::certificates(text) {
        assert!(!all.is_empty());
    }
}
