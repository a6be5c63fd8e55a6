//! What a proxy's refusals mean to the engine.

use serde::Deserialize;
use strongroom_client::Answer;
use strongroom_engine::ports::key_store::KeyStoreError;

/// Longest message (XKS Proxy API specification, "Error codes").
const MAX_MESSAGE: usize = 511;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Refusal {
    error_name: String,
    error_message: Option<String>,
}

/// The meaning of an answer that is no success. As for AWS it is the name that counts, whatever
/// the status; a refusal without a name cannot be interpreted. What the proxy says besides is for
/// the operator's log: AWS does not show it to callers.
pub(super) fn meaning(answer: &Answer) -> KeyStoreError {
    let Ok(refusal) = serde_json::from_slice::<Refusal>(&answer.body) else {
        let text = format!("status {} without `errorName`", answer.status.as_u16());
        return KeyStoreError::InvalidResponse(text);
    };
    let message = || {
        let message = refusal.error_message.as_deref().unwrap_or_default();
        let shown = message.chars().filter(|c| matches!(c, ' '..='~')).take(MAX_MESSAGE);
        shown.collect::<String>()
    };
    match refusal.error_name.as_str() {
        "ValidationException" => {
            let text = format!("it finds the request invalid ({})", message());
            KeyStoreError::InvalidResponse(text)
        }
        "InvalidStateException" => KeyStoreError::KeyDisabled,
        "InvalidCiphertextException" => KeyStoreError::Ciphertext,
        "InvalidKeyUsageException" => KeyStoreError::KeyUsage(message()),
        "AuthenticationFailedException" => KeyStoreError::ProxyCredentials,
        "AccessDeniedException" => KeyStoreError::AccessDenied,
        "KeyNotFoundException" => KeyStoreError::KeyNotFound,
        "InvalidUriPathException" => KeyStoreError::ProxyConfiguration(message()),
        "ThrottlingException" => KeyStoreError::Throttled,
        "UnsupportedOperationException" => KeyStoreError::Unsupported,
        "DependencyTimeoutException" => KeyStoreError::TimedOut,
        "InternalException" => KeyStoreError::Failed(message()),
        _ => {
            let text = format!("status {} with an unknown `errorName`", answer.status.as_u16());
            KeyStoreError::InvalidResponse(text)
        }
    }
}
