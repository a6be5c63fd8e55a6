//! How long the parts of an event may be.
//!
//! Source: AWS CloudTrail User Guide, "CloudTrail record contents": a field that is too long is
//! left out, and `omitted` stands there.

use super::json::Json;

/// The most bytes of `requestParameters`, and of `responseElements`.
pub(super) const PARAMETERS: usize = 100 * 1024;
/// The most bytes of `additionalEventData`.
pub(super) const ADDITIONAL: usize = 28 * 1024;
/// The most bytes of `userAgent`, `errorCode` and `errorMessage`.
const TEXT: usize = 1024;

/// Replaces the value that was written from `start` on, if it is longer than `most`.
pub(super) fn bound(start: usize, most: usize, json: &mut Json) {
    let size = json.len() - start;
    if size <= most {
        return;
    }
    json.take_back(start);
    json.open();
    json.name("omitted");
    json.boolean(true);
    json.name("originalSize");
    json.number(i64::try_from(size).unwrap_or(i64::MAX));
    json.member("reason", &format!("the field is longer than {most} bytes"));
    json.close();
}

/// The text, or its beginning if it is too long.
pub(super) fn beginning(text: &str) -> &str {
    let mut end = text.len().min(TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}
