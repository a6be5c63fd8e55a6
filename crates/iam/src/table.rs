//! The tables of IAM's and STS's operations: one row each. The pipeline reads it; nothing else decides
//! by name.
//!
//! Source: IAM API Reference and STS API Reference; Service Authorization Reference, "Actions for AWS
//! Identity and Access Management (IAM)".

use crate::rows::{
    access_keys, account, attachments, boundaries, groups, inline_policies, managed_policies,
    providers, roles, simulation, sts, tags, users,
};
use strongroom_engine::demands::Demands;

macro_rules! names {
    ($about:literal $kind:ident { $($name:ident)+ }) => {
        #[doc = $about]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $kind { $(#[doc = stringify!($name)] $name,)+ }

        impl $kind {
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

names! { "The IAM operations that are served, by the names clients write." IamOperation {
    AddClientIDToOpenIDConnectProvider
    AddUserToGroup
    AttachGroupPolicy
    AttachRolePolicy
    AttachUserPolicy
    CreateAccessKey
    CreateAccountAlias
    CreateGroup
    CreateOpenIDConnectProvider
    CreatePolicy
    CreatePolicyVersion
    CreateRole
    CreateUser
    DeleteAccessKey
    DeleteAccountAlias
    DeleteGroup
    DeleteGroupPolicy
    DeleteOpenIDConnectProvider
    DeletePolicy
    DeletePolicyVersion
    DeleteRole
    DeleteRolePermissionsBoundary
    DeleteRolePolicy
    DeleteUser
    DeleteUserPermissionsBoundary
    DeleteUserPolicy
    DetachGroupPolicy
    DetachRolePolicy
    DetachUserPolicy
    GetAccessKeyLastUsed
    GetAccountAuthorizationDetails
    GetAccountSummary
    GetContextKeysForCustomPolicy
    GetContextKeysForPrincipalPolicy
    GetGroup
    GetGroupPolicy
    GetOpenIDConnectProvider
    GetPolicy
    GetPolicyVersion
    GetRole
    GetRolePolicy
    GetUser
    GetUserPolicy
    ListAccessKeys
    ListAccountAliases
    ListAttachedGroupPolicies
    ListAttachedRolePolicies
    ListAttachedUserPolicies
    ListEntitiesForPolicy
    ListGroupPolicies
    ListGroups
    ListGroupsForUser
    ListOpenIDConnectProviderTags
    ListOpenIDConnectProviders
    ListPolicies
    ListPolicyTags
    ListPolicyVersions
    ListRolePolicies
    ListRoleTags
    ListRoles
    ListUserPolicies
    ListUserTags
    ListUsers
    PutGroupPolicy
    PutRolePermissionsBoundary
    PutRolePolicy
    PutUserPermissionsBoundary
    PutUserPolicy
    RemoveClientIDFromOpenIDConnectProvider
    RemoveUserFromGroup
    SetDefaultPolicyVersion
    SimulateCustomPolicy
    SimulatePrincipalPolicy
    TagOpenIDConnectProvider
    TagPolicy
    TagRole
    TagUser
    UntagOpenIDConnectProvider
    UntagPolicy
    UntagRole
    UntagUser
    UpdateAccessKey
    UpdateAssumeRolePolicy
    UpdateGroup
    UpdateOpenIDConnectProviderThumbprint
    UpdateRole
    UpdateRoleDescription
    UpdateUser
} }

names! { "The STS operations that are served, by the names clients write." StsOperation {
    AssumeRole
    AssumeRoleWithWebIdentity
    GetAccessKeyInfo
    GetCallerIdentity
    GetFederationToken
    GetSessionToken
} }

/// What the operation of IAM demands.
#[must_use]
#[expect(clippy::too_many_lines, reason = "one line an operation, and no more")]
pub const fn iam_demands(name: IamOperation) -> &'static Demands {
    use IamOperation as N;
    match name {
        N::AddClientIDToOpenIDConnectProvider => {
            &providers::ADD_CLIENT_ID_TO_OPEN_ID_CONNECT_PROVIDER
        }
        N::AddUserToGroup => &groups::ADD_USER_TO_GROUP,
        N::AttachGroupPolicy => &attachments::ATTACH_GROUP_POLICY,
        N::AttachRolePolicy => &attachments::ATTACH_ROLE_POLICY,
        N::AttachUserPolicy => &attachments::ATTACH_USER_POLICY,
        N::CreateAccessKey => &access_keys::CREATE_ACCESS_KEY,
        N::CreateAccountAlias => &account::CREATE_ACCOUNT_ALIAS,
        N::CreateGroup => &groups::CREATE_GROUP,
        N::CreateOpenIDConnectProvider => &providers::CREATE_OPEN_ID_CONNECT_PROVIDER,
        N::CreatePolicy => &managed_policies::CREATE_POLICY,
        N::CreatePolicyVersion => &managed_policies::CREATE_POLICY_VERSION,
        N::CreateRole => &roles::CREATE_ROLE,
        N::CreateUser => &users::CREATE_USER,
        N::DeleteAccessKey => &access_keys::DELETE_ACCESS_KEY,
        N::DeleteAccountAlias => &account::DELETE_ACCOUNT_ALIAS,
        N::DeleteGroup => &groups::DELETE_GROUP,
        N::DeleteGroupPolicy => &inline_policies::DELETE_GROUP_POLICY,
        N::DeleteOpenIDConnectProvider => &providers::DELETE_OPEN_ID_CONNECT_PROVIDER,
        N::DeletePolicy => &managed_policies::DELETE_POLICY,
        N::DeletePolicyVersion => &managed_policies::DELETE_POLICY_VERSION,
        N::DeleteRole => &roles::DELETE_ROLE,
        N::DeleteRolePermissionsBoundary => &boundaries::DELETE_ROLE_PERMISSIONS_BOUNDARY,
        N::DeleteRolePolicy => &inline_policies::DELETE_ROLE_POLICY,
        N::DeleteUser => &users::DELETE_USER,
        N::DeleteUserPermissionsBoundary => &boundaries::DELETE_USER_PERMISSIONS_BOUNDARY,
        N::DeleteUserPolicy => &inline_policies::DELETE_USER_POLICY,
        N::DetachGroupPolicy => &attachments::DETACH_GROUP_POLICY,
        N::DetachRolePolicy => &attachments::DETACH_ROLE_POLICY,
        N::DetachUserPolicy => &attachments::DETACH_USER_POLICY,
        N::GetAccessKeyLastUsed => &access_keys::GET_ACCESS_KEY_LAST_USED,
        N::GetAccountAuthorizationDetails => &account::GET_ACCOUNT_AUTHORIZATION_DETAILS,
        N::GetAccountSummary => &account::GET_ACCOUNT_SUMMARY,
        N::GetContextKeysForCustomPolicy => &simulation::GET_CONTEXT_KEYS_FOR_CUSTOM_POLICY,
        N::GetContextKeysForPrincipalPolicy => &simulation::GET_CONTEXT_KEYS_FOR_PRINCIPAL_POLICY,
        N::GetGroup => &groups::GET_GROUP,
        N::GetGroupPolicy => &inline_policies::GET_GROUP_POLICY,
        N::GetOpenIDConnectProvider => &providers::GET_OPEN_ID_CONNECT_PROVIDER,
        N::GetPolicy => &managed_policies::GET_POLICY,
        N::GetPolicyVersion => &managed_policies::GET_POLICY_VERSION,
        N::GetRole => &roles::GET_ROLE,
        N::GetRolePolicy => &inline_policies::GET_ROLE_POLICY,
        N::GetUser => &users::GET_USER,
        N::GetUserPolicy => &inline_policies::GET_USER_POLICY,
        N::ListAccessKeys => &access_keys::LIST_ACCESS_KEYS,
        N::ListAccountAliases => &account::LIST_ACCOUNT_ALIASES,
        N::ListAttachedGroupPolicies => &attachments::LIST_ATTACHED_GROUP_POLICIES,
        N::ListAttachedRolePolicies => &attachments::LIST_ATTACHED_ROLE_POLICIES,
        N::ListAttachedUserPolicies => &attachments::LIST_ATTACHED_USER_POLICIES,
        N::ListEntitiesForPolicy => &attachments::LIST_ENTITIES_FOR_POLICY,
        N::ListGroupPolicies => &inline_policies::LIST_GROUP_POLICIES,
        N::ListGroups => &groups::LIST_GROUPS,
        N::ListGroupsForUser => &groups::LIST_GROUPS_FOR_USER,
        N::ListOpenIDConnectProviderTags => &tags::LIST_OPEN_ID_CONNECT_PROVIDER_TAGS,
        N::ListOpenIDConnectProviders => &providers::LIST_OPEN_ID_CONNECT_PROVIDERS,
        N::ListPolicies => &managed_policies::LIST_POLICIES,
        N::ListPolicyTags => &tags::LIST_POLICY_TAGS,
        N::ListPolicyVersions => &managed_policies::LIST_POLICY_VERSIONS,
        N::ListRolePolicies => &inline_policies::LIST_ROLE_POLICIES,
        N::ListRoleTags => &tags::LIST_ROLE_TAGS,
        N::ListRoles => &roles::LIST_ROLES,
        N::ListUserPolicies => &inline_policies::LIST_USER_POLICIES,
        N::ListUserTags => &tags::LIST_USER_TAGS,
        N::ListUsers => &users::LIST_USERS,
        N::PutGroupPolicy => &inline_policies::PUT_GROUP_POLICY,
        N::PutRolePermissionsBoundary => &boundaries::PUT_ROLE_PERMISSIONS_BOUNDARY,
        N::PutRolePolicy => &inline_policies::PUT_ROLE_POLICY,
        N::PutUserPermissionsBoundary => &boundaries::PUT_USER_PERMISSIONS_BOUNDARY,
        N::PutUserPolicy => &inline_policies::PUT_USER_POLICY,
        N::RemoveClientIDFromOpenIDConnectProvider => {
            &providers::REMOVE_CLIENT_ID_FROM_OPEN_ID_CONNECT_PROVIDER
        }
        N::RemoveUserFromGroup => &groups::REMOVE_USER_FROM_GROUP,
        N::SetDefaultPolicyVersion => &managed_policies::SET_DEFAULT_POLICY_VERSION,
        N::SimulateCustomPolicy => &simulation::SIMULATE_CUSTOM_POLICY,
        N::SimulatePrincipalPolicy => &simulation::SIMULATE_PRINCIPAL_POLICY,
        N::TagOpenIDConnectProvider => &tags::TAG_OPEN_ID_CONNECT_PROVIDER,
        N::TagPolicy => &tags::TAG_POLICY,
        N::TagRole => &tags::TAG_ROLE,
        N::TagUser => &tags::TAG_USER,
        N::UntagOpenIDConnectProvider => &tags::UNTAG_OPEN_ID_CONNECT_PROVIDER,
        N::UntagPolicy => &tags::UNTAG_POLICY,
        N::UntagRole => &tags::UNTAG_ROLE,
        N::UntagUser => &tags::UNTAG_USER,
        N::UpdateAccessKey => &access_keys::UPDATE_ACCESS_KEY,
        N::UpdateAssumeRolePolicy => &roles::UPDATE_ASSUME_ROLE_POLICY,
        N::UpdateGroup => &groups::UPDATE_GROUP,
        N::UpdateOpenIDConnectProviderThumbprint => {
            &providers::UPDATE_OPEN_ID_CONNECT_PROVIDER_THUMBPRINT
        }
        N::UpdateRole => &roles::UPDATE_ROLE,
        N::UpdateRoleDescription => &roles::UPDATE_ROLE_DESCRIPTION,
        N::UpdateUser => &users::UPDATE_USER,
    }
}

/// What the operation of STS demands.
#[must_use]
pub const fn sts_demands(name: StsOperation) -> &'static Demands {
    use StsOperation as N;
    match name {
        N::AssumeRole => &sts::ASSUME_ROLE,
        N::AssumeRoleWithWebIdentity => &sts::ASSUME_ROLE_WITH_WEB_IDENTITY,
        N::GetAccessKeyInfo => &sts::GET_ACCESS_KEY_INFO,
        N::GetCallerIdentity => &sts::GET_CALLER_IDENTITY,
        N::GetFederationToken => &sts::GET_FEDERATION_TOKEN,
        N::GetSessionToken => &sts::GET_SESSION_TOKEN,
    }
}
