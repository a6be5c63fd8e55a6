//! Making keys and changing their records.

use super::Work;
use super::offload::{is_slow, making};
use super::policies::CheckedPolicy;
use crate::gate::AdmittedKey;
use crate::refusal::{Limit, Refusal, Unsupported};
use crate::slot::Slot;
use crate::target::AdmittedAccount;
use crate::vault::KeyEntry;
use std::sync::Arc;
use strongroom_keys::{
    DomainKey, DomainName, KeyMaterial, KeyRecord, MaterialRecord, MultiRegion, StoreMembership,
};
use strongroom_types::{
    AccountId, KeyArn, KeyId, KeySpec, KeyState, KeyUsage, Origin, Region, Tag,
};

/// A key to be created.
pub struct KeyDraft {
    /// Type of key material.
    pub spec: KeySpec,
    /// What it shall be used for.
    pub usage: KeyUsage,
    /// Where its material comes from.
    pub source: KeySource,
    /// Description.
    pub description: String,
    /// The key policy; `None`: the default one.
    pub policy: Option<String>,
    /// Whether the policy may lock the caller out.
    pub bypass_lockout_check: bool,
    /// Tags.
    pub tags: Vec<Tag>,
    /// Whether it shall be a multi-Region primary key.
    pub multi_region: bool,
}

/// Where the material of a new key comes from.
pub enum KeySource {
    /// It is made here, now.
    Generated,
    /// It is imported later.
    Imported,
    /// Half of it is made here, the other half is a key in a custom key store.
    InStore {
        /// Identifier of the store.
        store: String,
        /// The external key, for a store behind a proxy; in an HSM the key is made.
        external: Option<String>,
    },
}

/// A place for a key in a custom key store.
pub(super) struct KeyPlace {
    pub(super) key: KeyId,
    pub(super) origin: Origin,
    pub(super) member: StoreMembership,
}

