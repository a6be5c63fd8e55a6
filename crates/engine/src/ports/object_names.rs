//! What buckets and the objects in them may be called.

/// The greatest length of an object's key in bytes.
///
/// Source: Amazon S3 User Guide, "Naming Amazon S3 objects".
pub const MAX_OBJECT_KEY: usize = 1024;

/// The greatest length of what stands between two `/` of a key that is kept here, in bytes: so
/// that a file's name has room for it and for what marks the files beside it.
pub const MAX_KEY_SEGMENT: usize = 240;

/// What the name of the file beside an object ends with, in which its metadata is.
pub const METADATA_SUFFIX: &str = ".metadata";

const RESERVED_BEGINNINGS: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
const RESERVED_ENDS: [&str; 5] = ["-s3alias", "--ols-s3", ".mrap", "--x-s3", "--table-s3"];

/// Whether `name` can be a bucket's: 3 to 63 lower-case letters, digits, dots and hyphens, a
/// letter or digit first and last, no two dots together, not in the form of an IP address.
///
/// Source: Amazon S3 User Guide, "General purpose bucket naming rules".
#[must_use]
pub fn is_bucket_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let labels = || name.split('.');
    (3..=63).contains(&name.len())
        && name.bytes().all(|byte| plain(byte) || byte == b'.' || byte == b'-')
        && name.bytes().next().is_some_and(plain)
        && name.bytes().next_back().is_some_and(plain)
        && labels().all(|label| !label.is_empty())
        && name.parse::<std::net::Ipv4Addr>().is_err()
        && !RESERVED_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
        && !RESERVED_ENDS.iter().any(|end| name.ends_with(end))
}

/// Whether an object can be kept under `key`: segments of letters, digits and `._=+-`, none of
/// them `.` or `..`, and not the name of a file beside an object. S3 allows more; nothing that the
/// trail delivers needs it, and what is allowed here is a path that cannot lead elsewhere.
#[must_use]
pub fn is_object_key(key: &str) -> bool {
    key.len() <= MAX_OBJECT_KEY
        && key.split('/').all(is_key_segment)
        && !key.ends_with(METADATA_SUFFIX)
}

/// Whether `segment` can stand between two `/` of a key.
#[must_use]
pub fn is_key_segment(segment: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._=+-".contains(&byte);
    (1..=MAX_KEY_SEGMENT).contains(&segment.len())
        && segment.bytes().all(allowed)
        && !matches!(segment, "." | "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_named_by_s3s_rules() {
        for name in ["strongroom-trail", "abc", "a.b-c", "1bucket2", "192.168.5", &"a".repeat(63)] {
            assert!(is_bucket_name(name), "{name}");
        }
        for name in [
            "",
            "ab",
            "Abc",
            "a_b",
            "-abc",
            "abc-",
            ".abc",
            "abc.",
            "a..b",
            "192.168.5.4",
            "..",
            "a/b",
            "a%2e",
            "a\0b",
            "xn--abc",
            "sthree-abc",
            "amzn-s3-demo-a",
            "abc-s3alias",
            "abc--ols-s3",
            "abc.mrap",
            "abc--x-s3",
            "abc--table-s3",
            "bücket",
            &"a".repeat(64),
        ] {
            assert!(!is_bucket_name(name), "{name}");
        }
    }

    #[test]
    fn keys_are_paths_that_stay_where_they_are() {
        for key in ["a", "AWSLogs/1/x_y.json.gz", "a/.b", "a/...", "a=b+c/d-e", ".metadata/a"] {
            assert!(is_object_key(key), "{key}");
        }
        for key in [
            "",
            "/",
            "a/",
            "/a",
            "a//b",
            ".",
            "..",
            "a/..",
            "../a",
            "a/./b",
            "a\\b",
            "a\0",
            "a b",
            "a%2e",
            "ä",
            "a~",
            "a.metadata",
            "a/.metadata",
            ".metadata",
        ] {
            assert!(!is_object_key(key), "{key}");
        }
        assert!(is_object_key(&"a".repeat(240)));
        assert!(!is_object_key(&"a".repeat(241)));
        assert!(is_object_key(&["a"; 512].join("/")));
        assert!(!is_object_key(&["a"; 513].join("/")));
    }
}
