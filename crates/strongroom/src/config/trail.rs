//! `[trail]`: where the audit trail is delivered to, and when.

use super::buckets;
use crate::stream::Target;
use crate::terminal::Failure;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// The bucket of the server's own trail, unless it is given.
const DEFAULT_BUCKET: &str = "strongroom-trail";
/// Seconds between two deliveries, unless they are given.
const DEFAULT_INTERVAL: u64 = 60;
/// The longest interval, seconds: digests are hourly.
const MAX_INTERVAL: u64 = 900;
/// Megabytes of the journal that may wait for delivery, unless they are given.
const DEFAULT_BACKLOG: u64 = 1024;

/// The table of the file.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Table {
    bucket: Option<String>,
    interval_seconds: Option<u64>,
    backlog_mib: Option<u64>,
    anchor_file: Option<PathBuf>,
    anchor_syslog: Option<PathBuf>,
    anchor_bucket: Option<String>,
    stream: Option<String>,
    pub(super) buckets: BTreeMap<String, buckets::Table>,
}

/// Where anchors are kept: in each place that is given.
#[derive(Debug, Clone, Default)]
pub(crate) struct Anchors {
    /// A file that they are appended to.
    pub(crate) file: Option<PathBuf>,
    /// The socket of a log daemon.
    pub(crate) syslog: Option<PathBuf>,
    /// A bucket, an object each.
    pub(crate) bucket: Option<String>,
}

/// How the trail is delivered.
#[derive(Debug, Clone)]
pub(crate) struct Trail {
    /// The bucket of the server's own trail.
    pub(crate) bucket: String,
    /// Between two deliveries.
    pub(crate) interval: Duration,
    /// Bytes of the journal that may wait before nothing more is taken on.
    pub(crate) backlog: u64,
    /// Where signed statements of how far the trail has come are kept.
    pub(crate) anchors: Anchors,
    /// Where events are told as lines of JSON.
    pub(crate) stream: Option<Target>,
}

impl Table {
    pub(super) fn trail(self) -> Result<Trail, Failure> {
        let interval = self.interval_seconds.unwrap_or(DEFAULT_INTERVAL);
        if !(1..=MAX_INTERVAL).contains(&interval) {
            return Err(Failure::new(format!(
                "the configuration's trail.interval_seconds is 1 to {MAX_INTERVAL}"
            )));
        }
        let backlog = self.backlog_mib.unwrap_or(DEFAULT_BACKLOG);
        if backlog == 0 {
            return Err(Failure::new("the configuration's trail.backlog_mib is at least 1"));
        }
        let stream = self.stream.map(|text| {
            let why = "the configuration's trail.stream is `stdout`, `syslog` or `syslog:SOCKET`";
            Target::parse(&text).ok_or_else(|| Failure::new(why))
        });
        Ok(Trail {
            bucket: self.bucket.unwrap_or_else(|| DEFAULT_BUCKET.to_owned()),
            interval: Duration::from_secs(interval),
            backlog: backlog.saturating_mul(1 << 20),
            anchors: Anchors {
                file: self.anchor_file,
                syslog: self.anchor_syslog,
                bucket: self.anchor_bucket,
            },
            stream: stream.transpose()?,
        })
    }
}
