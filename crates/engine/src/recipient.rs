//! An answer that only an attested recipient can read.
//!
//! Source: AWS KMS Developer Guide, "Cryptographic attestation support in AWS KMS".

use crate::decode::Values;
use crate::engine::Settings;
use crate::refusal::{Invalid, Refusal};
use crate::reply::{Out, Reply};
use strongroom_attestation::{Attested, EnvelopeError, envelop, verify};
use strongroom_crypto::{Entropy, SecretBytes};
use strongroom_types::Timestamp;

/// What a request's `Recipient` proves.
///
/// # Errors
/// [`Refusal::Validation`] when a part is missing, the document is not believed, or it has no key to
/// encrypt to.
pub(crate) fn read(
    mut recipient: Values,
    settings: &Settings,
    now: Timestamp,
) -> Result<Attested, Refusal> {
    let missing = |member| Refusal::Validation(Invalid::Null(member));
    let algorithm: Option<String> = recipient.take("KeyEncryptionAlgorithm");
    // The model has one algorithm, so the shape has checked which.
    algorithm.ok_or_else(|| missing("Recipient.KeyEncryptionAlgorithm"))?;
    let document: Option<SecretBytes> = recipient.take("AttestationDocument");
    let document = document.ok_or_else(|| missing("Recipient.AttestationDocument"))?;
    let attested = verify(document.expose(), &settings.attestation_roots, now)
        .map_err(|why| Refusal::Validation(Invalid::Attestation(why.to_string())))?;
    if attested.public_key.is_none() {
        let text = "the attestation document has no public key".to_owned();
        return Err(Refusal::Validation(Invalid::Attestation(text)));
    }
    Ok(attested)
}

/// `reply` for the recipient: what is secret in it is encrypted to the document's key, and in the
/// clear it is nowhere.
///
/// # Errors
/// [`Refusal::Validation`] when the document's key is none to encrypt to.
pub(crate) fn address(
    reply: Reply,
    attested: &Attested,
    entropy: &dyn Entropy,
) -> Result<Reply, Refusal> {
    let key = attested.public_key.as_deref().unwrap_or_default();
    let mut addressed = Reply::empty();
    for (name, value) in reply.0 {
        addressed = match value {
            Out::Secret(secret) => {
                let sealed = envelop(entropy, secret.expose(), key);
                let sealed = sealed.map_err(|why| match why {
                    EnvelopeError::Recipient => Refusal::Validation(Invalid::Attestation(
                        "the attestation document's public key is not an RSA key of 2048 bits or \
                         more"
                            .to_owned(),
                    )),
                    EnvelopeError::Entropy | EnvelopeError::Internal => Refusal::Internal,
                })?;
                addressed.with("CiphertextForRecipient", sealed)
            }
            open => addressed.with(name, open),
        };
    }
    Ok(addressed)
}
