//! ID tokens.

use crate::keys::Provider;
use serde_json::{Map, Value};
use std::fmt;

/// The longest token, in characters. Source: STS API Reference, `AssumeRoleWithWebIdentity`.
const MAX_TOKEN: usize = 20_000;
/// How far the provider's clock may be ahead, in seconds. Our choice: as for signatures of requests.
const MAX_SKEW: i64 = 300;

/// A token that was read. Nothing it says may be relied on before [`IdToken::verify`], other than to
/// find the keys.
#[derive(Debug)]
pub struct IdToken<'a> {
    signed: &'a str,
    signature: Vec<u8>,
    algorithm: String,
    key_id: Option<String>,
    claims: Map<String, Value>,
}

/// Why a token is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is no ID token in compact form.
    Form,
    /// The key of the provider that should have signed it has not.
    Signature,
    /// The provider has no such key.
    Key,
    /// Its time is over, or has not come.
    Time,
    /// What it says of tags or source identity of a session is in no form that is served.
    Session,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "not an ID token",
            Self::Signature => "not signed by the provider",
            Self::Key => "signed by a key that the provider does not have",
            Self::Time => "out of its time",
            Self::Session => "with tags or a source identity in no known form",
        })
    }
}

impl std::error::Error for Fault {}

impl<'a> IdToken<'a> {
    /// Reads a token in compact form (RFC 7515 §3.1).
    ///
    /// # Errors
    /// [`Fault::Form`], also for tokens with extensions that must be understood.
    pub fn parse(text: &'a str) -> Result<Self, Fault> {
        if text.len() > MAX_TOKEN || text.split('.').count() != 3 {
            return Err(Fault::Form);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(Fault::Form)?;
        let (header, claims) = signed.split_once('.').ok_or(Fault::Form)?;
        let header = object(header)?;
        if header.contains_key("crit") {
            return Err(Fault::Form);
        }
        let member = |name: &str| header.get(name).and_then(Value::as_str).map(str::to_owned);
        let token = Self {
            signed,
            signature: decode(signature)?,
            algorithm: member("alg").ok_or(Fault::Form)?,
            key_id: member("kid"),
            claims: object(claims)?,
        };
        let complete = token.issuer().is_some()
            && token.subject().is_some()
            && token.time("exp").is_some()
            && token.time("iat").is_some()
            && !token.audiences().is_empty();
        if complete { Ok(token) } else { Err(Fault::Form) }
    }

    /// Who issued it: a URL without its scheme, which is `https`.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.text("iss")?.strip_prefix("https://").map(|url| url.trim_end_matches('/'))
    }

    /// Verifies that it is the token's time, which costs little, and then the signature by the
    /// provider's keys. `now` is in seconds since the epoch.
    ///
    /// # Errors
    /// [`Fault::Time`], [`Fault::Key`], [`Fault::Signature`].
    pub fn verify(&self, provider: &Provider, now: i64) -> Result<(), Fault> {
        let over = self.time("exp").is_none_or(|end| end <= now);
        let ahead =
            |name| self.time(name).is_some_and(|start| start > now.saturating_add(MAX_SKEW));
        if over || ahead("iat") || ahead("nbf") {
            return Err(Fault::Time);
        }
        let by = (self.key_id.as_deref(), self.algorithm.as_str());
        provider.verify(by, self.signed.as_bytes(), &self.signature)
    }

    /// Who it is about.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.text("sub")
    }

    /// Whom it is for; the authorized party, if it names one, first.
    #[must_use]
    pub fn audiences(&self) -> Vec<&str> {
        self.text("azp").into_iter().chain(self.texts("aud")).collect()
    }

    /// The texts of a claim that is one or a list of them.
    #[must_use]
    pub fn texts(&self, name: &str) -> Vec<&str> {
        match self.claims.get(name) {
            Some(Value::String(text)) => vec![text],
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    pub(crate) fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str)
    }

    fn time(&self, name: &str) -> Option<i64> {
        let value = self.claims.get(name)?;
        value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64))
    }
}

fn decode(part: &str) -> Result<Vec<u8>, Fault> {
    base64_simd::URL_SAFE_NO_PAD.decode_to_vec(part).map_err(|_| Fault::Form)
}

fn object(part: &str) -> Result<Map<String, Value>, Fault> {
    match serde_json::from_slice(&decode(part)?) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(Fault::Form),
    }
}
