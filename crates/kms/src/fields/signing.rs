//! Signing, and verifying what was signed.

use super::Fields;
use strongroom_types::shape::{optional, required};
use strongroom_types::shapes::{
    CIPHERTEXT, GRANT_TOKENS, KEY_ID, MESSAGE_TYPE, NULLABLE_BOOLEAN, PLAINTEXT, SIGNING_ALGORITHM,
};

pub(crate) const SIGN: Fields = &[
    required("KeyId", &KEY_ID),
    required("Message", &PLAINTEXT),
    optional("MessageType", &MESSAGE_TYPE),
    optional("GrantTokens", &GRANT_TOKENS),
    required("SigningAlgorithm", &SIGNING_ALGORITHM),
    optional("DryRun", &NULLABLE_BOOLEAN),
];

pub(crate) const VERIFY: Fields = &[
    required("KeyId", &KEY_ID),
    required("Message", &PLAINTEXT),
    optional("MessageType", &MESSAGE_TYPE),
    required("Signature", &CIPHERTEXT),
    required("SigningAlgorithm", &SIGNING_ALGORITHM),
    optional("GrantTokens", &GRANT_TOKENS),
    optional("DryRun", &NULLABLE_BOOLEAN),
];
