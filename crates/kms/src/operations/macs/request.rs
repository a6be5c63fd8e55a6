//! What GenerateMac and VerifyMac share.

use strongroom_crypto::SecretBytes;
use strongroom_engine::Fact;
use strongroom_engine::decode::Values;
use strongroom_engine::refusal::Refusal;
use strongroom_keys::KeyRecord;
use strongroom_types::MacAlgorithm;

pub(super) struct MacRequest {
    pub(super) key: String,
    pub(super) algorithm: MacAlgorithm,
    pub(super) message: SecretBytes,
}

impl MacRequest {
    pub(super) fn read(values: &mut Values) -> Result<Self, Refusal> {
        Ok(Self {
            key: values.need("KeyId")?,
            algorithm: values.name("MacAlgorithm").ok_or(Refusal::Internal)?,
            message: values.need("Message")?,
        })
    }

    pub(super) fn fact(&self, key: &str) -> Option<Fact<'_>> {
        (key == "kms:macalgorithm").then(|| Fact::One(self.algorithm.name().into()))
    }

    /// Refuses an algorithm that is not the key's.
    pub(super) fn check(&self, record: &KeyRecord) -> Result<(), Refusal> {
        let (algorithm, spec) = (self.algorithm, record.spec);
        if spec.mac_algorithms().contains(&algorithm) {
            Ok(())
        } else {
            Err(Refusal::IncompatibleAlgorithm { algorithm: algorithm.name(), spec })
        }
    }
}
