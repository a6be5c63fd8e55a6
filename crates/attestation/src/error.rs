//! Why a document proves nothing.

use std::fmt;

/// Why a document was refused. No variant carries anything of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttestationError {
    /// A rule of its syntax is broken; the name of the part that breaks it.
    Malformed(&'static str),
    /// Its certificates do not lead to a trusted root at this time.
    Untrusted,
    /// It is not signed with the key of its certificate.
    Signature,
    /// It was made too long ago, or in the future.
    Stale,
}

impl fmt::Display for AttestationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(part) => write!(f, "the attestation document is malformed: {part}"),
            Self::Untrusted => {
                f.write_str("the attestation document's certificates do not lead to a trusted root")
            }
            Self::Signature => f.write_str("the attestation document's signature does not verify"),
            Self::Stale => f.write_str("the attestation document is too old or from the future"),
        }
    }
}

impl std::error::Error for AttestationError {}
