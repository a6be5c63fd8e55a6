//! Session tokens: opened once, then cached by their digest. A token does not change; what it
//! stands for is looked up with each request.

use crate::identity::SessionFacts;
use crate::vault::{Vault, VaultError};
use quick_cache::sync::Cache;
use std::sync::Arc;
use strongroom_crypto::hash;
use strongroom_keys::DomainName;
use strongroom_keys::identity::SessionRecord;
use strongroom_policy::Policy;

/// The longest token that is looked at, in characters: what fits into a request's head.
const MAX_TOKEN: usize = 48 * 1024;

/// A session token that is open.
pub(crate) struct OpenSession {
    pub(crate) record: SessionRecord,
    /// The policy passed for the session, compiled.
    pub(crate) policy: Option<Arc<Policy>>,
}

/// Sessions by the SHA-256 of their tokens.
pub(crate) struct Sessions(Cache<[u8; 32], Arc<OpenSession>>);

impl Default for Sessions {
    fn default() -> Self {
        Self(Cache::new(10_000))
    }
}

impl Sessions {
    /// The session of this token, if it was used before.
    pub(crate) fn known(&self, digest: &[u8; 32]) -> Option<Arc<OpenSession>> {
        self.0.get(digest)
    }

    /// Keeps a session whose token came with a good signature.
    pub(crate) fn keep(&self, digest: [u8; 32], session: Arc<OpenSession>) {
        self.0.insert(digest, session);
    }
}

/// The name by which a token is kept.
pub(crate) fn digest(token: &str) -> [u8; 32] {
    hash::sha256(token.as_bytes())
}

/// Opens `token`; `None` if it is none of ours.
///
/// # Errors
/// [`VaultError`] when the store fails.
pub(crate) async fn open(vault: &Vault, token: &str) -> Result<Option<OpenSession>, VaultError> {
    if token.len() > MAX_TOKEN {
        return Ok(None);
    }
    let Ok(sealed) = base64_simd::STANDARD.decode_to_vec(token) else { return Ok(None) };
    let Ok(number) = strongroom_keys::domain_number(&sealed) else { return Ok(None) };
    // A number that was never given is no failure of the store.
    let Some(domain) = vault.current(DomainName::global()).await? else { return Ok(None) };
    if domain.number() != number {
        return Ok(None);
    }
    let Ok(record) = SessionRecord::open(&domain, &sealed) else { return Ok(None) };
    let policy = record.policy.as_deref().map(Policy::identity_policy).transpose();
    let policy = policy.map_err(|why| VaultError(format!("policy of a session: {why}")))?;
    Ok(Some(OpenSession { record, policy: policy.map(Arc::new) }))
}

/// Seals `record` into a token.
///
/// # Errors
/// [`VaultError`].
pub(crate) async fn seal(vault: &Vault, record: &SessionRecord) -> Result<String, VaultError> {
    let domain = vault.global().await?;
    let sealed = record.seal(&domain, vault.entropy());
    let sealed = sealed.map_err(|why| VaultError(why.to_string()))?;
    Ok(base64_simd::STANDARD.encode_to_string(sealed))
}

impl OpenSession {
    /// What policies may ask of it.
    pub(crate) fn facts(&self) -> SessionFacts {
        let record = &self.record;
        let handed_down = |key: &str| record.transitive.iter().any(|k| k.eq_ignore_ascii_case(key));
        SessionFacts {
            issued: record.issued,
            source_identity: record.source_identity.clone(),
            provider: record.provider.clone(),
            maker: None,
            transitive: record.tags.iter().filter(|tag| handed_down(&tag.key)).cloned().collect(),
        }
    }
}
