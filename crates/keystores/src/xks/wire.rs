//! The bodies of requests and answers, in the words of the XKS Proxy API specification.

use crate::package::{MAX_METADATA, ProxyPackage, TAG};
use base64_simd::STANDARD;
use serde::{Deserialize, Serialize};
use strongroom_crypto::SecretBytes;
use strongroom_crypto::hash::sha256;
use strongroom_engine::ports::key_store::{ExternalKey, KeyStoreError, Purpose};

const ALGORITHM: &str = "AES_GCM";
const INTEGRITY_ALGORITHM: &str = "SHA_256";
/// Most uses of a key, and most HSMs, that an answer may name.
const MAX_NAMED: usize = 10;
/// Most characters of a name that a caller is shown. Our choice.
const MAX_NAME: usize = 64;

/// Who asks and why, in every request.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestMetadata<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    aws_principal_arn: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kms_key_arn: Option<&'a str>,
    kms_operation: &'a str,
    kms_request_id: &'a str,
}

/// The body of a request. Members that are `None` are left out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body<'a> {
    request_metadata: RequestMetadata<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_authenticated_data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plaintext: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_algorithm: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ciphertext_data_integrity_value_algorithm: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ciphertext: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ciphertext_metadata: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    initialization_vector: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authentication_tag: Option<String>,
}

impl<'a> Body<'a> {
    /// Of a question about a key.
    pub(super) fn metadata(purpose: &'a Purpose) -> Self {
        Self {
            request_metadata: RequestMetadata {
                aws_principal_arn: Some(&purpose.principal),
                kms_key_arn: purpose.key.as_deref(),
                kms_operation: purpose.operation,
                kms_request_id: &purpose.request,
            },
            additional_authenticated_data: None,
            plaintext: None,
            encryption_algorithm: None,
            ciphertext_data_integrity_value_algorithm: None,
            ciphertext: None,
            ciphertext_metadata: None,
            initialization_vector: None,
            authentication_tag: None,
        }
    }

    /// Of a question after the proxy's health, which is nobody's in particular.
    pub(super) fn health(purpose: &'a Purpose) -> Self {
        let mut body = Self::metadata(purpose);
        body.request_metadata.aws_principal_arn = None;
        body.request_metadata.kms_key_arn = None;
        body
    }

    /// Of an encryption, whose answer is to prove that it arrived whole.
    pub(super) fn encrypt(purpose: &'a Purpose, aad: &[u8], plaintext: &[u8]) -> Self {
        Self {
            additional_authenticated_data: unless_empty(aad),
            plaintext: Some(STANDARD.encode_to_string(plaintext)),
            encryption_algorithm: Some(ALGORITHM),
            ciphertext_data_integrity_value_algorithm: Some(INTEGRITY_ALGORITHM),
            ..Self::metadata(purpose)
        }
    }

    /// Of a decryption.
    pub(super) fn decrypt(purpose: &'a Purpose, aad: &[u8], package: &ProxyPackage<'_>) -> Self {
        Self {
            additional_authenticated_data: unless_empty(aad),
            encryption_algorithm: Some(ALGORITHM),
            ciphertext: Some(STANDARD.encode_to_string(package.ciphertext())),
            ciphertext_metadata: unless_empty(package.metadata()),
            initialization_vector: Some(STANDARD.encode_to_string(package.iv())),
            authentication_tag: Some(STANDARD.encode_to_string(package.tag())),
            ..Self::metadata(purpose)
        }
    }
}

fn unless_empty(bytes: &[u8]) -> Option<String> {
    (!bytes.is_empty()).then(|| STANDARD.encode_to_string(bytes))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    key_spec: String,
    key_usage: Vec<String>,
    key_status: String,
}

/// What the answer to [`Body::metadata`] says of the key.
pub(super) fn described(answer: &[u8]) -> Result<ExternalKey, KeyStoreError> {
    let found: Metadata = read(answer)?;
    if found.key_usage.len() > MAX_NAMED {
        return invalid("`keyUsage` has more than ten values");
    }
    let enabled = match found.key_status.as_str() {
        "ENABLED" => true,
        "DISABLED" => false,
        _ => return invalid("`keyStatus` is neither `ENABLED` nor `DISABLED`"),
    };
    let usage = found.key_usage.iter().map(|name| shown(name)).collect();
    Ok(ExternalKey { spec: shown(&found.key_spec), usage, enabled })
}

