//! `additionalEventData` and `serviceEventDetails`.

use super::copy::Copy;
use super::json::Json;
use super::limits;
use strongroom_engine::audit::RecipientRecord;

/// Writes what is told besides the request and its answer, if there is any.
pub(super) fn write(copy: &Copy<'_>, json: &mut Json) {
    let before = json.len();
    json.name("additionalEventData");
    let start = json.len();
    json.open();
    let open = json.len();
    if !copy.is_of_the_service() {
        material(copy, json);
        // Of what policies refused it is not told where a key of another account is kept.
        if !copy.is_denied() {
            store_and_grant(copy, json);
        }
        if let Some(recipient) = &copy.record.recipient {
            attested(recipient, json);
        }
    }
    ours(copy, json);
    let is_empty = json.len() == open;
    json.close();
    if is_empty {
        json.take_back(before);
    } else {
        limits::bound(start, limits::ADDITIONAL, json);
    }
}

/// The key material that was used. What was imported, and what was deleted, is in the answer.
fn material(copy: &Copy<'_>, json: &mut Json) {
    match copy.record.material.as_slice() {
        [source, destination] if copy.is_kms("ReEncrypt") => {
            json.member("sourceKeyMaterialId", source);
            json.member("destinationKeyMaterialId", destination);
        }
        [used] if copy.record.read_only => json.member("keyMaterialId", used),
        _ => {}
    }
}

fn store_and_grant(copy: &Copy<'_>, json: &mut Json) {
    if let Some(store) = &copy.record.store {
        json.some_member("customKeyStoreId", store.id.as_deref());
        json.some_member("xksKeyId", store.external_key.as_deref());
        json.some_member("customKeyStoreName", store.name.as_deref());
        json.some_member("clusterId", store.cluster.as_deref());
    }
    if copy.is_kms("RetireGrant") {
        json.some_member("grantId", copy.record.grant.as_deref());
    }
}

/// The registers that CloudTrail tells of an enclave, and of a TPM.
///
/// Source: AWS KMS Developer Guide, "Monitoring requests for Nitro enclaves" and "… for NitroTPM".
const OF_ENCLAVES: &[u8] = &[1, 2, 3, 4, 8];
const OF_TPMS: &[u8] = &[4, 7, 8, 9, 16, 23];

fn attested(recipient: &RecipientRecord, json: &mut Json) {
    json.name("recipient");
    json.open();
    json.member("attestationDocumentModuleId", &recipient.module);
    let (kind, told) = match &recipient.image {
        Some(image) => {
            json.member("attestationDocumentEnclaveImageDigest", &base64(image));
            ("Enclave", OF_ENCLAVES)
        }
        None => ("NitroTPM", OF_TPMS),
    };
    for (number, value) in recipient.registers.iter().filter(|(n, _)| told.contains(n)) {
        json.member(&format!("attestationDocument{kind}PCR{number}"), &base64(value));
    }
    json.close();
}

/// Hexadecimal digits as base64, which is how CloudTrail writes digests.
fn base64(digits: &str) -> String {
    let bytes = digits.as_bytes().chunks_exact(2).map(|pair| {
        let pair = std::str::from_utf8(pair).unwrap_or_default();
        u8::from_str_radix(pair, 16).unwrap_or_default()
    });
    base64_simd::STANDARD.encode_to_string(bytes.collect::<Vec<u8>>())
}

/// What CloudTrail does not have: why it was allowed or refused, and how many requests with refused
/// credentials there were without a record.
fn ours(copy: &Copy<'_>, json: &mut Json) {
    let mut decided = copy.decided_by().peekable();
    if decided.peek().is_some() {
        json.name("decidedBy");
        json.open_list();
        decided.for_each(|reason| json.text(reason));
        json.close_list();
    }
    if let Some(suppressed) = copy.record.suppressed {
        json.name("suppressedRequests");
        json.number(i64::try_from(suppressed).unwrap_or(i64::MAX));
    }
}

/// Writes what is told of what the service did by itself.
///
/// Source: AWS KMS Developer Guide, "RotateKey", "DeleteKey", "DeleteExpiredKeyMaterial".
pub(super) fn write_service_event(copy: &Copy<'_>, json: &mut Json) {
    let before = json.len();
    json.name("serviceEventDetails");
    json.open();
    let open = json.len();
    let key = copy.key().and_then(|arn| arn.rsplit_once('/')).map(|(_, id)| id);
    let material = copy.record.material.as_slice();
    if copy.is_kms("RotateKey") {
        json.member("rotationType", "AUTOMATIC");
        // No other key is rotated by itself.
        json.member("keyOrigin", "AWS_KMS");
        if let [former, new] = material {
            json.member("previousKeyMaterialId", former);
            json.member("currentKeyMaterialId", new);
        }
        json.some_member("keyId", key);
    } else if copy.is_kms("DeleteExpiredKeyMaterial") {
        json.some_member("keyId", key);
        match material {
            [] => {}
            [one] => json.member("keyMaterialId", one),
            several => {
                json.name("keyMaterialIds");
                json.open_list();
                several.iter().for_each(|id| json.text(id));
                json.close_list();
            }
        }
    } else if copy.is_kms("DeleteKey") {
        json.some_member("keyId", key);
    }
    let is_empty = json.len() == open;
    json.close();
    if is_empty {
        json.take_back(before);
    }
}
