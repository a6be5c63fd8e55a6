//! `[audit]`: when a use counts as recorded.

use clap::ValueEnum;
use serde::Deserialize;
use strongroom_engine::ledger;

/// The table of the file; `docs/configuration.md` describes it.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Table {
    pub(super) durability: Option<Durability>,
}

/// When a request that changes nothing is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Durability {
    /// Once its audit record is on the disk
    Durable,
    /// Once its audit record is on its way there
    Buffered,
}

impl From<Durability> for ledger::Durability {
    fn from(chosen: Durability) -> Self {
        match chosen {
            Durability::Durable => Self::Durable,
            Durability::Buffered => Self::Buffered,
        }
    }
}
