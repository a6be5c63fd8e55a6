//! Log files: `{"Records":[…]}`.
//!
//! Source: AWS CloudTrail User Guide, "CloudTrail record contents".

use serde::Deserialize;
use serde_json::value::RawValue;
use std::ops::Range;

/// What the content begins with.
const OPENING: &str = r#"{"Records":["#;
/// What it ends with.
const CLOSING: &str = "]}";
/// Bytes of records that are read together, at least.
const STRETCH: usize = 32 * 1024;

/// The content of a log file of these records, each a JSON object.
#[must_use]
pub fn content<'r>(records: impl Iterator<Item = &'r str> + Clone) -> Vec<u8> {
    // All at once, or whatever it outgrew would be copied and wiped.
    let length: usize = records.clone().map(|record| record.len() + 1).sum();
    let mut content = Vec::with_capacity(OPENING.len() + length + CLOSING.len());
    content.extend_from_slice(OPENING.as_bytes());
    for (number, record) in records.enumerate() {
        if number > 0 {
            content.push(b',');
        }
        content.extend_from_slice(record.as_bytes());
    }
    content.extend_from_slice(CLOSING.as_bytes());
    content
}

#[derive(Deserialize)]
struct File<'c> {
    #[serde(borrow, rename = "Records")]
    records: Vec<&'c RawValue>,
}

/// The records of a log file's content, each as it stands there.
///
/// # Errors
/// What is wrong with it, for people.
pub fn records(content: &[u8]) -> Result<Vec<&RawValue>, String> {
    let file: Result<File<'_>, _> = serde_json::from_slice(content);
    file.map(|file| file.records).map_err(|why| format!("it is no log file: {why}"))
}

/// Some records of a file that follow on each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// Where they are in the content, with the commas between them.
    pub bytes: Range<usize>,
    /// Their numbers.
    pub records: Range<usize>,
}

/// The stretches of a file whose records are at these places of the content.
pub fn stretches(places: impl Iterator<Item = Range<usize>>) -> Vec<Stretch> {
    let mut all: Vec<Stretch> = Vec::new();
    for (number, place) in places.enumerate() {
        match all.last_mut().filter(|last| last.bytes.len() < STRETCH) {
            Some(last) => {
                last.bytes.end = place.end;
                last.records.end = number + 1;
            }
            None => all.push(Stretch { bytes: place, records: number..number + 1 }),
        }
    }
    all
}

/// Where records of these lengths are in the content that [`content`] makes of them.
pub fn places(lengths: impl Iterator<Item = usize>) -> impl Iterator<Item = Range<usize>> {
    lengths.scan(OPENING.len(), |at, length| {
        let place = *at..*at + length;
        *at = place.end + 1;
        Some(place)
    })
}

/// Where these records are in the `content` that they were taken from.
pub fn places_in(content: &[u8], records: &[&RawValue]) -> Vec<Range<usize>> {
    let base = content.as_ptr().addr();
    let place = |record: &&RawValue| {
        let at = record.get().as_ptr().addr().saturating_sub(base);
        at..at + record.get().len()
    };
    records.iter().map(place).collect()
}

/// The records of a stretch's bytes.
///
/// # Errors
/// What is wrong with it, for people.
pub fn stretch_records(bytes: &[u8]) -> Result<Vec<Box<RawValue>>, String> {
    let list = [b"[", bytes, b"]"].concat();
    serde_json::from_slice(&list).map_err(|why| format!("it is not the file it was: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_as_they_were_put() {
        let put = [r#"{"a":1}"#, r#"{ "b" : [ "]}" ] }"#, "{}"];
        let made = content(put.into_iter());
        assert_eq!(made, br#"{"Records":[{"a":1},{ "b" : [ "]}" ] },{}]}"#);
        let found = records(&made).unwrap();
        assert_eq!(found.iter().map(|record| record.get()).collect::<Vec<_>>(), put);
        let by_length: Vec<_> = places(put.iter().map(|record| record.len())).collect();
        assert_eq!(places_in(&made, &found), by_length);
        assert_eq!(content(std::iter::empty()), br#"{"Records":[]}"#);
    }

    #[test]
    fn stretches_hold_all_records_once() {
        let put: Vec<String> =
            (0..500).map(|n| format!(r#"{{"n":"{}"}}"#, "x".repeat(n))).collect();
        let made = content(put.iter().map(String::as_str));
        let all = stretches(places(put.iter().map(String::len)));
        assert!(all.len() > 2, "{}", all.len());
        let mut read = Vec::new();
        for stretch in &all {
            let records = stretch_records(&made[stretch.bytes.clone()]).unwrap();
            assert_eq!(stretch.records, read.len()..read.len() + records.len());
            read.extend(records.iter().map(|record| record.get().to_owned()));
        }
        assert_eq!(read, put);
    }

    #[test]
    fn other_content_is_refused() {
        let deep = format!(r#"{{"Records":[{}"#, "[".repeat(1 << 20));
        for content in ["", "{}", "[]", r#"{"Records":{}}"#, r#"{"Records":[{}]} x"#, &deep] {
            assert!(records(content.as_bytes()).is_err());
        }
        assert!(records(b"{\"Records\":[\"\xff\"]}").is_err());
        assert!(stretch_records(b"{}]").is_err());
    }
}
