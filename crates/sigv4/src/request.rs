//! The request as it came over the wire, borrowed.

use crate::AuthError;

/// Most header fields in a request. Our choice: SDKs send fewer than 20.
pub const MAX_HEADERS: usize = 100;
/// Most bytes in all header names and values together. Our choice: room for the largest session
/// tokens, several times over.
pub const MAX_HEADER_BYTES: usize = 64 * 1024;
/// Most bytes in the path. Our choice: the services here are called on `/`.
pub const MAX_PATH_BYTES: usize = 8 * 1024;
/// Most bytes in the query string. Our choice, as for headers.
pub const MAX_QUERY_BYTES: usize = 64 * 1024;
/// Most parameters in the query string. Our choice.
pub const MAX_QUERY_PARAMETERS: usize = 200;

/// An HTTP request whose sizes are within the limits of this crate.
///
/// The body is not limited here: it is in memory already and is hashed once.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    method: &'a str,
    path: &'a str,
    query: &'a str,
    headers: &'a [(&'a str, &'a [u8])],
    body: &'a [u8],
}

impl<'a> Request<'a> {
    /// Borrows a request.
    ///
    /// `path` and `query` (without `?`; empty if there is none) are as on the wire, not decoded.
    /// Header names are in lower case; fields of one name are in the order received.
    ///
    /// # Errors
    /// [`AuthError::TooLarge`] beyond one of the limits of this module.
    pub fn new(
        method: &'a str,
        path: &'a str,
        query: &'a str,
        headers: &'a [(&'a str, &'a [u8])],
        body: &'a [u8],
    ) -> Result<Self, AuthError> {
        let header_bytes: usize =
            headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        within("headers", headers.len(), MAX_HEADERS)?;
        within("bytes of headers", header_bytes, MAX_HEADER_BYTES)?;
        within("bytes of path", path.len(), MAX_PATH_BYTES)?;
        within("bytes of query string", query.len(), MAX_QUERY_BYTES)?;
        if !query.is_empty() {
            let parameters = query.bytes().filter(|byte| *byte == b'&').count() + 1;
            within("query parameters", parameters, MAX_QUERY_PARAMETERS)?;
        }
        Ok(Self { method, path, query, headers, body })
    }

    pub(crate) fn method(&self) -> &'a str {
        self.method
    }

    pub(crate) fn path(&self) -> &'a str {
        self.path
    }

    pub(crate) fn query(&self) -> &'a str {
        self.query
    }

    pub(crate) fn headers(&self) -> &'a [(&'a str, &'a [u8])] {
        self.headers
    }

    pub(crate) fn body(&self) -> &'a [u8] {
        self.body
    }

    /// The value of a header that may be given once.
    pub(crate) fn only(&self, name: &'static str) -> Result<Option<&'a [u8]>, AuthError> {
        let mut values = self.headers.iter().filter(|(given, _)| *given == name);
        let first = values.next().map(|(_, value)| *value);
        if values.next().is_some() { Err(AuthError::Repeated { name }) } else { Ok(first) }
    }

    /// As [`Request::only`], for text. A value that is not UTF-8 reads as absent: nothing that
    /// this crate looks for contains such bytes.
    pub(crate) fn only_text(&self, name: &'static str) -> Result<Option<&'a str>, AuthError> {
        Ok(self.only(name)?.and_then(|value| std::str::from_utf8(value).ok()).map(str::trim))
    }
}

fn within(what: &'static str, given: usize, limit: usize) -> Result<(), AuthError> {
    if given > limit { Err(AuthError::TooLarge { what, limit }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(result: Result<Request<'_>, AuthError>, expected: &str) {
        match result {
            Err(AuthError::TooLarge { what, .. }) => assert_eq!(what, expected),
            _ => panic!("{expected} are not limited"),
        }
    }

    #[test]
    fn each_size_has_a_limit() {
        let headers = [("a", &b"b"[..]); MAX_HEADERS + 1];
        assert!(Request::new("GET", "/", "", &headers[1..], b"").is_ok());
        refused(Request::new("GET", "/", "", &headers, b""), "headers");

        let long = vec![b'x'; MAX_HEADER_BYTES];
        refused(Request::new("GET", "/", "", &[("a", &long)], b""), "bytes of headers");

        let path = "/".repeat(MAX_PATH_BYTES + 1);
        assert!(Request::new("GET", &path[1..], "", &[], b"").is_ok());
        refused(Request::new("GET", &path, "", &[], b""), "bytes of path");

        let query = "x".repeat(MAX_QUERY_BYTES + 1);
        assert!(Request::new("GET", "/", &query[1..], &[], b"").is_ok());
        refused(Request::new("GET", "/", &query, &[], b""), "bytes of query string");

        let many = "a&".repeat(MAX_QUERY_PARAMETERS);
        assert!(Request::new("GET", "/", &many[..many.len() - 1], &[], b"").is_ok());
        refused(Request::new("GET", "/", &many, &[], b""), "query parameters");
    }
}
