//! The fields of S3's operations. What they must look like S3 says in its own words, so that is
//! checked where they are read; here everything is text.

use strongroom_types::shape::{Field, Kind, Shape, Visibility, optional, required};

/// Text of any length: the transport's limits hold.
const fn text(model: &'static str) -> Shape {
    let kind = Kind::Text { min: 0, max: usize::MAX, pattern: None };
    Shape { model, kind, visibility: Visibility::Open }
}

const BUCKET_NAME: Shape = text("BucketName");
const CONTINUATION: Shape = text("Token");
const DELIMITER: Shape = text("Delimiter");
const ENCODING: Shape = text("EncodingType");
const IF_MATCH: Shape = text("IfMatch");
const IF_NONE_MATCH: Shape = text("IfNoneMatch");
const MARKER: Shape = text("Marker");
const MAX_KEYS: Shape = text("MaxKeys");
const OBJECT_KEY: Shape = text("ObjectKey");
const PREFIX: Shape = text("Prefix");
const RANGE: Shape = text("Range");
const START_AFTER: Shape = text("StartAfter");
const FETCH_OWNER: Shape = text("FetchOwner");

pub(super) const BUCKET: &[Field] = &[required("Bucket", &BUCKET_NAME)];

pub(super) const OBJECT: &[Field] = &[
    required("Bucket", &BUCKET_NAME),
    required("Key", &OBJECT_KEY),
    optional("Range", &RANGE),
    optional("IfMatch", &IF_MATCH),
    optional("IfNoneMatch", &IF_NONE_MATCH),
];

pub(super) const LIST_OBJECTS: &[Field] = &[
    required("Bucket", &BUCKET_NAME),
    optional("Prefix", &PREFIX),
    optional("Marker", &MARKER),
    optional("MaxKeys", &MAX_KEYS),
    optional("Delimiter", &DELIMITER),
    optional("EncodingType", &ENCODING),
];

pub(super) const LIST_OBJECTS_V2: &[Field] = &[
    required("Bucket", &BUCKET_NAME),
    optional("Prefix", &PREFIX),
    optional("ContinuationToken", &CONTINUATION),
    optional("StartAfter", &START_AFTER),
    optional("FetchOwner", &FETCH_OWNER),
    optional("MaxKeys", &MAX_KEYS),
    optional("Delimiter", &DELIMITER),
    optional("EncodingType", &ENCODING),
];
