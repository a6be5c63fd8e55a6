//! A secret in a request over the operator's socket.

use serde::{Deserialize, Serialize};
use std::fmt;
use strongroom_crypto::SecretBytes;

/// A passphrase, a PIN or a share as it is told: text that is not shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Told(String);

impl Told {
    /// The secret to be told.
    pub(crate) fn new(secret: String) -> Self {
        Self(secret)
    }

    /// The secret that was told.
    pub(crate) fn into_secret(self) -> SecretBytes {
        SecretBytes::new(self.0.into_bytes())
    }
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(a secret)")
    }
}
