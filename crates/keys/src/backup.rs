//! Backups: a header that anybody can read, and chunks that open in their order only.
//! `docs/backup.md` gives the format to the byte.

use crate::codec::{self, optional_text, time};
use crate::{RootKey, RootKeyError};
use minicbor::{Decode, Encode};
use strongroom_crypto::aead::{self, SALT_LEN, Sequence, TAG_LEN};
use strongroom_crypto::{Entropy, SecretBytes, SecretKey, hash};
use strongroom_types::{Region, Timestamp};

const MAGIC: &[u8; 4] = b"SRBK";
const FORMAT: u8 = 1;
/// What is before the description: magic, format, the description's length (4).
const FIXED: usize = 4 + 1 + 4;
/// The wrapped key: salt ‖ ciphertext ‖ tag.
const WRAPPED: usize = SALT_LEN + SecretKey::LEN + TAG_LEN;
/// The longest description, bytes. Our choice: there is a small file in it, and numbers.
const MAX_DESCRIPTION: usize = 64 << 10;
/// The label of the key that wraps a backup's key.
const LABEL: &str = "strongroom backup key v1";
const LAST: u8 = 1;

/// What a backup says of itself, in the clear; every chunk is bound to it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BackupDescription {
    /// Tells it from all other backups; random.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub id: [u8; 16],
    /// When the snapshot was taken.
    #[cbor(n(1), with = "time")]
    pub time: Timestamp,
    /// The release that made it: `0.1.0`.
    #[n(2)]
    pub release: String,
    /// Fingerprint of the root key that its key is wrapped under.
    #[n(3)]
    pub root_key: String,
    /// The file that says how the root key is provided, if there was one; no secret is in it.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub provider: Option<Vec<u8>>,
    /// Milliseconds that the clock ran ahead; absent if it was the real one.
    #[n(5)]
    pub clock_ahead: Option<i64>,
    /// The server's Region, if one has run.
    #[cbor(n(6), with = "optional_text")]
    pub region: Option<Region>,
    /// Accounts in it.
    #[n(7)]
    pub accounts: u64,
    /// KMS keys in it.
    #[n(8)]
    pub keys: u64,
    /// Records in it.
    #[n(9)]
    pub records: u64,
    /// The greatest version of a record in it.
    #[n(10)]
    pub sequence: u64,
    /// Groups of commits that the store had reached.
    #[n(11)]
    pub commits: u64,
}

/// What is remembered of a restore. Everything that is committed after it has a version of at
/// least `first`.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RestoreRecord {
    /// When it was restored.
    #[cbor(n(0), with = "time")]
    pub time: Timestamp,
    /// The backup.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub backup: [u8; 16],
    /// When that was taken.
    #[cbor(n(2), with = "time")]
    pub taken: Timestamp,
    /// The greatest version in the backup.
    #[n(3)]
    pub sequence: u64,
    /// Groups of commits that the backup's store had reached.
    #[n(4)]
    pub commits: u64,
    /// The version of this record, the first one since.
    #[n(5)]
    pub first: u64,
}

/// Why a backup does not open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackupError {
    /// It is none.
    Foreign,
    /// It is of a format that this release does not know.
    TooNew(u8),
    /// It was altered, cut, extended, or put together from parts.
    Damaged,
    /// The root key does not open it.
    RootKey(RootKeyError),
}

impl std::fmt::Display for BackupError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Foreign => f.write_str("this is not a backup"),
            Self::TooNew(format) => {
                write!(f, "a later release wrote this backup (format {format}, not {FORMAT})")
            }
            Self::Damaged => f.write_str("the backup was altered, or part of it is missing"),
            Self::RootKey(why) => why.fmt(f),
        }
    }
}

impl std::error::Error for BackupError {}

/// A header, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupHeader {
    /// What the backup says of itself. It is authentic once the key is unwrapped.
    pub description: BackupDescription,
    bytes: Vec<u8>,
}

