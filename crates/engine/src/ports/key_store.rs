//! The port to keys that live elsewhere: in an HSM, or behind an external key store proxy.
//!
//! What is encrypted there is already a ciphertext of ours: key material of the key's own record
//! encrypts first, the key outside encrypts the result (AWS calls it double encryption).
//!
//! Sources: AWS KMS Developer Guide, "Custom key stores"; AWS KMS XKS Proxy API specification 1.0;
//! PKCS #11 version 2.40.

use super::Boxed;
use std::fmt;
use strongroom_crypto::SecretBytes;
pub use strongroom_keys::{HsmPlace, KeyStorePlace, ProxyPlace};
use strongroom_types::Region;

/// What a request to a key outside is for, as the proxy may be told.
///
/// Source: XKS Proxy API specification, `requestMetadata`.
#[derive(Debug, Clone)]
pub struct Purpose {
    /// The Region that was called; requests to a proxy are signed for it.
    pub region: Region,
    /// ARN of the caller.
    pub principal: String,
    /// ARN of the KMS key; absent for health checks.
    pub key: Option<String>,
    /// The operation of the KMS API.
    pub operation: &'static str,
    /// The request's identifier.
    pub request: String,
}

/// What is known of a key outside. Texts are the store's: bounded, and printable ASCII.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalKey {
    /// Its spec; `AES_256` will do.
    pub spec: String,
    /// What it is for; it must include `ENCRYPT` and `DECRYPT`.
    pub usage: Vec<String>,
    /// Whether it is enabled.
    pub enabled: bool,
}

impl ExternalKey {
    /// Whether it encrypts and decrypts 256-bit AES.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.spec == "AES_256" && self.encrypts_and_decrypts()
    }

    /// Whether it is for both.
    #[must_use]
    pub fn encrypts_and_decrypts(&self) -> bool {
        ["ENCRYPT", "DECRYPT"].iter().all(|usage| self.usage.iter().any(|own| own == usage))
    }
}

/// Keys that live elsewhere. Calls may take as long as a network does; each has a deadline of its
/// own (AWS gives a proxy 250 ms).
pub trait KeyStores: Send + Sync {
    /// Whether the configuration admits such a store at all and, if it has a trust anchor for the
    /// HSM, that is the certificate of the place. Asked before a store is created or moved.
    ///
    /// # Errors
    /// [`KeyStoreError`].
    fn check(&self, place: &KeyStorePlace) -> Result<(), KeyStoreError>;

