//! What an operation works with once it is admitted: key material through the admitted key only,
//! entropy, the request's one time, pages of what it may list, and the changes it stages.

use crate::audit::Note;
use crate::desk::Desk;
use crate::gate::AdmittedKey;
use crate::ledger::Changes;
use crate::refusal::{Limit, Refusal};
use crate::slot::{Slot, SlotRange};
use crate::target::{AdmittedAccount, AdmittedAlias};
use crate::vault::VaultError;
use strongroom_crypto::SecretBytes;
use strongroom_keys::blob::BlobHeader;
use strongroom_keys::{
    AliasRecord, BackingKey, DomainName, KeyRecord, MaterialId, MultiRegion, RecordError,
};
use strongroom_policy::{Policy, Problem, Sources, default_key_policy, locks_out};
use strongroom_types::{
    EncryptionContext, KeyArn, KeyId, KeySpec, KeyState, KeyUsage, Origin, Tag, Timestamp,
};

/// The most aliases of one key. Source: AWS KMS Developer Guide, "Resource quotas".
pub const MAX_ALIASES_PER_KEY: usize = 50;
/// The largest key policy, in bytes. Source: the same.
pub const MAX_POLICY_BYTES: usize = 32_768;

/// The work of one operation.
pub struct Work<'a> {
    pub(crate) desk: &'a Desk<'a>,
    note: &'a mut Note,
    changes: Changes,
}

/// A key to be created.
pub struct KeyDraft {
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

impl<'a> Work<'a> {
    pub(crate) fn new(desk: &'a Desk<'a>, note: &'a mut Note) -> Self {
        Self { desk, note, changes: Changes::default() }
    }

    pub(crate) fn into_changes(self) -> Changes {
        self.changes
    }

    /// The time of the request.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.desk.call.time
    }

    /// So many random bytes.
    ///
    /// # Errors
    /// [`Refusal::Internal`] when the entropy source fails.
    pub fn random(&self, len: usize) -> Result<SecretBytes, Refusal> {
        let mut bytes = SecretBytes::zeroed(len);
        let filled = self.desk.vault.entropy().fill(bytes.expose_mut());
        filled.map_err(|why| self.failed(&why))?;
        Ok(bytes)
    }

    /// Encrypts under the key's current material. Returns ciphertext blob and material.
    ///
    /// # Errors
    /// [`Refusal::Internal`] when the store, the entropy source or AWS-LC fails.
    pub async fn encrypt(
        &mut self,
        key: &AdmittedKey,
        context: &EncryptionContext,
        plaintext: &SecretBytes,
    ) -> Result<(Vec<u8>, MaterialId), Refusal> {
        let keys = self.backing_keys(key).await?;
        let current = keys.last().ok_or(Refusal::Internal)?;
        let entropy = self.desk.vault.entropy();
        let blob = current.encrypt(&key.arn(), context, plaintext.expose(), entropy);
        self.note.material(current.id());
        Ok((blob.map_err(|why| self.failed(&why))?, current.id()))
    }

    /// Decrypts `blob`, which begins with `header`.
    ///
    /// # Errors
    /// [`Refusal::InvalidCiphertext`] when blob or context differ from what was encrypted.
    pub async fn decrypt(
        &mut self,
        key: &AdmittedKey,
        header: &BlobHeader,
        context: &EncryptionContext,
        blob: &SecretBytes,
    ) -> Result<SecretBytes, Refusal> {
        let keys = self.backing_keys(key).await?;
        let made_it = keys.iter().find(|backing| backing.id() == header.material);
        let plain = made_it.ok_or(RecordError::Authentication);
        let plain = plain.and_then(|backing| backing.decrypt(header, context, blob.expose()));
        let plain = plain.map_err(|_| Refusal::InvalidCiphertext)?;
        self.note.material(header.material);
        Ok(plain)
    }

