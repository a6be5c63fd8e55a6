//! The ciphertext blob: what Encrypt returns and Decrypt takes. `docs/ciphertext-blob.md` gives
//! the formats to the byte, with frozen vectors.

use crate::material::MaterialId;
use crate::sealed::RecordError;
use strongroom_crypto::aead::{self, SALT_LEN, TAG_LEN};
use strongroom_crypto::{Entropy, SecretBytes, SecretKey, hash};
use strongroom_types::{AccountId, EncryptionContext, KeyArn, KeyId};

const FORMAT: u8 = 1;
/// What the key's own material encrypted, a key outside has encrypted again.
const FORMAT_TWICE: u8 = 2;
const SYMMETRIC_DEFAULT: u8 = 1;
const LABEL: &str = "strongroom message v1";
const FLAG_MULTI_REGION: u8 = 1;

/// Length of the header in bytes: format, algorithm, flags, account (8), key (16), key material
/// (32), nonce (16), check (4).
pub const HEADER_LEN: usize = CHECKED_LEN + CHECK_LEN;
const CHECKED_LEN: usize = 3 + 8 + 16 + 32 + SALT_LEN;
/// The first bytes of SHA-256 over the header before them. They prove nothing, which the tag does;
/// they tell a damaged blob from one whose key is elsewhere, as AWS tells them apart.
const CHECK_LEN: usize = 4;
/// Bytes that a blob is longer than its plaintext.
pub const OVERHEAD: usize = HEADER_LEN + TAG_LEN;

/// The header of a blob: which key opens it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobHeader {
    /// Account that owns the key.
    pub account: AccountId,
    /// The key, of the Region the blob is decrypted in.
    pub key: KeyId,
    /// The key material within the key.
    pub material: MaterialId,
    /// Whether a key outside, in a custom key store, has encrypted it again.
    pub twice: bool,
    nonce: [u8; SALT_LEN],
}

impl BlobHeader {
    /// A header whose nonce is still to be drawn.
    #[must_use]
    pub(crate) fn new(arn: &KeyArn, material: MaterialId, twice: bool) -> Self {
        Self { account: arn.account, key: arn.key, material, twice, nonce: [0; SALT_LEN] }
    }

    /// Reads the header of `blob` without authenticating it: what it says is a claim, by which the
    /// key is found that proves or refutes it.
    ///
    /// # Errors
    /// [`RecordError::Format`] when it is no blob of ours.
    pub fn parse(blob: &[u8]) -> Result<Self, RecordError> {
        let bad = RecordError::Format;
        let (header, body) = blob.split_first_chunk::<HEADER_LEN>().ok_or(bad)?;
        let [format @ (FORMAT | FORMAT_TWICE), SYMMETRIC_DEFAULT, flags, rest @ ..] = header else {
            return Err(bad);
        };
        let (account, rest) = rest.split_first_chunk::<8>().ok_or(bad)?;
        let (key, rest) = rest.split_first_chunk::<16>().ok_or(bad)?;
        let (material, rest) = rest.split_first_chunk::<32>().ok_or(bad)?;
        let (nonce, check) = rest.split_first_chunk::<SALT_LEN>().ok_or(bad)?;
        let intact = blob.get(..CHECKED_LEN).is_some_and(|head| check == header_check(head));
        if *flags & !FLAG_MULTI_REGION != 0 || body.len() < TAG_LEN || !intact {
            return Err(bad);
        }
        Ok(Self {
            account: AccountId::from_number(u64::from_be_bytes(*account)).ok_or(bad)?,
            key: KeyId::from_parts(*flags == FLAG_MULTI_REGION, *key),
            material: MaterialId::new(*material),
            twice: *format == FORMAT_TWICE,
            nonce: *nonce,
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        let (multi_region, key) = self.key.parts();
        let flags = if multi_region { FLAG_MULTI_REGION } else { 0 };
        let format = if self.twice { FORMAT_TWICE } else { FORMAT };
        out.extend_from_slice(&[format, SYMMETRIC_DEFAULT, flags]);
        out.extend_from_slice(&self.account.number().to_be_bytes());
        out.extend_from_slice(key);
        out.extend_from_slice(self.material.as_bytes());
        out.extend_from_slice(&self.nonce);
        let check = header_check(out);
        out.extend_from_slice(&check);
    }
}

fn header_check(header: &[u8]) -> [u8; CHECK_LEN] {
    hash::sha256(header).first_chunk().copied().unwrap_or_default()
}

pub(crate) fn seal(
    key: &SecretKey,
    header: &BlobHeader,
    context: &EncryptionContext,
    plaintext: &[u8],
    entropy: &dyn Entropy,
) -> Result<Vec<u8>, RecordError> {
    let mut header = *header;
    entropy.fill(&mut header.nonce).map_err(|_| RecordError::Sealing)?;
    let mut out = Vec::with_capacity(OVERHEAD + plaintext.len());
    header.write(&mut out);
    let aad = associated_data(&out, context);
    aead::seal_once(key, LABEL, &header.nonce, &aad, plaintext, &mut out)
        .map_err(|_| RecordError::Sealing)?;
    Ok(out)
}

pub(crate) fn open(
    key: &SecretKey,
    header: &BlobHeader,
    context: &EncryptionContext,
    blob: &[u8],
) -> Result<SecretBytes, RecordError> {
    let (head, body) = split(blob)?;
    let aad = associated_data(head, context);
    aead::open_once(key, LABEL, &header.nonce, &aad, body).map_err(|_| RecordError::Authentication)
}

/// Splits a blob into its header and what follows.
///
/// # Errors
/// [`RecordError::Format`] when it is shorter than a header.
pub fn split(blob: &[u8]) -> Result<(&[u8], &[u8]), RecordError> {
    blob.split_at_checked(HEADER_LEN).ok_or(RecordError::Format)
}

/// The reverse, with what a key outside has decrypted.
#[must_use]
pub fn join(header: &[u8], body: &SecretBytes) -> SecretBytes {
    SecretBytes::new([header, body.expose()].concat())
}

/// What a key outside binds its ciphertext to: SHA-256 over what the inner one is bound to, so that
/// no encryption context is too long for it.
#[must_use]
pub fn outer_associated_data(header: &[u8], context: &EncryptionContext) -> [u8; 32] {
    hash::sha256(&associated_data(header, context))
}

fn associated_data(header: &[u8], context: &EncryptionContext) -> Vec<u8> {
    let mut aad = Vec::with_capacity(256);
    aad.extend_from_slice(header);
    context.write_canonical(&mut aad);
    aad
}
