//! What is remembered of a key and of an alias. `docs/records.md` lists the members by number;
//! numbers are never reused.

use crate::codec::{optional_time, text, time};
use minicbor::{Decode, Encode};
use strongroom_types::{
    AccountId, KeyArn, KeyId, KeySpec, KeyState, KeyUsage, Origin, Region, Tag, Timestamp,
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
    /// State; the state table says what it admits.
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
    /// Key material, oldest first; all of it decrypts, the last one encrypts.
    #[n(13)]
    pub material: Vec<MaterialRecord>,
}

impl KeyRecord {
    /// The ARN of the key.
    #[must_use]
    pub fn arn(&self) -> KeyArn {
        KeyArn { region: self.region, account: self.account, key: self.id }
    }
}

/// One backing key, wrapped under the domain key of its Region.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct MaterialRecord {
    /// Identifier of the key material, 32 bytes.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub id: [u8; 32],
    /// The wrapped backing key: a sealed record whose store key is the key's ARN.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub wrapped: Vec<u8>,
    /// When it became current.
    #[cbor(n(2), with = "time")]
    pub created: Timestamp,
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

mod tags {
    use minicbor::encode::Write;
    use minicbor::{Decoder, Encoder};
    use strongroom_types::Tag;

    pub(super) fn encode<C, W: Write>(
        tags: &[Tag],
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(tags.len() as u64)?;
        for tag in tags {
            e.array(2)?.str(&tag.key)?.str(&tag.value)?;
        }
        Ok(())
    }

    pub(super) fn decode<C>(
        d: &mut Decoder<'_>,
        _: &mut C,
    ) -> Result<Vec<Tag>, minicbor::decode::Error> {
        let pairs: Vec<(String, String)> = d.decode()?;
        Ok(pairs.into_iter().map(|(key, value)| Tag { key, value }).collect())
    }
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
