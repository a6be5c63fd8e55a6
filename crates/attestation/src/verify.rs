//! The one way from bytes to [`Attested`].

use crate::attested::Attested;
use crate::chain;
use crate::document::Document;
use crate::error::AttestationError::{self, Malformed, Stale};
use crate::roots::Roots;
use crate::sign1::Sign1;
use strongroom_types::Timestamp;

/// Bytes of a document. Source: the API model, `AttestationDocumentType`.
pub const MAX_DOCUMENT_LEN: usize = 262_144;
/// How far a document's time may be from ours, in milliseconds, in both directions. AWS KMS is
/// reported to refuse documents older than five minutes; it publishes no number. The other
/// direction, for clocks that disagree, is our choice.
pub const MAX_AGE_MILLIS: i64 = 5 * Timestamp::MINUTE;

/// Verifies a document: its syntax, its certificates up to one of `roots`, its signature, its age.
///
/// # Errors
/// [`AttestationError`], for the first of these that fails.
pub fn verify(
    document: &[u8],
    roots: &Roots,
    now: Timestamp,
) -> Result<Attested, AttestationError> {
    if document.len() > MAX_DOCUMENT_LEN {
        return Err(Malformed("length"));
    }
    let signed = Sign1::read(document)?;
    let content = Document::read(signed.payload)?;
    let key = chain::verify(&content, roots, now)?;
    signed.verify(&key)?;
    if content.time.millis().abs_diff(now.millis()) > MAX_AGE_MILLIS.unsigned_abs() {
        return Err(Stale);
    }
    Ok(Attested {
        module_id: content.module_id.to_owned(),
        kind: content.kind,
        pcrs: content.pcrs,
        public_key: content.public_key.map(<[u8]>::to_vec),
    })
}
