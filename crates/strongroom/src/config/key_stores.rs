//! `[key_stores]` of the configuration file.

use crate::terminal::Failure;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use strongroom_keystores::{Configuration, HsmConfiguration, TokenName, Vectors, XksConfiguration};

/// The members; `docs/configuration.md` describes them.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Table {
    xks: XksTable,
    hsm: BTreeMap<String, HsmTable>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct XksTable {
    ca_file: Option<PathBuf>,
    allowed_endpoints: Option<Vec<String>>,
    routes: BTreeMap<String, String>,
    deadline_ms: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HsmTable {
    module: PathBuf,
    token: Option<String>,
    slot: Option<u64>,
    user: Option<String>,
    trust_anchor: Option<PathBuf>,
    #[serde(default)]
    hsm_chooses_iv: bool,
    deadline_ms: Option<u64>,
}

impl Table {
    /// What the adapters of key stores are made with.
    pub(super) fn configuration(self) -> Result<Configuration, Failure> {
        let named = |(cluster, hsm): (String, HsmTable)| {
            let hsm = hsm.configuration(&cluster)?;
            Ok((cluster, hsm))
        };
        let hsms = self.hsm.into_iter().map(named).collect::<Result<_, Failure>>()?;
        Ok(Configuration { xks: self.xks.configuration(), hsms })
    }
}

impl XksTable {
    fn configuration(self) -> XksConfiguration {
        let default = XksConfiguration::default();
        XksConfiguration {
            ca_file: self.ca_file,
            allowed_endpoints: self.allowed_endpoints,
            routes: self.routes,
            deadline: self.deadline_ms.map_or(default.deadline, Duration::from_millis),
            ..default
        }
    }
}

impl HsmTable {
    fn configuration(self, cluster: &str) -> Result<HsmConfiguration, Failure> {
        let token = match (self.token, self.slot) {
            (Some(label), None) => TokenName::Label(label),
            (None, Some(slot)) => TokenName::Slot(slot),
            _ => {
                return Err(Failure::new(format!(
                    "[key_stores.hsm.{cluster}] takes either `token`, a label, or `slot`, a number"
                )));
            }
        };
        Ok(HsmConfiguration {
            module: self.module,
            token,
            user: self.user,
            trust_anchor: self.trust_anchor,
            vectors: if self.hsm_chooses_iv { Vectors::Hsm } else { Vectors::Ours },
            deadline: self.deadline_ms.map_or(HsmConfiguration::DEADLINE, Duration::from_millis),
        })
    }
}
