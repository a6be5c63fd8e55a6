//! Session tokens: opened once, then cached by their digest. A token does not change; what it
//! stands for is looked up with each request.

use crate::identity::SessionFacts;
use crate::vault::{Vault, VaultError};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::sync::Arc;
use strongroom_crypto::hash;
use strongroom_keys::DomainName;
use strongroom_keys::identity::SessionRecord;
use strongroom_policy::Policy;
use strongroom_types::Tag;

/// The longest token that is looked at, in characters: what fits into a request's head.
const MAX_TOKEN: usize = 48 * 1024;

/// The longest time that a token is good, in milliseconds (AWS STS, GetFederationToken: 36 hours).
pub(crate) const LONGEST: i64 = 36 * 60 * 60 * 1000;

/// A session token that is open.
pub(crate) struct OpenSession {
    pub(crate) record: SessionRecord,
    /// The policy passed for the session, compiled.
    pub(crate) policy: Option<Arc<Policy>>,
}

/// About how many sessions are kept open.
const MOST: usize = 10_000;
/// The most bytes that they take. Our choice: a session without policies weighs about 1 KiB, the
/// longest of them 40.
const MOST_BYTES: u64 = 32 << 20;

/// Sessions by the SHA-256 of their tokens.
pub(crate) struct Sessions(Cache<[u8; 32], Arc<OpenSession>, SessionWeight>);

impl Default for Sessions {
    fn default() -> Self {
        Self(Cache::with_weighter(MOST, MOST_BYTES, SessionWeight))
    }
}

/// About the bytes that an open session takes: a compiled policy has about four times its text.
#[derive(Clone)]
struct SessionWeight;

impl Weighter<[u8; 32], Arc<OpenSession>> for SessionWeight {
    fn weight(&self, _: &[u8; 32], session: &Arc<OpenSession>) -> u64 {
        let record = &session.record;
        let policy = record.policy.as_ref().map_or(0, String::len) * 5;
        let tags: usize = record.tags.iter().map(|tag| tag.key.len() + tag.value.len() + 48).sum();
        let lists = record.policies.iter().chain(&record.transitive);
        let lists: usize = lists.map(|text| text.len() + 24).sum();
        let bytes = policy + tags + lists + record.padding.len();
        1024 + u64::try_from(bytes).unwrap_or(u64::MAX >> 1)
    }
}

impl Sessions {
    /// The session of this token, if it was used before.
    pub(crate) fn known(&self, digest: &[u8; 32]) -> Option<Arc<OpenSession>> {
        self.0.get(digest)
    }

    /// How many are known.
    pub(crate) fn entries(&self) -> usize {
        self.0.len()
    }

    /// Forgets all: some may be of tokens that open no more.
    pub(crate) fn clear(&self) {
        self.0.clear();
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
    let domain = vault.numbered_if_any(DomainName::global(), number).await?;
    let Some(domain) = domain else { return Ok(None) };
    let Ok(mut record) = SessionRecord::open(&domain, &sealed) else { return Ok(None) };
    // No token is made for longer; whoever once knew a key may make others, but none that outlive it.
    if record.expires.millis().saturating_sub(record.issued.millis()) > LONGEST {
        return Ok(None);
    }
    // It has done what it is for.
    record.padding = Vec::new();
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
        let handed_down = |key: &str| record.transitive.iter().any(|k| Tag::same_key(k, key));
        SessionFacts {
            issued: record.issued,
            source_identity: record.source_identity.clone(),
            provider: record.provider.clone(),
            maker: None,
            transitive: record.tags.iter().filter(|tag| handed_down(&tag.key)).cloned().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strongroom_crypto::SecretBytes;
    use strongroom_keys::identity::SessionOwner;
    use strongroom_types::{AccountId, Timestamp};

    fn session(policy: &str, tags: usize) -> Arc<OpenSession> {
        let tag = Tag { key: "k".repeat(128), value: "v".repeat(256) };
        let record = SessionRecord {
            access_key: "ASIAEXAMPLE".to_owned(),
            secret: SecretBytes::new(vec![7; 40]),
            issued: Timestamp::from_millis(0),
            expires: Timestamp::from_millis(1),
            account: AccountId::INITIAL,
            owner: SessionOwner::Root,
            policy: Some(policy.to_owned()),
            policies: Vec::new(),
            tags: vec![tag; tags],
            transitive: Vec::new(),
            source_identity: None,
            provider: None,
            padding: Vec::new(),
            root_key: None,
        };
        Arc::new(OpenSession { record, policy: None })
    }

    #[test]
    fn sessions_are_bounded_by_their_bytes() {
        let sessions = Sessions::default();
        let large = session(&" ".repeat(2048), 10);
        for number in 0..8_000_u64 {
            let mut digest = [0; 32];
            digest[..8].copy_from_slice(&number.to_be_bytes());
            sessions.keep(digest, large.clone());
        }
        assert!(sessions.0.weight() <= MOST_BYTES);
        assert!(sessions.0.len() < 2_500, "{}", sessions.0.len());
        assert!(SessionWeight.weight(&[0; 32], &session("", 0)) < 1100);
    }
}