    /// Whether the store answers, and accepts the credentials.
    ///
    /// # Errors
    /// [`KeyStoreError`].
    fn connect<'a>(
        &'a self,
        place: &'a KeyStorePlace,
        purpose: &'a Purpose,
    ) -> Boxed<'a, Result<(), KeyStoreError>>;

    /// Logs out, where one is logged in.
    ///
    /// # Errors
    /// [`KeyStoreError`].
    fn disconnect<'a>(&'a self, place: &'a KeyStorePlace) -> Boxed<'a, Result<(), KeyStoreError>>;

    /// What the store says of its key `name`: an external key's id, or the label of a key in an
    /// HSM.
    ///
    /// # Errors
    /// [`KeyStoreError`].
    fn describe<'a>(
        &'a self,
        place: &'a KeyStorePlace,
        name: &'a str,
        purpose: &'a Purpose,
    ) -> Boxed<'a, Result<ExternalKey, KeyStoreError>>;

    /// Makes a 256-bit AES key in an HSM that cannot be extracted, under the label `name`. It is
    /// no error if it is there already.
    ///
    /// # Errors
    /// [`KeyStoreError`]; [`KeyStoreError::Unsupported`] for a proxy, which makes no keys.
    fn create<'a>(
        &'a self,
        place: &'a KeyStorePlace,
        name: &'a str,
    ) -> Boxed<'a, Result<(), KeyStoreError>>;

    /// Destroys the key `name` of an HSM; it is no error if it is gone. A proxy is not asked.
    ///
    /// # Errors
    /// [`KeyStoreError`].
    fn destroy<'a>(
        &'a self,
        place: &'a KeyStorePlace,
        name: &'a str,
    ) -> Boxed<'a, Result<(), KeyStoreError>>;

    /// Encrypts `plaintext` (at most 4,300 bytes) under the key `name`, bound to
    /// `associated_data` (at most 8 KiB). What it returns is all that [`KeyStores::decrypt`] needs.
    ///
    /// # Errors
    /// [`KeyStoreError`].
    fn encrypt<'a>(
        &'a self,
        place: &'a KeyStorePlace,
        name: &'a str,
        associated_data: &'a [u8],
        plaintext: &'a [u8],
        purpose: &'a Purpose,
    ) -> Boxed<'a, Result<Vec<u8>, KeyStoreError>>;

    /// Decrypts what [`KeyStores::encrypt`] returned.
    ///
    /// # Errors
    /// [`KeyStoreError::Ciphertext`] when it does not authenticate.
    fn decrypt<'a>(
        &'a self,
        place: &'a KeyStorePlace,
        name: &'a str,
        associated_data: &'a [u8],
        ciphertext: &'a [u8],
        purpose: &'a Purpose,
    ) -> Boxed<'a, Result<SecretBytes, KeyStoreError>>;

    /// So many random bytes of an HSM's own, 1 to 1,024.
    ///
    /// # Errors
    /// [`KeyStoreError`]; [`KeyStoreError::Unsupported`] for a proxy, which has none.
    fn random<'a>(
        &'a self,
        place: &'a KeyStorePlace,
        len: usize,
    ) -> Boxed<'a, Result<SecretBytes, KeyStoreError>>;
}

/// Why a key store did not do it. The cases are those that AWS tells apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyStoreError {
    /// The configuration names no such HSM.
    ClusterNotFound,
    /// The HSM is not there, or its token is not initialised.
    ClusterNotActive,
    /// The HSM lacks what is needed (AES-GCM, its user).
    ClusterConfiguration(String),
    /// The HSM refuses the user or its password.
    HsmCredentials,
    /// The HSM user is locked out.
    HsmUserLocked,
    /// The certificate is not the one that the configuration has for the HSM.
    TrustAnchor,
    /// The proxy cannot be reached.
    Unreachable(String),
    /// TLS with the proxy fails: its certificate is not trusted, or is another host's.
    Tls(String),
    /// The store did not answer in time.
    TimedOut,
    /// The proxy refuses the credentials.
    ProxyCredentials,
    /// The proxy has rules of its own, and they forbid it.
    AccessDenied,
    /// The proxy answers what its specification does not allow.
    InvalidResponse(String),
    /// The proxy does not know the path, or is not configured as it must be.
    ProxyConfiguration(String),
    /// None of the key managers behind the proxy is available.
    Unhealthy,
    /// The server's configuration does not admit it.
    NotAllowed(&'static str),
    /// The store has no such key.
    KeyNotFound,
    /// The key outside, or all of the store, is disabled.
    KeyDisabled,
    /// The key outside is not for this.
    KeyUsage(String),
    /// The ciphertext does not authenticate.
    Ciphertext,
    /// The store asks for fewer requests.
    Throttled,
    /// This kind of store does not do this.
    Unsupported,
    /// The store failed.
    Failed(String),
}

