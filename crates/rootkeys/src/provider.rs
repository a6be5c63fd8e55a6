//! The providers: how each wraps a root key and opens it again.

use crate::key_file::KeyFile;
use crate::share::Share;
use base64_simd::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use strongroom_crypto::password::{self, Cost, PasswordError};
use strongroom_crypto::{Entropy, SecretBytes, SecretKey, aead, hash, shares};
use strongroom_engine::ports::key_store::KeyStoreError;
use strongroom_keys::{LocalRootKey, RootKey};
use strongroom_keystores::{
    HsmConfiguration, RemoteKms, RemoteKmsConfiguration, RemoteKmsError, TokenName, Vectors,
    WrappingKey,
};

/// What a root key is wrapped for.
const LABEL: &str = "strongroom root key wrap v1";
/// The name in the encryption context by which another KMS's trail and policies know a root key.
const CONTEXT: &str = "strongroom:root-key";

/// A provider, without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provider {
    /// Somebody knows a passphrase.
    Passphrase(Passphrase),
    /// A key in an HSM.
    Hsm(Hsm),
    /// A key of another KMS.
    Kms(Kms),
    /// Several people have a share each.
    Shares(Shares),
}

/// How a passphrase becomes a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Passphrase {
    /// 16 random bytes, base64.
    salt: String,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// Where an HSM's key is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hsm {
    /// The PKCS #11 module.
    pub module: PathBuf,
    /// The token's label; or else its slot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The slot's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<u64>,
    /// For modules that take `name:password` for a PIN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The key's label.
    pub key: String,
    /// For modules that choose initialization vectors themselves.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hsm_chooses_iv: bool,
    /// The file with the PIN; without it somebody is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin_file: Option<PathBuf>,
}

/// Where another KMS's key is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kms {
    /// `https://host[:port]`.
    pub endpoint: String,
    /// The Region that requests are signed for.
    pub region: String,
    /// Id, ARN or alias of the key.
    pub key: String,
    /// PEM file of the authorities of the endpoint's certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// The file with the access key, in the form of the AWS shared credentials file.
    pub credentials_file: PathBuf,
}

/// How many shares there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shares {
    /// Which shares belong together: eight hexadecimal digits.
    set: String,
    /// How many there are.
    pub shares: u8,
    /// How many open the root key.
    pub threshold: u8,
}

/// What somebody has to bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// A passphrase.
    Passphrase,
    /// The PIN of an HSM's user.
    Pin,
    /// An access key of another KMS.
    Credentials,
    /// So many shares.
    Shares(u8),
}

/// An access key of another KMS.
pub struct Credentials {
    /// Its id.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: Arc<SecretBytes>,
    /// The session token, of temporary credentials.
    pub session_token: Option<String>,
}

/// What opens a root key; [`Provider::needs`] says which.
pub enum Opener<'a> {
    /// A passphrase or a PIN.
    Secret(&'a SecretBytes),
    /// An access key of another KMS.
    Credentials(Credentials),
    /// Shares.
    Shares(&'a [Share]),
}

/// Why a root key is not opened, or not wrapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotOpened {
    /// What was brought is not what opens it.
    Wrong(String),
    /// The provider does not answer now.
    Unavailable(String),
    /// It will not open: the provider refuses, or the file was altered.
    Refused(String),
}

impl fmt::Display for NotOpened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong(why) | Self::Unavailable(why) | Self::Refused(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for NotOpened {}

impl From<KeyStoreError> for NotOpened {
    fn from(why: KeyStoreError) -> Self {
        let text = why.to_string();
        match why {
            KeyStoreError::HsmCredentials => Self::Wrong(text),
            KeyStoreError::Ciphertext | KeyStoreError::HsmUserLocked => Self::Refused(text),
            KeyStoreError::KeyNotFound => {
                Self::Refused("the HSM has no key of this label".to_owned())
            }
            _ => Self::Unavailable(text),
        }
    }
}

impl From<RemoteKmsError> for NotOpened {
    fn from(why: RemoteKmsError) -> Self {
        match why {
            RemoteKmsError::Unavailable(why) => Self::Unavailable(why),
            RemoteKmsError::Refused(why) => Self::Refused(why),
        }
    }
}

impl From<PasswordError> for NotOpened {
    fn from(why: PasswordError) -> Self {
        Self::Refused(why.to_string())
    }
}

impl Passphrase {
    /// One with a fresh salt, at the recommended cost.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn new(entropy: &dyn Entropy) -> Result<Self, NotOpened> {
        let mut salt = [0; password::SALT_LEN];
        fill(entropy, &mut salt)?;
        let Cost { memory_kib, passes, lanes } = Cost::RECOMMENDED;
        Ok(Self { salt: BASE64.encode_to_string(salt), memory_kib, passes, lanes })
    }

    fn key(&self, passphrase: &SecretBytes) -> Result<SecretKey, NotOpened> {
        let salt = BASE64.decode_to_vec(&self.salt).ok();
        let salt: Option<[u8; password::SALT_LEN]> = salt.and_then(|salt| salt.try_into().ok());
        let salt = salt.ok_or_else(|| NotOpened::Refused("`salt` has 16 bytes".to_owned()))?;
        let Self { memory_kib, passes, lanes, .. } = *self;
        Ok(password::derive(passphrase, &salt, Cost { memory_kib, passes, lanes })?)
    }
}

