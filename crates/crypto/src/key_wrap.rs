//! Keys on their way from one holder to another: RSAES-OAEP (RFC 8017 §7.1) and AES key wrap with
//! padding (RFC 5649), alone and together.

use crate::entropy::{Entropy, EntropyError};
use crate::secret::{SecretBytes, SecretKey};
use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrapPadded};
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPrivateDecryptingKey,
    OaepPublicEncryptingKey, PrivateDecryptingKey, PublicEncryptingKey,
};
use std::fmt;

/// Bits of the RSA keys that wrap key material. Source: the wrapping key specs of AWS KMS's
/// GetParametersForImport.
pub const RSA_BITS: [usize; 3] = [2048, 3072, 4096];

/// Bytes that AES key wrap with padding adds at most: an integrity value, and padding to 8.
const WRAP_OVERHEAD: usize = 15;

/// How key material is wrapped under an RSA key. OAEP has an empty label and MGF1 with the hash of
/// its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrapping {
    /// RSAES-OAEP with SHA-1.
    OaepSha1,
    /// RSAES-OAEP with SHA-256.
    OaepSha256,
    /// An AES-256 key under RSAES-OAEP with SHA-1, as long as the modulus; then the material under
    /// that AES key, with padding.
    AesKeyWrapSha1,
    /// The same with SHA-256.
    AesKeyWrapSha256,
}

impl Wrapping {
    const fn oaep(self) -> &'static OaepAlgorithm {
        match self {
            Self::OaepSha1 | Self::AesKeyWrapSha1 => &OAEP_SHA1_MGF1SHA1,
            Self::OaepSha256 | Self::AesKeyWrapSha256 => &OAEP_SHA256_MGF1SHA256,
        }
    }

    const fn is_direct(self) -> bool {
        matches!(self, Self::OaepSha1 | Self::OaepSha256)
    }
}

/// What was given does not open under this key. It carries no detail on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnwrapError;

impl fmt::Display for UnwrapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the wrapped key does not open")
    }
}

impl std::error::Error for UnwrapError {}

/// Why something could not be wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrapError {
    /// The public key is not an RSA key of an accepted size.
    Key,
    /// There is nothing to wrap, or more than fits.
    Length,
    /// The random source failed.
    Entropy,
}

impl fmt::Display for WrapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key => "the wrapping key is not an RSA key of an accepted size",
            Self::Length => "there is nothing to wrap, or more than fits",
            Self::Entropy => "the random source failed",
        })
    }
}

impl std::error::Error for WrapError {}

impl From<EntropyError> for WrapError {
    fn from(_: EntropyError) -> Self {
        Self::Entropy
    }
}

/// The material in `wrapped`, which is never empty. The RSA key (PKCS #8, DER) has one of the
/// sizes in [`RSA_BITS`].
///
/// # Errors
/// [`UnwrapError`], whatever the reason.
pub fn unwrap(
    private_key_pkcs8: &[u8],
    wrapping: Wrapping,
    wrapped: &[u8],
) -> Result<SecretBytes, UnwrapError> {
    let key = PrivateDecryptingKey::from_pkcs8(private_key_pkcs8).map_err(|_| UnwrapError)?;
    if !RSA_BITS.contains(&key.key_size_bits()) {
        return Err(UnwrapError);
    }
    let key = OaepPrivateDecryptingKey::new(key).map_err(|_| UnwrapError)?;
    let material = if wrapping.is_direct() {
        oaep_open(&key, wrapping.oaep(), wrapped)?
    } else {
        let (head, body) = wrapped.split_at_checked(key.key_size_bytes()).ok_or(UnwrapError)?;
        let kek = oaep_open(&key, wrapping.oaep(), head)?;
        let kek = SecretKey::from_slice(kek.expose()).ok_or(UnwrapError)?;
        padded_unwrap(&kek, body)?
    };
    if material.is_empty() { Err(UnwrapError) } else { Ok(material) }
}

