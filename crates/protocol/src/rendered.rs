//! An answer in bytes.

use strongroom_crypto::SecretBytes;

/// Status, type and body of an answer. The body is wiped: it may hold plaintext.
pub struct Rendered {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// The body.
    pub body: SecretBytes,
}