impl Shares {
    /// So many shares, of which `threshold` open the root key.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn new(shares: u8, threshold: u8, entropy: &dyn Entropy) -> Result<Self, NotOpened> {
        let mut set = [0; 4];
        fill(entropy, &mut set)?;
        Ok(Self { set: hash::hex(&set), shares, threshold })
    }

    /// Whether `share` is one of these.
    #[must_use]
    pub fn has(&self, share: &Share) -> bool {
        self.set == share.set()
    }
}

impl Hsm {
    fn wrapping_key(&self) -> Result<WrappingKey, NotOpened> {
        let token = match (&self.token, self.slot) {
            (Some(label), None) => TokenName::Label(label.clone()),
            (None, Some(slot)) => TokenName::Slot(slot),
            _ => return Err(NotOpened::Refused("a token or a slot must be given".to_owned())),
        };
        let configuration = HsmConfiguration {
            module: self.module.clone(),
            token,
            user: self.user.clone(),
            trust_anchor: None,
            vectors: if self.hsm_chooses_iv { Vectors::Hsm } else { Vectors::Ours },
            deadline: HsmConfiguration::DEADLINE,
        };
        let key = WrappingKey::new(configuration, &self.key);
        key.map_err(|why| NotOpened::Refused(why.to_string()))
    }
}

impl Kms {
    fn remote(&self, credentials: Credentials) -> Result<RemoteKms, NotOpened> {
        let Credentials { access_key_id, secret_access_key, session_token } = credentials;
        let remote = RemoteKms::new(RemoteKmsConfiguration {
            endpoint: self.endpoint.clone(),
            region: self.region.clone(),
            key: self.key.clone(),
            access_key_id,
            secret_access_key,
            session_token,
            ca_file: self.ca_file.clone(),
            deadline: RemoteKmsConfiguration::DEADLINE,
        });
        remote.map_err(|why| NotOpened::Refused(why.to_string()))
    }
}

impl Provider {
    /// Its name, as `--root-key` takes it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Passphrase(_) => "passphrase",
            Self::Hsm(_) => "pkcs11",
            Self::Kms(_) => "kms",
            Self::Shares(_) => "shares",
        }
    }

    /// What somebody has to bring.
    #[must_use]
    pub const fn needs(&self) -> Needs {
        match self {
            Self::Passphrase(_) => Needs::Passphrase,
            Self::Hsm(_) => Needs::Pin,
            Self::Kms(_) => Needs::Credentials,
            Self::Shares(own) => Needs::Shares(own.threshold),
        }
    }

    /// The files that are read to open the root key.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        match self {
            Self::Passphrase(_) | Self::Shares(_) => Vec::new(),
            Self::Hsm(own) => {
                std::iter::once(own.module.clone()).chain(own.pin_file.clone()).collect()
            }
            Self::Kms(own) => {
                let credentials = std::iter::once(own.credentials_file.clone());
                credentials.chain(own.ca_file.clone()).collect()
            }
        }
    }

    /// What of it is not as it must be.
    pub(crate) fn check(&self) -> Result<(), String> {
        let bad = |why: &str| Err(why.to_owned());
        match self {
            Self::Shares(own) if own.threshold < 2 || own.threshold > own.shares => {
                bad("`threshold` is at least 2 and at most `shares`")
            }
            Self::Hsm(own) if own.token.is_some() == own.slot.is_some() => {
                bad("`pkcs11` has a token or a slot")
            }
            _ => Ok(()),
        }
    }

    /// What a wrapped root key is bound to: itself and all that opens it.
    fn binding(&self, fingerprint: &str) -> Vec<u8> {
        let own = match self {
            Self::Passphrase(Passphrase { salt, memory_kib, passes, lanes }) => {
                format!("{salt} {memory_kib} {passes} {lanes}")
            }
            Self::Shares(Shares { set, shares, threshold }) => {
                format!("{set} {shares} {threshold}")
            }
            // The key is found by what is named; what it wrapped, no other opens.
            Self::Hsm(_) | Self::Kms(_) => String::new(),
        };
        format!("{LABEL}\n{fingerprint}\n{} {own}", self.name()).into_bytes()
    }

    /// Wraps `root`. Returns the shares, if it is in shares, to be handed out; nobody keeps them.
    ///
    /// # Errors
    /// [`NotOpened`].
    pub async fn wrap(
        mut self,
        root: &SecretKey,
        opener: Opener<'_>,
        entropy: &dyn Entropy,
    ) -> Result<(KeyFile, Vec<Share>), NotOpened> {
        self.check().map_err(NotOpened::Refused)?;
        let fingerprint = fingerprint(root)?;
        let binding = self.binding(&fingerprint);
        let copy = || SecretBytes::new(root.expose().to_vec());
        let mut arn = None;
        let (wrapped, dealt) = match (&self, opener) {
            (Self::Passphrase(own), Opener::Secret(passphrase)) => {
                let key = own.key(passphrase)?;
                (sealed(&key, &binding, root, entropy)?, Vec::new())
            }
            (Self::Shares(own), _) => {
                let key = SecretKey::generate(entropy);
                let key = key.map_err(|why| NotOpened::Unavailable(why.to_string()))?;
                let dealt = shares::split(&key, own.shares, own.threshold, entropy);
                let dealt = dealt.map_err(|why| NotOpened::Refused(why.to_string()))?;
                let share = |share| Share::new(&own.set, own.threshold, share);
                let dealt = dealt.into_iter().map(share).collect();
                (sealed(&key, &binding, root, entropy)?, dealt)
            }
            (Self::Hsm(own), Opener::Secret(pin)) => {
                let key = own.wrapping_key()?;
                key.create(pin).await?;
                (key.wrap(pin, &binding, &copy()).await?, Vec::new())
            }
            (Self::Kms(own), Opener::Credentials(credentials)) => {
                let remote = own.remote(credentials)?;
                let context = [(CONTEXT, fingerprint.as_str())];
                let (wrapped, key) = remote.encrypt(&copy(), &context).await?;
                arn = Some(key);
                (wrapped, Vec::new())
            }
            _ => return Err(self.unfit()),
        };
        if let (Self::Kms(own), Some(arn)) = (&mut self, arn) {
            own.key = arn;
        }
        Ok((KeyFile { fingerprint, provider: self, wrapped }, dealt))
    }

    fn unfit(&self) -> NotOpened {
        NotOpened::Wrong(format!("this is not what opens a root key of `{}`", self.name()))
    }
}

