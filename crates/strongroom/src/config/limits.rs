//! `[limits]`: what peers may send and hold.

use crate::terminal::Failure;
use serde::Deserialize;
use std::ops::RangeInclusive;
use std::time::Duration;
use strongroom_server::Limits;

/// The longest of all waits, seconds: an hour, after which nobody waits for anything.
const MAX_SECONDS: u64 = 3600;
/// The most connections: of as many, Linux gives one process files (`fs.nr_open`).
const MAX_CONNECTIONS: u32 = 1 << 20;
/// Headers, bytes: at least what hyper works with, at most what no client sends.
const HEADER_BYTES: RangeInclusive<usize> = 8 * 1024..=1024 * 1024;
/// Bodies, bytes: at least the longest request of KMS, escaped; at most what there is memory for.
const BODY_BYTES: RangeInclusive<usize> = 128 * 1024..=64 * 1024 * 1024;

/// The table of the file; `docs/configuration.md` describes it.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Table {
    connections: Option<u32>,
    connections_per_peer: Option<u32>,
    requests: Option<u32>,
    handshakes: Option<u32>,
    large_bodies: Option<usize>,
    header_bytes: Option<usize>,
    body_bytes: Option<usize>,
    handshake_seconds: Option<u64>,
    head_seconds: Option<u64>,
    body_seconds: Option<u64>,
    idle_seconds: Option<u64>,
    write_seconds: Option<u64>,
    drain_seconds: Option<u64>,
}

impl Table {
    pub(super) fn limits(&self) -> Result<Limits, Failure> {
        let default = Limits::default();
        let connections = 1..=MAX_CONNECTIONS;
        let seconds = |name, given: Option<u64>, default: Duration| {
            let given = within(name, given, default.as_secs(), &(1..=MAX_SECONDS))?;
            Ok::<_, Failure>(Duration::from_secs(given))
        };
        Ok(Limits {
            connections: within(
                "connections",
                self.connections,
                default.connections,
                &connections,
            )?,
            connections_per_peer: within(
                "connections_per_peer",
                self.connections_per_peer,
                default.connections_per_peer,
                &connections,
            )?,
            requests: within("requests", self.requests, default.requests, &connections)?,
            handshakes: within("handshakes", self.handshakes, default.handshakes, &connections)?,
            large_bodies: within(
                "large_bodies",
                self.large_bodies,
                default.large_bodies,
                &(1..=100_000),
            )?,
            header_bytes: within(
                "header_bytes",
                self.header_bytes,
                default.header_bytes,
                &HEADER_BYTES,
            )?,
            body_bytes: within("body_bytes", self.body_bytes, default.body_bytes, &BODY_BYTES)?,
            handshake: seconds("handshake_seconds", self.handshake_seconds, default.handshake)?,
            head: seconds("head_seconds", self.head_seconds, default.head)?,
            body: seconds("body_seconds", self.body_seconds, default.body)?,
            idle: seconds("idle_seconds", self.idle_seconds, default.idle)?,
            write: seconds("write_seconds", self.write_seconds, default.write)?,
            drain: seconds("drain_seconds", self.drain_seconds, default.drain)?,
            reload: default.reload,
        })
    }
}

/// What was given, or `default`, if it is one of `allowed`.
fn within<T: PartialOrd + Copy + std::fmt::Display>(
    name: &str,
    given: Option<T>,
    default: T,
    allowed: &RangeInclusive<T>,
) -> Result<T, Failure> {
    let value = given.unwrap_or(default);
    if allowed.contains(&value) {
        return Ok(value);
    }
    let (least, most) = (allowed.start(), allowed.end());
    Err(Failure::new(format!("the configuration's limits.{name} is {least} to {most}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(text: &str) -> Result<Limits, String> {
        let table: Table = toml::from_str(text).map_err(|why| why.to_string())?;
        table.limits().map_err(|why| why.to_string())
    }

    #[test]
    fn what_is_not_given_is_as_by_default() {
        assert_eq!(limits("").unwrap(), Limits::default());
        let given = limits("connections = 7\nidle_seconds = 5").unwrap();
        let expected = Limits { connections: 7, idle: Duration::from_secs(5), ..Limits::default() };
        assert_eq!(given, expected);
    }

    #[test]
    fn what_could_not_work_is_refused() {
        for text in [
            "connections = 0",
            "connections_per_peer = 0",
            "requests = 0",
            "handshakes = 0",
            "header_bytes = 8191",
            "body_bytes = 67108865",
            "idle_seconds = 0",
            "write_seconds = 3601",
            "large_bodies = 0",
        ] {
            let why = limits(text).unwrap_err();
            assert!(why.contains(text.split(' ').next().unwrap()), "{why}");
        }
        assert!(limits("conections = 1").is_err());
    }
}
