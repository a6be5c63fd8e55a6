//! The table of operations: one row each. The pipeline reads it; nothing else decides by name.
//!
//! Source: AWS KMS API Reference; Service Authorization Reference, "Actions for AWS KMS".

mod rows;

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
    CancelKeyDeletion CreateAlias CreateKey Decrypt DeleteAlias DescribeKey DisableKey EnableKey
    Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext GenerateRandom GetKeyPolicy ListAliases
    ListKeyPolicies ListKeys ListResourceTags PutKeyPolicy ReEncrypt ScheduleKeyDeletion TagResource
    UntagResource UpdateAlias UpdateKeyDescription
}

/// What the operation demands.
#[must_use]
pub const fn demands(name: OperationName) -> &'static Demands {
    use OperationName as N;
    match name {
        N::CancelKeyDeletion => &rows::CANCEL_KEY_DELETION,
        N::CreateAlias => &rows::CREATE_ALIAS,
        N::CreateKey => &rows::CREATE_KEY,
        N::Decrypt => &rows::DECRYPT,
        N::DeleteAlias => &rows::DELETE_ALIAS,
        N::DescribeKey => &rows::DESCRIBE_KEY,
        N::DisableKey => &rows::DISABLE_KEY,
        N::EnableKey => &rows::ENABLE_KEY,
        N::Encrypt => &rows::ENCRYPT,
        N::GenerateDataKey => &rows::GENERATE_DATA_KEY,
        N::GenerateDataKeyWithoutPlaintext => &rows::GENERATE_DATA_KEY_WITHOUT_PLAINTEXT,
        N::GenerateRandom => &rows::GENERATE_RANDOM,
        N::GetKeyPolicy => &rows::GET_KEY_POLICY,
        N::ListAliases => &rows::LIST_ALIASES,
        N::ListKeyPolicies => &rows::LIST_KEY_POLICIES,
        N::ListKeys => &rows::LIST_KEYS,
        N::ListResourceTags => &rows::LIST_RESOURCE_TAGS,
        N::PutKeyPolicy => &rows::PUT_KEY_POLICY,
        N::ReEncrypt => &rows::RE_ENCRYPT,
        N::ScheduleKeyDeletion => &rows::SCHEDULE_KEY_DELETION,
        N::TagResource => &rows::TAG_RESOURCE,
        N::UntagResource => &rows::UNTAG_RESOURCE,
        N::UpdateAlias => &rows::UPDATE_ALIAS,
        N::UpdateKeyDescription => &rows::UPDATE_KEY_DESCRIPTION,
    }
}
