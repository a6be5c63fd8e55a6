//! The table of operations: one row each. The pipeline reads it; nothing else decides by name.
//!
//! Source: AWS KMS API Reference; Service Authorization Reference, "Actions for AWS KMS".

mod rows;

use rows::{
    agreement, aliases, cryptography, data_key_pairs, deletion, grants, import, key_stores, keys,
    macs, multi_region, policies, public_keys, rotation, signing, tags,
};
use strongroom_engine::demands::Demands;

macro_rules! names {
    ($($name:ident)+) => {
        /// The operations that are served, by the names clients write.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum OperationName { $(#[doc = stringify!($name)] $name,)+ }

        impl OperationName {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The name clients write.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)+ }
            }

            /// The operation of this name, if it is served.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $(stringify!($name) => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

names! {
    CancelKeyDeletion
    ConnectCustomKeyStore
    CreateAlias
    CreateCustomKeyStore
    CreateGrant
    CreateKey
    Decapsulate
    Decrypt
    DeleteAlias
    DeleteCustomKeyStore
    DeleteImportedKeyMaterial
    DeriveSharedSecret
    DescribeCustomKeyStores
    DescribeKey
    DisableKey
    DisableKeyRotation
    DisconnectCustomKeyStore
    EnableKey
    EnableKeyRotation
    Encapsulate
    Encrypt
    GenerateDataKey
    GenerateDataKeyPair
    GenerateDataKeyPairWithoutPlaintext
    GenerateDataKeyWithoutPlaintext
    GenerateMac
    GenerateRandom
    GetKeyLastUsage
    GetKeyPolicy
    GetKeyRotationStatus
    GetParametersForImport
    GetPublicKey
    ImportKeyMaterial
    ListAliases
    ListGrants
    ListKeyPolicies
    ListKeyRotations
    ListKeys
    ListResourceTags
    ListRetirableGrants
    PutKeyPolicy
    ReEncrypt
    ReplicateKey
    RetireGrant
    RevokeGrant
    RotateKeyOnDemand
    ScheduleKeyDeletion
    Sign
    TagResource
    UntagResource
    UpdateAlias
    UpdateCustomKeyStore
    UpdateKeyDescription
    UpdatePrimaryRegion
    Verify
    VerifyMac
}

/// What the operation demands.
#[must_use]
pub const fn demands(name: OperationName) -> &'static Demands {
    use OperationName as N;
    match name {
        N::CancelKeyDeletion => &deletion::CANCEL_KEY_DELETION,
        N::ConnectCustomKeyStore => &key_stores::CONNECT_CUSTOM_KEY_STORE,
        N::CreateAlias => &aliases::CREATE_ALIAS,
        N::CreateCustomKeyStore => &key_stores::CREATE_CUSTOM_KEY_STORE,
        N::CreateGrant => &grants::CREATE_GRANT,
        N::CreateKey => &keys::CREATE_KEY,
        N::Decapsulate => &agreement::DECAPSULATE,
        N::Decrypt => &cryptography::DECRYPT,
        N::DeleteAlias => &aliases::DELETE_ALIAS,
        N::DeleteCustomKeyStore => &key_stores::DELETE_CUSTOM_KEY_STORE,
        N::DeleteImportedKeyMaterial => &import::DELETE_IMPORTED_KEY_MATERIAL,
        N::DeriveSharedSecret => &agreement::DERIVE_SHARED_SECRET,
        N::DescribeCustomKeyStores => &key_stores::DESCRIBE_CUSTOM_KEY_STORES,
        N::DescribeKey => &keys::DESCRIBE_KEY,
        N::DisableKey => &keys::DISABLE_KEY,
        N::DisableKeyRotation => &rotation::DISABLE_KEY_ROTATION,
        N::DisconnectCustomKeyStore => &key_stores::DISCONNECT_CUSTOM_KEY_STORE,
        N::EnableKey => &keys::ENABLE_KEY,
        N::EnableKeyRotation => &rotation::ENABLE_KEY_ROTATION,
        N::Encapsulate => &agreement::ENCAPSULATE,
        N::Encrypt => &cryptography::ENCRYPT,
        N::GenerateDataKey => &cryptography::GENERATE_DATA_KEY,
        N::GenerateDataKeyPair => &data_key_pairs::GENERATE_DATA_KEY_PAIR,
        N::GenerateDataKeyPairWithoutPlaintext => {
            &data_key_pairs::GENERATE_DATA_KEY_PAIR_WITHOUT_PLAINTEXT
        }
        N::GenerateDataKeyWithoutPlaintext => &cryptography::GENERATE_DATA_KEY_WITHOUT_PLAINTEXT,
        N::GenerateMac => &macs::GENERATE_MAC,
        N::GenerateRandom => &cryptography::GENERATE_RANDOM,
        N::GetKeyLastUsage => &keys::GET_KEY_LAST_USAGE,
        N::GetKeyPolicy => &policies::GET_KEY_POLICY,
        N::GetKeyRotationStatus => &rotation::GET_KEY_ROTATION_STATUS,
        N::GetParametersForImport => &import::GET_PARAMETERS_FOR_IMPORT,
        N::GetPublicKey => &public_keys::GET_PUBLIC_KEY,
        N::ImportKeyMaterial => &import::IMPORT_KEY_MATERIAL,
        N::ListAliases => &aliases::LIST_ALIASES,
        N::ListGrants => &grants::LIST_GRANTS,
        N::ListKeyPolicies => &policies::LIST_KEY_POLICIES,
        N::ListKeyRotations => &rotation::LIST_KEY_ROTATIONS,
        N::ListKeys => &keys::LIST_KEYS,
        N::ListResourceTags => &tags::LIST_RESOURCE_TAGS,
        N::ListRetirableGrants => &grants::LIST_RETIRABLE_GRANTS,
        N::PutKeyPolicy => &policies::PUT_KEY_POLICY,
        N::ReEncrypt => &cryptography::RE_ENCRYPT,
        N::ReplicateKey => &multi_region::REPLICATE_KEY,
        N::RetireGrant => &grants::RETIRE_GRANT,
        N::RevokeGrant => &grants::REVOKE_GRANT,
        N::RotateKeyOnDemand => &rotation::ROTATE_KEY_ON_DEMAND,
        N::ScheduleKeyDeletion => &deletion::SCHEDULE_KEY_DELETION,
        N::Sign => &signing::SIGN,
        N::TagResource => &tags::TAG_RESOURCE,
        N::UntagResource => &tags::UNTAG_RESOURCE,
        N::UpdateAlias => &aliases::UPDATE_ALIAS,
        N::UpdateCustomKeyStore => &key_stores::UPDATE_CUSTOM_KEY_STORE,
        N::UpdateKeyDescription => &keys::UPDATE_KEY_DESCRIPTION,
        N::UpdatePrimaryRegion => &multi_region::UPDATE_PRIMARY_REGION,
        N::Verify => &signing::VERIFY,
        N::VerifyMac => &macs::VERIFY_MAC,
    }
}
