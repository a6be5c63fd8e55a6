//! Documents that anybody may read, fetched over HTTPS: the keys of identity providers.
//!
//! Where they are says the operator, or a document that the operator has named; so any host may be
//! asked.

use crate::xks::endpoint::Rules;
use crate::{ConfigurationError, XksConfiguration};
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ACCEPT, HOST, USER_AGENT};
use hyper::{Request, StatusCode};
use std::fmt;
use std::path::Path;
use std::time::Duration;
use strongroom_client::{Connections, Limits, tls};

/// The longest document, bytes. Our choice: 200 keys with their certificates are half of it.
const MAX_DOCUMENT: usize = 1024 * 1024;
/// Most time from the first packet to the last byte. Our choice.
const DEADLINE: Duration = Duration::from_secs(10);

/// A client that fetches documents.
pub struct Documents(Connections);

/// Why there is no document. The text is for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotFetched(String);

impl fmt::Display for NotFetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotFetched {}

impl Documents {
    /// A client that trusts the authorities in the PEM file `ca_file`, or else those of the system.
    ///
    /// # Errors
    /// [`ConfigurationError`] when the file cannot be used.
    pub fn new(ca_file: Option<&Path>) -> Result<Self, ConfigurationError> {
        // It is asked once an hour: no connection is worth keeping.
        let limits = Limits { answer: MAX_DOCUMENT, idle: 0 };
        Ok(Self(Connections::new(tls::client(ca_file)?, limits)))
    }

    /// The document at `url`, which begins with `https://`: what is answered with status 200. A
    /// redirection is not followed. Its future needs a runtime of tokio with I/O and time.
    ///
    /// # Errors
    /// [`NotFetched`], also when it takes longer than 10 seconds or is longer than 1 MiB.
    pub async fn get(&self, url: &str) -> Result<Bytes, NotFetched> {
        let failed = |why: &dyn fmt::Display| NotFetched(format!("{url}: {why}"));
        let rest = url.strip_prefix("https://").ok_or_else(|| failed(&"not an https URL"))?;
        let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
        let host = authority.split(':').next().unwrap_or_default().to_owned();
        let named = XksConfiguration { allowed_endpoints: Some(vec![host]), ..Default::default() };
        let rules = Rules::new(&named).map_err(|why| failed(&why))?;
        let endpoint = rules.endpoint(&format!("https://{authority}"));
        let endpoint = endpoint.map_err(|why| failed(&why))?;
        let request = Request::get(path)
            .header(HOST, endpoint.authority())
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, "strongroom")
            .body(Full::new(Bytes::new()));
        let request = request.map_err(|why| failed(&why))?;
        let answer = tokio::time::timeout(DEADLINE, self.0.ask(&endpoint, request)).await;
        let late = || failed(&format!("no whole answer in {} s", DEADLINE.as_secs()));
        let answer = answer.map_err(|_| late())?.map_err(|why| failed(&why))?;
        match answer.status {
            StatusCode::OK => Ok(answer.body),
            status => Err(failed(&format!("answered with status {}", status.as_u16()))),
        }
    }
}
