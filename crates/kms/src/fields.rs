//! The wire fields of each operation, in the order of the API model. A test compares them with it.

use strongroom_types::shape::{Field, optional, required};
use strongroom_types::shapes::{
    ALIAS_NAME, BOOLEAN, CIPHERTEXT, CUSTOM_KEY_STORE_ID, CUSTOMER_MASTER_KEY_SPEC, DATA_KEY_SPEC,
    DESCRIPTION, DRY_RUN_MODIFIERS, ENCRYPTION_ALGORITHM, ENCRYPTION_CONTEXT, GRANT_TOKENS, KEY_ID,
    KEY_SPEC, KEY_USAGE, LIMIT, MARKER, NULLABLE_BOOLEAN, NUMBER_OF_BYTES, ORIGIN, PENDING_WINDOW,
    PLAINTEXT, POLICY, POLICY_NAME, RECIPIENT, RESOURCE_OWNERS, TAG_KEYS, TAGS, XKS_KEY_ID,
};

type Fields = &'static [Field];

pub(crate) const KEY_ONLY: Fields = &[required("KeyId", &KEY_ID)];

pub(crate) const KEY_PAGE: Fields =
    &[required("KeyId", &KEY_ID), optional("Limit", &LIMIT), optional("Marker", &MARKER)];

pub(crate) const CREATE_KEY: Fields = &[
    optional("Policy", &POLICY),
    optional("Description", &DESCRIPTION),
    optional("KeyUsage", &KEY_USAGE),
    optional("CustomerMasterKeySpec", &CUSTOMER_MASTER_KEY_SPEC),
    optional("KeySpec", &KEY_SPEC),
    optional("Origin", &ORIGIN),
    optional("CustomKeyStoreId", &CUSTOM_KEY_STORE_ID),
    optional("BypassPolicyLockoutSafetyCheck", &BOOLEAN),
    optional("Tags", &TAGS),
    optional("MultiRegion", &NULLABLE_BOOLEAN),
    optional("XksKeyId", &XKS_KEY_ID),
];

pub(crate) const DESCRIBE_KEY: Fields =
    &[required("KeyId", &KEY_ID), optional("GrantTokens", &GRANT_TOKENS)];

pub(crate) const LIST_KEYS: Fields = &[
    optional("Limit", &LIMIT),
    optional("Marker", &MARKER),
    optional("ResourceOwners", &RESOURCE_OWNERS),
];

pub(crate) const UPDATE_KEY_DESCRIPTION: Fields =
    &[required("KeyId", &KEY_ID), required("Description", &DESCRIPTION)];

pub(crate) const SCHEDULE_KEY_DELETION: Fields =
    &[required("KeyId", &KEY_ID), optional("PendingWindowInDays", &PENDING_WINDOW)];

/// Of CreateAlias and UpdateAlias.
pub(crate) const CREATE_ALIAS: Fields =
    &[required("AliasName", &ALIAS_NAME), required("TargetKeyId", &KEY_ID)];

pub(crate) const DELETE_ALIAS: Fields = &[required("AliasName", &ALIAS_NAME)];

pub(crate) const LIST_ALIASES: Fields =
    &[optional("KeyId", &KEY_ID), optional("Limit", &LIMIT), optional("Marker", &MARKER)];

pub(crate) const ENCRYPT: Fields = &[
    required("KeyId", &KEY_ID),
    required("Plaintext", &PLAINTEXT),
    optional("EncryptionContext", &ENCRYPTION_CONTEXT),
    optional("GrantTokens", &GRANT_TOKENS),
    optional("EncryptionAlgorithm", &ENCRYPTION_ALGORITHM),
    optional("DryRun", &NULLABLE_BOOLEAN),
];

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

pub(crate) const GET_KEY_POLICY: Fields =
    &[required("KeyId", &KEY_ID), optional("PolicyName", &POLICY_NAME)];

pub(crate) const PUT_KEY_POLICY: Fields = &[
    required("KeyId", &KEY_ID),
    optional("PolicyName", &POLICY_NAME),
    required("Policy", &POLICY),
    optional("BypassPolicyLockoutSafetyCheck", &BOOLEAN),
];

pub(crate) const TAG_RESOURCE: Fields = &[required("KeyId", &KEY_ID), required("Tags", &TAGS)];

pub(crate) const UNTAG_RESOURCE: Fields =
    &[required("KeyId", &KEY_ID), required("TagKeys", &TAG_KEYS)];