    async fn backing_keys<'k>(&self, key: &'k AdmittedKey) -> Result<&'k [BackingKey], Refusal> {
        let keys = self.desk.vault.backing_keys(key.entry()).await;
        keys.map_err(|why| self.desk.internal(&why))
    }

    /// Stages a new symmetric key.
    ///
    /// # Errors
    /// The refusal of its policy, or [`Refusal::Internal`].
    pub async fn create_key(
        &mut self,
        account: &AdmittedAccount,
        draft: KeyDraft,
    ) -> Result<KeyRecord, Refusal> {
        let id = self.fresh_id(draft.multi_region)?;
        let (region, account) = (account.region(), account.account());
        let arn = KeyArn { region, account, key: id };
        let policy = match draft.policy {
            Some(text) => self.checked_policy(arn, text, draft.bypass_lockout_check)?,
            None => default_key_policy(account, region.partition()),
        };
        let record = KeyRecord {
            account,
            region,
            id,
            created: self.now(),
            description: draft.description,
            state: KeyState::Enabled,
            spec: KeySpec::SymmetricDefault,
            usage: KeyUsage::EncryptDecrypt,
            origin: Origin::AwsKms,
            multi_region: draft
                .multi_region
                .then(|| MultiRegion { primary: region, replicas: Vec::new() }),
            deletion: None,
            policy,
            tags: draft.tags,
            material: vec![self.fresh_material(&arn).await?],
        };
        self.note.resource(arn.to_string());
        self.changes.put(Slot::key(&arn), None, &record);
        Ok(record)
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

    async fn fresh_material(
        &self,
        arn: &KeyArn,
    ) -> Result<strongroom_keys::MaterialRecord, Refusal> {
        let vault = self.desk.vault;
        let domain = self.desk.ledger.domain(DomainName::region(arn.region)).await;
        let domain = domain.map_err(|why| self.desk.internal(&why))?;
        BackingKey::generate(arn, vault.entropy())
            .and_then(|key| key.wrap(&domain, arn, self.now(), vault.entropy()))
            .map_err(|why| self.failed(&why))
    }

    /// `text`, if it is a policy that the key may have.
    fn checked_policy(&self, arn: KeyArn, text: String, bypass: bool) -> Result<String, Refusal> {
        if text.len() > MAX_POLICY_BYTES {
            return Err(Refusal::LimitExceeded(Limit::PolicySize));
        }
        let policy = Policy::key_policy(&text);
        let policy = policy.map_err(|why| {
            Refusal::MalformedPolicy(match why.problem() {
                Problem::Principal => {
                    "Policy contains a statement with one or more invalid principals.".to_owned()
                }
                _ => why.to_string(),
            })
        })?;
        let facts = self.desk.facts();
        let caller = &self.desk.call.caller.principal;
        if !bypass && locks_out(&policy, caller, arn, &Sources::default(), &facts) {
            return Err(Refusal::MalformedPolicy(
                "The new key policy will not allow you to update the key policy in the future."
                    .to_owned(),
            ));
        }
        Ok(text)
    }

    /// Stages a new policy of the key.
    ///
    /// # Errors
    /// The refusal of the policy, or [`Refusal::Internal`].
    pub async fn put_policy(
        &mut self,
        key: &AdmittedKey,
        text: String,
        bypass_lockout_check: bool,
    ) -> Result<(), Refusal> {
        let policy = self.checked_policy(key.arn(), text, bypass_lockout_check)?;
        self.update_key(key, |record| record.policy = policy).await.map(drop)
    }

    /// Stages a change to the key's record. A deletion date that comes, goes or moves takes its
    /// place in the schedule along.
    ///
    /// # Errors
    /// [`Refusal::Internal`] when the store fails.
    pub async fn update_key(
        &mut self,
        key: &AdmittedKey,
        edit: impl FnOnce(&mut KeyRecord),
    ) -> Result<KeyRecord, Refusal> {
        let before = key.record();
        let mut record = before.clone();
        edit(&mut record);
        let arn = key.arn();
        if record.deletion != before.deletion {
            if let Some(time) = before.deletion {
                self.remove(Slot::due(time, &arn)).await?;
            }
            if let Some(time) = record.deletion {
                self.changes.put(Slot::due(time, &arn), None, &record.id.to_string());
            }
        }
        self.changes.put(Slot::key(&arn), Some(key.entry().version), &record);
        Ok(record)
    }

    /// Stages the alias with its new target.
    ///
    /// # Errors
    /// [`Refusal::LimitExceeded`] when the key has its 50 aliases, [`Refusal::Internal`].
    pub async fn put_alias(&mut self, alias: &AdmittedAlias) -> Result<(), Refusal> {
        let target = alias.target().ok_or(Refusal::Internal)?;
        let (arn, key) = (alias.arn(), target.arn());
        if alias.existing().is_some_and(|existing| existing.target == key.key) {
            return self.stage_alias(alias, key.key);
        }
        let vault = self.desk.vault;
        let held = vault
            .scan::<String>(&SlotRange::aliases_of(&key), None, MAX_ALIASES_PER_KEY)
            .await
            .map_err(|why| self.desk.internal(&why))?;
        if held.len() >= MAX_ALIASES_PER_KEY {
            return Err(Refusal::LimitExceeded(Limit::AliasesPerKey));
        }
        if let Some(current) = alias.current() {
            self.remove(Slot::alias_of(&current.arn(), &arn.name)).await?;
        }
        self.changes.put(Slot::alias_of(&key, &arn.name), None, &arn.name.as_str());
        // The key's record is written unchanged: two aliases created at once meet there, so that
        // neither the quota nor a deletion of the key is overrun.
        self.changes.put(Slot::key(&key), Some(target.entry().version), target.record());
        self.stage_alias(alias, key.key)
    }

    fn stage_alias(&mut self, alias: &AdmittedAlias, target: KeyId) -> Result<(), Refusal> {
        let now = self.now();
        let created = alias.existing().map_or(now, |existing| existing.created);
        let record = AliasRecord { target, created, updated: now };
        self.changes.put(Slot::alias(alias.arn()), alias.version(), &record);
        Ok(())
    }

    /// Stages the end of the alias.
    ///
    /// # Errors
    /// [`Refusal::Internal`] when the store fails.
    pub async fn delete_alias(&mut self, alias: &AdmittedAlias) -> Result<(), Refusal> {
        let current = alias.current().ok_or(Refusal::Internal)?;
        self.remove(Slot::alias_of(&current.arn(), &alias.arn().name)).await?;
        let slot = Slot::alias(alias.arn());
        self.changes.delete(slot, alias.version());
        Ok(())
    }

    /// Stages the removal of a record that only its place says something with.
    async fn remove(&mut self, slot: Slot) -> Result<(), Refusal> {
        let found = self.desk.vault.store().read(slot.bytes()).await;
        let found = found.map_err(|why| self.desk.internal(&why.into()))?;
        // What is gone by now was taken away by a change that was first: a version that no record
        // has makes this one lose, and be tried again on what is there then.
        let version = found.map_or(u64::MAX, |found| found.version);
        self.changes.delete(slot, Some(version));
        Ok(())
    }

    fn failed(&self, why: &dyn std::fmt::Display) -> Refusal {
        self.desk.internal(&VaultError(why.to_string()))
    }
}
