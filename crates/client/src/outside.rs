//! What the providers of credentials may reach: the environment as it was handed over, small files,
//! and a few HTTP services; with [`crate::helper`] an implementation of [`reqsign_core::Context`].

use crate::endpoint::Endpoint;
use crate::{ConnectionError, Connections, Limits};
use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::Full;
use hyper::StatusCode;
use hyper::header::HOST;
use reqsign_core::{Env, Error, FileRead, HttpSend, Result};
use rustls::ClientConfig;
use std::collections::HashMap;
use std::fmt;
use std::io::Read;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The largest file read, bytes. Our choice: configuration files and tokens are a few KiB.
const MAX_FILE: u64 = 1024 * 1024;
/// Most time for an answer of a service of this machine: it is there or it is not (the SDKs' default
/// of `AWS_METADATA_SERVICE_TIMEOUT`).
const LOCAL: Duration = Duration::from_secs(1);
/// Most time for an answer of another. Our choice.
const REMOTE: Duration = Duration::from_secs(10);
/// Where credentials come from over plain HTTP: the metadata services of EC2, ECS and EKS, which the
/// machine itself answers (AWS SDKs and Tools Reference Guide, "Container credential provider").
const LOCAL_SERVICES: [&str; 5] =
    ["169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23"];

/// The variables that AWS's tools read, as the process was started with them. Their values are not
/// printed.
#[derive(Clone)]
pub struct Environment {
    home: Option<PathBuf>,
    variables: HashMap<String, String>,
}

impl Environment {
    /// Of all variables those that begin with `AWS_` and are not empty; `home` is the directory of the
    /// user, where `.aws` is.
    pub fn new(
        home: Option<PathBuf>,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let variables = variables.into_iter();
        let ours = variables.filter(|(name, value)| name.starts_with("AWS_") && !value.is_empty());
        Self { home, variables: ours.collect() }
    }

