//! One bucket elsewhere: the three requests by which it is written and read.
//!
//! Source: Amazon S3 API Reference, PutObject, GetObject, ListObjectsV2.

use super::BucketConfiguration;
use super::wire::{self, Listed};
use crate::ConfigurationError;
use base64_simd::STANDARD as BASE64;
use hyper::header::{HOST, LAST_MODIFIED};
use hyper::{HeaderMap, Method, StatusCode};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use strongroom_client::{Answer, Connections, Credentials, Endpoint, Limits, signed, tls};
use strongroom_crypto::hash;
use strongroom_engine::ports::archive::{ArchiveError, Object, ObjectSummary};
use strongroom_sigv4::Rules;

/// Most bytes of an answer: the longest object that is kept in a directory, too.
const MAX_ANSWER: usize = 64 << 20;
/// What is kept of answers and connections.
const LIMITS: Limits = Limits { answer: MAX_ANSWER, idle: 16 };
/// Most keys of a page (ListObjectsV2).
const MAX_KEYS: usize = 1000;
const METADATA: &str = "x-amz-meta-";

pub(super) struct Remote {
    configuration: BucketConfiguration,
    endpoint: Endpoint,
    /// What paths begin with.
    base: String,
    connections: Connections,
    credentials: Credentials,
}

impl Remote {
    pub(super) fn new(configuration: BucketConfiguration) -> Result<Self, ConfigurationError> {
        let bad = || ConfigurationError::Endpoint(configuration.endpoint.clone());
        let mut endpoint = Endpoint::parse(&configuration.endpoint).ok_or_else(bad)?;
        let bucket = &configuration.bucket;
        let good = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        if !(3..=63).contains(&bucket.len()) || !bucket.bytes().all(good) {
            return Err(ConfigurationError::Bucket(bucket.clone()));
        }
        if configuration.deadline.is_zero() {
            return Err(ConfigurationError::Deadline);
        }
        let base = if configuration.path_style {
            format!("/{bucket}/")
        } else {
            endpoint.host = format!("{bucket}.{}", endpoint.host);
            endpoint.peer.0.clone_from(&endpoint.host);
            "/".to_owned()
        };
        let tls = tls::client(configuration.ca_file.as_deref())?;
        let credentials = Credentials {
            access_key_id: configuration.access_key_id.clone(),
            secret_access_key: configuration.secret_access_key.clone(),
            session_token: None,
        };
        let connections = Connections::new(tls, LIMITS);
        Ok(Self { endpoint, base, connections, credentials, configuration })
    }

    pub(super) async fn put(
        &self,
        key: &str,
        body: &[u8],
        metadata: &BTreeMap<String, String>,
    ) -> Result<(), ArchiveError> {
        let mut headers: Vec<(String, String)> = metadata
            .iter()
            .map(|(name, value)| (format!("{METADATA}{name}"), value.clone()))
            .collect();
        // Buckets with Object Lock take nothing without a checksum.
        let checksum = BASE64.encode_to_string(hash::sha256(body));
        headers.push(("x-amz-checksum-sha256".to_owned(), checksum));
        if key.ends_with(".json.gz") {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
            headers.push(("content-encoding".to_owned(), "gzip".to_owned()));
        }
        let path = self.path(key);
        let answer = self.ask(Method::PUT, &path, "", headers, body).await?;
        match answer.status {
            StatusCode::OK => Ok(()),
            _ => Err(self.refused(&answer)),
        }
    }

    pub(super) async fn get(&self, key: &str) -> Result<Option<Object>, ArchiveError> {
        let path = self.path(key);
        let answer = self.ask(Method::GET, &path, "", Vec::new(), b"").await?;
        match answer.status {
            StatusCode::OK => {
                let told = answer.headers.get(LAST_MODIFIED).and_then(|it| it.to_str().ok());
                let modified = told.and_then(wire::http_date);
                let modified = modified.ok_or_else(|| self.failed("no Last-Modified"))?;
                let metadata = metadata(&answer.headers);
                Ok(Some(Object { body: answer.body.to_vec(), metadata, modified }))
            }
            StatusCode::NOT_FOUND if wire::error_code(&answer.body) == "NoSuchKey" => Ok(None),
            _ => Err(self.refused(&answer)),
        }
    }

    pub(super) async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<ObjectSummary>, ArchiveError> {
        let mut found = Vec::new();
        let mut after = after.unwrap_or_default().to_owned();
        while found.len() < limit {
            let most = (limit - found.len()).min(MAX_KEYS);
            let Listed { objects, truncated } = self.page(prefix, &after, most).await?;
            let Some(last) = objects.last() else { break };
            // Pages that do not go on would go on for ever.
            if last.key <= after {
                return Err(self.failed("a listing that is not in order"));
            }
            after.clone_from(&last.key);
            found.extend(objects);
            if !truncated {
                break;
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    async fn page(&self, prefix: &str, after: &str, most: usize) -> Result<Listed, ArchiveError> {
        let mut query = format!("encoding-type=url&list-type=2&max-keys={most}");
        for (name, value) in [("prefix", prefix), ("start-after", after)] {
            if !value.is_empty() {
                // Writing to a `String` cannot fail.
                let _ = write!(query, "&{name}={}", wire::encoded(value));
            }
        }
        let answer = self.ask(Method::GET, &self.base, &query, Vec::new(), b"").await?;
        match answer.status {
            StatusCode::OK => {
                wire::listed(&answer.body).ok_or_else(|| self.failed("a listing that is none"))
            }
            _ => Err(self.refused(&answer)),
        }
    }

    /// Keys are letters, digits and what paths have; `=` and `+` are encoded as SDKs do.
    fn path(&self, key: &str) -> String {
        let segments: Vec<String> = key.split('/').map(wire::encoded).collect();
        format!("{}{}", self.base, segments.join("/"))
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        query: &str,
        mut headers: Vec<(String, String)>,
        body: &[u8],
    ) -> Result<Answer, ArchiveError> {
        headers.push((HOST.to_string(), self.endpoint.authority()));
        headers.push(("x-amz-content-sha256".to_owned(), hash::hex(&hash::sha256(body))));
        let as_whom = (&self.credentials, self.configuration.region.as_str(), Rules::s3());
        let request = signed(method, (path, query), headers, body, as_whom);
        let request = request.map_err(|why| self.failed(&why.to_string()))?;
        let answer = self.connections.ask(&self.endpoint, request);
        let answer = tokio::time::timeout(self.configuration.deadline, answer).await;
        let answer = answer.map_err(|_| self.failed("no answer in time"))?;
        answer.map_err(|why| self.failed(&why.to_string()))
    }

    fn failed(&self, why: &str) -> ArchiveError {
        let BucketConfiguration { endpoint, bucket, .. } = &self.configuration;
        ArchiveError(format!("bucket {bucket:?} at {endpoint}: {why}"))
    }

    fn refused(&self, answer: &Answer) -> ArchiveError {
        self.failed(&format!("{} {}", answer.status, wire::error_code(&answer.body)))
    }
}

fn metadata(headers: &HeaderMap) -> BTreeMap<String, String> {
    let own = headers.iter().filter_map(|(name, value)| {
        let name = name.as_str().strip_prefix(METADATA)?;
        Some((name.to_owned(), value.to_str().ok()?.to_owned()))
    });
    own.collect()
}
