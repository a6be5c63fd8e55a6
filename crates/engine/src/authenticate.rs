//! From a signed request to a caller. There is no other way to one.

use crate::call::{Arrival, Call, Caller, RequestId};
use crate::credential::CredentialRecord;
use crate::engine::Engine;
use crate::vault::Read;
use quick_cache::sync::Cache;
use std::fmt;
use std::sync::Arc;
use strongroom_sigv4::{AuthError, Claim, Request, Rules, SigningKey, claim};

/// Why there is no caller.
#[derive(Debug)]
pub enum Unauthenticated {
    /// The signature, or what it was made with, is not good.
    Refused(AuthError),
    /// The credentials could not be read.
    Internal,
}

impl fmt::Display for Unauthenticated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(why) => why.fmt(f),
            Self::Internal => f.write_str("the credentials could not be read"),
        }
    }
}

impl std::error::Error for Unauthenticated {}

/// Derived signing keys: good for one access key, day, Region and service.
pub(crate) struct SigningKeys(Cache<Scope, Arc<SigningKey>>);

impl Default for SigningKeys {
    fn default() -> Self {
        Self(Cache::new(10_000))
    }
}

/// What a signing key is good for. The version is that of the credential's record, so a changed
/// credential has other signing keys.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Scope {
    access_key: String,
    version: u64,
    date: String,
    region: strongroom_types::Region,
    service: &'static str,
}

impl Engine {
    /// Verifies the signature of `request`, made for `service`, and says who made it.
    ///
    /// # Errors
    /// [`Unauthenticated`] with AWS's reason.
    pub async fn authenticate(
        &self,
        request: &Request<'_>,
        service: &'static str,
        id: RequestId,
        origin: Arrival,
    ) -> Result<Call, Unauthenticated> {
        let time = self.now();
        let claim =
            claim(request, Rules::new(service), self.wall()).map_err(Unauthenticated::Refused)?;
        let found = self.vault().credential(claim.access_key_id()).await.map_err(|why| {
            self.report(Some(id), &why.to_string());
            Unauthenticated::Internal
        })?;
        // A long-term credential has no session token, so any token is a wrong one.
        let known = found.filter(|_| claim.session_token().is_none());
        let unknown = Unauthenticated::Refused(AuthError::UnknownKey);
        let credential = known.ok_or(unknown)?;
        let (scope, known) = self.signing_key(&claim, &credential);
        let key = known.clone().unwrap_or_else(|| scope.derive(&credential.record));
        let verified = claim.verify(&key).map_err(Unauthenticated::Refused)?;
        // Only a good signature earns a place in the cache, or anybody could crowd it.
        if known.is_none() {
            self.signing_keys().0.insert(scope, key);
        }
        let caller = Caller {
            principal: credential.record.principal(),
            account: credential.record.account,
            access_key: verified.access_key_id().to_owned(),
            region: verified.region(),
        };
        Ok(Call { caller, time, id, origin })
    }

    fn signing_key(
        &self,
        claim: &Claim<'_>,
        credential: &Read<CredentialRecord>,
    ) -> (Scope, Option<Arc<SigningKey>>) {
        let scope = Scope {
            access_key: claim.access_key_id().to_owned(),
            version: credential.version,
            date: claim.date().to_owned(),
            region: claim.region(),
            service: claim.service(),
        };
        let known = self.signing_keys().0.get(&scope);
        (scope, known)
    }
}

impl Scope {
    fn derive(&self, credential: &CredentialRecord) -> Arc<SigningKey> {
        let (secret, region) = (&credential.secret, self.region.as_str());
        Arc::new(SigningKey::derive(secret, &self.date, region, self.service))
    }
}
