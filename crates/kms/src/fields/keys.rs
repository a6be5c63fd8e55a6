//! Keys: making them, reading them, switching them on and off.

use super::Fields;
use strongroom_types::shape::{optional, required};
use strongroom_types::shapes::{
    BOOLEAN, CUSTOM_KEY_STORE_ID, CUSTOMER_MASTER_KEY_SPEC, DESCRIPTION, GRANT_TOKENS, KEY_ID,
    KEY_SPEC, KEY_USAGE, LIMIT, MARKER, NULLABLE_BOOLEAN, ORIGIN, POLICY, RESOURCE_OWNERS, TAGS,
    XKS_KEY_ID,
};

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
