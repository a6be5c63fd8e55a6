//! Another root key, and other domain keys, while requests are served. No ciphertext and no key
//! material changes by it.

use crate::engine::Engine;
use crate::ledger::{BareChange, Changes, CommitFailure};
use crate::ports::{Store, StoreError};
use crate::slot::{Slot, bare};
use crate::vault::VaultError;
use std::collections::BTreeMap;
use std::sync::Arc;
use strongroom_keys::{DomainKey, DomainName, DomainRotationRecord, RootKey};
use strongroom_types::{AccountId, Region};

/// Domain keys looked at in one step.
const PAGE: usize = 100;
/// How often a commit that lost a race is tried again.
const TRIES: usize = 32;

/// The fingerprint of the root key that a store was made under, or got last; `None` for an empty
/// store. It needs no key.
///
/// # Errors
/// [`StoreError`].
pub async fn root_fingerprint(store: &dyn Store) -> Result<Option<String>, StoreError> {
    let mark = store.read(bare::ROOT).await?;
    Ok(mark.map(|found| String::from_utf8_lossy(&found.value).into_owned()))
}

/// Name and number of a domain key, its place and version.
pub(crate) type DomainPlace = ((DomainName, u32), Vec<u8>, u64);

/// A domain key as the store has it.
struct Stored {
    key: Arc<DomainKey>,
    place: Vec<u8>,
    version: u64,
}

impl Engine {
    /// The fingerprint of the root key in force.
    #[must_use]
    pub fn root_fingerprint(&self) -> String {
        self.vault().root().fingerprint().to_owned()
    }

    /// Wraps every domain key under `next` and goes on with it; with `renews_domains`, each domain
    /// also gets another key, under which everything is sealed from now on, and records from before
    /// bit by bit ([`Engine::continue_domain_rotation`]). It is one commit: a crash leaves the root
    /// key before or `next` in force, and [`root_fingerprint`] tells which. Requests go on meanwhile.
    ///
    /// # Errors
    /// [`VaultError`]; the root key before is then in force, unless the failure is of the commit
    /// itself and the store's mark says otherwise.
    pub async fn replace_root_key(
        &self,
        next: Arc<dyn RootKey>,
        renews_domains: bool,
        region: Region,
    ) -> Result<(), VaultError> {
        let (vault, ledger) = (self.vault(), self.ledger());
        let _turn = ledger.hierarchy.lock().await;
        // INVARIANT: from here on every domain key is known, so that nobody reads one of the store
        // while the root key that unwraps it changes.
        let stored = self.stored_domains().await?;
        let fresh = if renews_domains { self.fresh_domains(&stored)? } else { Vec::new() };
        vault.expect_domains(&fresh);
        let replaced = self.commit_root(&next, &stored, &fresh, renews_domains, region).await;
        match replaced {
            Ok(()) => vault.follow_root(next, &fresh),
            Err(why) => {
                // Of a commit that failed the store alone knows how it ended.
                let mark = vault.store().read(bare::ROOT).await?;
                let is_next = mark.is_some_and(|mark| mark.value == next.fingerprint().as_bytes());
                if !is_next {
                    vault.forget_domains(&fresh);
                    return Err(why);
                }
                vault.follow_root(next, &fresh);
            }
        }
        if renews_domains {
            ledger.renew_segment();
        }
        Ok(())
    }

