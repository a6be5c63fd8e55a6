//! Secrets agreed on with another, and secrets encapsulated.

use super::Fields;
use strongroom_types::shape::{optional, required};
use strongroom_types::shapes::{
    CIPHERTEXT, ENCAPSULATION_ALGORITHM, GRANT_TOKENS, KEY_AGREEMENT_ALGORITHM, KEY_ID,
    NULLABLE_BOOLEAN, PUBLIC_KEY, RECIPIENT,
};

pub(crate) const DECAPSULATE: Fields = &[
    required("KeyId", &KEY_ID),
    required("SharedSecretCiphertextBlob", &CIPHERTEXT),
    required("EncapsulationAlgorithm", &ENCAPSULATION_ALGORITHM),
    optional("GrantTokens", &GRANT_TOKENS),
    optional("DryRun", &NULLABLE_BOOLEAN),
];

pub(crate) const DERIVE_SHARED_SECRET: Fields = &[
    required("KeyId", &KEY_ID),
    required("KeyAgreementAlgorithm", &KEY_AGREEMENT_ALGORITHM),
    required("PublicKey", &PUBLIC_KEY),
    optional("GrantTokens", &GRANT_TOKENS),
    optional("DryRun", &NULLABLE_BOOLEAN),
    optional("Recipient", &RECIPIENT),
];

pub(crate) const ENCAPSULATE: Fields = &[
    required("KeyId", &KEY_ID),
    required("EncapsulationAlgorithm", &ENCAPSULATION_ALGORITHM),
    optional("GrantTokens", &GRANT_TOKENS),
    optional("DryRun", &NULLABLE_BOOLEAN),
];
