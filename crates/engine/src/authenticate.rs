//! From a signed request to a caller. There is no other way to one, but for those whom an identity
//! provider vouches for ([`Engine::authenticate_web_identity`]).

use crate::call::{Arrival, Call, Caller, RequestId};
use crate::credential::{CredentialRecord, Owner};
use crate::engine::Engine;
use crate::identity::Authority;
use crate::identity::role_use::NotedRole;
use crate::identity::session::{self, OpenSession};
use crate::meters::CacheName;
use crate::vault::{IdentityEntry, Read, VaultError};
use quick_cache::sync::Cache;
use std::fmt;
use std::sync::Arc;
use strongroom_crypto::SecretBytes;
use strongroom_keys::identity::{AccessKeyUse, IdentityRecord, RoleUse, SessionOwner};
use strongroom_sigv4::{AuthError, Claim, Request, Rules, SigningKey, Verified, claim};
use strongroom_types::{
    AccessKeyStatus, AccountId, IdentityKind, Principal, SessionMaker, Timestamp,
};

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

impl SigningKeys {
    /// How many are known.
    pub(crate) fn entries(&self) -> usize {
        self.0.len()
    }
}

/// What a signing key is good for. The version is that of the credential's record, so a changed
/// credential has other signing keys; of temporary ones, a part of their token's digest.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Scope {
    access_key: String,
    version: u64,
    date: String,
    region: strongroom_types::Region,
    service: &'static str,
}

/// Credentials as they are known here.
enum Credentials {
    LongTerm(Arc<Read<CredentialRecord>>),
    Temporary(Arc<OpenSession>, [u8; 32]),
}

/// Why a look-up ends without a caller.
enum Stop {
    Refused(AuthError),
    Failed(VaultError),
}

impl From<VaultError> for Stop {
    fn from(why: VaultError) -> Self {
        Self::Failed(why)
    }
}

