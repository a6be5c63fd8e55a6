//! The query string of a presigned request: `X-Amz-Algorithm=…&X-Amz-Credential=…&…`.

use crate::parts::{Form, Parts};
use crate::query::{decoded, pairs};
use crate::{AuthError, Request, window};
use std::borrow::Cow;

/// The parameters of a signature. Names are matched exactly, in case too.
#[derive(Default)]
struct Parameters {
    algorithm: Option<String>,
    credential: Option<String>,
    signature: Option<String>,
    signed_headers: Option<String>,
    date: Option<String>,
    expires: Option<String>,
    session_token: Option<String>,
}

/// Whether the query has an `X-Amz-Algorithm`, however it is encoded.
pub(crate) fn is_presigned(request: &Request<'_>) -> Result<bool, AuthError> {
    for (name, _) in pairs(request.query()) {
        if decoded(name)? == "X-Amz-Algorithm" {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Takes the query string apart.
pub(crate) fn parts<'a>(request: &Request<'a>) -> Result<Parts<'a>, AuthError> {
    let found = Parameters::read(request.query())?;
    match found {
        Parameters {
            algorithm: Some(algorithm),
            credential: Some(credential),
            signature: Some(signature),
            signed_headers: Some(signed_headers),
            date: Some(date),
            expires,
            session_token,
        } => Ok(Parts {
            form: Form::Presigned {
                expires_seconds: expires.as_deref().map(window::parse_expires).transpose()?,
            },
            algorithm: Cow::Owned(algorithm),
            credential: Cow::Owned(credential),
            signed_headers: Cow::Owned(signed_headers),
            signature: Cow::Owned(signature),
            date: Cow::Owned(date),
            session_token: session_token.map(Cow::Owned),
        }),
        _ => Err(AuthError::MissingInQuery { parameters: found.missing() }),
    }
}

impl Parameters {
    fn read(query: &str) -> Result<Self, AuthError> {
        let mut found = Self::default();
        for (name, value) in pairs(query) {
            let (slot, name) = match decoded(name)?.as_str() {
                "X-Amz-Algorithm" => (&mut found.algorithm, "X-Amz-Algorithm"),
                "X-Amz-Credential" => (&mut found.credential, "X-Amz-Credential"),
                "X-Amz-Signature" => (&mut found.signature, "X-Amz-Signature"),
                "X-Amz-SignedHeaders" => (&mut found.signed_headers, "X-Amz-SignedHeaders"),
                "X-Amz-Date" => (&mut found.date, "X-Amz-Date"),
                "X-Amz-Expires" => (&mut found.expires, "X-Amz-Expires"),
                "X-Amz-Security-Token" => (&mut found.session_token, "X-Amz-Security-Token"),
                _ => continue,
            };
            if slot.replace(decoded(value)?).is_some() {
                return Err(AuthError::Repeated { name });
            }
        }
        Ok(found.without_empty())
    }

    /// An empty parameter is missing, except `X-Amz-Expires`, which is then not a number.
    fn without_empty(mut self) -> Self {
        for slot in [
            &mut self.algorithm,
            &mut self.credential,
            &mut self.signature,
            &mut self.signed_headers,
            &mut self.date,
            &mut self.session_token,
        ] {
            slot.take_if(|value| value.is_empty());
        }
        self
    }

    /// The names of the missing parameters, in AWS's order.
    fn missing(&self) -> Vec<&'static str> {
        let slots = [
            ("X-Amz-Algorithm", &self.algorithm),
            ("X-Amz-Credential", &self.credential),
            ("X-Amz-Signature", &self.signature),
            ("X-Amz-SignedHeaders", &self.signed_headers),
            ("X-Amz-Date", &self.date),
        ];
        slots.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| *name).collect()
    }
}
