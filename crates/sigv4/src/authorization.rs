//! The `Authorization` header: `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`.

use crate::parts::{Form, Parts};
use crate::{AuthError, Request};
use std::borrow::Cow;
use strongroom_crypto::hash::sha256;

/// Takes the header apart. Blanks around the commas are free, as they are with AWS; parameters
/// that SigV4 does not have are passed over; an empty one is a missing one.
pub(crate) fn parts<'a>(request: &Request<'a>, header: &'a str) -> Result<Parts<'a>, AuthError> {
    let (algorithm, rest) = header.split_once(' ').unwrap_or((header, ""));
    let (mut credential, mut signature, mut signed_headers) = (None, None, None);
    for pair in rest.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(AuthError::NotAPair { header_sha256: fingerprint(header) });
        };
        match name {
            "Credential" => set(&mut credential, "Credential", value)?,
            "Signature" => set(&mut signature, "Signature", value)?,
            "SignedHeaders" => set(&mut signed_headers, "SignedHeaders", value)?,
            _ => {}
        }
    }
    let date = match request.only_text("x-amz-date")? {
        Some(date) => Some(date),
        None => request.only_text("date")?,
    };
    let given = |value: Option<&'a str>| value.filter(|value| !value.is_empty());
    let (credential, signature, signed_headers) =
        (given(credential), given(signature), given(signed_headers));
    match (credential, signature, signed_headers, date) {
        (Some(credential), Some(signature), Some(signed_headers), Some(date)) => Ok(Parts {
            form: Form::Header,
            algorithm: Cow::Borrowed(algorithm),
            credential: Cow::Borrowed(credential),
            signed_headers: Cow::Borrowed(signed_headers),
            signature: Cow::Borrowed(signature),
            date: Cow::Borrowed(date),
            session_token: given(request.only_text("x-amz-security-token")?).map(Cow::Borrowed),
        }),
        _ => {
            let found = [
                ("Credential", credential),
                ("Signature", signature),
                ("SignedHeaders", signed_headers),
            ];
            let missing = found.iter().filter(|(_, value)| value.is_none());
            Err(AuthError::MissingInHeader {
                parameters: missing.map(|(name, _)| *name).collect(),
                date: date.is_none(),
                header_sha256: fingerprint(header),
            })
        }
    }
}

/// Remembers a parameter that may be given once.
fn set<'a>(
    slot: &mut Option<&'a str>,
    name: &'static str,
    value: &'a str,
) -> Result<(), AuthError> {
    if slot.replace(value).is_some() { Err(AuthError::Repeated { name }) } else { Ok(()) }
}

/// What AWS says of a header instead of quoting it.
fn fingerprint(header: &str) -> String {
    base64_simd::STANDARD.encode_to_string(sha256(header.as_bytes()))
}
