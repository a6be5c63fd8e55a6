//! What is remembered of a key and of an alias. `docs/records.md` lists the members by number;
//! numbers are never reused.

use crate::codec::{optional_text, optional_time, text, time};
use crate::tags;
use minicbor::{Decode, Encode};
use strongroom_types::{
    AccountId, KeyArn, KeyId, KeyMaterialState, KeySpec, KeyState, KeyUsage, Origin, Region,
    RotationType, Tag, Timestamp,
};

/// A KMS key: its metadata, policy, tags and wrapped key material.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct KeyRecord {
    /// Account that owns the key.
    #[cbor(n(0), with = "text")]
    pub account: AccountId,
    /// Region the key lives in.
    #[cbor(n(1), with = "text")]
    pub region: Region,
    /// Identifier within account and Region.
    #[cbor(n(2), with = "text")]
    pub id: KeyId,
    /// When it was created.
    #[cbor(n(3), with = "time")]
    pub created: Timestamp,
    /// Description, up to 8,192 characters.
    #[n(4)]
    pub description: String,
    /// State as it was written; [`KeyRecord::state_at`] says what it is, since time changes it.
    #[cbor(n(5), with = "text")]
    pub state: KeyState,
    /// Type of key material.
    #[cbor(n(6), with = "text")]
    pub spec: KeySpec,
    /// What it may be used for.
    #[cbor(n(7), with = "text")]
    pub usage: KeyUsage,
    /// Where the key material comes from.
    #[cbor(n(8), with = "text")]
    pub origin: Origin,
    /// Present for multi-Region keys.
    #[n(9)]
    pub multi_region: Option<MultiRegion>,
    /// When it will be deleted; present while deletion is pending.
    #[cbor(n(10), with = "optional_time")]
    pub deletion: Option<Timestamp>,
    /// The key policy named `default`, as it was put.
    #[n(11)]
    pub policy: String,
    /// Tags, in the order in which they were added.
    #[cbor(n(12), with = "tags")]
    pub tags: Vec<Tag>,
    /// Key material, oldest first; all of it decrypts, [`KeyRecord::current`] encrypts.
    #[n(13)]
    pub material: Vec<MaterialRecord>,
    /// Automatic rotation; absent while it is not enabled.
    #[n(14)]
    pub rotation: Option<RotationSchedule>,
    /// The custom key store that the key is in.
    #[n(15)]
    pub store: Option<StoreMembership>,
    /// The end of a passing state (Creating, Updating).
    #[n(16)]
    pub transition: Option<Transition>,
    /// The waiting period in days that begins when the last replica is gone; present while a
    /// primary key is pending replica deletion.
    #[n(17)]
    pub pending_window_days: Option<u32>,
    /// How many grants there are on the key; absent for none.
    #[n(18)]
    pub grants: Option<u32>,
    /// The unique ids that the ARNs of users and roles in the key policy stood for when it was put;
    /// absent for none.
    #[n(19)]
    pub bindings: Option<Vec<(String, String)>>,
}

impl KeyRecord {
    /// The ARN of the key.
    #[must_use]
    pub fn arn(&self) -> KeyArn {
        KeyArn { region: self.region, account: self.account, key: self.id }
    }

    /// The state at `now`: passing states end, and imported key material expires, at their time,
    /// whether or not the scheduler has been there.
    #[must_use]
    pub fn state_at(&self, now: Timestamp) -> KeyState {
        let state = match &self.transition {
            Some(transition) if transition.until <= now => transition.then,
            _ => self.state,
        };
        match state {
            KeyState::Enabled | KeyState::Disabled if self.lacks_material(now) => {
                KeyState::PendingImport
            }
            state => state,
        }
    }

    /// Whether key material is missing that must be imported, for the first time or again.
    fn lacks_material(&self, now: Timestamp) -> bool {
        let lacks =
            |material: &MaterialRecord| material.waiting.is_none() && !material.is_present_at(now);
        let never = self.origin == Origin::External && self.current().is_none();
        never || self.material.iter().any(lacks)
    }

    /// The key material that encrypts, signs and authenticates; absent before the first import.
    #[must_use]
    pub fn current(&self) -> Option<&MaterialRecord> {
        self.material.iter().rfind(|material| material.waiting.is_none())
    }