impl BackupHeader {
    /// Bytes to be read before [`BackupHeader::rest`] can say how many follow.
    pub const FIXED: usize = FIXED;

    /// How many bytes of the header follow its first ones.
    ///
    /// # Errors
    /// [`BackupError::Foreign`], [`BackupError::TooNew`].
    pub fn rest(fixed: &[u8; FIXED]) -> Result<usize, BackupError> {
        let [a, b, c, d, format, length @ ..] = fixed;
        if [*a, *b, *c, *d] != *MAGIC {
            return Err(BackupError::Foreign);
        }
        if *format != FORMAT {
            return Err(BackupError::TooNew(*format));
        }
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if length > MAX_DESCRIPTION { Err(BackupError::Damaged) } else { Ok(length + WRAPPED) }
    }

    /// Reads a whole header.
    ///
    /// # Errors
    /// [`BackupError`].
    pub fn parse(bytes: Vec<u8>) -> Result<Self, BackupError> {
        let fixed = bytes.first_chunk::<FIXED>().ok_or(BackupError::Foreign)?;
        let rest = Self::rest(fixed)?;
        let described = bytes.get(FIXED..).filter(|found| found.len() == rest);
        let described = described.and_then(|found| found.get(..rest - WRAPPED));
        let description = codec::decode(described.ok_or(BackupError::Damaged)?);
        Ok(Self { description: description.map_err(|_| BackupError::Damaged)?, bytes })
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn split(&self) -> Result<(&[u8], &[u8]), BackupError> {
        let at = self.bytes.len().checked_sub(WRAPPED).ok_or(BackupError::Damaged)?;
        self.bytes.split_at_checked(at).ok_or(BackupError::Damaged)
    }
}

/// Seals or opens the chunks of one backup, in order.
pub struct BackupKey {
    key: Sequence,
    next: u64,
    header: [u8; 32],
}

impl BackupKey {
    /// Bytes before each sealed chunk: the length of what follows (4), whether it is the last.
    pub const PREFIX: usize = 5;
    /// The longest content of a chunk, 64 KiB. Our choice: one is read into memory whole before
    /// any of it is believed.
    pub const CHUNK: usize = 64 << 10;

    /// A fresh key, and the header that has it wrapped under `root`.
    ///
    /// # Errors
    /// [`RootKeyError`] when the random source or the root key's provider fails.
    pub fn begin(
        description: BackupDescription,
        root: &dyn RootKey,
        entropy: &dyn Entropy,
    ) -> Result<(Self, BackupHeader), RootKeyError> {
        let failed = |why: &dyn std::fmt::Display| RootKeyError(why.to_string());
        let key = SecretKey::generate(entropy).map_err(|why| failed(&why))?;
        let described = codec::encode(&description);
        let length = u32::try_from(described.len()).ok();
        let length = length.filter(|_| described.len() <= MAX_DESCRIPTION);
        let length = length.ok_or_else(|| failed(&"a backup's description is too long"))?;
        let mut bytes = Vec::with_capacity(FIXED + described.len() + WRAPPED);
        bytes.extend_from_slice(MAGIC);
        bytes.push(FORMAT);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&described);
        let wrapped = root.wrap_backup_key(&key, &bytes, entropy)?;
        bytes.extend_from_slice(&wrapped);
        let key = Self::new(&key, &bytes).ok_or_else(|| failed(&"no cipher"))?;
        Ok((key, BackupHeader { description, bytes }))
    }

    /// The key of the backup that begins with `header`.
    ///
    /// # Errors
    /// [`BackupError::RootKey`] when the root key is another one or the header was altered.
    pub fn open(header: &BackupHeader, root: &dyn RootKey) -> Result<Self, BackupError> {
        let (described, wrapped) = header.split()?;
        let key = root.unwrap_backup_key(described, wrapped).map_err(BackupError::RootKey)?;
        Self::new(&key, &header.bytes).ok_or(BackupError::Damaged)
    }

