//! Key material: the secrets behind a KMS key. One is current; older ones only decrypt.

mod backing;
mod id;
mod raw;

pub use backing::BackingKey;
pub use id::MaterialId;
pub use raw::{KeyMaterial, MaterialError};
