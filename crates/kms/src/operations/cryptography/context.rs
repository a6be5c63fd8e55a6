//! What conditions of policies may ask of a cryptographic request.

use std::borrow::Cow;
use strongroom_engine::Fact;
use strongroom_engine::refusal::{Invalid, Refusal};
use strongroom_keys::KeyRecord;
use strongroom_types::{EncryptionAlgorithm, EncryptionContext};

/// `kms:EncryptionContext:…`, `kms:EncryptionContextKeys` and `kms:EncryptionAlgorithm`.
///
/// Source: AWS KMS Developer Guide, "AWS KMS condition keys": the part behind the second colon is
/// not case-sensitive, and the algorithm is there even when it was defaulted.
pub(in crate::operations) fn fact<'a>(
    context: &'a EncryptionContext,
    algorithm: EncryptionAlgorithm,
    key: &str,
) -> Option<Fact<'a>> {
    match key {
        "kms:encryptionalgorithm" => Some(Fact::One(algorithm.name().into())),
        "kms:encryptioncontextkeys" => {
            let keys: Vec<Cow<'a, str>> =
                context.pairs().map(|(key, _)| Cow::Borrowed(key)).collect();
            (!keys.is_empty()).then_some(Fact::Many(keys))
        }
        _ => {
            let name = key.strip_prefix("kms:encryptioncontext:")?;
            Fact::single(context.values_of(name))
        }
    }
}

/// Refuses an algorithm that the key does not have, and an encryption context where none can be
/// bound.
pub(in crate::operations) fn fits(
    algorithm: EncryptionAlgorithm,
    context: &EncryptionContext,
    record: &KeyRecord,
) -> Result<(), Refusal> {
    let spec = record.spec;
    if !spec.encryption_algorithms(record.usage).contains(&algorithm) {
        return Err(Refusal::IncompatibleAlgorithm { algorithm: algorithm.name(), spec });
    }
    if spec.is_asymmetric() && context.pairs().next().is_some() {
        return Err(Refusal::Validation(Invalid::AsymmetricContext));
    }
    Ok(())
}

/// Refuses keys that encrypt no data keys.
pub(in crate::operations) fn makes_data_keys(record: &KeyRecord) -> Result<(), Refusal> {
    if record.spec.is_asymmetric() { Err(Refusal::AsymmetricDataKey) } else { Ok(()) }
}
