//! Encrypting, decrypting, data keys, random bytes.

use super::Fields;
use strongroom_types::shape::{optional, required};
use strongroom_types::shapes::{
    CIPHERTEXT, CUSTOM_KEY_STORE_ID, DATA_KEY_SPEC, DRY_RUN_MODIFIERS, ENCRYPTION_ALGORITHM,
    ENCRYPTION_CONTEXT, GRANT_TOKENS, KEY_ID, NULLABLE_BOOLEAN, NUMBER_OF_BYTES, PLAINTEXT,
    RECIPIENT,
};

pub(crate) const DECRYPT: Fields = &[
    optional("CiphertextBlob", &CIPHERTEXT),
    optional("EncryptionContext", &ENCRYPTION_CONTEXT),
    optional("GrantTokens", &GRANT_TOKENS),
    optional("KeyId", &KEY_ID),
    optional("EncryptionAlgorithm", &ENCRYPTION_ALGORITHM),
    optional("Recipient", &RECIPIENT),
    optional("DryRun", &NULLABLE_BOOLEAN),
    optional("DryRunModifiers", &DRY_RUN_MODIFIERS),
];

pub(crate) const ENCRYPT: Fields = &[
    required("KeyId", &KEY_ID),
    required("Plaintext", &PLAINTEXT),
    optional("EncryptionContext", &ENCRYPTION_CONTEXT),
    optional("GrantTokens", &GRANT_TOKENS),
    optional("EncryptionAlgorithm", &ENCRYPTION_ALGORITHM),
    optional("DryRun", &NULLABLE_BOOLEAN),
];

pub(crate) const GENERATE_DATA_KEY: Fields = &[
    required("KeyId", &KEY_ID),
    optional("EncryptionContext", &ENCRYPTION_CONTEXT),
    optional("NumberOfBytes", &NUMBER_OF_BYTES),
    optional("KeySpec", &DATA_KEY_SPEC),
    optional("GrantTokens", &GRANT_TOKENS),
    optional("Recipient", &RECIPIENT),
    optional("DryRun", &NULLABLE_BOOLEAN),
];

pub(crate) const GENERATE_DATA_KEY_WITHOUT_PLAINTEXT: Fields = &[
    required("KeyId", &KEY_ID),
    optional("EncryptionContext", &ENCRYPTION_CONTEXT),
    optional("KeySpec", &DATA_KEY_SPEC),
    optional("NumberOfBytes", &NUMBER_OF_BYTES),
    optional("GrantTokens", &GRANT_TOKENS),
    optional("DryRun", &NULLABLE_BOOLEAN),
];

pub(crate) const GENERATE_RANDOM: Fields = &[
    optional("NumberOfBytes", &NUMBER_OF_BYTES),
    optional("CustomKeyStoreId", &CUSTOM_KEY_STORE_ID),
    optional("Recipient", &RECIPIENT),
];

pub(crate) const RE_ENCRYPT: Fields = &[
    optional("CiphertextBlob", &CIPHERTEXT),
    optional("SourceEncryptionContext", &ENCRYPTION_CONTEXT),
    optional("SourceKeyId", &KEY_ID),
    required("DestinationKeyId", &KEY_ID),
    optional("DestinationEncryptionContext", &ENCRYPTION_CONTEXT),
    optional("SourceEncryptionAlgorithm", &ENCRYPTION_ALGORITHM),
    optional("DestinationEncryptionAlgorithm", &ENCRYPTION_ALGORITHM),
    optional("GrantTokens", &GRANT_TOKENS),
    optional("DryRun", &NULLABLE_BOOLEAN),
    optional("DryRunModifiers", &DRY_RUN_MODIFIERS),
];