    fn new(key: &SecretKey, header: &[u8]) -> Option<Self> {
        Some(Self { key: Sequence::new(key)?, next: 0, header: hash::sha256(header) })
    }

    /// Appends the next chunk to `out`: length of ciphertext and tag (4 bytes) ‖ 1 for the last
    /// chunk, else 0 ‖ ciphertext ‖ tag. The chunk's number, from 0, is its nonce. Associated data:
    /// SHA-256 of the header ‖ the first 5 bytes.
    ///
    /// # Errors
    /// [`BackupError::Damaged`] for more than [`BackupKey::CHUNK`] bytes, or when AWS-LC fails.
    pub fn seal(
        &mut self,
        is_last: bool,
        plain: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), BackupError> {
        let length = u32::try_from(plain.len() + TAG_LEN).ok();
        let length = length.filter(|_| plain.len() <= Self::CHUNK).ok_or(BackupError::Damaged)?;
        let start = out.len();
        out.extend_from_slice(&length.to_be_bytes());
        out.push(u8::from(is_last));
        let aad = self.associated_data(out.get(start..).unwrap_or_default());
        self.key.seal(self.next, &aad, plain, out).map_err(|_| BackupError::Damaged)?;
        self.next += 1;
        Ok(())
    }

    /// How many bytes follow a chunk's first ones.
    ///
    /// # Errors
    /// [`BackupError::Damaged`] for a length that no chunk has.
    pub fn rest(prefix: &[u8; Self::PREFIX]) -> Result<usize, BackupError> {
        let [length @ .., _] = prefix;
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let fits = (TAG_LEN..=Self::CHUNK + TAG_LEN).contains(&length);
        fits.then_some(length).ok_or(BackupError::Damaged)
    }

    /// Opens the next chunk: its content, and whether it is the last.
    ///
    /// # Errors
    /// [`BackupError::Damaged`].
    pub fn open_chunk(
        &mut self,
        prefix: &[u8; Self::PREFIX],
        sealed: &[u8],
    ) -> Result<(SecretBytes, bool), BackupError> {
        let [.., flag] = prefix;
        let aad = self.associated_data(prefix);
        let plain = self.key.open(self.next, &aad, sealed).map_err(|_| BackupError::Damaged)?;
        self.next += 1;
        match *flag {
            0 => Ok((plain, false)),
            LAST => Ok((plain, true)),
            _ => Err(BackupError::Damaged),
        }
    }

    fn associated_data(&self, prefix: &[u8]) -> Vec<u8> {
        [self.header.as_slice(), prefix].concat()
    }
}

/// Wraps a backup's key: salt (16) ‖ ciphertext ‖ tag (16), under a key derived from the root key.
/// Associated data: the header before it.
pub(crate) fn wrap(
    root: &SecretKey,
    key: &SecretKey,
    header: &[u8],
    entropy: &dyn Entropy,
) -> Result<Vec<u8>, RootKeyError> {
    let mut salt = [0; SALT_LEN];
    entropy.fill(&mut salt).map_err(|why| RootKeyError(why.to_string()))?;
    let mut out = salt.to_vec();
    aead::seal_once(root, LABEL, &salt, header, key.expose(), &mut out)
        .map_err(|why| RootKeyError(why.to_string()))?;
    Ok(out)
}

/// Unwraps what [`wrap`] made.
pub(crate) fn unwrap(
    root: &SecretKey,
    header: &[u8],
    wrapped: &[u8],
) -> Result<SecretKey, RootKeyError> {
    let bad = || RootKeyError("it does not open this backup, or the backup was altered".to_owned());
    let (salt, sealed) = wrapped.split_first_chunk::<SALT_LEN>().ok_or_else(bad)?;
    let plain = aead::open_once(root, LABEL, salt, header, sealed).map_err(|_| bad())?;
    SecretKey::from_slice(plain.expose()).ok_or_else(bad)
}
