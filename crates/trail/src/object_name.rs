//! Where log files and digests are in a bucket.
//!
//! Source: AWS CloudTrail User Guide, "Finding your CloudTrail log files" and "CloudTrail digest
//! file structure".

use strongroom_types::{AccountId, Region, Timestamp};

/// The key of the log file of an account in a Region that was delivered at `time`.
/// `unique` is 16 letters and digits.
#[must_use]
pub fn log_file(
    prefix: Option<&str>,
    account: AccountId,
    region: Region,
    time: Timestamp,
    unique: &str,
) -> String {
    let (folder, stamp) = (days(time), stamp(time));
    let minute = stamp.get(..13).unwrap_or_default();
    format!(
        "{}AWSLogs/{account}/CloudTrail/{region}/{folder}/\
         {account}_CloudTrail_{region}_{minute}Z_{unique}.json.gz",
        beginning(prefix)
    )
}

/// The key of the digest of an account in a Region that ends at `end`.
#[must_use]
pub fn digest(
    prefix: Option<&str>,
    account: AccountId,
    region: Region,
    (trail, home): (&str, Region),
    end: Timestamp,
) -> String {
    let (folder, stamp) = (days(end), stamp(end));
    format!(
        "{}{account}_CloudTrail-Digest_{region}_{trail}_{home}_{stamp}Z.json.gz",
        digest_folder(prefix, account, region) + &folder + "/"
    )
}

/// What the keys of all digests of an account in a Region begin with.
#[must_use]
pub fn digest_folder(prefix: Option<&str>, account: AccountId, region: Region) -> String {
    format!("{}AWSLogs/{account}/CloudTrail-Digest/{region}/", beginning(prefix))
}

/// What the keys of all log files of an account in a Region begin with.
#[must_use]
pub fn log_folder(prefix: Option<&str>, account: AccountId, region: Region) -> String {
    format!("{}AWSLogs/{account}/CloudTrail/{region}/", beginning(prefix))
}

/// What the key of a log file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogName<'k> {
    /// Account.
    pub account: AccountId,
    /// Region of the events.
    pub region: Region,
    /// The minute in which it was delivered.
    pub time: Timestamp,
    /// What tells it from others of the same minute.
    pub unique: &'k str,
}

impl<'k> LogName<'k> {
    /// Reads a key, whatever its prefix.
    #[must_use]
    pub fn parse(key: &'k str) -> Option<Self> {
        let name = key.rsplit('/').next()?.strip_suffix(".json.gz")?;
        let mut parts = name.split('_');
        let (account, kind, region) = (parts.next()?, parts.next()?, parts.next()?);
        let (minute, unique) = (parts.next()?.strip_suffix('Z')?, parts.next()?);
        let is_plain = unique.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if kind != "CloudTrail" || parts.next().is_some() || unique.is_empty() || !is_plain {
            return None;
        }
        Some(Self {
            account: account.parse().ok()?,
            region: region.parse().ok()?,
            time: Timestamp::parse_basic(&format!("{minute}00Z"))?,
            unique,
        })
    }
}

/// What the key of a digest says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DigestName<'k> {
    /// Account.
    pub account: AccountId,
    /// Region of the events.
    pub region: Region,
    /// Name of the trail.
    pub trail: &'k str,
    /// Home Region of the trail.
    pub home: Region,
    /// Where it ends.
    pub end: Timestamp,
}

impl<'k> DigestName<'k> {
    /// Reads a key, whatever its prefix. Names of trails may have `_` in them.
    #[must_use]
    pub fn parse(key: &'k str) -> Option<Self> {
        let name = key.rsplit('/').next()?.strip_suffix(".json.gz")?;
        let (name, end) = name.rsplit_once('_')?;
        let (name, home) = name.rsplit_once('_')?;
        let mut parts = name.splitn(4, '_');
        let (account, kind) = (parts.next()?, parts.next()?);
        let (region, trail) = (parts.next()?, parts.next()?);
        if kind != "CloudTrail-Digest" || trail.is_empty() {
            return None;
        }
        Some(Self {
            account: account.parse().ok()?,
            region: region.parse().ok()?,
            trail,
            home: home.parse().ok()?,
            end: Timestamp::parse_basic(end)?,
        })
    }
}

fn beginning(prefix: Option<&str>) -> String {
    prefix.map_or_else(String::new, |prefix| format!("{prefix}/"))
}

/// `YYYY/MM/DD`.
fn days(time: Timestamp) -> String {
    let text = time.civil().to_string();
    text.get(..10).unwrap_or_default().replace('-', "/")
}

/// `YYYYMMDDTHHMMSS`.
fn stamp(time: Timestamp) -> String {
    let text = time.civil().to_string();
    text.get(..19).unwrap_or_default().replace(['-', ':'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Timestamp = Timestamp::from_millis(1_795_329_425_123);

    #[test]
    fn objects_are_named_as_cloudtrail_names_them() {
        let (account, region) = (AccountId::INITIAL, "eu-west-2".parse().unwrap());
        assert_eq!(
            log_file(None, account, region, TIME, "abcdefghijklmnop"),
            "AWSLogs/111122223333/CloudTrail/eu-west-2/2026/11/22/\
             111122223333_CloudTrail_eu-west-2_20261122T0637Z_abcdefghijklmnop.json.gz"
        );
        let home = ("main", "us-east-1".parse().unwrap());
        assert_eq!(
            digest(Some("audit"), account, region, home, TIME),
            "audit/AWSLogs/111122223333/CloudTrail-Digest/eu-west-2/2026/11/22/\
             111122223333_CloudTrail-Digest_eu-west-2_main_us-east-1_20261122T063705Z.json.gz"
        );
    }
    #[test]
    fn keys_are_read_as_they_are_written() {
        let (account, region) = (AccountId::INITIAL, "eu-west-2".parse().unwrap());
        let minute = Timestamp::from_millis(TIME.millis() / 60_000 * 60_000);
        let key = log_file(Some("a/b"), account, region, TIME, "abcdefghijklmnop");
        let name = LogName { account, region, time: minute, unique: "abcdefghijklmnop" };
        assert_eq!(LogName::parse(&key), Some(name));
        let home = "us-east-1".parse().unwrap();
        let end = Timestamp::from_millis(TIME.millis() / 1000 * 1000);
        let key = digest(None, account, region, ("my_trail", home), end);
        let name = DigestName { account, region, trail: "my_trail", home, end };
        assert_eq!(DigestName::parse(&key), Some(name));
        assert_eq!(LogName::parse(&key), None);
        for key in ["", "a/b.json.gz", "_____.json.gz", "1_CloudTrail_x_20261122T0637Z_a.json.gz"] {
            assert_eq!((LogName::parse(key), DigestName::parse(key)), (None, None), "{key}");
        }
    }
}
