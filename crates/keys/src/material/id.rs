//! What key material is called.

use std::fmt;
use std::str::FromStr;
use strongroom_crypto::{SecretKey, hash, kdf};
use strongroom_types::{KeyArn, UnknownName};

/// Identifies key material; the 64 hexadecimal digits that AWS calls `KeyMaterialId`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MaterialId([u8; 32]);

impl MaterialId {
    /// The identifier of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The identifier is a one-way image of the material and the key it belongs to, so that equal
    /// material in one key has one identifier, and in two keys two. All keys of a multi-Region key
    /// are one in this, so that what one of them encrypts names the material of every other.
    pub(super) fn of(arn: &KeyArn, material: &[u8]) -> Option<Self> {
        let hashed;
        // Material of another length has a label of its own: its hash is no material's equal.
        let (material, label) = if material.len() == SecretKey::LEN {
            (material, "strongroom key material id v1")
        } else {
            hashed = hash::sha256(material);
            (hashed.as_slice(), "strongroom hashed key material id v1")
        };
        let key = SecretKey::from_slice(material)?;
        let image = kdf::derive(&key, label, owner(arn).as_bytes()).ok()?;
        Some(Self(*image.expose()))
    }
}

fn owner(arn: &KeyArn) -> String {
    if arn.key.is_multi_region() {
        format!("multi-Region key {}/{}", arn.account, arn.key)
    } else {
        arn.to_string()
    }
}

impl fmt::Display for MaterialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hash::hex(&self.0))
    }
}

/// Reads the 64 digits, of either case.
impl FromStr for MaterialId {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let mut bytes = [0; 32];
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|n| u8::try_from(n).ok());
        if text.len() != 2 * bytes.len() {
            return Err(UnknownName);
        }
        for (to, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let [high, low] = pair else { return Err(UnknownName) };
            let pair = digit(*high).zip(digit(*low)).ok_or(UnknownName)?;
            *to = pair.0 << 4 | pair.1;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Debug for MaterialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_digits_name_it() {
        let id = MaterialId::new(std::array::from_fn(|at| 8 * at as u8 + 7));
        assert_eq!(id.to_string().parse(), Ok(id));
        let text = id.to_string();
        for wrong in ["", &text[1..], &format!("{text}00"), &text.replace('f', "g"), "é"] {
            assert!(wrong.parse::<MaterialId>().is_err(), "{wrong}");
        }
    }
}