    /// The value of a variable.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// The same, with another value of one.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The file that the variable names, or else the one in the user's `.aws`.
    pub(crate) fn file(&self, variable: &str, usual: &str) -> Option<PathBuf> {
        let home = || self.home.as_ref();
        match self.get(variable) {
            Some(path) => match path.strip_prefix("~/") {
                Some(rest) => home().map(|home| home.join(rest)),
                None => Some(PathBuf::from(path)),
            },
            None => home().map(|home| home.join(".aws").join(usual)),
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

impl Env for Environment {
    fn var(&self, key: &str) -> Option<String> {
        self.variables.get(key).cloned()
    }

    fn vars(&self) -> HashMap<String, String> {
        self.variables.clone()
    }

    fn home_dir(&self) -> Option<PathBuf> {
        self.home.clone()
    }
}

/// Files, one at a time and whole.
#[derive(Debug)]
pub(crate) struct Files;

impl FileRead for Files {
    async fn file_read(&self, path: &str) -> Result<Vec<u8>> {
        let mut content = Vec::new();
        let read = std::fs::File::open(path)
            .and_then(|file| file.take(MAX_FILE).read_to_end(&mut content));
        let failed =
            |why: std::io::Error| Error::config_invalid(format!("cannot read `{path}`: {why}"));
        read.map(|_| content).map_err(failed)
    }
}

/// The services that hand out credentials.
pub(crate) struct Http {
    connections: Connections,
    /// Where STS is, if it is not AWS's.
    sts: Option<Endpoint>,
    /// Whether that may be on a network without TLS.
    allow_plain_http: bool,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Http")
    }
}

impl Http {
    pub(crate) fn new(
        tls: Arc<ClientConfig>,
        sts: Option<Endpoint>,
        allow_plain_http: bool,
    ) -> Self {
        let limits = Limits { answer: 64 * 1024, idle: 2 };
        Self { connections: Connections::new(tls, limits), sts, allow_plain_http }
    }

    /// Where a request for `uri` goes, and how long it may take.
    fn destination(&self, uri: &Uri) -> Result<(Endpoint, Duration)> {
        let refused = |why: &str| Error::config_invalid(format!("`{uri}`: {why}"));
        let scheme = uri.scheme_str().unwrap_or_default();
        let authority = uri.authority().map(http::uri::Authority::as_str).unwrap_or_default();
        let endpoint = Endpoint::parse(&format!("{scheme}://{authority}"));
        let endpoint = endpoint.ok_or_else(|| refused("no URL of a service"))?;
        // Who takes a token for credentials there is asked unsigned, so the host may be another.
        if let Some(sts) = self.sts.as_ref().filter(|_| endpoint.host.starts_with("sts.")) {
            let is_safe = sts.tls || sts.is_loopback() || self.allow_plain_http;
            let why = "STS is not on this machine: credentials do not go there without tls";
            return is_safe.then(|| (sts.clone(), REMOTE)).ok_or_else(|| refused(why));
        }
        let local = LOCAL_SERVICES.iter().filter_map(|address| address.parse::<IpAddr>().ok());
        let address = endpoint.host.parse::<IpAddr>();
        let is_local =
            endpoint.is_loopback() || local.into_iter().any(|local| address == Ok(local));
        match (is_local, endpoint.tls) {
            (true, _) => Ok((endpoint, LOCAL)),
            (false, true) => Ok((endpoint, REMOTE)),
            (false, false) => Err(refused("credentials do not go over a network without TLS")),
        }
    }
}

impl HttpSend for Http {
    async fn http_send(&self, request: Request<Bytes>) -> Result<Response<Bytes>> {
        let (mut head, body) = request.into_parts();
        let (endpoint, deadline) = self.destination(&head.uri)?;
        let failed =
            |why: &dyn fmt::Display| Error::unexpected(format!("{} {why}", endpoint.authority()));
        // What is on this machine is there or is not.
        let lost = |why: &dyn fmt::Display| failed(why).set_retryable(deadline == REMOTE);
        let path = head.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        head.uri = path.parse().map_err(|why| failed(&why))?;
        let host = endpoint.authority().parse().map_err(|why| failed(&why))?;
        head.headers.insert(HOST, host);
        let request = Request::from_parts(head, Full::new(body));
        let answer = tokio::time::timeout(deadline, self.connections.ask(&endpoint, request)).await;
        let answer = answer.map_err(|_| lost(&"does not answer in time"))?;
        let answer = answer.map_err(|why| match why {
            ConnectionError::Tls(_) => failed(&why),
            why => lost(&why),
        })?;
        if answer.status.is_server_error() || answer.status == StatusCode::TOO_MANY_REQUESTS {
            let why = format!("answers with status {}", answer.status.as_u16());
            return Err(failed(&why).set_retryable(true));
        }
        let mut response = Response::new(answer.body);
        *response.status_mut() = answer.status;
        *response.headers_mut() = answer.headers;
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn http(sts: Option<&str>) -> Http {
        Http::new(crate::tls::client(None).unwrap(), sts.and_then(Endpoint::parse), false)
    }

    #[test]
    fn credentials_do_not_go_over_a_network_in_the_clear() {
        let http = http(None);
        let to = |uri: &str| http.destination(&uri.parse().unwrap());
        for near in [
            "http://169.254.169.254/latest/api/token",
            "http://169.254.170.2/v2/x",
            "http://[fd00:ec2::23]/v1",
            "http://localhost:1234/",
            "https://127.0.0.1/",
        ] {
            assert_eq!(to(near).unwrap().1, LOCAL, "{near}");
        }
        assert_eq!(to("https://portal.sso.us-east-1.amazonaws.com/x").unwrap().1, REMOTE);
        for bad in ["http://example.com/", "http://10.0.0.1/", "http://169.254.169.253/", "/x"] {
            assert!(to(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sts_is_where_it_is_said_to_be() {
        let http = http(Some("http://127.0.0.1:4599"));
        let to = |uri: &str| http.destination(&uri.parse().unwrap()).unwrap().0.authority();
        assert_eq!(to("https://sts.amazonaws.com/"), "127.0.0.1:4599");
        assert_eq!(to("https://oidc.amazonaws.com/"), "oidc.amazonaws.com");
        let request = "https://sts.amazonaws.com/".parse().unwrap();
        let tls = crate::tls::client(None).unwrap();
        let plain = |allow| Http::new(tls.clone(), Endpoint::parse("http://10.1.2.3"), allow);
        let refused = plain(false).destination(&request).unwrap_err();
        assert!(refused.to_string().contains("without tls"), "{refused}");
        assert_eq!(plain(true).destination(&request).unwrap().0.authority(), "10.1.2.3");
    }

    #[test]
    fn an_environment_shows_no_value() {
        let variables =
            [("AWS_SECRET_ACCESS_KEY", "secret"), ("PATH", "/bin"), ("AWS_PROFILE", "")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let environment = Environment::new(Some("/users/a".into()), variables);
        assert_eq!(format!("{environment:?}"), r#"{"AWS_SECRET_ACCESS_KEY"}"#);
        let file = |environment: &Environment| environment.file("AWS_CONFIG_FILE", "config");
        assert_eq!(file(&environment), Some("/users/a/.aws/config".into()));
        let environment = environment.with("AWS_CONFIG_FILE", "~/other");
        assert_eq!(file(&environment), Some("/users/a/other".into()));
    }
}
