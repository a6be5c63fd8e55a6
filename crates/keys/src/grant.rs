//! Grants: what is remembered of one.

use crate::codec::{text, time};
use minicbor::{Decode, Encode};
use std::collections::BTreeMap;
use strongroom_crypto::hash;
use strongroom_types::{AccountId, GrantOperation, Timestamp};

/// A grant on a key.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct GrantRecord {
    /// Identifier: 64 hexadecimal digits.
    #[n(0)]
    pub id: String,
    /// What it permits, and to whom.
    #[n(1)]
    pub terms: GrantTerms,
    /// Account that created it.
    #[cbor(n(2), with = "text")]
    pub issuer: AccountId,
    /// When it was created.
    #[cbor(n(3), with = "time")]
    pub created: Timestamp,
}

/// What a grant permits, to whom, and on what conditions.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct GrantTerms {
    /// Who may use the key: the ARN of a principal, or the name of a service.
    #[n(0)]
    pub grantee: Party,
    /// Who may retire the grant, besides.
    #[n(1)]
    pub retiring: Option<Party>,
    /// What it permits, in the order in which it was asked for.
    #[cbor(n(2), with = "operations")]
    pub operations: Vec<GrantOperation>,
    /// Pairs that the encryption context must have; absent for no such constraint.
    #[n(3)]
    pub context_subset: Option<BTreeMap<String, String>>,
    /// Pairs that the encryption context must be; absent for no such constraint.
    #[n(4)]
    pub context_equals: Option<BTreeMap<String, String>>,
    /// ARN of the resource for which a service must act; absent for no such constraint.
    #[n(5)]
    pub source_arn: Option<String>,
    /// Name, up to 256 characters.
    #[n(6)]
    pub name: Option<String>,
    /// Unique id of the user or role that the grantee's ARN stood for; absent for none.
    #[n(7)]
    pub grantee_id: Option<String>,
    /// That of the retiring principal.
    #[n(8)]
    pub retiring_id: Option<String>,
}

/// A party of a grant.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Party {
    /// A principal, by ARN.
    #[n(0)]
    Principal(#[n(0)] String),
    /// A service, by name.
    #[n(1)]
    Service(#[n(0)] String),
}

impl Party {
    /// The ARN or the name.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Principal(text) | Self::Service(text) => text,
        }
    }

    /// The name that grants to the party are found by, if its ARN stands for the user or role of
    /// this unique id: that id, with a colon and the session's name for a session, so that path and
    /// name may change; of what has no id the ARN, in the partition `aws` in whichever it is
    /// written, or the name. No two parties have the same.
    #[must_use]
    pub fn name(&self, id: Option<&str>) -> String {
        let arn = match self {
            Self::Principal(arn) => arn,
            Self::Service(name) => return name.clone(),
        };
        let Some(id) = id else {
            let rest = arn.strip_prefix("arn:").and_then(|rest| rest.split_once(':'));
            return rest.map_or_else(|| arn.clone(), |(_, rest)| format!("arn:aws:{rest}"));
        };
        let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
        let session = resource.strip_prefix("assumed-role/").and_then(|rest| rest.split_once('/'));
        session.map_or_else(|| id.to_owned(), |(_, session)| format!("{id}:{session}"))
    }

    /// The ARN of a principal.
    #[must_use]
    pub fn principal(&self) -> Option<&str> {
        if let Self::Principal(arn) = self { Some(arn) } else { None }
    }

    /// The name of a service.
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        if let Self::Service(name) = self { Some(name) } else { None }
    }
}

impl GrantTerms {
    /// The name that it is found by as one to its grantee.
    #[must_use]
    pub fn grantee_name(&self) -> String {
        self.grantee.name(self.grantee_id.as_deref())
    }

    /// The name that it is found by as one that its retiring party may retire.
    #[must_use]
    pub fn retiring_name(&self) -> Option<String> {
        Some(self.retiring.as_ref()?.name(self.retiring_id.as_deref()))
    }

    /// The name that it was found by formerly: the grantee's ARN or name, with a space and the
    /// unique id that it stood for.
    #[must_use]
    pub fn former_grantee_name(&self) -> String {
        let name = self.grantee.text();
        self.grantee_id.as_ref().map_or_else(|| name.to_owned(), |id| format!("{name} {id}"))
    }

    /// A digest of all terms, name included: a request that is made again has the same. 64
    /// hexadecimal digits.
    #[must_use]
    pub fn digest(&self) -> String {
        hash::hex(&hash::sha256(&crate::codec::encode(self)))
    }
}

mod operations {
    use minicbor::encode::Write;
    use minicbor::{Decoder, Encoder};
    use strongroom_types::GrantOperation;

    pub(super) fn encode<C, W: Write>(
        operations: &[GrantOperation],
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(operations.len() as u64)?;
        for operation in operations {
            e.str(operation.name())?;
        }
        Ok(())
    }

    pub(super) fn decode<C>(
        d: &mut Decoder<'_>,
        _: &mut C,
    ) -> Result<Vec<GrantOperation>, minicbor::decode::Error> {
        let names: Vec<String> = d.decode()?;
        let bad = |_| minicbor::decode::Error::message("not a grant operation");
        names.iter().map(|name| name.parse().map_err(bad)).collect()
    }
}