impl fmt::Display for KeyStoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, more): (&str, &str) = match self {
            Self::ClusterNotFound => ("the configuration names no such HSM cluster", ""),
            Self::ClusterNotActive => ("the HSM is not there, or its token is not ready", ""),
            Self::ClusterConfiguration(why) => ("the HSM lacks what is needed", why),
            Self::HsmCredentials => ("the HSM refuses the user's password", ""),
            Self::HsmUserLocked => ("the HSM user is locked out", ""),
            Self::TrustAnchor => ("the certificate is not the HSM's trust anchor", ""),
            Self::Unreachable(why) => ("the proxy cannot be reached", why),
            Self::Tls(why) => ("no TLS connection to the proxy", why),
            Self::TimedOut => ("the key store did not answer in time", ""),
            Self::ProxyCredentials => ("the proxy refuses the credentials", ""),
            Self::AccessDenied => ("the proxy denies access", ""),
            Self::InvalidResponse(why) => ("the proxy's answer is not valid", why),
            Self::ProxyConfiguration(why) => ("the proxy is not configured as it must be", why),
            Self::Unhealthy => ("none of the key managers is available", ""),
            Self::NotAllowed(why) => ("not allowed here", *why),
            Self::KeyNotFound => ("the store has no such key", ""),
            Self::KeyDisabled => ("the key outside is disabled", ""),
            Self::KeyUsage(why) => ("the key outside does not admit it", why),
            Self::Ciphertext => ("the ciphertext does not authenticate", ""),
            Self::Throttled => ("the store asks for fewer requests", ""),
            Self::Unsupported => ("this kind of key store does not do this", ""),
            Self::Failed(why) => ("the key store failed", why),
        };
        if more.is_empty() { f.write_str(what) } else { write!(f, "{what}: {more}") }
    }
}

impl std::error::Error for KeyStoreError {}

/// No key stores at all, for what serves nobody: tools on a stopped server's data.
pub struct NoKeyStores;

impl NoKeyStores {
    const NONE: KeyStoreError = KeyStoreError::NotAllowed("there are no key stores here");

    fn none<'a, T: Send + 'a>() -> Boxed<'a, Result<T, KeyStoreError>> {
        Box::pin(std::future::ready(Err(Self::NONE)))
    }
}

impl KeyStores for NoKeyStores {
    fn check(&self, _: &KeyStorePlace) -> Result<(), KeyStoreError> {
        Err(Self::NONE)
    }

    fn connect<'a>(
        &'a self,
        _: &'a KeyStorePlace,
        _: &'a Purpose,
    ) -> Boxed<'a, Result<(), KeyStoreError>> {
        Self::none()
    }

    fn disconnect<'a>(&'a self, _: &'a KeyStorePlace) -> Boxed<'a, Result<(), KeyStoreError>> {
        Self::none()
    }

    fn describe<'a>(
        &'a self,
        _: &'a KeyStorePlace,
        _: &'a str,
        _: &'a Purpose,
    ) -> Boxed<'a, Result<ExternalKey, KeyStoreError>> {
        Self::none()
    }

    fn create<'a>(
        &'a self,
        _: &'a KeyStorePlace,
        _: &'a str,
    ) -> Boxed<'a, Result<(), KeyStoreError>> {
        Self::none()
    }

    fn destroy<'a>(
        &'a self,
        _: &'a KeyStorePlace,
        _: &'a str,
    ) -> Boxed<'a, Result<(), KeyStoreError>> {
        Self::none()
    }

    fn encrypt<'a>(
        &'a self,
        _: &'a KeyStorePlace,
        _: &'a str,
        _: &'a [u8],
        _: &'a [u8],
        _: &'a Purpose,
    ) -> Boxed<'a, Result<Vec<u8>, KeyStoreError>> {
        Self::none()
    }

    fn decrypt<'a>(
        &'a self,
        _: &'a KeyStorePlace,
        _: &'a str,
        _: &'a [u8],
        _: &'a [u8],
        _: &'a Purpose,
    ) -> Boxed<'a, Result<SecretBytes, KeyStoreError>> {
        Self::none()
    }

    fn random<'a>(
        &'a self,
        _: &'a KeyStorePlace,
        _: usize,
    ) -> Boxed<'a, Result<SecretBytes, KeyStoreError>> {
        Self::none()
    }
}