impl Work<'_> {
    /// Stages a new key.
    ///
    /// # Errors
    /// The refusal of its policy, [`Refusal::LimitExceeded`], or [`Refusal::Internal`].
    pub async fn create_key(
        &mut self,
        account: &AdmittedAccount,
        draft: KeyDraft,
    ) -> Result<KeyRecord, Refusal> {
        self.offers(draft.spec)?;
        let (region, account) = (account.region(), account.account());
        let fresh = self.fresh_id(draft.multi_region)?;
        let CheckedPolicy { text: policy, bindings } = match draft.policy {
            Some(text) => {
                let arn = KeyArn { region, account, key: fresh };
                self.checked_policy(arn, text, draft.bypass_lockout_check).await?
            }
            None => CheckedPolicy::the_default(account, region),
        };
        self.room_for_a_key(account, region).await?;
        // What is sealed for the Region needs its domain key, which the first to need it makes.
        let _ = self.domain(region).await?;
        let (id, origin, store) = match draft.source {
            KeySource::Generated => (fresh, Origin::AwsKms, None),
            KeySource::Imported => (fresh, Origin::External, None),
            KeySource::InStore { store, external } => {
                let place = self.place_in_store((account, region), store, external).await?;
                (place.key, place.origin, Some(place.member))
            }
        };
        let arn = KeyArn { region, account, key: id };
        let (state, material) = match origin {
            Origin::External => (KeyState::PendingImport, Vec::new()),
            _ => (KeyState::Enabled, vec![self.fresh_material(draft.spec, &arn).await?]),
        };
        let record = KeyRecord {
            account,
            region,
            id,
            created: self.now(),
            description: draft.description,
            state,
            spec: draft.spec,
            usage: draft.usage,
            origin,
            multi_region: draft
                .multi_region
                .then(|| MultiRegion { primary: region, replicas: Vec::new() }),
            deletion: None,
            policy,
            tags: draft.tags,
            material,
            rotation: None,
            store,
            transition: None,
            pending_window_days: None,
            grants: None,
            bindings,
        };
        self.note.resource(arn.to_string());
        self.stage_key(None, &record).await?;
        Ok(record)
    }

    /// Refuses one more key to an account that has all it may have in the Region, and reserves it
    /// otherwise.
    pub(super) async fn room_for_a_key(
        &mut self,
        account: AccountId,
        region: Region,
    ) -> Result<(), Refusal> {
        let quota = self.desk.settings.quotas.resources.of(account).keys;
        let Some(most) = quota else { return Ok(()) };
        let reserved = self.desk.key_counts.reserve(self.desk.vault, (account, region), most).await;
        let reserved = reserved.map_err(|why| self.desk.internal(&why))?;
        self.reserved.push(reserved.ok_or(Refusal::LimitExceeded(Limit::Keys(most)))?);
        Ok(())
    }

    /// Refuses a spec that the request's Region does not offer.
    ///
    /// # Errors
    /// [`Refusal::Unsupported`].
    pub fn offers(&self, spec: KeySpec) -> Result<(), Refusal> {
        if !self.desk.settings.offers(spec, self.desk.call.caller.region) {
            return Err(Refusal::Unsupported(Unsupported::KeySpec(spec)));
        }
        Ok(())
    }

    fn fresh_id(&self, multi_region: bool) -> Result<KeyId, Refusal> {
        let mut bytes = [0; 16];
        let filled = self.desk.vault.entropy().fill(&mut bytes);
        filled.map_err(|why| self.failed(&why))?;
        Ok(if multi_region {
            KeyId::multi_region_from_random(bytes)
        } else {
            KeyId::from_random(bytes)
        })
    }

    /// Fresh key material of `spec` for `arn`, wrapped.
    pub(crate) async fn fresh_material(
        &self,
        spec: KeySpec,
        arn: &KeyArn,
    ) -> Result<MaterialRecord, Refusal> {
        let (arn, entropy) = (*arn, self.desk.vault.entropy_port());
        let make = move || KeyMaterial::generate(spec, &arn, &*entropy);
        let made = if is_slow(spec) { self.offload(making(spec), make).await? } else { make() };
        let made = made.map_err(|why| self.failed(&why))?;
        self.wrap(&made, &arn).await
    }

    /// Wraps key material for the record of `arn`.
    pub(crate) async fn wrap(
        &self,
        material: &KeyMaterial,
        arn: &KeyArn,
    ) -> Result<MaterialRecord, Refusal> {
        let domain = self.domain(arn.region).await?;
        let wrapped = material.wrap(&domain, arn, self.now(), self.desk.vault.entropy());
        wrapped.map_err(|why| self.failed(&why))
    }

    /// The key that seals for the Region.
    pub(crate) async fn domain(&self, region: Region) -> Result<Arc<DomainKey>, Refusal> {
        let domain = self.desk.ledger.domain(DomainName::region(region)).await;
        domain.map_err(|why| self.desk.internal(&why))
    }

    /// Stages a change to the key's record, and to its places in the schedule.
    ///
    /// # Errors
    /// [`Refusal::Internal`] when the store fails.
    pub async fn update_key(
        &mut self,
        key: &AdmittedKey,
        edit: impl FnOnce(&mut KeyRecord),
    ) -> Result<KeyRecord, Refusal> {
        let mut record = key.record().clone();
        // What is changed from here on is not changed back by the end of a state that is over.
        record.settle(self.now());
        edit(&mut record);
        self.stage_key(Some(key.entry()), &record).await?;
        Ok(record)
    }

    /// Stages `record` in the place of `before`, and what its schedule gains and loses by that.
    pub(crate) async fn stage_key(
        &mut self,
        before: Option<&KeyEntry>,
        record: &KeyRecord,
    ) -> Result<(), Refusal> {
        let arn = record.arn();
        let due = record.due();
        let was_due = before.map(|entry| entry.record.due()).unwrap_or_default();
        for (time, task) in was_due.difference(&due) {
            self.remove(Slot::due(*time, *task, &arn)).await?;
        }
        for (time, task) in due.difference(&was_due) {
            self.changes.put(Slot::due(*time, *task, &arn), None, &record.id.to_string());
        }
        self.changes.put(Slot::key(&arn), before.map(|entry| entry.version), record);
        Ok(())
    }
}