    /// Commits another root key's mark, the domain keys wrapped under it, and the event.
    async fn commit_root(
        &self,
        next: &Arc<dyn RootKey>,
        stored: &[Stored],
        fresh: &[Arc<DomainKey>],
        renews_domains: bool,
        region: Region,
    ) -> Result<(), VaultError> {
        let (vault, ledger) = (self.vault(), self.ledger());
        let account = AccountId::INITIAL;
        let event = self.event("kms", "ReplaceRootKey", account, region, String::new());
        // A walk of an earlier rotation may note its place at the same time.
        for _ in 0..TRIES {
            let changes = self.root_changes(&**next, stored, fresh).await?;
            let mut records = Changes::default();
            if renews_domains {
                let slot = Slot::domain_rotation();
                let before = vault.read::<DomainRotationRecord>(&slot).await?;
                let before = before.map(|read| read.version);
                records.put(slot, before, &DomainRotationRecord::new(self.now()));
            }
            match ledger.change_bare(changes, records, Some(&event)).await {
                Ok(()) => return Ok(()),
                Err(CommitFailure::Conflict) => {}
                Err(CommitFailure::Unrecorded) => break,
            }
        }
        Err(VaultError("the new root key could not be recorded".to_owned()))
    }

    /// What becomes of the mark and of every domain key.
    async fn root_changes(
        &self,
        next: &dyn RootKey,
        stored: &[Stored],
        fresh: &[Arc<DomainKey>],
    ) -> Result<Vec<BareChange>, VaultError> {
        let vault = self.vault();
        let mark = vault.store().read(bare::ROOT).await?;
        let mark = mark.ok_or_else(|| VaultError("the store has no root key's mark".to_owned()))?;
        let wrap = |key: &DomainKey| {
            let wrapped = next.wrap(key, vault.entropy());
            wrapped.map_err(|why| VaultError(format!("domain key of {}: {why}", key.name())))
        };
        let mut changes = vec![BareChange {
            place: bare::ROOT.to_vec(),
            before: Some(mark.version),
            value: Some(next.fingerprint().as_bytes().to_vec()),
        }];
        for Stored { key, place, version } in stored {
            let (place, value) = (place.clone(), Some(wrap(key)?));
            changes.push(BareChange { place, before: Some(*version), value });
        }
        for key in fresh {
            let (place, value) = (bare::domain(key.name(), key.number()), Some(wrap(key)?));
            changes.push(BareChange { place, before: None, value });
        }
        Ok(changes)
    }

    /// Every domain key of the store, unwrapped.
    async fn stored_domains(&self) -> Result<Vec<Stored>, VaultError> {
        let mut stored = Vec::new();
        for ((name, number), place, version) in self.domain_places().await? {
            let key = self.vault().numbered(name, number).await?;
            stored.push(Stored { key, place, version });
        }
        Ok(stored)
    }

    /// Name, number, place and version of every domain key of the store.
    pub(crate) async fn domain_places(&self) -> Result<Vec<DomainPlace>, VaultError> {
        let mut places = Vec::new();
        let mut from = bare::DOMAINS.to_vec();
        loop {
            let page = self.vault().store().scan(&from, bare::DOMAINS_END, PAGE).await?;
            let is_last = page.len() < PAGE;
            for entry in page {
                let named = bare::domain_of(&entry.key);
                let named = named.ok_or_else(|| {
                    let shown = String::from_utf8_lossy(&entry.key);
                    VaultError(format!("{shown} is no domain key"))
                })?;
                from = [entry.key.as_slice(), &[0]].concat();
                places.push((named, entry.key, entry.found.version));
            }
            if is_last {
                return Ok(places);
            }
        }
    }

    /// Another key for each domain, of the next number.
    fn fresh_domains(&self, stored: &[Stored]) -> Result<Vec<Arc<DomainKey>>, VaultError> {
        let mut newest: BTreeMap<DomainName, u32> = BTreeMap::new();
        for Stored { key, .. } in stored {
            let number = newest.entry(key.name()).or_default();
            *number = key.number().max(*number);
        }
        let next = newest.into_iter().map(|(name, number)| {
            let number = number.checked_add(1);
            let number = number.ok_or_else(|| VaultError("no number is left".to_owned()))?;
            let key = DomainKey::generate(name, number, self.vault().entropy());
            key.map(Arc::new).map_err(|why| VaultError(format!("domain key of {name}: {why}")))
        });
        next.collect()
    }
}
