//! Providers and their keys.

use crate::token::Fault;
use serde_json::Value;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use strongroom_crypto::jws::{JwsAlgorithm, JwsKey};

/// The most keys of one provider. Source: IAM User Guide, "Prerequisites: Validate the configuration
/// of your identity provider".
const MAX_KEYS: usize = 200;

/// The most keys of a provider that one signature is tried by. Our choice: a provider signs with one
/// key, and has two while it changes them; a token names its key where there are several (OpenID
/// Connect Core 1.0 §10.1).
const MAX_TRIED: usize = 4;

/// The providers whose keys are known, by their URL without its scheme.
#[derive(Clone, Default)]
pub struct Providers(Arc<HashMap<String, Entry>>);

/// Where the keys of a provider come from.
pub enum Source {
    /// They are these.
    Fixed(Provider),
    /// They are given by [`Providers::renew`], and again when they change. This is called when a token
    /// names a key that is not among them; it must return at once.
    Renewed(Box<dyn Fn() + Send + Sync>),
}

struct Entry {
    /// `None` until they were given for the first time.
    keys: RwLock<Option<Arc<Provider>>>,
    missed: Option<Box<dyn Fn() + Send + Sync>>,
}

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
    pub fn new(providers: HashMap<String, Source>) -> Self {
        let entry = |source| match source {
            Source::Fixed(keys) => Entry { keys: RwLock::new(Some(Arc::new(keys))), missed: None },
            Source::Renewed(missed) => Entry { keys: RwLock::default(), missed: Some(missed) },
        };
        let entries = providers.into_iter().map(|(url, source)| (url, entry(source)));
        Self(Arc::new(entries.collect()))
    }

    /// The keys of the provider at `url`, without its scheme, if there are any yet.
    #[must_use]
    pub fn get(&self, url: &str) -> Option<Arc<Provider>> {
        let keys = &self.0.get(url)?.keys;
        keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the keys of a provider that is there.
    pub fn renew(&self, url: &str, keys: Provider) {
        if let Some(entry) = self.0.get(url) {
            let mut place = entry.keys.write().unwrap_or_else(PoisonError::into_inner);
            *place = Some(Arc::new(keys));
        }
    }

    /// Tells whoever renews them that a key of the provider is not there.
    pub fn miss(&self, url: &str) {
        if let Some(missed) = self.0.get(url).and_then(|entry| entry.missed.as_ref()) {
            missed();
        }
    }
}

impl fmt::Debug for Providers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
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

    /// Verifies that the key that should have signed so has done it: the one of this id, or if there
    /// is none the only one that fits, or one of a few.
    ///
    /// # Errors
    /// [`Fault::Key`], [`Fault::Signature`].
    pub(crate) fn verify(
        &self,
        (id, name): (Option<&str>, &str),
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), Fault> {
        let algorithm = JwsAlgorithm::parse(name).ok_or(Fault::Signature)?;
        let may = |key: &&Key| {
            let is_it = id.is_none_or(|id| key.id.as_deref() == Some(id));
            let takes = algorithm.takes(&key.key);
            is_it && takes && key.algorithm.as_deref().is_none_or(|own| own == name)
        };
        let tried: Vec<&Key> = self.0.iter().filter(may).take(MAX_TRIED + 1).collect();
        match tried.len() {
            0 => Err(Fault::Key),
            1..=MAX_TRIED => {
                let has = |key: &&Key| algorithm.verify(&key.key, message, signature);
                tried.iter().any(has).then_some(()).ok_or(Fault::Signature)
            }
            _ => Err(Fault::Signature),
        }
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
