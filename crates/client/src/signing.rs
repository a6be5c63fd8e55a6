//! Requests signed by Signature Version 4.

use crate::{Credentials, clock};
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::HeaderValue;
use hyper::{Method, Request};
use strongroom_sigv4::{AuthError, Rules, Signer, SigningKey};

/// The request for `path` and `query` (as on the wire; empty if there is none), with these header
/// fields, in lower case and `host` among them, and those that sign it now, for a Region and the
/// service of `rules`.
///
/// # Errors
/// When it cannot be signed, as a header or the path is not of the form that HTTP has.
pub fn signed(
    method: Method,
    (path, query): (&str, &str),
    mut headers: Vec<(String, String)>,
    body: &[u8],
    (credentials, region, rules): (&Credentials, &str, Rules),
) -> Result<Request<Full<Bytes>>, AuthError> {
    let now = clock::now();
    let Credentials { access_key_id, secret_access_key, session_token } = credentials;
    let date = now.civil().basic_date();
    let key = SigningKey::derive(secret_access_key, &date, region, rules.service);
    let signer = Signer::new(access_key_id, session_token.as_deref(), key, rules);
    let added = {
        let headers: Vec<(&str, &[u8])> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let request = strongroom_sigv4::Request::new(method.as_str(), path, query, &headers, body)?;
        signer.headers(&request, now)?
    };
    headers.extend(added.into_iter().map(|(name, value)| (name.to_owned(), value)));
    let target = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    let mut request = Request::builder().method(method).uri(target);
    for (name, value) in headers {
        let value = HeaderValue::from_str(&value).map_err(|_| AuthError::SignatureMismatch)?;
        request = request.header(name, value);
    }
    let body = Full::new(Bytes::copy_from_slice(body));
    request.body(body).map_err(|_| AuthError::SignatureMismatch)
}
