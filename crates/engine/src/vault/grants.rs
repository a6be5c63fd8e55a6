//! Grants by grantee, read and cached.

use super::{Vault, VaultError};
use crate::grant_kind::GrantKind;
use crate::meters::CacheName;
use crate::slot::{Slot, SlotRange};
use crate::turn::turn;
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
    places: Cache<(u64, Vec<u8>), Option<Arc<GrantRecord>>, Bytes>,
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

/// About the bytes that what is in a place takes.
#[derive(Clone)]
struct Bytes;

impl Weighter<(u64, Vec<u8>), Option<Arc<GrantRecord>>> for Bytes {
    fn weight(&self, place: &(u64, Vec<u8>), found: &Option<Arc<GrantRecord>>) -> u64 {
        let bytes = ENTRY_BYTES + place.1.len() + found.as_ref().map_or(0, |grant| size_of(grant));
        u64::try_from(bytes).unwrap_or(u64::MAX >> 1)
    }
}

/// What a place takes on average: so many times as many bytes as places are kept.
const PLACE_BYTES: u64 = 1024;
/// What an entry takes besides its texts.
const ENTRY_BYTES: usize = 256;

/// The bytes of a grant's texts.
fn size_of(grant: &GrantRecord) -> usize {
    let terms = &grant.terms;
    let pairs = terms.context_subset.as_ref().or(terms.context_equals.as_ref());
    let pairs = pairs.into_iter().flatten().map(|(key, value)| key.len() + value.len());
    let texts = [&terms.source_arn, &terms.name, &terms.grantee_id, &terms.retiring_id];
    let texts = texts.into_iter().flatten().map(String::len);
    let retiring = terms.retiring.as_ref().map_or(0, |party| party.text().len());
    let named = grant.id.len() + terms.grantee.text().len() + retiring;
    named + terms.operations.len() + pairs.chain(texts).sum::<usize>()
}

impl GrantCaches {
    pub(super) fn new(size: usize) -> Self {
        let weight = u64::try_from(size).unwrap_or(u64::MAX);
        Self {
            grantees: Cache::with_weighter(size, weight, Kinds),
            places: Cache::with_weighter(size, weight.saturating_mul(PLACE_BYTES), Bytes),
            next: AtomicU64::new(0),
        }
    }

    /// How many grantees are known.
    pub(super) fn grantees(&self) -> usize {
        self.grantees.len()
    }

    /// Forgets the grantee, by the digest of the party.
    pub(super) fn forget(&self, key: &KeyArn, party: &str) {
        self.grantees.remove(&(*key, party.to_owned()));
    }
}

impl Vault {
    /// Grants on `key` to `party` that permit the action of `operation` in a request of these facts:
    /// of each kind one whose constraints the request meets, until there is one that `permits`.
    ///
    /// The price grows with the number of kinds of grants that the party has on the key, of which
    /// there are [`MAX_GRANT_KINDS`](crate::work::MAX_GRANT_KINDS) at most, not with the number of
    /// grants.
    ///
    /// # Errors
    /// [`VaultError`].
    pub(crate) async fn grants_for(
        &self,
        key: &KeyArn,
        party: &str,
        operation: GrantOperation,
        facts: &dyn Facts,
        permits: impl Fn(&GrantRecord) -> bool,
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
            let Some(grant) = self.first_grant(key, &grantee, &range).await? else { continue };
            let enough = permits(&grant);
            found.push(grant);
            if enough {
                break;
            }
        }
        Ok(found)
    }

    /// Whether one more grant on `key` to `party` would be of more kinds than `most`.
    ///
    /// # Errors
    /// [`VaultError`].
    pub(crate) async fn kinds_exceed(
        &self,
        key: &KeyArn,
        party: &str,
        kind: &GrantKind,
        most: usize,
    ) -> Result<bool, VaultError> {
        let grantee = self.grantee(key, party).await?;
        let known = grantee.kinds.iter().any(|own| own.asks == *kind);
        Ok(!known && grantee.kinds.len() >= most)
    }

    /// The kinds of grants on `key` to `party`.
    async fn grantee(&self, key: &KeyArn, party: &str) -> Result<Arc<Grantee>, VaultError> {
        let range = SlotRange::granted(key, party);
        let name = (*key, crate::slot::digest(party));
        let known = self.grants.grantees.get(&name);
        if let Some(grantee) = self.lookups().seen(CacheName::Grantees, known) {
            return Ok(grantee);
        }
        let epoch = self.epoch();
        let mut kinds = Vec::new();
        let (mut from, end) = (range.from(None), range.end());
        while let Some(entry) = self.store.scan(&from, &end, 1).await?.pop() {
            let id: String = self.decode(&entry.key, range.domain(), &entry.found).await?;
            let Some(read) = self.read::<GrantRecord>(&Slot::grant(key, &id)).await? else {
                // It ended since the scan: the next one may be of the same kind.
                from = behind(entry.key);
                continue;
            };
            let rest = entry.key.get(range.prefix().len()..).unwrap_or_default();
            let kind = rest.split(|byte| *byte == b'/').next().unwrap_or_default();
            // The next kind comes after all places of this one; `0` is behind `/`.
            from = [range.prefix(), kind, b"0"].concat();
            let asks = GrantKind::of(&read.record.terms);
            kinds.push(Kind { name: String::from_utf8_lossy(kind).into_owned(), asks });
            // A kind takes three looks at the store.
            turn().await;
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
        let mut found = None;
        let mut after = None;
        while let Some((place, id)) = self.scan::<String>(range, after.as_deref(), 1).await?.pop() {
            found = self.read::<GrantRecord>(&Slot::grant(key, &id)).await?;
            if found.is_some() {
                break;
            }
            // It ended since the scan: the next one does as well.
            after = Some(place);
        }
        let found = found.map(|read| Arc::new(read.record));
        self.grants.places.insert(name, found.clone());
        Ok(found)
    }
}

/// The first store key behind `place`.
fn behind(mut place: Vec<u8>) -> Vec<u8> {
    place.push(0);
    place
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use strongroom_keys::{GrantTerms, Party};
    use strongroom_types::{AccountId, Timestamp};

    #[test]
    fn a_grant_weighs_what_its_texts_take() {
        let record = |pairs: BTreeMap<String, String>| GrantRecord {
            id: "0".repeat(64),
            terms: GrantTerms {
                grantee: Party::Principal("arn:aws:iam::111122223333:root".to_owned()),
                retiring: None,
                operations: vec![GrantOperation::Encrypt],
                context_subset: Some(pairs),
                context_equals: None,
                source_arn: None,
                name: None,
                grantee_id: None,
                retiring_id: None,
            },
            issuer: AccountId::INITIAL,
            created: Timestamp::from_millis(0),
        };
        let weight = |found: Option<GrantRecord>| {
            Bytes.weight(&(1, b"place".to_vec()), &found.map(Arc::new))
        };
        let long = BTreeMap::from([("key".to_owned(), "v".repeat(384))]);
        let (none, short) = (weight(None), weight(Some(record(BTreeMap::new()))));
        assert!(none < short);
        assert_eq!(weight(Some(record(long))), short + 3 + 384);
    }
}
