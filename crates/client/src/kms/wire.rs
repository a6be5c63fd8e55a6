//! Requests and answers in JSON. What is secret in them is written and read in place.

use crate::{Answer, KmsError, Terms};
use base64_simd::STANDARD as BASE64;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use strongroom_crypto::SecretBytes;

/// Longest ARN of a key, bytes (AWS KMS API Reference).
const MAX_ARN: usize = 2048;
/// Longest ciphertext, bytes (AWS KMS API Reference).
const MAX_CIPHERTEXT: usize = 6144;

/// The members of a request.
pub(super) struct Members(Map<String, Value>);

impl Members {
    pub(super) fn new() -> Self {
        Self(Map::new())
    }

    pub(super) fn text(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.to_owned(), json!(value));
        self
    }

    /// The member, unless it is not given.
    pub(super) fn maybe(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    pub(super) fn number(mut self, name: &str, value: usize) -> Self {
        self.0.insert(name.to_owned(), json!(value));
        self
    }

    pub(super) fn blob(self, name: &str, value: &[u8]) -> Self {
        self.text(name, &BASE64.encode_to_string(value))
    }

    pub(super) fn context(mut self, name: &str, pairs: &[(&str, &str)]) -> Self {
        if !pairs.is_empty() {
            let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), json!(value)));
            self.0.insert(name.to_owned(), Value::Object(pairs.collect()));
        }
        self
    }

    pub(super) fn grant_tokens(mut self, tokens: &[String]) -> Self {
        if !tokens.is_empty() {
            self.0.insert("GrantTokens".to_owned(), json!(tokens));
        }
        self
    }

    pub(super) fn terms(self, terms: Terms<'_>) -> Self {
        self.context("EncryptionContext", terms.context).grant_tokens(terms.grant_tokens)
    }

    pub(super) fn body(self) -> SecretBytes {
        SecretBytes::new(Value::Object(self.0).to_string().into_bytes())
    }

    /// The body, with a secret as one more member.
    pub(super) fn body_with(self, name: &str, secret: &SecretBytes) -> SecretBytes {
        let mut encoded = SecretBytes::zeroed(BASE64.encoded_length(secret.len()));
        let to = base64_simd::Out::from_slice(encoded.expose_mut());
        let _ = BASE64.encode(secret.expose(), to);
        // Base64 and the names of members need no escapes.
        let others = Value::Object(self.0).to_string();
        let others = others.strip_suffix('}').unwrap_or_default();
        let comma = if others.len() > 1 { "," } else { "" };
        let begin = format!("{others}{comma}\"{name}\":\"");
        let mut body = SecretBytes::zeroed(begin.len() + encoded.len() + 2);
        let parts = [begin.as_bytes(), encoded.expose(), b"\"}"];
        let bytes = parts.into_iter().flatten();
        body.expose_mut().iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        body
    }
}

/// What of answers is of interest here; of each operation's some are there.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Answered<'a> {
    #[serde(borrow, default)]
    ciphertext_blob: Option<&'a str>,
    /// It is not copied on its way.
    #[serde(borrow, default)]
    plaintext: Option<&'a str>,
    #[serde(default)]
    key_id: Option<String>,
    #[serde(default)]
    source_key_id: Option<String>,
}

impl<'a> Answered<'a> {
    pub(super) fn read(answer: &'a Answer) -> Result<Self, KmsError> {
        serde_json::from_slice(&answer.body).map_err(|_| KmsError::Strange("not its JSON"))
    }

    pub(super) fn ciphertext(&self) -> Result<Vec<u8>, KmsError> {
        let strange = KmsError::Strange("no ciphertext");
        let text = self.ciphertext_blob.ok_or(strange.clone())?;
        let blob = BASE64.decode_to_vec(text).map_err(|_| strange.clone())?;
        if (1..=MAX_CIPHERTEXT).contains(&blob.len()) { Ok(blob) } else { Err(strange) }
    }

    pub(super) fn plaintext(&self) -> Result<SecretBytes, KmsError> {
        let strange = KmsError::Strange("no plaintext");
        let text = self.plaintext.ok_or(strange.clone())?;
        let decoded = BASE64.decode_to_vec(text).map(SecretBytes::new);
        decoded.map_err(|_| strange)
    }

    /// The ARN of the key that did it.
    pub(super) fn key(self) -> Result<String, KmsError> {
        self.key_id.filter(|key| is_arn(key)).ok_or(KmsError::Strange("no ARN of a key"))
    }

    /// The ARNs of the key that decrypted and of the one that encrypted.
    pub(super) fn keys(self) -> Result<(String, String), KmsError> {
        let source = self.source_key_id.filter(|key| is_arn(key));
        let key = self.key_id.filter(|key| is_arn(key));
        source.zip(key).ok_or(KmsError::Strange("no ARNs of keys"))
    }
}

pub(super) fn is_arn(text: &str) -> bool {
    text.len() <= MAX_ARN && text.starts_with("arn:") && text.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use hyper::{HeaderMap, StatusCode};

    #[test]
    fn a_secret_is_one_more_member() {
        let secret = SecretBytes::new(b"secret".to_vec());
        let body = Members::new().text("KeyId", "a\"b").body_with("Plaintext", &secret);
        assert_eq!(body.expose(), br#"{"KeyId":"a\"b","Plaintext":"c2VjcmV0"}"#);
        let body = Members::new().body_with("Plaintext", &secret);
        assert_eq!(body.expose(), br#"{"Plaintext":"c2VjcmV0"}"#);
    }

    #[test]
    fn an_answer_is_what_the_operation_answers() {
        let answer = |body: &str| Answer {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: Bytes::copy_from_slice(body.as_bytes()),
        };
        let good =
            answer(r#"{"KeyId":"arn:aws:kms:x","Plaintext":"AAEC","CiphertextBlob":"AA=="}"#);
        let read = Answered::read(&good).unwrap();
        assert_eq!(read.plaintext().unwrap().expose(), [0, 1, 2]);
        assert_eq!(read.ciphertext().unwrap(), [0]);
        assert_eq!(read.key().unwrap(), "arn:aws:kms:x");
        for none in ["", "[1]", r#"{"Plaintext":1}"#] {
            assert!(Answered::read(&answer(none)).is_err(), "{none}");
        }
        let empty = answer(r#"{"KeyId":"key","Plaintext":"?","CiphertextBlob":""}"#);
        let read = Answered::read(&empty).unwrap();
        assert!(read.plaintext().is_err() && read.ciphertext().is_err() && read.key().is_err());
        let escape = answer("{\"KeyId\":\"arn:\\u001b[2J\"}");
        assert!(Answered::read(&escape).unwrap().key().is_err());
    }
}