/// Of what is unknown, switched off, or belongs to somebody who is gone.
const UNKNOWN: Stop = Stop::Refused(AuthError::UnknownKey);

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
        let caller = self.caller(request, service, time).await.map_err(|stop| match stop {
            Stop::Refused(why) => Unauthenticated::Refused(why),
            Stop::Failed(why) => {
                self.report(Some(id), &why.to_string());
                Unauthenticated::Internal
            }
        })?;
        Ok(Call { caller, time, id, origin, stages: None })
    }

    async fn caller(
        &self,
        request: &Request<'_>,
        service: &'static str,
        time: Timestamp,
    ) -> Result<Caller, Stop> {
        let claim = claim(request, Rules::of(service), self.wall()).map_err(Stop::Refused)?;
        let credentials = self.credentials(&claim, time).await?;
        let (scope, known) = self.signing_key(&claim, &credentials);
        let key = known.clone().unwrap_or_else(|| scope.derive(credentials.secret()));
        let verified = claim.verify(&key).map_err(Stop::Refused)?;
        // Only a good signature earns a place in a cache, or anybody could crowd it.
        if known.is_none() {
            self.signing_keys().0.insert(scope, key);
        }
        match credentials {
            Credentials::LongTerm(credential) => {
                self.long_term_caller(&credential.record, &verified, time).await
            }
            Credentials::Temporary(session, digest) => {
                self.sessions().keep(digest, session.clone());
                Box::pin(self.temporary_caller(&session, &verified, time)).await
            }
        }
    }

    /// The credentials that the claim speaks of. Temporary ones come with their token, long-term
    /// ones with none.
    async fn credentials(&self, claim: &Claim<'_>, time: Timestamp) -> Result<Credentials, Stop> {
        let Some(token) = claim.session_token() else {
            let found = self.vault().credential(claim.access_key_id()).await?;
            let found = found.filter(|found| found.record.status() == AccessKeyStatus::Active);
            return found.map(Credentials::LongTerm).ok_or(UNKNOWN);
        };
        let digest = session::digest(token);
        let known = self.sessions().known(&digest);
        let session = match self.vault().lookups().seen(CacheName::Sessions, known) {
            Some(session) => session,
            None => {
                let opened = Box::pin(session::open(self.vault(), token)).await?;
                Arc::new(opened.ok_or(UNKNOWN)?)
            }
        };
        if session.record.access_key != claim.access_key_id() {
            return Err(UNKNOWN);
        }
        if session.record.expires <= time {
            return Err(Stop::Refused(AuthError::ExpiredToken));
        }
        Ok(Credentials::Temporary(session, digest))
    }

    fn signing_key(
        &self,
        claim: &Claim<'_>,
        credentials: &Credentials,
    ) -> (Scope, Option<Arc<SigningKey>>) {
        let scope = Scope {
            access_key: claim.access_key_id().to_owned(),
            version: credentials.version(),
            date: claim.date().to_owned(),
            region: claim.region(),
            service: claim.service(),
        };
        let known = self.signing_keys().0.get(&scope);
        let known = self.vault().lookups().seen(CacheName::SigningKeys, known);
        (scope, known)
    }

    async fn long_term_caller(
        &self,
        credential: &CredentialRecord,
        verified: &Verified,
        time: Timestamp,
    ) -> Result<Caller, Stop> {
        let account = credential.account;
        match &credential.owner {
            Owner::Root => {
                let authority = Authority::of_root(self.vault(), account, None).await?;
                Ok(self.signed(Principal::Root { account }, account, verified, authority))
            }
            Owner::User(name, id) => {
                let user = self.identity(account, IdentityKind::User, name, id).await?;
                let authority = Authority::of_identity(self.vault(), &user, None).await?;
                let (service, region) = (verified.service().to_owned(), verified.region());
                let used = AccessKeyUse { time, service, region: region.as_str().to_owned() };
                // The next look at what is due writes them, crowded or not.
                let _ = self.access_key_uses().note(verified.access_key_id(), used);
                Ok(self.signed(user_principal(&user), account, verified, authority))
            }
        }
    }

    async fn temporary_caller(
        &self,
        session: &OpenSession,
        verified: &Verified,
        time: Timestamp,
    ) -> Result<Caller, Stop> {
        let (vault, account) = (self.vault(), session.record.account);
        // Source: IAM User Guide, "Compare AWS STS credentials": without MFA these do not call IAM.
        let for_iam = verified.service() == "iam";
        if for_iam && !matches!(session.record.owner, SessionOwner::Role(..)) {
            return Err(UNKNOWN);
        }
        self.refuse_revoked(session).await?;
        let (principal, authority) = match &session.record.owner {
            SessionOwner::Root => {
                let authority = Authority::of_root(vault, account, Some(session)).await?;
                (Principal::Root { account }, authority)
            }
            SessionOwner::User(name, id) => {
                let user = self.identity(account, IdentityKind::User, name, id).await?;
                let authority = Authority::of_identity(vault, &user, Some(session)).await?;
                (user_principal(&user), authority)
            }
            SessionOwner::Role(name, id, session_name) => {
                let role = self.identity(account, IdentityKind::Role, name, id).await?;
                let authority = Authority::of_identity(vault, &role, Some(session)).await?;
                self.note_role(&role, verified, time);
                let principal = Principal::RoleSession {
                    account,
                    role_path: role.record.path.clone(),
                    role: role.record.name.clone(),
                    role_id: id.clone(),
                    session: session_name.clone(),
                };
                (principal, authority)
            }
            SessionOwner::Federated(name, maker, id) => {
                let maker = match maker.as_str() {
                    "" => None,
                    maker => Some(self.identity(account, IdentityKind::User, maker, id).await?),
                };
                let (maker, partition) = (maker.as_deref(), self.settings().partition());
                let authority =
                    Authority::of_federated_user(vault, maker, partition, session).await?;
                let maker = maker.map(|IdentityEntry { record, .. }| SessionMaker {
                    path: record.path.clone(),
                    name: record.name.clone(),
                    id: record.id.clone(),
                });
                (Principal::FederatedUser { account, name: name.clone(), maker }, authority)
            }
        };
        Ok(self.signed(principal, account, verified, authority))
    }

    /// Notes that the role was used, whatever becomes of the request.
    fn note_role(&self, role: &IdentityEntry, verified: &Verified, time: Timestamp) {
        let IdentityRecord { account, name, id, .. } = &role.record;
        let used = RoleUse { time, region: verified.region().as_str().to_owned() };
        let used = NotedRole { account: *account, name: name.clone(), used };
        // The next look at what is due writes them, crowded or not.
        let _ = self.role_uses().note(id.as_str(), used);
    }

    /// Refuses what the root user's credentials made before they were taken away: the access key that
    /// made it must be there still. Tokens of before that was in them are told by their time: a
    /// session is dated by the second, so those of that very second are refused, too.
    async fn refuse_revoked(&self, session: &OpenSession) -> Result<(), Stop> {
        let record = &session.record;
        let of_root = match &record.owner {
            SessionOwner::Root => true,
            SessionOwner::Federated(_, maker, _) => maker.is_empty(),
            SessionOwner::User(..) | SessionOwner::Role(..) => false,
        };
        if !of_root {
            return Ok(());
        }
        let good = match &record.root_key {
            Some(maker) => self.vault().credential(maker).await?.is_some_and(|found| {
                let credential = &found.record;
                let same = credential.account == record.account && credential.owner == Owner::Root;
                same && credential.status() == AccessKeyStatus::Active
            }),
            None => {
                let since = self.root_sessions_since(record.account).await?;
                since.is_none_or(|since| record.issued > since)
            }
        };
        if good { Ok(()) } else { Err(UNKNOWN) }
    }

    /// The identity of this name, if it is the one that had it when the credentials were made.
    async fn identity(
        &self,
        account: AccountId,
        kind: IdentityKind,
        name: &str,
        id: &str,
    ) -> Result<Arc<IdentityEntry>, Stop> {
        let found = self.vault().identity(account, kind, name).await?;
        found.filter(|entry| entry.record.id == id).ok_or(UNKNOWN)
    }

    fn signed(
        &self,
        principal: Principal,
        account: AccountId,
        verified: &Verified,
        authority: Authority,
    ) -> Caller {
        let (access_key, region) = (verified.access_key_id().to_owned(), verified.region());
        let partition = self.settings().partition();
        let authority = Arc::new(authority);
        Caller { principal, account, access_key, region, partition, authority }
    }
}

fn user_principal(user: &IdentityEntry) -> Principal {
    let record = &user.record;
    Principal::User {
        account: record.account,
        path: record.path.clone(),
        name: record.name.clone(),
        id: record.id.clone(),
    }
}

impl Credentials {
    fn secret(&self) -> &SecretBytes {
        match self {
            Self::LongTerm(credential) => &credential.record.secret,
            Self::Temporary(session, _) => &session.record.secret,
        }
    }

    fn version(&self) -> u64 {
        match self {
            Self::LongTerm(credential) => credential.version,
            Self::Temporary(_, digest) => {
                u64::from_be_bytes(digest.first_chunk().copied().unwrap_or_default())
            }
        }
    }
}

impl Scope {
    fn derive(&self, secret: &SecretBytes) -> Arc<SigningKey> {
        let region = self.region.as_str();
        Arc::new(SigningKey::derive(secret, &self.date, region, self.service))
    }
}
