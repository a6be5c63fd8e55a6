//! Providers and their keys.

use serde_json::Value;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use strongroom_crypto::jws::{JwsAlgorithm, JwsKey};

/// The most keys of one provider. Source: IAM User Guide, "Prerequisites: Validate the configuration
/// of your identity provider".
const MAX_KEYS: usize = 200;

/// The providers whose keys are known, by their URL without its scheme.
#[derive(Debug, Clone, Default)]
pub struct Providers(Arc<HashMap<String, Provider>>);

/// The keys of a provider.
#[derive(Debug, Clone)]
pub struct Provider(Vec<Key>);

/// A key, and what it says of itself.
#[derive(Debug, Clone)]
struct Key {
    id: Option<String>,
    algorithm: Option<String>,
    key: JwsKey,
}

/// A key set that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeysError {
    /// No JSON object with a list `keys`.
    Form,
    /// None of its keys is one that signs, of a kind that is served.
    NoKey,
    /// More keys than a provider may have.
    TooMany,
}

impl fmt::Display for KeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "not a JSON Web Key Set",
            Self::NoKey => "no RSA or elliptic curve key that signs",
            Self::TooMany => "more than 200 keys",
        })
    }
}

impl std::error::Error for KeysError {}

impl Providers {
    /// These providers, each by its URL without its scheme.
    #[must_use]
    pub fn new(providers: HashMap<String, Provider>) -> Self {
        Self(Arc::new(providers))
    }

    /// The provider at `url`, without its scheme.
    #[must_use]
    pub fn get(&self, url: &str) -> Option<&Provider> {
        self.0.get(url)
    }
}

impl Provider {
    /// Reads a JSON Web Key Set (RFC 7517 §5). Keys that are of another kind, or for encryption,
    /// are left out.
    ///
    /// # Errors
    /// [`KeysError`].
    pub fn parse(set: &[u8]) -> Result<Self, KeysError> {
        let set: Value = serde_json::from_slice(set).map_err(|_| KeysError::Form)?;
        let keys = set.get("keys").and_then(Value::as_array).ok_or(KeysError::Form)?;
        if keys.len() > MAX_KEYS {
            return Err(KeysError::TooMany);
        }
        let keys: Vec<Key> = keys.iter().filter_map(Key::parse).collect();
        if keys.is_empty() { Err(KeysError::NoKey) } else { Ok(Self(keys)) }
    }

    /// Whether one of the keys that may have signed so has done it.
    pub(crate) fn has_signed(
        &self,
        (id, name): (Option<&str>, &str),
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let Some(algorithm) = JwsAlgorithm::parse(name) else { return false };
        let may = |key: &&Key| {
            let is_it = id.is_none_or(|id| key.id.as_deref() == Some(id));
            is_it && key.algorithm.as_deref().is_none_or(|own| own == name)
        };
        self.0.iter().filter(may).any(|key| algorithm.verify(&key.key, message, signature))
    }
}

impl Key {
    fn parse(key: &Value) -> Option<Self> {
        let text = |name: &str| key.get(name).and_then(Value::as_str);
        let bytes = |name: &str| base64_simd::URL_SAFE_NO_PAD.decode_to_vec(text(name)?).ok();
        if text("use").is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let parsed = match text("kty")? {
            "RSA" => JwsKey::Rsa(bytes("n")?, bytes("e")?),
            "EC" => JwsKey::Point(bytes("x")?, bytes("y")?),
            _ => return None,
        };
        let own = |name: &str| text(name).map(str::to_owned);
        Some(Self { id: own("kid"), algorithm: own("alg"), key: parsed })
    }
}
