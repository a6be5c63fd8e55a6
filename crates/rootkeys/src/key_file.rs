//! The file beside the store: which provider opens the root key, and the root key wrapped by it.

use crate::provider::{Hsm, Kms, Passphrase, Provider, Shares};
use base64_simd::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The version of the form.
const VERSION: u32 = 1;
/// The longest text, bytes.
const MAX_TEXT: usize = 16 * 1024;
/// The longest wrapped root key, bytes: a ciphertext of another KMS is a few hundred.
const MAX_WRAPPED: usize = 8 * 1024;
const HEAD: &str = "\
# How the root key of this data directory is opened. There is no secret in here; without this file, or
# without what it names, the store cannot be opened. `strongroom root-key` changes it.
";

/// A root key wrapped by a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFile {
    /// The root key's fingerprint: 16 hexadecimal digits.
    pub fingerprint: String,
    /// What opens it.
    pub provider: Provider,
    /// The root key, wrapped.
    pub(crate) wrapped: Vec<u8>,
}

/// Why a text is no key file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFileError(String);

impl fmt::Display for KeyFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for KeyFileError {}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    version: u32,
    fingerprint: String,
    wrapped: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    passphrase: Option<Passphrase>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pkcs11: Option<Hsm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kms: Option<Kms>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shares: Option<Shares>,
}

impl KeyFile {
    /// Reads what [`KeyFile::to_text`] wrote.
    ///
    /// # Errors
    /// [`KeyFileError`]: what of it is not as it must be.
    pub fn parse(text: &str) -> Result<Self, KeyFileError> {
        let bad = |why: &str| KeyFileError(why.to_owned());
        if text.len() > MAX_TEXT {
            return Err(bad("too long"));
        }
        let text: Text = toml::from_str(text).map_err(|why| bad(why.message()))?;
        if text.version != VERSION {
            return Err(bad("written by a newer version of strongroom"));
        }
        let is_fingerprint = text.fingerprint.len() == 16
            && text.fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit());
        let wrapped = BASE64.decode_to_vec(&text.wrapped).map_err(|_| bad("`wrapped`: base64"))?;
        if !is_fingerprint || wrapped.len() > MAX_WRAPPED {
            return Err(bad("`fingerprint` has 16 hexadecimal digits, `wrapped` is not so long"));
        }
        let provider = match (text.passphrase, text.pkcs11, text.kms, text.shares) {
            (Some(own), None, None, None) => Provider::Passphrase(own),
            (None, Some(own), None, None) => Provider::Hsm(own),
            (None, None, Some(own), None) => Provider::Kms(own),
            (None, None, None, Some(own)) => Provider::Shares(own),
            _ => {
                return Err(bad("one of the tables passphrase, pkcs11, kms, shares must be there"));
            }
        };
        provider.check().map_err(KeyFileError)?;
        Ok(Self { fingerprint: text.fingerprint, provider, wrapped })
    }

    /// The text: TOML.
    ///
    /// # Errors
    /// [`KeyFileError`] for a path that is no text.
    pub fn to_text(&self) -> Result<String, KeyFileError> {
        let mut text = Text {
            version: VERSION,
            fingerprint: self.fingerprint.clone(),
            wrapped: BASE64.encode_to_string(&self.wrapped),
            passphrase: None,
            pkcs11: None,
            kms: None,
            shares: None,
        };
        match self.provider.clone() {
            Provider::Passphrase(own) => text.passphrase = Some(own),
            Provider::Hsm(own) => text.pkcs11 = Some(own),
            Provider::Kms(own) => text.kms = Some(own),
            Provider::Shares(own) => text.shares = Some(own),
        }
        let text = toml::to_string(&text).map_err(|why| KeyFileError(why.to_string()))?;
        Ok(format!("{HEAD}\n{text}"))
    }
}
