//! Grants by grantee, read and cached.

use super::{Vault, VaultError};
use crate::grant_kind::GrantKind;
use crate::slot::{Slot, SlotRange};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use strongroom_keys::GrantRecord;
use strongroom_policy::Facts;
use strongroom_types::{GrantOperation, KeyArn};

/// The caches of grants.
pub(super) struct GrantCaches {
    /// By key and digest of the party; also those who have none.
    grantees: Cache<(KeyArn, String), Arc<Grantee>, Kinds>,
    /// By what is in the place of a grantee.
    ///
    /// **Invariant:** it is that of a [`Grantee`], by its number. One that a commit has touched is
    /// not found any more, and its number is not used again: what is here of it is never asked for.
    places: Cache<(u64, Vec<u8>), Option<Arc<GrantRecord>>>,
    next: AtomicU64,
}

/// Who has grants on a key, and of which kinds.
pub(super) struct Grantee {
    number: u64,
    kinds: Vec<Kind>,
}

/// One kind, by its part of the place.
struct Kind {
    name: String,
    asks: GrantKind,
}

/// What a cached grantee weighs: one, and one for each kind.
#[derive(Clone)]
struct Kinds;

impl Weighter<(KeyArn, String), Arc<Grantee>> for Kinds {
    fn weight(&self, _: &(KeyArn, String), grantee: &Arc<Grantee>) -> u64 {
        1 + u64::try_from(grantee.kinds.len()).unwrap_or(u64::MAX >> 1)
    }
}

impl GrantCaches {
    pub(super) fn new(size: usize) -> Self {
        let weight = u64::try_from(size).unwrap_or(u64::MAX);
        Self {
            grantees: Cache::with_weighter(size, weight, Kinds),
            places: Cache::new(size),
            next: AtomicU64::new(0),
        }
    }

    /// Forgets the grantee, by the digest of the party.
    pub(super) fn forget(&self, key: &KeyArn, party: &str) {
        self.grantees.remove(&(*key, party.to_owned()));
    }
}

impl Vault {
    /// Grants on `key` to `party` that may permit `operation` in a request of these facts: of each
    /// kind one whose constraints the request meets, if there is one. But for CreateGrant, which
    /// depends on more, one is enough.
    ///
    /// The price grows with the number of kinds of grants that the party has on the key, not with
    /// the number of grants.
    ///
    /// # Errors
    /// [`VaultError`].
    pub(crate) async fn grants_for(
        &self,
        key: &KeyArn,
        party: &str,
        operation: GrantOperation,
        facts: &dyn Facts,
    ) -> Result<Vec<Arc<GrantRecord>>, VaultError> {
        let grantee = self.grantee(key, party).await?;
        let mut found = Vec::new();
        for Kind { name, asks: kind } in &grantee.kinds {
            if !kind.operations.contains(&operation) {
                continue;
            }
            let Some(source) = kind.source_of(facts) else { continue };
            let context = match operation {
                GrantOperation::DescribeKey => None,
                _ => match kind.context_of(facts) {
                    Some(context) => Some(context),
                    None => continue,
                },
            };
            let range = SlotRange::granted_in(key, party, name, &source, context.as_deref());
            found.extend(self.first_grant(key, &grantee, &range).await?);
            if !found.is_empty() && operation != GrantOperation::CreateGrant {
                break;
            }
        }
        Ok(found)
    }

    /// The kinds of grants on `key` to `party`.
    async fn grantee(&self, key: &KeyArn, party: &str) -> Result<Arc<Grantee>, VaultError> {
        let range = SlotRange::granted(key, party);
        let name = (*key, crate::slot::digest(party));
        if let Some(grantee) = self.grants.grantees.get(&name) {
            return Ok(grantee);
        }
        let epoch = self.epoch();
        let mut kinds = Vec::new();
        let (mut from, end) = (range.from(None), range.end());
        while let Some(entry) = self.store.scan(&from, &end, 1).await?.pop() {
            let rest = entry.key.get(range.prefix().len()..).unwrap_or_default();
            let kind = rest.split(|byte| *byte == b'/').next().unwrap_or_default();
            // The next kind comes after all places of this one; `0` is behind `/`.
            from = [range.prefix(), kind, b"0"].concat();
            let id: String = self.decode(&entry.key, range.domain(), &entry.found).await?;
            if let Some(read) = self.read::<GrantRecord>(&Slot::grant(key, &id)).await? {
                let asks = GrantKind::of(&read.record.terms);
                kinds.push(Kind { name: String::from_utf8_lossy(kind).into_owned(), asks });
            }
        }
        let number = self.grants.next.fetch_add(1, Ordering::Relaxed);
        let grantee = Arc::new(Grantee { number, kinds });
        self.fill(&self.grants.grantees, name, grantee.clone(), epoch);
        Ok(grantee)
    }

    /// The first grant of `range`, which is of `grantee`.
    async fn first_grant(
        &self,
        key: &KeyArn,
        grantee: &Grantee,
        range: &SlotRange,
    ) -> Result<Option<Arc<GrantRecord>>, VaultError> {
        let name = (grantee.number, range.prefix().to_vec());
        if let Some(found) = self.grants.places.get(&name) {
            return Ok(found);
        }
        let first = self.scan::<String>(range, None, 1).await?.pop();
        let found = match first {
            Some((_, id)) => self.read::<GrantRecord>(&Slot::grant(key, &id)).await?,
            None => None,
        };
        let found = found.map(|read| Arc::new(read.record));
        self.grants.places.insert(name, found.clone());
        Ok(found)
    }
}
