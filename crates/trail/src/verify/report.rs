//! What verification found.

use super::Chain;
use crate::object_name::LogName;
use serde::Serialize;
use std::collections::BTreeSet;
use strongroom_types::Timestamp;

/// What there is of a chain, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Account.
    pub account: String,
    /// Region of the events.
    pub region: String,
    /// Name of the trail.
    pub trail: String,
    /// Home Region of the trail.
    pub home_region: String,
    /// Bucket.
    pub bucket: String,
    /// Digests looked at.
    pub digests: u64,
    /// Log files that they name.
    pub log_files: u64,
    /// Records in those.
    pub records: u64,
    /// Since when digests tell of all that happened.
    pub from: Option<String>,
    /// Until when.
    pub to: Option<String>,
    /// Log files that wait for the next digest; only the store knows whether they were changed.
    pub pending: Vec<String>,
    /// Those of them that no head knows.
    #[serde(skip)]
    pub(super) unknown: Vec<String>,
    /// What is wrong, in the order of time: what is after the first finding may have been changed
    /// with it.
    pub findings: Vec<Finding>,
    /// What could not be found out.
    pub notes: Vec<String>,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// Bucket and key of the object.
    pub object: String,
    /// What it means, for people.
    pub what: String,
    #[serde(skip)]
    time: i64,
}

/// Kinds of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// A digest is not there.
    DigestMissing,
    /// A digest cannot be read.
    DigestUnreadable,
    /// A digest says that it is another one.
    DigestMoved,
    /// A digest was changed, or was not signed by the trail.
    DigestSignature,
    /// None of the keys is the one that a digest was signed with.
    UnknownKey,
    /// A digest was written anew after its successor was signed.
    DigestRewritten,
    /// Between two digests there is time that neither tells of.
    Gap,
    /// A digest begins a chain though there is one before it.
    Restart,
    /// A log file is not there.
    LogMissing,
    /// A log file has other content.
    LogAltered,
    /// A log file is not what log files are.
    LogMalformed,
    /// There is an object that no digest names.
    Extra,
    /// The end of the chain was taken away.
    Truncated,
}

impl Report {
    pub(super) fn new(chain: &Chain) -> Self {
        Self {
            account: chain.account.to_string(),
            region: chain.region.to_string(),
            trail: chain.trail.clone(),
            home_region: chain.home.to_string(),
            bucket: chain.bucket.clone(),
            digests: 0,
            log_files: 0,
            records: 0,
            from: None,
            to: None,
            pending: Vec::new(),
            unknown: Vec::new(),
            findings: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// The log files that wait for the next digest, and are known neither to a head nor among `known`.
    pub fn unknown<'r>(&'r self, known: &'r BTreeSet<String>) -> impl Iterator<Item = &'r String> {
        self.unknown.iter().filter(|key| !known.contains(*key))
    }

    /// Whether there are objects that no digest names.
    #[must_use]
    pub fn has_extra(&self) -> bool {
        self.findings.iter().any(|finding| finding.kind == Kind::Extra)
    }

    /// Says of log files that seem to wait for the next digest that nobody has delivered them.
    pub fn disown(&mut self, keys: &BTreeSet<String>) {
        let bucket = self.bucket.clone();
        for key in keys {
            self.pending.retain(|pending| pending != key);
            let time = LogName::parse(key).map_or(Timestamp::from_millis(i64::MAX), |of| of.time);
            let what = "neither a digest nor the server's store names it: somebody put it there, or \
                        its delivery is not finished (`strongroom trail flush`, and verify again)";
            self.found(Kind::Extra, time, (&bucket, key), what);
        }
        self.findings.sort_by_key(|finding| finding.time);
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    pub(super) fn found(
        &mut self,
        kind: Kind,
        time: Timestamp,
        (bucket, key): (&str, &str),
        what: impl Into<String>,
    ) {
        let object = format!("{bucket}/{key}");
        let what = what.into();
        self.findings.push(Finding { kind, object, what, time: time.millis() });
    }

    pub(super) fn finish(mut self, is_headless: bool) -> Self {
        self.findings.sort_by_key(|finding| finding.time);
        if is_headless {
            self.notes.push(
                "neither the store nor an anchor was there to compare the end with: digests at \
                 the end could have been removed without a trace"
                    .to_owned(),
            );
        }
        if self.digests == 0 {
            self.notes.push("there is no digest: nothing is proven".to_owned());
        }
        self
    }
}
