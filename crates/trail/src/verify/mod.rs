//! Verification of a whole chain of digests, and of the log files that they name.
//!
//! It goes further than `aws cloudtrail validate-logs`: each digest is compared with what its
//! successor says of it, so that one which the holder of the signing key wrote anew is found; so are
//! gaps, files that no digest names and, given a [`Head`], an end that was taken away.

mod digests;
mod files;
mod report;
#[cfg(test)]
mod tests;

pub use report::{Finding, Kind, Report};

use crate::object_name::{DigestName, LogName};
use crate::public_key::PublicKeys;
use std::collections::{BTreeMap, BTreeSet};
use strongroom_engine::ports::archive::{ArchiveError, ObjectSummary, Objects};
use strongroom_types::{AccountId, Region, Timestamp};

/// Objects listed in one step.
const PAGE: usize = 1000;
/// The name of a trail of which there is no digest to tell it.
const UNNAMED: &str = "strongroom";

/// Which chain: the digests of one trail for an account and Region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Chain {
    /// Bucket.
    pub bucket: String,
    /// What keys begin with, without the slash behind it.
    pub prefix: Option<String>,
    /// Account.
    pub account: AccountId,
    /// Region of the events.
    pub region: Region,
    /// Name of the trail.
    pub trail: String,
    /// Home Region of the trail.
    pub home: Region,
}

/// A digest that is known from elsewhere to have been there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// From where, for people: `the server's store`.
    pub source: String,
    /// Key of its object.
    pub key: String,
    /// Hash of its content, hexadecimal.
    pub hash: String,
    /// The log files delivered since then that are known too: key and hash, hexadecimal.
    pub files: Vec<(String, String)>,
}

/// Which part of the time is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    /// Digests that end at this time or before are passed over.
    pub from: Option<Timestamp>,
    /// So are those that begin at this time or after.
    pub to: Option<Timestamp>,
}

impl Window {
    fn has(&self, time: Timestamp) -> bool {
        self.from.is_none_or(|from| time >= from) && self.to.is_none_or(|to| time < to)
    }
}

/// Verifies `chain`. What is wrong with it is in the report.
///
/// # Errors
/// [`ArchiveError`] when objects cannot be read at all.
pub async fn verify(
    objects: &dyn Objects,
    chain: &Chain,
    keys: &PublicKeys,
    heads: &[Head],
    window: Window,
) -> Result<Report, ArchiveError> {
    let report = Report::new(chain);
    let (hashes, named) = (BTreeMap::new(), BTreeSet::new());
    let (told, others) = (Vec::new(), Vec::new());
    let mut verifier =
        Verifier { objects, chain, keys, window, report, hashes, named, told, others };
    verifier.digests().await?;
    verifier.heads(heads).await?;
    verifier.unnamed_files().await?;
    Ok(verifier.report.finish(heads.is_empty()))
}

/// The chains that there are objects of in a bucket, in order.
///
/// # Errors
/// [`ArchiveError`].
pub async fn chains(
    objects: &dyn Objects,
    bucket: &str,
    prefix: Option<&str>,
) -> Result<Vec<Chain>, ArchiveError> {
    let folder = prefix.map_or_else(String::new, |prefix| format!("{prefix}/")) + "AWSLogs/";
    let (mut chains, mut logs) = (BTreeSet::new(), BTreeSet::new());
    let chain = |account, region, trail: &str, home| Chain {
        bucket: bucket.to_owned(),
        prefix: prefix.map(str::to_owned),
        account,
        region,
        trail: trail.to_owned(),
        home,
    };
    for object in list(objects, bucket, &folder).await? {
        if let Some(name) = DigestName::parse(&object.key) {
            chains.insert(chain(name.account, name.region, name.trail, name.home));
        } else if let Some(name) = LogName::parse(&object.key) {
            logs.insert((name.account, name.region));
        }
    }
    for (account, region) in logs {
        if !chains.iter().any(|chain| (chain.account, chain.region) == (account, region)) {
            chains.insert(chain(account, region, UNNAMED, region));
        }
    }
    Ok(chains.into_iter().collect())
}

struct Verifier<'a> {
    objects: &'a dyn Objects,
    chain: &'a Chain,
    keys: &'a PublicKeys,
    window: Window,
    report: Report,
    /// The hashes of the digests that were read, by key.
    hashes: BTreeMap<String, String>,
    /// The log files that digests name.
    named: BTreeSet<String>,
    /// The times that digests tell of.
    told: Vec<(Timestamp, Timestamp)>,
    /// The digests of other trails in the same folder, whose log files are beside these.
    others: Vec<String>,
}

/// All objects whose keys begin with `prefix`.
async fn list(
    objects: &dyn Objects,
    bucket: &str,
    prefix: &str,
) -> Result<Vec<ObjectSummary>, ArchiveError> {
    let mut all: Vec<ObjectSummary> = Vec::new();
    loop {
        let after = all.last().map(|object| object.key.clone());
        let mut page = objects.list(bucket, prefix, after.as_deref(), PAGE).await?;
        let is_last = page.len() < PAGE;
        all.append(&mut page);
        if is_last {
            return Ok(all);
        }
    }
}
