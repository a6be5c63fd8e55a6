//! Signing, for clients and tests.

use crate::canonical::Canonical;
use crate::query::encoded;
use crate::signed_headers::SignedHeaders;
use crate::window::parse_expires;
use crate::{ALGORITHM, AuthError, Request, Rules, SigningKey};
use strongroom_crypto::hash::hex;
use strongroom_types::Timestamp;

/// Headers that are not signed: those that proxies and HTTP libraries change or add, and those
/// that the signer itself adds.
const NOT_SIGNED: [&str; 8] = [
    "authorization",
    "connection",
    "expect",
    "transfer-encoding",
    "user-agent",
    "x-amz-date",
    "x-amz-security-token",
    "x-amzn-trace-id",
];

/// Signs the requests of one access key during the day of its key.
pub struct Signer {
    access_key_id: String,
    session_token: Option<String>,
    key: SigningKey,
    rules: Rules,
}

impl Signer {
    /// A signer for the date, Region and service of `key`. `session_token` comes with temporary
    /// credentials. Of `rules`, path and payload matter.
    #[must_use]
    pub fn new(
        access_key_id: &str,
        session_token: Option<&str>,
        key: SigningKey,
        rules: Rules,
    ) -> Self {
        Self {
            access_key_id: access_key_id.to_owned(),
            session_token: session_token.map(str::to_owned),
            key,
            rules,
        }
    }

    /// The headers to add to `request`, sent at `at`: `x-amz-date`, `x-amz-security-token` if
    /// there is a token, and `authorization`. The request has `host` and none of these yet.
    ///
    /// # Errors
    /// [`AuthError::Unsigned`] without `host`; [`AuthError::Date`] when `at` is not of the key's
    /// date; [`AuthError::SignatureMismatch`] when no signature of the request can be good.
    pub fn headers(
        &self,
        request: &Request<'_>,
        at: Timestamp,
    ) -> Result<Vec<(&'static str, String)>, AuthError> {
        let time = self.time(at)?;
        let mut added = vec![("x-amz-date", time.clone())];
        added
            .extend(self.session_token.iter().map(|token| ("x-amz-security-token", token.clone())));
        let mut headers = signable(request);
        headers.extend(added.iter().map(|(name, value)| (*name, value.as_bytes())));
        let request = Request::new(
            request.method(),
            request.path(),
            request.query(),
            &headers,
            request.body(),
        )?;
        let (signed_headers, signature) = self.sign(&request, &time, false)?;
        let (id, scope) = (&self.access_key_id, self.key.scope());
        added.push((
            "authorization",
            format!("{ALGORITHM} Credential={id}/{scope}, SignedHeaders={signed_headers}, Signature={signature}"),
        ));
        Ok(added)
    }

    /// The whole query string with which to send `request`, from `at` on for `expires_seconds`
    /// (1 to 604,800). All its headers that can be signed are, and must be sent along.
    ///
    /// # Errors
    /// Those of [`Signer::headers`], and [`AuthError::Expires`].
    pub fn presigned_query(
        &self,
        request: &Request<'_>,
        at: Timestamp,
        expires_seconds: u32,
    ) -> Result<String, AuthError> {
        let expires = parse_expires(&expires_seconds.to_string())?;
        let time = self.time(at)?;
        let headers = signable(request);
        let names = list(&headers);
        let mut query = request.query().to_owned();
        let mut add = |name: &str, value: &str| {
            if !query.is_empty() {
                query.push('&');
            }
            query.extend([name, "=", &encoded(value)]);
        };
        add("X-Amz-Algorithm", ALGORITHM);
        add("X-Amz-Credential", &format!("{}/{}", self.access_key_id, self.key.scope()));
        add("X-Amz-Date", &time);
        add("X-Amz-Expires", &expires.to_string());
        if let Some(token) = &self.session_token {
            add("X-Amz-Security-Token", token);
        }
        add("X-Amz-SignedHeaders", names.as_str());
        let request =
            Request::new(request.method(), request.path(), &query, &headers, request.body())?;
        let (_, signature) = self.sign(&request, &time, true)?;
        Ok(format!("{query}&X-Amz-Signature={signature}"))
    }

    /// Signs `request` with all its headers: their names and the signature.
    fn sign(
        &self,
        request: &Request<'_>,
        time: &str,
        presigned: bool,
    ) -> Result<(String, String), AuthError> {
        let names = list(request.headers());
        let signed_headers = SignedHeaders::parse(names.as_str().into(), request)?;
        let canonical = Canonical {
            request,
            rules: &self.rules,
            signed_headers: &signed_headers,
            time,
            scope: &self.key.scope(),
            presigned,
        };
        let signature = hex(&self.key.sign(&canonical.string_to_sign()?));
        Ok((names.as_str().to_owned(), signature))
    }

    /// `at` as signed, if it is of the key's date.
    fn time(&self, at: Timestamp) -> Result<String, AuthError> {
        let time = at.civil().basic();
        if time.starts_with(self.key.date()) {
            Ok(time)
        } else {
            Err(AuthError::Date { given: time })
        }
    }
}

fn signable<'a>(request: &Request<'a>) -> Vec<(&'a str, &'a [u8])> {
    request.headers().iter().filter(|(name, _)| !NOT_SIGNED.contains(name)).copied().collect()
}

fn list(headers: &[(&str, &[u8])]) -> SignedHeaders<'static> {
    SignedHeaders::of(headers.iter().map(|(name, _)| *name).collect())
}
