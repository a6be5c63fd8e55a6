//! What key material is called.

use std::fmt;
use strongroom_crypto::{SecretKey, hash, kdf};
use strongroom_types::KeyArn;

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

impl fmt::Debug for MaterialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
