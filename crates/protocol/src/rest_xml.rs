//! S3's form of REST with XML: paths and query strings in, headers and XML out. Buckets are named in
//! the path.
//!
//! Source: Amazon S3 API Reference; Smithy, "AWS restXml protocol".

mod answer;
mod escape;
mod request;

pub use answer::{Answer, error, render, render_unrecorded};
pub use request::{Head, Request, Unserved};
