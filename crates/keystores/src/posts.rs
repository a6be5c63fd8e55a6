//! What is sent to collectors of telemetry, over the same connections as to key stores.

use crate::ConfigurationError;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{HOST, HeaderValue};
use hyper::{Request, Response, Uri};
use std::fmt;
use std::path::Path;
use strongroom_client::{Connections, Endpoint, Limits, tls};

/// The longest answer, bytes. Our choice: a collector tells what it did not take in a sentence.
const MAX_ANSWER: usize = 64 * 1024;
/// Connections kept: there is one collector, which is sent one batch at a time.
const IDLE: usize = 1;

/// A client of a collector that the operator has named. It follows no redirection.
pub struct Posts(Connections);

/// Why there is no answer. The text is for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotPosted(String);

impl fmt::Display for NotPosted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotPosted {}

impl fmt::Debug for Posts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Posts").finish_non_exhaustive()
    }
}

impl Posts {
    /// A client that trusts the authorities in the PEM file `ca_file`, or else those of the system.
    ///
    /// # Errors
    /// [`ConfigurationError`] when the file cannot be used.
    pub fn new(ca_file: Option<&Path>) -> Result<Self, ConfigurationError> {
        let limits = Limits { answer: MAX_ANSWER, idle: IDLE };
        Ok(Self(Connections::new(tls::client(ca_file)?, limits)))
    }

    /// Whether requests to `url` can be sent: `http://` or `https://`, a host name or an IPv4 address,
    /// a port as one likes.
    #[must_use]
    pub fn is_url(url: &str) -> bool {
        url.parse().is_ok_and(|url: Uri| endpoint(&url).is_some())
    }

    /// Sends a request whose target is a whole URL, and receives the whole answer, whatever its status.
    /// A request that the connection was lost under is sent once more. Its future needs a runtime of
    /// tokio with I/O, and has no bound in time of its own.
    ///
    /// # Errors
    /// [`NotPosted`].
    pub async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, NotPosted> {
        let failed = |why: &dyn fmt::Display| NotPosted(why.to_string());
        let (mut head, body) = request.into_parts();
        let to = endpoint(&head.uri).ok_or_else(|| failed(&"not a URL of http or https"))?;
        let host = HeaderValue::from_str(&to.authority()).map_err(|why| failed(&why))?;
        let _ = head.headers.insert(HOST, host);
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        head.uri = path.parse().map_err(|why: hyper::http::uri::InvalidUri| failed(&why))?;
        let request = Request::from_parts(head, Full::new(body));
        let answer = self.0.ask(&to, request).await;
        let answer = answer.map_err(|why| NotPosted(format!("{}: {why:?}", to.authority())))?;
        let mut response = Response::new(answer.body);
        (*response.status_mut(), *response.headers_mut()) = (answer.status, answer.headers);
        Ok(response)
    }
}

fn endpoint(url: &Uri) -> Option<Endpoint> {
    Endpoint::parse(&format!("{}://{}", url.scheme_str()?, url.authority()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_is_named_by_a_url() {
        for url in
            ["http://localhost:4318/v1/traces", "https://otel.example.com", "HTTP://10.0.0.7/"]
        {
            assert!(Posts::is_url(url), "{url}");
        }
        for url in
            ["", "localhost:4318", "/v1/traces", "ftp://host/", "http://a@b/", "grpc://host:1"]
        {
            assert!(!Posts::is_url(url), "{url}");
        }
    }
}
