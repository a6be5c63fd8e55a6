//! The claim to have signed a request, and its verification.

use crate::canonical::Canonical;
use crate::error::excerpt;
use crate::escape::hex;
use crate::parts::{Form, Parts};
use crate::scope::Credential;
use crate::signed_headers::SignedHeaders;
use crate::{ALGORITHM, AuthError, Request, Rules, SigningKey, Verified, parts, window};
use std::borrow::Cow;
use strongroom_crypto::secret::same;
use strongroom_types::{Region, Timestamp};

/// What a request claims of its signature. Everything that can be checked without the key has
/// been; the signature has not. Nothing here may be relied on before [`Claim::verify`], other
/// than to find the key.
pub struct Claim<'a> {
    request: &'a Request<'a>,
    rules: Rules,
    credential: Credential<'a>,
    signed_headers: SignedHeaders<'a>,
    signature: Cow<'a, str>,
    time: Cow<'a, str>,
    signed_at: Timestamp,
    session_token: Option<Cow<'a, str>>,
    form: Form,
}

/// Reads the claim out of `request` and checks, in AWS's order: that there is one signature and it
/// has all its parts; that it is of about `now`; that what must be signed is; algorithm; scope.
///
/// # Errors
/// [`AuthError::MissingToken`] when the request is not signed at all; otherwise the variant that
/// names what is wrong. [`AuthError::SignatureMismatch`] only for lists of signed headers that no
/// client makes.
pub fn claim<'a>(
    request: &'a Request<'a>,
    rules: Rules,
    now: Timestamp,
) -> Result<Claim<'a>, AuthError> {
    let Parts { form, algorithm, credential, signed_headers, signature, date, session_token } =
        parts::find(request)?;
    let Some(signed_at) = Timestamp::parse_basic(&date) else {
        return Err(AuthError::Date { given: excerpt(&date) });
    };
    let expires = match form {
        Form::Header => None,
        Form::Presigned { expires_seconds } => expires_seconds,
    };
    window::check(signed_at, now, rules.skew_minutes, expires)?;
    let signed_headers = SignedHeaders::parse(signed_headers, request)?;
    if algorithm != ALGORITHM {
        return Err(AuthError::Algorithm { given: excerpt(&algorithm) });
    }
    let credential = Credential::parse(credential, &date, &rules)?;
    Ok(Claim {
        request,
        rules,
        credential,
        signed_headers,
        signature,
        time: date,
        signed_at,
        session_token,
        form,
    })
}

impl Claim<'_> {
    /// The id of the access key that is claimed to have signed: 1 to 128 word characters.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        self.credential.access_key_id()
    }

    /// The date of the credential scope, `YYYYMMDD`.
    #[must_use]
    pub fn date(&self) -> &str {
        self.credential.date()
    }

    /// The Region of the credential scope.
    #[must_use]
    pub fn region(&self) -> Region {
        self.credential.region()
    }

    /// The service of the credential scope, which is the one of the rules.
    #[must_use]
    pub fn service(&self) -> &'static str {
        self.rules.service
    }

    /// The session token, not empty, of `x-amz-security-token` or, presigned,
    /// `X-Amz-Security-Token`.
    #[must_use]
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    /// The claimed time of signing, in whole seconds.
    #[must_use]
    pub fn signed_at(&self) -> Timestamp {
        self.signed_at
    }

    /// Where the signature was given.
    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }

    /// The canonical request that this crate computes, for diagnosis of mismatches. It contains
    /// the session token.
    ///
    /// # Errors
    /// Those of [`Claim::verify`].
    pub fn canonical_request(&self) -> Result<Vec<u8>, AuthError> {
        self.canonical().request()
    }

    /// The string to sign that this crate computes, for diagnosis of mismatches.
    ///
    /// # Errors
    /// Those of [`Claim::verify`].
    pub fn string_to_sign(&self) -> Result<Vec<u8>, AuthError> {
        self.canonical().string_to_sign()
    }

    /// Verifies the signature with the key of [`Claim::access_key_id`] for the claim's date,
    /// Region and service. The comparison takes constant time.
    ///
    /// # Errors
    /// [`AuthError::SignatureMismatch`]; [`AuthError::MalformedQuery`] for a broken escape;
    /// [`AuthError::Repeated`] for a second `x-amz-content-sha256`.
    pub fn verify(self, key: &SigningKey) -> Result<Verified, AuthError> {
        let expected = hex(&key.sign(&self.string_to_sign()?));
        if !same(&expected, self.signature.as_bytes()) {
            return Err(AuthError::SignatureMismatch);
        }
        Ok(Verified {
            access_key_id: self.access_key_id().to_owned(),
            region: self.region(),
            service: self.rules.service,
            session_token: self.session_token.map(Cow::into_owned),
            signed_at: self.signed_at,
            form: self.form,
        })
    }

    fn canonical(&self) -> Canonical<'_> {
        Canonical {
            request: self.request,
            rules: &self.rules,
            signed_headers: &self.signed_headers,
            time: &self.time,
            scope: self.credential.scope(),
            presigned: matches!(self.form, Form::Presigned { .. }),
        }
    }
}
