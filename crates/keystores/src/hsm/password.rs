//! Passwords of HSM users, on their way to a module.

use cryptoki::types::RawAuthPin;
use strongroom_crypto::SecretBytes;

/// A password of which several places need a copy. All are wiped.
pub(super) struct Password(SecretBytes);

impl Password {
    pub(super) fn copy(from: &SecretBytes) -> Self {
        Self(SecretBytes::new(from.expose().to_vec()))
    }

    pub(super) fn again(&self) -> Self {
        Self::copy(&self.0)
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        self.0.same_as(other.0.expose())
    }

    /// The PIN as the module wants it: the password, behind the name of the user if it has one.
    pub(super) fn pin(&self, user: Option<&str>) -> RawAuthPin {
        let name = user.map(|name| format!("{name}:")).unwrap_or_default();
        let mut pin = Vec::with_capacity(name.len() + self.0.len());
        pin.extend_from_slice(name.as_bytes());
        pin.extend_from_slice(self.0.expose());
        // It is wiped when dropped, and was not moved while it grew.
        RawAuthPin::new(Box::new(pin))
    }
}
