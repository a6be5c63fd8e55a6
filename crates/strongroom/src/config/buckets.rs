//! `[trail.buckets]` of the configuration file.

use crate::terminal::Failure;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use strongroom_crypto::SecretBytes;
use strongroom_keystores::BucketConfiguration;
use strongroom_storage::dir::read_private;
use strongroom_types::AccountId;

/// The largest file with a secret access key, bytes.
const MAX_SECRET: u64 = 4096;

/// A bucket's members; `docs/configuration.md` describes them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    endpoint: String,
    region: String,
    access_key_id: String,
    secret_access_key_file: PathBuf,
    bucket: Option<String>,
    path_style: Option<bool>,
    ca_file: Option<PathBuf>,
    deadline_ms: Option<u64>,
    account: Option<String>,
}

/// The buckets, and the account that each is reserved for. `own` is that of the server's own trail.
pub(super) fn owners(
    tables: &BTreeMap<String, Table>,
    own: &str,
) -> Result<BTreeMap<String, Option<AccountId>>, Failure> {
    let owner = |name: &String, text: &String| match text.parse() {
        _ if name == own => Err(Failure::new(format!(
            "the configuration's trail.buckets.{name}.account cannot be given: the bucket of the \
             server's own trail is every account's"
        ))),
        Ok(AccountId::NOBODY) | Err(()) => Err(Failure::new(format!(
            "the configuration's trail.buckets.{name}.account is the twelve digits of an account"
        ))),
        Ok(account) => Ok(account),
    };
    tables
        .iter()
        .map(|(name, table)| {
            let account = table.account.as_ref().map(|text| owner(name, text)).transpose()?;
            Ok((name.clone(), account))
        })
        .collect()
}

/// Where the buckets are, and what opens them.
pub(super) fn configurations(
    tables: BTreeMap<String, Table>,
) -> Result<BTreeMap<String, BucketConfiguration>, Failure> {
    tables
        .into_iter()
        .map(|(name, table)| {
            let configuration = table.configuration(&name)?;
            Ok((name, configuration))
        })
        .collect()
}

impl Table {
    fn configuration(self, name: &str) -> Result<BucketConfiguration, Failure> {
        let secret = self.secret()?;
        let deadline = self.deadline_ms.map(Duration::from_millis);
        Ok(BucketConfiguration {
            endpoint: self.endpoint,
            region: self.region,
            access_key_id: self.access_key_id,
            secret_access_key: Arc::new(secret),
            bucket: self.bucket.unwrap_or_else(|| name.to_owned()),
            path_style: self.path_style.unwrap_or(true),
            ca_file: self.ca_file,
            deadline: deadline.unwrap_or(BucketConfiguration::DEADLINE),
        })
    }

    /// The secret access key: the file's content without the line's end.
    fn secret(&self) -> Result<SecretBytes, Failure> {
        let path = &self.secret_access_key_file;
        let file =
            read_private(path, MAX_SECRET).map_err(|why| Failure::of(path.display(), why))?;
        let file = SecretBytes::new(file);
        Ok(SecretBytes::new(file.expose().trim_ascii().to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_can_be_given_to_an_account() {
        let owners = |members: &str, own: &str| {
            let table = format!(
                "[audit]\nendpoint = 'https://a'\nregion = 'us-east-1'\naccess_key_id = 'a'\n\
                 secret_access_key_file = 's'\n{members}"
            );
            owners(&toml::from_str(&table).unwrap(), own).map(|owners| owners["audit"])
        };
        assert_eq!(owners("", "audit").unwrap(), None);
        let given = "account = '111122223333'";
        assert_eq!(owners(given, "other").unwrap(), Some(AccountId::INITIAL));
        assert!(owners(given, "audit").is_err());
        for text in ["", "1", "000000000000", "11112222333x"] {
            assert!(owners(&format!("account = '{text}'"), "other").is_err(), "{text}");
        }
    }
}
