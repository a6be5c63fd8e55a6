//! What Sign and Verify share: the message, and what of it can be refused.

use std::sync::Arc;
use strongroom_crypto::SecretBytes;
use strongroom_engine::Fact;
use strongroom_engine::decode::Values;
use strongroom_engine::refusal::{Invalid, Refusal};
use strongroom_engine::work::Signed;
use strongroom_keys::KeyRecord;
use strongroom_types::{MessageType, SigningAlgorithm};

/// Length in bytes of the representative of a message (FIPS 204, section 6.2).
const MU_BYTES: usize = 64;

pub(super) struct SigningRequest {
    pub(super) key: String,
    pub(super) algorithm: SigningAlgorithm,
    kind: MessageType,
    message: Arc<SecretBytes>,
}

impl SigningRequest {
    pub(super) fn read(values: &mut Values) -> Result<Self, Refusal> {
        Ok(Self {
            key: values.need("KeyId")?,
            algorithm: values.name("SigningAlgorithm").ok_or(Refusal::Internal)?,
            kind: values.name("MessageType").unwrap_or(MessageType::Raw),
            message: Arc::new(values.need("Message")?),
        })
    }

    /// `kms:SigningAlgorithm` and `kms:MessageType`, which is there even when it was defaulted.
    pub(super) fn fact(&self, key: &str) -> Option<Fact<'_>> {
        match key {
            "kms:signingalgorithm" => Some(Fact::One(self.algorithm.name().into())),
            "kms:messagetype" => Some(Fact::One(self.kind.name().into())),
            _ => None,
        }
    }

    /// Refuses an algorithm, a kind of message or a length that the key does not sign.
    pub(super) fn check(&self, record: &KeyRecord) -> Result<(), Refusal> {
        let (algorithm, spec) = (self.algorithm, record.spec);
        if !spec.signing_algorithms(record.usage).contains(&algorithm) {
            return Err(Refusal::IncompatibleAlgorithm { algorithm: algorithm.name(), spec });
        }
        if !takes(algorithm, self.kind) {
            return Err(Refusal::Validation(Invalid::MessageType(self.kind, spec)));
        }
        let length = match self.kind {
            MessageType::Raw => return Ok(()),
            MessageType::Digest => algorithm.digest_bytes(),
            MessageType::ExternalMu => Some(MU_BYTES),
        };
        if length == Some(self.message.len()) {
            Ok(())
        } else {
            Err(Refusal::Validation(Invalid::DigestLength(algorithm)))
        }
    }

    pub(super) fn signed(&self) -> Signed {
        let message = Arc::clone(&self.message);
        Signed { algorithm: self.algorithm, kind: self.kind, message }
    }
}

/// Source: AWS KMS API Reference, `Sign`, member `MessageType`.
fn takes(algorithm: SigningAlgorithm, kind: MessageType) -> bool {
    match algorithm {
        SigningAlgorithm::MlDsaShake256 => {
            matches!(kind, MessageType::Raw | MessageType::ExternalMu)
        }
        SigningAlgorithm::Ed25519Sha512 => kind == MessageType::Raw,
        SigningAlgorithm::Ed25519PhSha512 => kind == MessageType::Digest,
        _ => matches!(kind, MessageType::Raw | MessageType::Digest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_takes_a_message_or_its_digest() {
        for &algorithm in SigningAlgorithm::ALL {
            assert!(MessageType::ALL.iter().any(|kind| takes(algorithm, *kind)), "{algorithm}");
            let digest = takes(algorithm, MessageType::Digest);
            assert_eq!(digest, algorithm.digest_bytes().is_some(), "{algorithm}");
        }
    }
}