    /// Whether it is the primary key of a multi-Region key.
    #[must_use]
    pub fn is_primary(&self) -> bool {
        self.multi_region.as_ref().is_some_and(|family| family.primary == self.region)
    }

    /// Whether it is a replica of a multi-Region key.
    #[must_use]
    pub fn is_replica(&self) -> bool {
        self.multi_region.as_ref().is_some_and(|family| family.primary != self.region)
    }
}

/// How a key is rotated by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RotationSchedule {
    /// Days from one rotation to the next, 90 to 2560.
    #[n(0)]
    pub period_days: u32,
    /// When it is rotated next.
    #[cbor(n(1), with = "time")]
    pub next: Timestamp,
}

/// A key's place in a custom key store.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct StoreMembership {
    /// Identifier of the custom key store.
    #[n(0)]
    pub store: String,
    /// What the store calls the key: an external key's id, or the label of a key in an HSM.
    #[n(1)]
    pub name: String,
    /// The cluster of the HSM; absent for an external key store.
    #[n(2)]
    pub cluster: Option<String>,
}

/// A state that passes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Transition {
    /// When it ends.
    #[cbor(n(0), with = "time")]
    pub until: Timestamp,
    /// The state from then on.
    #[cbor(n(1), with = "text")]
    pub then: KeyState,
}

/// One backing key, wrapped under the domain key of its Region.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct MaterialRecord {
    /// Identifier of the key material, 32 bytes.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub id: [u8; 32],
    /// The wrapped backing key: a sealed record whose store key is the key's ARN. Empty where
    /// imported key material has been deleted or has expired.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub wrapped: Vec<u8>,
    /// When it was made or first imported.
    #[cbor(n(2), with = "time")]
    pub created: Timestamp,
    /// The rotation that made it current; absent for the first.
    #[n(3)]
    pub rotation: Option<Rotation>,
    /// How it was imported; absent if it was made here.
    #[n(4)]
    pub import: Option<Import>,
    /// Why it is neither current nor has been: it waits for a rotation on demand, or for its
    /// import into the replica Regions first.
    #[cbor(n(5), with = "optional_text")]
    pub waiting: Option<KeyMaterialState>,
}

impl MaterialRecord {
    /// Whether it is there to be used at `now`: not deleted and not expired.
    #[must_use]
    pub fn is_present_at(&self, now: Timestamp) -> bool {
        let expires = self.import.as_ref().and_then(|import| import.expires);
        !self.wrapped.is_empty() && expires.is_none_or(|time| now < time)
    }
}

/// A rotation of key material.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Rotation {
    /// When it happened.
    #[cbor(n(0), with = "time")]
    pub time: Timestamp,
    /// Whether it was scheduled or asked for.
    #[cbor(n(1), with = "text")]
    pub kind: RotationType,
}

/// How key material was imported.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Import {
    /// When it expires; absent if it does not.
    #[cbor(n(0), with = "optional_time")]
    pub expires: Option<Timestamp>,
    /// The importer's description, up to 256 characters.
    #[n(1)]
    pub description: Option<String>,
}

/// What a multi-Region key knows of its related keys.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct MultiRegion {
    /// Region of the primary key.
    #[cbor(n(0), with = "text")]
    pub primary: Region,
    /// Regions of the replica keys.
    #[cbor(n(1), with = "regions")]
    pub replicas: Vec<Region>,
}

/// An alias of a key in the same account and Region.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AliasRecord {
    /// The key it stands for.
    #[cbor(n(0), with = "text")]
    pub target: KeyId,
    /// When the alias was created.
    #[cbor(n(1), with = "time")]
    pub created: Timestamp,
    /// When it was last pointed at a key.
    #[cbor(n(2), with = "time")]
    pub updated: Timestamp,
}

mod regions {
    use minicbor::encode::Write;
    use minicbor::{Decoder, Encoder};
    use strongroom_types::Region;

    pub(super) fn encode<C, W: Write>(
        regions: &[Region],
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(regions.len() as u64)?;
        for region in regions {
            e.str(region.as_str())?;
        }
        Ok(())
    }

    pub(super) fn decode<C>(
        d: &mut Decoder<'_>,
        _: &mut C,
    ) -> Result<Vec<Region>, minicbor::decode::Error> {
        let names: Vec<String> = d.decode()?;
        let bad = |()| minicbor::decode::Error::message("not a Region");
        names.iter().map(|name| name.parse().map_err(bad)).collect()
    }
}
