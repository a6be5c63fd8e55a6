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
}
