//! What buckets answer with, as far as it is looked at. The XML of a listing is flat and made by
//! programs: elements are found by their tags; what is not as expected is no listing.

use strongroom_engine::ports::archive::ObjectSummary;
use strongroom_types::Timestamp;

/// A page of a listing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) objects: Vec<ObjectSummary>,
    pub(super) truncated: bool,
}

/// The listing that `body` is, asked for with `encoding-type=url`.
pub(super) fn listed(body: &[u8]) -> Option<Listed> {
    let xml = std::str::from_utf8(body).ok()?;
    let (head, _) = xml.split_once("<Contents>").unwrap_or((xml, ""));
    if !head.contains("<ListBucketResult") {
        return None;
    }
    let truncated = element(xml, "IsTruncated")? == "true";
    let contents = xml.split("<Contents>").skip(1);
    let objects = contents.map(|piece| {
        let (content, _) = piece.split_once("</Contents>")?;
        Some(ObjectSummary {
            key: decoded(element(content, "Key")?)?,
            size: element(content, "Size")?.parse().ok()?,
            modified: iso_date(element(content, "LastModified")?)?,
        })
    });
    Some(Listed { objects: objects.collect::<Option<_>>()?, truncated })
}

/// The code of an error, as far as it is a word; for the operator's log.
pub(super) fn error_code(body: &[u8]) -> &str {
    let xml = std::str::from_utf8(body).unwrap_or_default();
    let code = element(xml, "Code").unwrap_or_default();
    let is_word = code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_word { code } else { "" }
}

/// The text of the first element `name`.
fn element<'x>(xml: &'x str, name: &str) -> Option<&'x str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
}

/// `2026-11-22T06:37:05.000Z`
fn iso_date(text: &str) -> Option<Timestamp> {
    let seconds = text.get(..19)?.replace(['-', ':'], "");
    Timestamp::parse_basic(&format!("{seconds}Z"))
}

/// `Sun, 22 Nov 2026 06:37:05 GMT` (RFC 9110 §5.6.7).
pub(super) fn http_date(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = text.split(' ').skip(1);
    let (day, month, year) = (words.next()?, words.next()?, words.next()?);
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let time = words.next()?.replace(':', "");
    Timestamp::parse_basic(&format!("{year}{month:02}{day}T{time}Z"))
}

/// `text` percent-encoded, all but the unreserved characters (RFC 3986 §2.3).
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The text that `encoded` stands for. A plus sign is a space, as some servers write it.
fn decoded(encoded: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.bytes();
    let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => u8::try_from(digit(rest.next())? << 4 | digit(rest.next())?).ok()?,
            b'+' => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_both_forms() {
        let time = Some(Timestamp::from_millis(1_795_329_425_000));
        assert_eq!(iso_date("2026-11-22T06:37:05.123Z"), time);
        assert_eq!(http_date("Sun, 22 Nov 2026 06:37:05 GMT"), time);
        for bad in ["", "Sun", "Sun, 22 Now 2026 06:37:05 GMT", "Sun, 99 Nov 2026 06:37:05 GMT"] {
            assert_eq!(http_date(bad), None, "{bad}");
        }
        for bad in ["", "2026-11-22", "2026-13-22T06:37:05.000Z", "é026-11-22T06:37:05.000Z"] {
            assert_eq!(iso_date(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_listing_is_whole_or_none() {
        let contents = "<Contents><Key>a%2Fb%3D+c</Key><Size>3</Size>\
                        <LastModified>2026-11-22T06:37:05.000Z</LastModified></Contents>";
        let xml = |inner: &str| {
            format!(
                "<ListBucketResult xmlns=\"x\"><IsTruncated>true</IsTruncated>{inner}</ListBucketResult>"
            )
        };
        let found = listed(xml(contents).as_bytes()).unwrap();
        assert_eq!((found.objects[0].key.as_str(), found.objects[0].size), ("a/b= c", 3));
        assert!(found.truncated);
        assert_eq!(listed(xml("").as_bytes()).unwrap().objects, []);
        for bad in [
            String::new(),
            "<Error><Code>x</Code></Error>".to_owned(),
            xml("<Contents>"),
            xml(&contents.replace("<Size>3", "<Size>-3")),
            xml(&contents.replace("%2F", "%ff")),
            xml(&contents.replace("Key>", "Name>")),
            xml(contents).replace("IsTruncated", "Is"),
        ] {
            assert_eq!(listed(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(error_code(b"<Error><Code>NoSuchKey</Code></Error>"), "NoSuchKey");
        assert_eq!(error_code(b"<Error><Code>a\nb</Code></Error>"), "");
    }
}
