//! The wire fields of each operation, by family, in the order of the API model. A test compares
//! them with it.

mod agreement;
mod aliases;
mod cryptography;
mod data_key_pairs;
mod deletion;
mod grants;
mod import;
mod key_stores;
mod keys;
mod macs;
mod multi_region;
mod policies;
mod public_keys;
mod rotation;
mod signing;
mod tags;

pub(crate) use agreement::*;
pub(crate) use aliases::*;
pub(crate) use cryptography::*;
pub(crate) use data_key_pairs::*;
pub(crate) use deletion::*;
pub(crate) use grants::*;
pub(crate) use import::*;
pub(crate) use key_stores::*;
pub(crate) use keys::*;
pub(crate) use macs::*;
pub(crate) use multi_region::*;
pub(crate) use policies::*;
pub(crate) use public_keys::*;
pub(crate) use rotation::*;
pub(crate) use signing::*;
pub(crate) use tags::*;

use strongroom_types::shape::{Field, optional, required};
use strongroom_types::shapes::{KEY_ID, LIMIT, MARKER};

type Fields = &'static [Field];

/// Of what takes a key and nothing else.
pub(crate) const KEY_ONLY: Fields = &[required("KeyId", &KEY_ID)];

/// Of the listings of what a key has.
pub(crate) const KEY_PAGE: Fields =
    &[required("KeyId", &KEY_ID), optional("Limit", &LIMIT), optional("Marker", &MARKER)];

/// The operations of the public API model, each with its fields, whether it is served or not.
pub const ALL: &[(&str, Fields)] = &[
    ("CancelKeyDeletion", KEY_ONLY),
    ("ConnectCustomKeyStore", KEY_STORE_ONLY),
    ("CreateAlias", CREATE_ALIAS),
    ("CreateCustomKeyStore", CREATE_CUSTOM_KEY_STORE),
    ("CreateGrant", CREATE_GRANT),
    ("CreateKey", CREATE_KEY),
    ("Decapsulate", DECAPSULATE),
    ("Decrypt", DECRYPT),
    ("DeleteAlias", DELETE_ALIAS),
    ("DeleteCustomKeyStore", KEY_STORE_ONLY),
    ("DeleteImportedKeyMaterial", DELETE_IMPORTED_KEY_MATERIAL),
    ("DeriveSharedSecret", DERIVE_SHARED_SECRET),
    ("DescribeCustomKeyStores", DESCRIBE_CUSTOM_KEY_STORES),
    ("DescribeKey", DESCRIBE_KEY),
    ("DisableKey", KEY_ONLY),
    ("DisableKeyRotation", KEY_ONLY),
    ("DisconnectCustomKeyStore", KEY_STORE_ONLY),
    ("EnableKey", KEY_ONLY),
    ("EnableKeyRotation", ENABLE_KEY_ROTATION),
    ("Encapsulate", ENCAPSULATE),
    ("Encrypt", ENCRYPT),
    ("GenerateDataKey", GENERATE_DATA_KEY),
    ("GenerateDataKeyPair", GENERATE_DATA_KEY_PAIR),
    ("GenerateDataKeyPairWithoutPlaintext", GENERATE_DATA_KEY_PAIR_WITHOUT_PLAINTEXT),
    ("GenerateDataKeyWithoutPlaintext", GENERATE_DATA_KEY_WITHOUT_PLAINTEXT),
    ("GenerateMac", GENERATE_MAC),
    ("GenerateRandom", GENERATE_RANDOM),
    ("GetKeyLastUsage", KEY_ONLY),
    ("GetKeyPolicy", GET_KEY_POLICY),
    ("GetKeyRotationStatus", KEY_ONLY),
    ("GetParametersForImport", GET_PARAMETERS_FOR_IMPORT),
    ("GetPublicKey", GET_PUBLIC_KEY),
    ("ImportKeyMaterial", IMPORT_KEY_MATERIAL),
    ("ListAliases", LIST_ALIASES),
    ("ListGrants", LIST_GRANTS),
    ("ListKeyPolicies", KEY_PAGE),
    ("ListKeyRotations", LIST_KEY_ROTATIONS),
    ("ListKeys", LIST_KEYS),
    ("ListResourceTags", KEY_PAGE),
    ("ListRetirableGrants", LIST_RETIRABLE_GRANTS),
    ("PutKeyPolicy", PUT_KEY_POLICY),
    ("ReEncrypt", RE_ENCRYPT),
    ("ReplicateKey", REPLICATE_KEY),
    ("RetireGrant", RETIRE_GRANT),
    ("RevokeGrant", REVOKE_GRANT),
    ("RotateKeyOnDemand", KEY_ONLY),
    ("ScheduleKeyDeletion", SCHEDULE_KEY_DELETION),
    ("Sign", SIGN),
    ("TagResource", TAG_RESOURCE),
    ("UntagResource", UNTAG_RESOURCE),
    ("UpdateAlias", CREATE_ALIAS),
    ("UpdateCustomKeyStore", UPDATE_CUSTOM_KEY_STORE),
    ("UpdateKeyDescription", UPDATE_KEY_DESCRIPTION),
    ("UpdatePrimaryRegion", UPDATE_PRIMARY_REGION),
    ("Verify", VERIFY),
    ("VerifyMac", VERIFY_MAC),
];
