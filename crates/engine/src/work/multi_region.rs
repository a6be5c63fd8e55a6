//! Multi-Region keys: making replicas, and changing which key is the primary one.

use super::Work;
use super::policies::CheckedPolicy;
use crate::family::{regions, wrap_for};
use crate::gate::AdmittedKey;
use crate::refusal::{Refusal, Unsupported};
use crate::target::{AdmittedReplication, AdmittedSuccession};
use strongroom_keys::{KeyRecord, MaterialRecord, MultiRegion, Transition};
use strongroom_types::{KeyArn, KeyState, Origin, Region, Tag, Timestamp};

/// Milliseconds for which a replica is being created, and a primary key being changed. Both are
/// done at once here; the passing state is what clients of AWS wait for the end of.
pub const PASSING_MILLIS: i64 = 1000;

/// A replica to be made.
pub struct ReplicaDraft {
    /// Description.
    pub description: String,
    /// The key policy; `None`: the default one.
    pub policy: Option<String>,
    /// Whether the policy may lock the caller out.
    pub bypass_lockout_check: bool,
    /// Tags.
    pub tags: Vec<Tag>,
}

impl Work<'_> {
    /// Stages a replica of a primary key, and that all keys related to it know it.
    ///
    /// # Errors
    /// [`Refusal::ReplicaExists`], [`Refusal::LimitExceeded`], [`Refusal::Unsupported`] for a Region of another partition, the
    /// refusal of the policy, or [`Refusal::Internal`].
    pub async fn replicate_key(
        &mut self,
        admitted: &AdmittedReplication,
        draft: ReplicaDraft,
    ) -> Result<KeyRecord, Refusal> {
        let (key, region) = (&admitted.primary, admitted.place.region());
        let primary = key.record();
        let arn = KeyArn { region, ..key.arn() };
        if region == primary.region || regions(primary).contains(&region) {
            return Err(Refusal::ReplicaExists(arn));
        }
        if region.partition() != primary.region.partition() {
            return Err(Refusal::Unsupported(Unsupported::ReplicaRegion(region)));
        }
        let CheckedPolicy { text: policy, bindings } = match draft.policy {
            Some(text) => self.checked_policy(arn, text, draft.bypass_lockout_check).await?,
            None => CheckedPolicy::the_default(arn.account, region),
        };
        self.room_for_a_key(arn.account, region).await?;
        let mut family = primary.multi_region.clone().ok_or(Refusal::Internal)?;
        family.replicas.push(region);
        let mut replica = KeyRecord {
            region,
            created: self.now(),
            description: draft.description,
            state: KeyState::Creating,
            multi_region: Some(family.clone()),
            policy,
            tags: draft.tags,
            material: self.shared_material(key, &arn).await?,
            transition: Some(self.passing(match primary.origin {
                Origin::External => KeyState::PendingImport,
                _ => KeyState::Enabled,
            })),
            grants: None,
            bindings,
            ..primary.clone()
        };
        if primary.origin == Origin::External {
            replica.follow(primary);
        }
        self.note.resource(arn.to_string());
        self.stage_key(None, &replica).await?;
        self.update_family(key, |record| record.multi_region = Some(family.clone())).await?;
        Ok(replica)
    }

    /// The key's material, wrapped for the replica at `arn`. Imported material is not shared: it is
    /// imported into each key.
    async fn shared_material(
        &self,
        key: &AdmittedKey,
        arn: &KeyArn,
    ) -> Result<Vec<MaterialRecord>, Refusal> {
        let primary = key.record();
        if primary.origin == Origin::External {
            // What is sealed for the Region needs its domain key, which the first key makes.
            let _ = self.domain(arn.region).await?;
            return Ok(Vec::new());
        }
        let (vault, ledger) = (self.desk.vault, self.desk.ledger);
        let mut shared = Vec::with_capacity(primary.material.len());
        for own in &primary.material {
            let material = vault.material(&key.arn(), own).await;
            let material = material.map_err(|why| self.desk.internal(&why))?;
            let wrapped = wrap_for(arn, &material, own.created, vault, ledger).await;
            let wrapped = wrapped.map_err(|why| self.desk.internal(&why))?;
            shared.push(MaterialRecord { wrapped: wrapped.wrapped, ..own.clone() });
        }
        Ok(shared)
    }

    /// Stages that a replica takes the place of its primary key.
    ///
    /// # Errors
    /// [`Refusal::NoSuchReplica`] where no replica is, [`Refusal::Internal`].
    pub async fn change_primary(
        &mut self,
        admitted: &AdmittedSuccession,
        region: Region,
    ) -> Result<(), Refusal> {
        let key = &admitted.primary;
        let arn = KeyArn { region, ..key.arn() };
        let successor = admitted.successor.as_ref().ok_or(Refusal::NoSuchReplica(arn))?;
        let primary = key.record();
        let old = primary.multi_region.as_ref().ok_or(Refusal::Internal)?;
        let replicas = old.replicas.iter().copied();
        let replicas = replicas.map(|one| if one == region { primary.region } else { one });
        let family = MultiRegion { primary: region, replicas: replicas.collect() };
        let passing = self.passing(KeyState::Enabled);
        let changed = [primary.region, successor.record().region];
        self.update_family(key, |record| {
            record.multi_region = Some(family.clone());
            if changed.contains(&record.region) {
                record.state = KeyState::Updating;
                record.transition = Some(passing);
            }
        })
        .await
    }

    fn passing(&self, then: KeyState) -> Transition {
        let until = Timestamp::from_millis(self.now().millis().saturating_add(PASSING_MILLIS));
        Transition { until, then }
    }
}
