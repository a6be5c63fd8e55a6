//! `responseElements`.

use super::copy::Copy;
use super::json::Json;
use super::limits;
use super::members::{Members, Of};

/// Operations that answer nothing, of which CloudTrail tells the key.
///
/// Source: AWS KMS Developer Guide, "Examples of AWS KMS log entries": the pages that say so of
/// entries since December 2022.
const TELL_THE_KEY: &[&str] = &[
    "CreateAlias",
    "DeleteAlias",
    "DeleteImportedKeyMaterial",
    "DeleteKey",
    "DisableKey",
    "EnableKey",
    "EnableKeyRotation",
    "ImportKeyMaterial",
    "SynchronizeMultiRegionKey",
    "UntagResource",
    "UpdateAlias",
    "UpdatePrimaryRegion",
];

pub(super) fn write(copy: &Copy<'_>, access_keys: &mut Vec<String>, json: &mut Json) {
    json.name("responseElements");
    let start = json.len();
    json.open();
    let open = json.len();
    let record = copy.record;
    let mut members = Members { of: Of::Answer, without: None, access_keys };
    if members.write(&record.response, json).is_err() {
        json.take_back(open);
    }
    let served = record.error_code.is_none() && record.service == "kms";
    let is_silent = json.len() == open;
    if served && is_silent && TELL_THE_KEY.contains(&record.operation.as_str()) {
        json.some_member("keyId", copy.key());
    }
    if served && copy.is_kms("CreateGrant") {
        json.some_member("grantId", record.grant.as_deref());
        json.some_member("keyId", copy.key());
    }
    let is_empty = json.len() == open;
    json.close();
    if is_empty {
        json.take_back(start);
        json.null();
    } else {
        limits::bound(start, limits::PARAMETERS, json);
    }
}
