//! The canonical URI: the second line of the canonical request.

use crate::escape::{nibble, push_encoded};
use crate::rules::PathForm;

/// Appends the canonical form of `path`, which always begins with a slash.
pub(crate) fn write(out: &mut Vec<u8>, path: &str, form: PathForm) {
    match form {
        PathForm::Normalised => write_normalised(out, path),
        PathForm::Verbatim => {
            if !path.starts_with('/') {
                out.push(b'/');
            }
            write_segment(out, path);
        }
        PathForm::Once => {
            if !path.starts_with('/') {
                out.push(b'/');
            }
            write_once(out, path);
        }
    }
}

/// A percent sign that begins no escape stands for itself.
fn write_once(out: &mut Vec<u8>, path: &str) {
    let mut rest = path.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let escape = match (byte, after) {
            (b'%', [high, low, after @ ..]) => nibble(*high).zip(nibble(*low)).map(|n| (n, after)),
            _ => None,
        };
        let byte = match escape {
            Some(((high, low), after)) => {
                rest = after;
                high << 4 | low
            }
            None => {
                rest = after;
                *byte
            }
        };
        if byte == b'/' { out.push(byte) } else { push_encoded(out, byte) }
    }
}

fn write_normalised(out: &mut Vec<u8>, path: &str) {
    let start = out.len();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop_last_segment(out, start),
            _ => {
                out.push(b'/');
                write_segment(out, segment);
            }
        }
    }
    // RFC 3986 §5.2.4 steps 2B and 2C: a dot segment at the end leaves its slash.
    if out.len() == start || matches!(path.rsplit('/').next(), Some("" | "." | "..")) {
        out.push(b'/');
    }
}

/// Takes back what was written since the last slash, and the slash. A segment itself holds no
/// slash, so all pops together cost no more than all writes.
fn drop_last_segment(out: &mut Vec<u8>, start: usize) {
    while out.len() > start && out.pop() != Some(b'/') {}
}

fn write_segment(out: &mut Vec<u8>, text: &str) {
    for byte in text.bytes() {
        if byte == b'/' {
            out.push(byte);
        } else {
            push_encoded(out, byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(path: &str, form: PathForm) -> String {
        let mut out = b"before".to_vec();
        write(&mut out, path, form);
        String::from_utf8(out).unwrap().strip_prefix("before").unwrap().to_owned()
    }

    #[test]
    fn dot_segments_and_empty_segments_go() {
        for (path, expected) in [
            ("", "/"),
            ("/", "/"),
            ("//", "/"),
            ("foo", "/foo"),
            ("/a/b", "/a/b"),
            ("/a/b/", "/a/b/"),
            ("/a//b///", "/a/b/"),
            ("/./a", "/a"),
            ("/a/./", "/a/"),
            ("/a/b/.", "/a/b/"),
            ("/a/b/..", "/a/"),
            ("/a/b/../", "/a/"),
            ("/..", "/"),
            ("/../../a", "/a"),
            ("/a/../..", "/"),
            ("/a..", "/a.."),
            ("/...", "/..."),
            ("/%2e%2e/a%20b", "/%252e%252e/a%2520b"),
            ("/@:", "/%40%3A"),
        ] {
            assert_eq!(canonical(path, PathForm::Normalised), expected, "{path}");
        }
    }

    #[test]
    fn once_is_one_encoding_of_what_is_meant() {
        for (path, expected) in [
            ("", "/"),
            ("/", "/"),
            ("//a/../%20/", "//a/../%20/"),
            ("/a b", "/a%20b"),
            ("/a+b=c~%7e%2f%3D", "/a%2Bb%3Dc~~/%3D"),
            ("/%e1%88%b4", "/%E1%88%B4"),
            ("/%", "/%25"),
            ("/%4", "/%254"),
            ("/%zz", "/%25zz"),
        ] {
            assert_eq!(canonical(path, PathForm::Once), expected, "{path}");
        }
    }

    #[test]
    fn verbatim_only_encodes() {
        for (path, expected) in
            [("", "/"), ("//a/../%20/", "//a/../%2520/"), ("a b", "/a%20b"), ("/ሴ", "/%E1%88%B4")]
        {
            assert_eq!(canonical(path, PathForm::Verbatim), expected, "{path}");
        }
    }
}
