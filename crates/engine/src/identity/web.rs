//! Those for whom an identity provider vouches: they sign nothing, the provider has.

use crate::call::{Arrival, Call, Caller, RequestId};
use crate::engine::Engine;
use crate::identity::web_session::WebSession;
use crate::identity::{Authority, WebClaims};
use crate::refusal::{IdentityDefect, Invalid, Refusal, WebIdentityDefect};
use std::sync::Arc;
use strongroom_federation::{Fault, IdToken};
use strongroom_types::{AccountId, EntityReference, Principal};

fn refused(defect: WebIdentityDefect) -> Refusal {
    Refusal::Identity(IdentityDefect::WebIdentity(defect))
}

impl Engine {
    /// Verifies `token`, by which somebody asks for a session of the role at `role`, and says who
    /// that is. The role's account must believe the token's issuer.
    ///
    /// # Errors
    /// [`Refusal`] with AWS's reason. Nothing is recorded of it: anybody may ask.
    pub async fn authenticate_web_identity(
        &self,
        role: Option<&str>,
        token: Option<&str>,
        id: RequestId,
        origin: Arrival,
    ) -> Result<Call, Refusal> {
        let (role, token) = (given(role, "roleArn")?, given(token, "webIdentityToken")?);
        let invalid = || Refusal::Identity(IdentityDefect::RequestArn);
        let reference = EntityReference::parse(role).filter(|found| found.kind == "role");
        let account = reference.and_then(|found| found.account).ok_or_else(invalid)?;
        let token = IdToken::parse(token).map_err(|_| refused(WebIdentityDefect::Form))?;
        let claims = self.believed(account, &token, id).await?;
        // The request is signed for no Region.
        let region = self.settings().region().ok_or(Refusal::Internal)?;
        let partition = region.partition();
        let provider = format!("arn:{partition}:iam::{account}:oidc-provider/{}", claims.url);
        let principal = Principal::WebIdentity { provider, subject: claims.subject.clone() };
        if self.web_refusals().exhausted(&principal, self.now()) {
            return Err(Refusal::Identity(IdentityDefect::Throttled));
        }
        let authority = Arc::new(Authority::of_web_identity(claims));
        let access_key = String::new();
        let caller = Caller { principal, account, access_key, region, partition, authority };
        Ok(Call { caller, time: self.now(), id, origin, stages: None })
    }

    /// What the token says, if the account believes its issuer and the issuer has said it.
    async fn believed(
        &self,
        account: AccountId,
        token: &IdToken<'_>,
        id: RequestId,
    ) -> Result<WebClaims, Refusal> {
        let url = token.issuer().ok_or_else(|| refused(WebIdentityDefect::Form))?;
        let found = self.vault().provider(account, url).await.map_err(|why| {
            self.report(Some(id), &why.to_string());
            Refusal::Internal
        })?;
        let believed = found.ok_or_else(|| refused(WebIdentityDefect::NoProvider))?;
        // Anybody may ask: what is cheap is looked at first, the signature last.
        let audiences = token.audiences();
        // The authorized party is the audience, where the token names one.
        let audience = audiences.iter().take(if has_party(token) { 1 } else { audiences.len() });
        let clients = &believed.record.clients;
        let audience = audience.copied().find(|one| clients.iter().any(|own| own == one));
        let audience = audience.ok_or_else(|| refused(WebIdentityDefect::Audience))?;
        self.verify(url, token)?;
        let session = token.session().map_err(|_| refused(WebIdentityDefect::Session))?;
        let session = WebSession::of(session)?;
        let subject = token.subject().unwrap_or_default();
        let mut claims = vec![
            ("aud".to_owned(), vec![audience.to_owned()]),
            ("sub".to_owned(), vec![subject.to_owned()]),
        ];
        for (key, claim) in [("oaud", "aud"), ("amr", "amr"), ("email", "email")] {
            let values: Vec<String> = token.texts(claim).into_iter().map(str::to_owned).collect();
            if !values.is_empty() {
                claims.push((key.to_owned(), values));
            }
        }
        Ok(WebClaims {
            url: url.to_owned(),
            subject: subject.to_owned(),
            audience: audience.to_owned(),
            claims,
            session,
        })
    }

    /// Verifies the token's time and signature by the keys of the provider at `url`.
    fn verify(&self, url: &str, token: &IdToken<'_>) -> Result<(), Refusal> {
        let providers = &self.settings().identity_providers;
        let missed = || {
            providers.miss(url);
            refused(WebIdentityDefect::NoKeys)
        };
        let keys = providers.get(url).ok_or_else(missed)?;
        // Tokens are dated by the real time, as signatures are.
        token.verify(&keys, self.wall().seconds()).map_err(|fault| match fault {
            Fault::Form => refused(WebIdentityDefect::Form),
            Fault::Signature => refused(WebIdentityDefect::Signature),
            Fault::Key => missed(),
            Fault::Time => refused(WebIdentityDefect::Expired),
            Fault::Session => refused(WebIdentityDefect::Session),
        })
    }
}

fn has_party(token: &IdToken<'_>) -> bool {
    !token.texts("azp").is_empty()
}

fn given<'a>(value: Option<&'a str>, name: &str) -> Result<&'a str, Refusal> {
    let missing = || {
        Refusal::Validation(Invalid::Constraints(vec![format!(
            "Value null at '{name}' failed to satisfy constraint: Member must not be null"
        )]))
    };
    value.ok_or_else(missing)
}
