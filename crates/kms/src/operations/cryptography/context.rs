//! What conditions of policies may ask of a cryptographic request.

use std::borrow::Cow;
use strongroom_engine::Fact;
use strongroom_engine::refusal::Refusal;
use strongroom_keys::KeyRecord;
use strongroom_types::{EncryptionAlgorithm, EncryptionContext};

/// `kms:EncryptionContext:…`, `kms:EncryptionContextKeys` and `kms:EncryptionAlgorithm`.
///
/// Source: AWS KMS Developer Guide, "AWS KMS condition keys": the part behind the second colon is
/// not case-sensitive, and the algorithm is there even when it was defaulted.
pub(crate) fn fact<'a>(
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
            let pairs = context.pairs().filter(|(key, _)| key.to_lowercase() == name);
            Fact::single(pairs.map(|(_, value)| value))
        }
    }
}

/// Refuses an algorithm that keys of this spec do not have.
pub(crate) fn fits(algorithm: EncryptionAlgorithm, record: &KeyRecord) -> Result<(), Refusal> {
    // Keys of other specs than SYMMETRIC_DEFAULT are not made in this version.
    if algorithm == EncryptionAlgorithm::SymmetricDefault {
        Ok(())
    } else {
        Err(Refusal::IncompatibleAlgorithm { algorithm: algorithm.name(), spec: record.spec })
    }
}
