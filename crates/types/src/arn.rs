//! ARNs of keys and aliases.

use crate::{AccountId, AliasName, KeyId, Region};
use std::fmt;

/// `arn:<partition>:kms:<region>:<account>:key/<id>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyArn {
    /// Region of the key; its partition follows from it.
    pub region: Region,
    /// Account that owns the key.
    pub account: AccountId,
    /// Identifier within account and Region.
    pub key: KeyId,
}

impl fmt::Display for KeyArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { region, account, key } = self;
        write!(f, "arn:{}:kms:{region}:{account}:key/{key}", region.partition())
    }
}

/// `arn:<partition>:kms:<region>:<account>:alias/<name>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AliasArn {
    /// Region of the alias.
    pub region: Region,
    /// Account that owns the alias.
    pub account: AccountId,
    /// Name, with its prefix `alias/`.
    pub name: AliasName,
}

impl fmt::Display for AliasArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { region, account, name } = self;
        write!(f, "arn:{}:kms:{region}:{account}:{name}", region.partition())
    }
}
