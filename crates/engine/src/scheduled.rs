//! What the service does by itself: keys whose deletion is due are deleted. Each is recorded as an
//! event of the service.

use crate::audit::AuditRecord;
use crate::engine::Engine;
use crate::gate::{AdmittedKey, admit_due};
use crate::ledger::{Changes, CommitFailure};
use crate::slot::{Slot, SlotRange};
use crate::vault::VaultError;
use strongroom_policy::{Permit, ScheduledTask};
use strongroom_types::{AccountId, AliasArn, AliasName, KeyArn, Region, Timestamp};

/// Keys looked at in one step.
const PAGE: usize = 100;

impl Engine {
    /// Deletes every key whose time has come. Returns how many it deleted.
    ///
    /// # Errors
    /// [`VaultError`] when the schedule cannot be read; what fails of one key is reported.
    pub async fn run_due_tasks(&self) -> Result<usize, VaultError> {
        let now = self.now();
        let mut deleted = 0;
        let mut from = b"due/".to_vec();
        let end = format!("due/{:020}", now.millis().saturating_add(1)).into_bytes();
        loop {
            let due = self.vault().store().scan(&from, &end, PAGE).await?;
            let Some(last) = due.last() else { return Ok(deleted) };
            from = [last.key.as_slice(), &[0]].concat();
            for entry in due {
                let Some(arn) = due_key(&entry.key) else { continue };
                // One key that cannot be read does not keep the others alive.
                match self.delete_due(arn, &entry.key, entry.found.version, now).await {
                    Ok(done) => deleted += usize::from(done),
                    Err(why) => self.report(None, &format!("deletion of {arn}: {why}")),
                }
            }
        }
    }

    /// The schedule's entry says when to look; the key's own, sealed record decides.
    async fn delete_due(
        &self,
        arn: KeyArn,
        place: &[u8],
        version: u64,
        now: Timestamp,
    ) -> Result<bool, VaultError> {
        let Some(entry) = self.vault().key(&arn).await? else { return Ok(false) };
        let permit = Permit::for_scheduled_task(ScheduledTask::DeleteKey, arn);
        let Some(key) = admit_due(entry, permit, now) else { return Ok(false) };
        let Some(due) = key.record().deletion.map(|time| Slot::due(time, &arn)) else {
            return Ok(false);
        };
        if due.bytes() != place {
            return Ok(false);
        }
        let mut changes = self.deletion(&key).await?;
        changes.delete(due, Some(version));
        let record = self.event("kms", "DeleteKey", arn.account, arn.region, arn.to_string());
        match self.ledger().commit(changes, &record, ()).await {
            Ok(_) => Ok(true),
            // Somebody cancelled it just now; if not, it is found again.
            Err((CommitFailure::Conflict, ())) => Ok(false),
            Err((CommitFailure::Unrecorded, ())) => {
                Err(VaultError("the deletion could not be recorded".to_owned()))
            }
        }
    }

    async fn deletion(&self, key: &AdmittedKey) -> Result<Changes, VaultError> {
        let arn = key.arn();
        let mut changes = Changes::default();
        changes.delete(Slot::key(&arn), Some(key.entry().version));
        let limit = crate::work::MAX_ALIASES_PER_KEY;
        let range = SlotRange::aliases_of(&arn);
        for (_, name) in self.vault().scan::<String>(&range, None, limit).await? {
            let Ok(name) = AliasName::parse(&name) else { continue };
            let index = Slot::alias_of(&arn, &name);
            let alias = Slot::alias(&AliasArn { region: arn.region, account: arn.account, name });
            for slot in [index, alias] {
                let Some(found) = self.vault().store().read(slot.bytes()).await? else { continue };
                changes.delete(slot, Some(found.version));
            }
        }
        Ok(changes)
    }

    pub(crate) fn event(
        &self,
        service: &str,
        name: &str,
        account: AccountId,
        region: Region,
        resource: String,
    ) -> AuditRecord {
        AuditRecord {
            request: self.request_id().0,
            time: self.now(),
            service: service.to_owned(),
            operation: name.to_owned(),
            region,
            account,
            identity: None,
            arrival: None,
            parameters: Vec::new(),
            response: Vec::new(),
            resources: if resource.is_empty() { Vec::new() } else { vec![resource] },
            error_code: None,
            error_message: None,
            read_only: false,
            material: Vec::new(),
            reasons: Vec::new(),
        }
    }
}

/// The key that a place in the schedule is about.
fn due_key(place: &[u8]) -> Option<KeyArn> {
    let text = std::str::from_utf8(place).ok()?;
    let mut parts = text.split('/').skip(2);
    Some(KeyArn {
        account: parts.next()?.parse().ok()?,
        region: parts.next()?.parse().ok()?,
        key: parts.next()?.parse().ok()?,
    })
}
