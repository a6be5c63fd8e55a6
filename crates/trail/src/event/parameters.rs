//! `requestParameters`.

use super::copy::Copy;
use super::json::Json;
use super::limits;
use super::members::{self, Members, Of};

/// What CloudTrail shows of a member that the caller left out.
enum Unsaid {
    Text(&'static str),
    False,
    /// What another member says, or else this text.
    As(&'static str, &'static str),
}

/// The members that CloudTrail shows although the caller left them out.
///
/// Source: AWS KMS Developer Guide, "Examples of AWS KMS log entries": each operation's page.
fn defaults(operation: &str) -> &'static [(&'static str, Unsaid)] {
    const SYMMETRIC: &str = "SYMMETRIC_DEFAULT";
    match operation {
        "Encrypt" | "Decrypt" => &[("EncryptionAlgorithm", Unsaid::Text(SYMMETRIC))],
        "ReEncrypt" => &[
            ("SourceEncryptionAlgorithm", Unsaid::Text(SYMMETRIC)),
            ("DestinationEncryptionAlgorithm", Unsaid::Text(SYMMETRIC)),
        ],
        "CreateKey" => &[
            ("Description", Unsaid::Text("")),
            ("Origin", Unsaid::Text("AWS_KMS")),
            ("BypassPolicyLockoutSafetyCheck", Unsaid::False),
            ("CustomerMasterKeySpec", Unsaid::As("KeySpec", SYMMETRIC)),
            ("KeySpec", Unsaid::As("CustomerMasterKeySpec", SYMMETRIC)),
            ("KeyUsage", Unsaid::Text("ENCRYPT_DECRYPT")),
        ],
        "ReplicateKey" => {
            &[("BypassPolicyLockoutSafetyCheck", Unsaid::False), ("Description", Unsaid::Text(""))]
        }
        "PutKeyPolicy" => &[
            ("PolicyName", Unsaid::Text("default")),
            ("BypassPolicyLockoutSafetyCheck", Unsaid::False),
        ],
        _ => &[],
    }
}

pub(super) fn write(copy: &Copy<'_>, access_keys: &mut Vec<String>, json: &mut Json) {
    json.name("requestParameters");
    let start = json.len();
    json.open();
    let open = json.len();
    let (cbor, is_decryption) = (copy.record.parameters.as_slice(), copy.is_kms("Decrypt"));
    // Decrypt tells the key that the ciphertext named, if that is for the caller to know.
    let key = copy.key().filter(|_| is_decryption);
    let without = key.is_some().then_some("KeyId");
    let mut members = Members { of: Of::Request, without, access_keys };
    if members.write(cbor, json).is_err() {
        json.take_back(open);
    }
    if let Some(arn) = key {
        json.member("keyId", arn);
    }
    // Of a request that was not well formed nothing is known.
    if copy.record.service == "kms" && !cbor.is_empty() {
        with_defaults(copy, json);
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

fn with_defaults(copy: &Copy<'_>, json: &mut Json) {
    let cbor = copy.record.parameters.as_slice();
    for (name, default) in defaults(&copy.record.operation) {
        if members::has(cbor, name) {
            continue;
        }
        json.camel_name(name);
        match default {
            Unsaid::Text(text) => json.text(text),
            Unsaid::False => json.boolean(false),
            Unsaid::As(other, text) => json.text(members::text(cbor, other).unwrap_or(text)),
        }
    }
}
