//! Key pairs: signatures, encryption, key agreement and key encapsulation.
//!
//! [`PrivateKey`] is the one door. Behind it, each family of algorithms has a file.

mod ecc;
mod edwards;
mod envelope;
mod error;
mod message;
mod oaep;
mod private_key;
mod public_key;
mod rsa;

pub use error::{KeyError, UseError};
pub use message::Message;
pub use oaep::{oaep_capacity, oaep_encrypt};
pub use private_key::PrivateKey;
pub use public_key::PublicKey;

/// The RSA key inside the `SubjectPublicKeyInfo` `spki`: RSAPublicKey of PKCS #1 (RFC 8017, appendix
/// A.1.1), DER.
///
/// # Errors
/// [`KeyError`] when it is none.
pub fn rsa_public_key(spki: &[u8]) -> Result<Vec<u8>, KeyError> {
    match envelope::public(spki)? {
        (envelope::Family::Rsa, key) => Ok(key.to_vec()),
        _ => Err(KeyError::OtherSpec),
    }
}
