//! Data key pairs.

use super::Fields;
use strongroom_types::shape::{optional, required};
use strongroom_types::shapes::{
    DATA_KEY_PAIR_SPEC, ENCRYPTION_CONTEXT, GRANT_TOKENS, KEY_ID, NULLABLE_BOOLEAN, RECIPIENT,
};

pub(crate) const GENERATE_DATA_KEY_PAIR: Fields = &[
    optional("EncryptionContext", &ENCRYPTION_CONTEXT),
    required("KeyId", &KEY_ID),
    required("KeyPairSpec", &DATA_KEY_PAIR_SPEC),
    optional("GrantTokens", &GRANT_TOKENS),
    optional("Recipient", &RECIPIENT),
    optional("DryRun", &NULLABLE_BOOLEAN),
];

pub(crate) const GENERATE_DATA_KEY_PAIR_WITHOUT_PLAINTEXT: Fields = &[
    optional("EncryptionContext", &ENCRYPTION_CONTEXT),
    required("KeyId", &KEY_ID),
    required("KeyPairSpec", &DATA_KEY_PAIR_SPEC),
    optional("GrantTokens", &GRANT_TOKENS),
    optional("DryRun", &NULLABLE_BOOLEAN),
];
