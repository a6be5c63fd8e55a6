//! The public keys that verify digests, as CloudTrail gives them out.
//!
//! Source: AWS CloudTrail API Reference, PublicKey.

use md5::{Digest as _, Md5};
use strongroom_crypto::hash;

/// The name of the public key `pkcs1` (`RSAPublicKey` of PKCS #1, DER) in digests: its MD5,
/// hexadecimal. It identifies and protects nothing.
#[must_use]
pub fn fingerprint(pkcs1: &[u8]) -> String {
    hash::hex(&Md5::digest(pkcs1))
}
