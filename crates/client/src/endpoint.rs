//! Where somebody else is: a scheme, a host and a port.

use std::net::{IpAddr, Ipv6Addr};

/// Longest host name, in bytes (RFC 1035 §2.3.4, without the length bytes at the ends).
const MAX_HOST: usize = 253;

/// A host and a port of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Whether TLS is spoken.
    pub tls: bool,
    /// Name or address, in lower case; an IPv6 address without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Where the connection goes: these, unless a configuration says otherwise.
    pub peer: (String, u16),
}

impl Endpoint {
    /// Reads `https://host:port` or `http://host:port`, the port as one likes, of a person's own
    /// configuration. A slash at the end says nothing more; a path would.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (tls, rest) = match text.split_once("://")? {
            ("https", rest) => (true, rest),
            ("http", rest) => (false, rest),
            _ => return None,
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, after) = match rest.strip_prefix('[') {
            Some(rest) => {
                let (address, after) = rest.split_once(']')?;
                (address.parse::<Ipv6Addr>().ok()?.to_string(), after)
            }
            None => {
                let end = rest.find(':').unwrap_or(rest.len());
                let (host, after) = rest.split_at(end);
                (Some(host.to_ascii_lowercase()).filter(|host| is_host(host))?, after)
            }
        };
        let port = match after.strip_prefix(':') {
            Some(digits) => port(digits)?,
            None if after.is_empty() => default_port(tls),
            None => return None,
        };
        Some(Self { tls, port, peer: (host.clone(), port), host })
    }

    /// The value of the header `Host`.
    #[must_use]
    pub fn authority(&self) -> String {
        let host = match self.host.contains(':') {
            true => format!("[{}]", self.host),
            false => self.host.clone(),
        };
        match self.port == default_port(self.tls) {
            true => host,
            false => format!("{host}:{}", self.port),
        }
    }

    /// Whether it is this machine, where nobody listens in on a connection without TLS.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let address = self.host.parse::<IpAddr>();
        self.host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }
}

/// The port of `http` or `https`.
#[must_use]
pub const fn default_port(tls: bool) -> u16 {
    if tls { 443 } else { 80 }
}

/// A port in decimal digits.
#[must_use]
pub fn port(digits: &str) -> Option<u16> {
    let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok());
    number.flatten().filter(|port| *port != 0)
}

/// Whether it has the form of a host name, or of an IPv4 address.
#[must_use]
pub fn is_host(text: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    (1..=MAX_HOST).contains(&text.len()) && text.bytes().all(good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_scheme_a_host_and_a_port() {
        let endpoint = Endpoint::parse("https://KMS.example.com/").unwrap();
        assert_eq!((endpoint.tls, endpoint.port), (true, 443));
        assert_eq!(endpoint.authority(), "kms.example.com");
        let endpoint = Endpoint::parse("http://127.0.0.1:4599").unwrap();
        assert_eq!(endpoint.authority(), "127.0.0.1:4599");
        assert!(endpoint.is_loopback());
        let endpoint = Endpoint::parse("http://[0:0::1]:4599").unwrap();
        assert_eq!(endpoint.authority(), "[::1]:4599");
        assert_eq!(endpoint.peer, ("::1".to_owned(), 4599));
        assert!(endpoint.is_loopback());
        assert!(!Endpoint::parse("http://127.example.com").unwrap().is_loopback());
        for bad in [
            "",
            "kms.example.com",
            "ftp://kms.example.com",
            "https://",
            "https://a/b",
            "https://a//",
            "https://a?b",
            "https://user@a",
            "https://a:",
            "https://a:0",
            "https://a:+1",
            "https://a:65536",
            "https://[::1",
            "https://[::1]x",
            "https://[a]",
            "https://[127.0.0.1]",
            "https://a b",
            "https://a\r\nx: y",
        ] {
            assert_eq!(Endpoint::parse(bad), None, "{bad:?}");
        }
    }
}
