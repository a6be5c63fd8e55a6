//! Message authentication codes.

use super::Fields;
use strongroom_types::shape::{optional, required};
use strongroom_types::shapes::{
    CIPHERTEXT, GRANT_TOKENS, KEY_ID, MAC_ALGORITHM, NULLABLE_BOOLEAN, PLAINTEXT,
};

pub(crate) const GENERATE_MAC: Fields = &[
    required("Message", &PLAINTEXT),
    required("KeyId", &KEY_ID),
    required("MacAlgorithm", &MAC_ALGORITHM),
    optional("GrantTokens", &GRANT_TOKENS),
    optional("DryRun", &NULLABLE_BOOLEAN),
];

pub(crate) const VERIFY_MAC: Fields = &[
    required("Message", &PLAINTEXT),
    required("KeyId", &KEY_ID),
    required("MacAlgorithm", &MAC_ALGORITHM),
    required("Mac", &CIPHERTEXT),
    optional("GrantTokens", &GRANT_TOKENS),
    optional("DryRun", &NULLABLE_BOOLEAN),
];