impl KeyFile {
    /// The root key.
    ///
    /// # Errors
    /// [`NotOpened`].
    pub async fn open(&self, opener: Opener<'_>) -> Result<SecretKey, NotOpened> {
        let binding = self.provider.binding(&self.fingerprint);
        let opened = match (&self.provider, opener) {
            (Provider::Passphrase(own), Opener::Secret(passphrase)) => {
                let opened = unsealed(&own.key(passphrase)?, &binding, &self.wrapped);
                opened.ok_or_else(|| NotOpened::Wrong("the passphrase is wrong".to_owned()))?
            }
            (Provider::Shares(own), Opener::Shares(shares)) => {
                self.combined(own, shares, &binding)?
            }
            (Provider::Hsm(own), Opener::Secret(pin)) => {
                own.wrapping_key()?.unwrap(pin, &binding, &self.wrapped).await?
            }
            (Provider::Kms(own), Opener::Credentials(credentials)) => {
                let context = [(CONTEXT, self.fingerprint.as_str())];
                own.remote(credentials)?.decrypt(&self.wrapped, &context).await?
            }
            _ => return Err(self.provider.unfit()),
        };
        let root = SecretKey::from_slice(opened.expose());
        let other = || NotOpened::Refused("what was opened is another root key".to_owned());
        let root = root.ok_or_else(other)?;
        if fingerprint(&root)? == self.fingerprint { Ok(root) } else { Err(other()) }
    }

    fn combined(
        &self,
        own: &Shares,
        shares: &[Share],
        binding: &[u8],
    ) -> Result<SecretBytes, NotOpened> {
        let parts: Vec<_> =
            shares.iter().filter(|share| own.has(share)).map(Share::share).collect();
        let key = shares::combine(&parts, own.threshold);
        let key = key.map_err(|why| NotOpened::Wrong(why.to_string()))?;
        let opened = unsealed(&key, binding, &self.wrapped);
        opened.ok_or_else(|| NotOpened::Wrong("a share is not what was handed out".to_owned()))
    }
}

/// Identifies a root key and reveals nothing of it.
fn fingerprint(root: &SecretKey) -> Result<String, NotOpened> {
    let local =
        LocalRootKey::copy_of(root).map_err(|why| NotOpened::Unavailable(why.to_string()))?;
    Ok(local.fingerprint().to_owned())
}

fn fill(entropy: &dyn Entropy, bytes: &mut [u8]) -> Result<(), NotOpened> {
    entropy.fill(bytes).map_err(|why| NotOpened::Unavailable(why.to_string()))
}

/// salt (16) ‖ ciphertext ‖ tag of `root` under a key derived from `key`.
fn sealed(
    key: &SecretKey,
    binding: &[u8],
    root: &SecretKey,
    entropy: &dyn Entropy,
) -> Result<Vec<u8>, NotOpened> {
    let mut salt = [0; aead::SALT_LEN];
    fill(entropy, &mut salt)?;
    let mut wrapped = salt.to_vec();
    aead::seal_once(key, LABEL, &salt, binding, root.expose(), &mut wrapped)
        .map_err(|why| NotOpened::Unavailable(why.to_string()))?;
    Ok(wrapped)
}

fn unsealed(key: &SecretKey, binding: &[u8], wrapped: &[u8]) -> Option<SecretBytes> {
    let (salt, rest) = wrapped.split_first_chunk::<{ aead::SALT_LEN }>()?;
    aead::open_once(key, LABEL, salt, binding, rest).ok()
}