/// Wraps `plain` under the RSA key of `spki` (`SubjectPublicKeyInfo`, DER), so that [`unwrap`]
/// opens it.
///
/// # Errors
/// [`WrapError`]; `Length` for nothing, and for more than OAEP alone can hold.
pub fn wrap(
    entropy: &dyn Entropy,
    spki: &[u8],
    wrapping: Wrapping,
    plain: &[u8],
) -> Result<Vec<u8>, WrapError> {
    let key = public_key(spki)?;
    if !RSA_BITS.contains(&key.key_size_bits()) {
        return Err(WrapError::Key);
    }
    if plain.is_empty() {
        return Err(WrapError::Length);
    }
    if wrapping.is_direct() {
        return oaep_seal(&key, wrapping.oaep(), plain);
    }
    let kek = SecretKey::generate(entropy)?;
    let mut wrapped = oaep_seal(&key, wrapping.oaep(), kek.expose())?;
    wrapped.extend_from_slice(&padded_wrap(&kek, plain)?);
    Ok(wrapped)
}

/// Encrypts a key to the RSA key of `spki` (`SubjectPublicKeyInfo`, DER) with RSAES-OAEP, SHA-256
/// and an empty label. Any RSA key that AWS-LC takes will do: 2048 to 8192 bits.
///
/// # Errors
/// [`WrapError::Key`].
pub fn encrypt_key(spki: &[u8], key: &SecretKey) -> Result<Vec<u8>, WrapError> {
    oaep_seal(&public_key(spki)?, &OAEP_SHA256_MGF1SHA256, key.expose())
}

fn public_key(spki: &[u8]) -> Result<OaepPublicEncryptingKey, WrapError> {
    let key = PublicEncryptingKey::from_der(spki).map_err(|_| WrapError::Key)?;
    OaepPublicEncryptingKey::new(key).map_err(|_| WrapError::Key)
}

fn oaep_seal(
    key: &OaepPublicEncryptingKey,
    algorithm: &'static OaepAlgorithm,
    plain: &[u8],
) -> Result<Vec<u8>, WrapError> {
    if plain.len() > key.max_plaintext_size(algorithm) {
        return Err(WrapError::Length);
    }
    let mut out = vec![0; key.ciphertext_size()];
    let len = key.encrypt(algorithm, plain, &mut out, None).map_err(|_| WrapError::Key)?.len();
    out.truncate(len);
    Ok(out)
}

fn oaep_open(
    key: &OaepPrivateDecryptingKey,
    algorithm: &'static OaepAlgorithm,
    sealed: &[u8],
) -> Result<SecretBytes, UnwrapError> {
    if sealed.len() != key.key_size_bytes() {
        return Err(UnwrapError);
    }
    let mut room = SecretBytes::zeroed(key.min_output_size());
    let opened = key.decrypt(algorithm, sealed, room.expose_mut(), None);
    let len = opened.map_err(|_| UnwrapError)?.len();
    first(&room, len)
}

fn padded_wrap(kek: &SecretKey, plain: &[u8]) -> Result<Vec<u8>, WrapError> {
    let kek = AesKek::new(&AES_256, kek.expose()).map_err(|_| WrapError::Key)?;
    let mut out = vec![0; plain.len() + WRAP_OVERHEAD];
    let len = kek.wrap_with_padding(plain, &mut out).map_err(|_| WrapError::Length)?.len();
    out.truncate(len);
    Ok(out)
}

fn padded_unwrap(kek: &SecretKey, wrapped: &[u8]) -> Result<SecretBytes, UnwrapError> {
    let kek = AesKek::new(&AES_256, kek.expose()).map_err(|_| UnwrapError)?;
    let mut room = SecretBytes::zeroed(wrapped.len());
    let opened = kek.unwrap_with_padding(wrapped, room.expose_mut());
    let len = opened.map_err(|_| UnwrapError)?.len();
    first(&room, len)
}

/// The first `len` bytes, in room of their own.
fn first(room: &SecretBytes, len: usize) -> Result<SecretBytes, UnwrapError> {
    room.expose().get(..len).map(|bytes| SecretBytes::new(bytes.to_vec())).ok_or(UnwrapError)
}

#[cfg(test)]
mod tests;