/// A name of the proxy's, as a caller may be shown it.
fn shown(name: &str) -> String {
    name.chars().filter(|c| matches!(c, ' '..='~')).take(MAX_NAME).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "names must be there, and nobody asks for them")]
struct Health {
    xks_proxy_fleet_size: std::num::NonZeroU64,
    xks_proxy_vendor: String,
    xks_proxy_model: String,
    ekm_vendor: String,
    ekm_fleet_details: Vec<KeyManager>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "names must be there, and nobody asks for them")]
struct KeyManager {
    id: String,
    model: String,
    health_status: HealthStatus,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "UPPERCASE")]
enum HealthStatus {
    Active,
    Degraded,
    Unavailable,
}

/// Whether the answer to [`Body::health`] names a key manager that works.
pub(super) fn healthy(answer: &[u8]) -> Result<(), KeyStoreError> {
    let found: Health = read(answer)?;
    if !(1..=MAX_NAMED).contains(&found.ekm_fleet_details.len()) {
        return invalid("`ekmFleetDetails` has no values, or more than ten");
    }
    let serves = |manager: &KeyManager| manager.health_status != HealthStatus::Unavailable;
    match found.ekm_fleet_details.iter().any(serves) {
        true => Ok(()),
        false => Err(KeyStoreError::Unhealthy),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Encrypted {
    ciphertext: String,
    ciphertext_metadata: Option<String>,
    initialization_vector: String,
    authentication_tag: String,
    ciphertext_data_integrity_value: Option<String>,
}

/// The package of the answer to [`Body::encrypt`], if what arrived is what the proxy has checked.
pub(super) fn encrypted(
    answer: &[u8],
    aad: &[u8],
    plaintext: &[u8],
) -> Result<Vec<u8>, KeyStoreError> {
    let found: Encrypted = read(answer)?;
    let ciphertext = decode("ciphertext", &found.ciphertext)?;
    let iv = decode("initializationVector", &found.initialization_vector)?;
    let tag = decode("authenticationTag", &found.authentication_tag)?;
    let metadata = found.ciphertext_metadata.as_deref().unwrap_or_default();
    let metadata = decode("ciphertextMetadata", metadata)?;
    if ciphertext.len() != plaintext.len() {
        return invalid("`ciphertext` is not as long as the plaintext");
    }
    let Some(package) = ProxyPackage::new(&iv, &tag, &metadata, &ciphertext) else {
        return invalid(&format!(
            "`initializationVector` is not of 12 or 16 bytes, `authenticationTag` not of {TAG}, or \
             `ciphertextMetadata` of more than {MAX_METADATA}"
        ));
    };
    let Some(integrity) = found.ciphertext_data_integrity_value else {
        return invalid("`ciphertextDataIntegrityValue` is missing");
    };
    // Appendix C of the specification: without lengths, as it is about flipped bits only.
    let whole = [aad, &metadata, &iv, &ciphertext, &tag].concat();
    if decode("ciphertextDataIntegrityValue", &integrity)? != sha256(&whole) {
        return invalid("`ciphertextDataIntegrityValue` is not that of the answer");
    }
    Ok(package.to_bytes())
}

#[derive(Deserialize)]
struct Decrypted {
    plaintext: String,
}

/// The plaintext in the answer to [`Body::decrypt`] of `length` bytes.
pub(super) fn decrypted(answer: &[u8], length: usize) -> Result<SecretBytes, KeyStoreError> {
    let found: Decrypted = read(answer)?;
    let plaintext = SecretBytes::new(decode("plaintext", &found.plaintext)?);
    match plaintext.len() == length {
        true => Ok(plaintext),
        false => invalid("`plaintext` is not as long as the ciphertext"),
    }
}

fn read<'a, T: Deserialize<'a>>(answer: &'a [u8]) -> Result<T, KeyStoreError> {
    serde_json::from_slice(answer).map_err(|error| {
        // Where, and not what: the text of an error may quote the answer.
        let place = format!("not the JSON expected, at column {}", error.column());
        KeyStoreError::InvalidResponse(place)
    })
}

fn decode(member: &str, text: &str) -> Result<Vec<u8>, KeyStoreError> {
    let bytes = STANDARD.decode_to_vec(text);
    bytes.map_err(|_| KeyStoreError::InvalidResponse(format!("`{member}` is not base64")))
}

fn invalid<T>(why: &str) -> Result<T, KeyStoreError> {
    Err(KeyStoreError::InvalidResponse(why.to_owned()))
}
