//! The wire fields of each operation, by family, in the order of the API models. A test compares
//! them with these.

mod access_keys;
mod account;
mod attachments;
mod boundaries;
mod groups;
mod inline_policies;
mod managed_policies;
mod providers;
mod roles;
mod simulation;
mod sts;
mod tags;
mod users;

pub(crate) use access_keys::*;
pub(crate) use account::*;
pub(crate) use attachments::*;
pub(crate) use boundaries::*;
pub(crate) use groups::*;
pub(crate) use inline_policies::*;
pub(crate) use managed_policies::*;
pub(crate) use providers::*;
pub(crate) use roles::*;
pub(crate) use simulation::*;
pub(crate) use sts::*;
pub(crate) use tags::*;
pub(crate) use users::*;

use strongroom_types::shape::Field;

type Fields = &'static [Field];

/// The operations of IAM that are served, with their fields.
pub const IAM: &[(&str, Fields)] = &[
    ("AddClientIDToOpenIDConnectProvider", ADD_CLIENT_ID_TO_OPEN_ID_CONNECT_PROVIDER),
    ("AddUserToGroup", ADD_USER_TO_GROUP),
    ("AttachGroupPolicy", ATTACH_GROUP_POLICY),
    ("AttachRolePolicy", ATTACH_ROLE_POLICY),
    ("AttachUserPolicy", ATTACH_USER_POLICY),
    ("CreateAccessKey", CREATE_ACCESS_KEY),
    ("CreateAccountAlias", CREATE_ACCOUNT_ALIAS),
    ("CreateGroup", CREATE_GROUP),
    ("CreateOpenIDConnectProvider", CREATE_OPEN_ID_CONNECT_PROVIDER),
    ("CreatePolicy", CREATE_POLICY),
    ("CreatePolicyVersion", CREATE_POLICY_VERSION),
    ("CreateRole", CREATE_ROLE),
    ("CreateUser", CREATE_USER),
    ("DeleteAccessKey", DELETE_ACCESS_KEY),
    ("DeleteAccountAlias", DELETE_ACCOUNT_ALIAS),
    ("DeleteGroup", DELETE_GROUP),
    ("DeleteGroupPolicy", DELETE_GROUP_POLICY),
    ("DeleteOpenIDConnectProvider", DELETE_OPEN_ID_CONNECT_PROVIDER),
    ("DeletePolicy", DELETE_POLICY),
    ("DeletePolicyVersion", DELETE_POLICY_VERSION),
    ("DeleteRole", DELETE_ROLE),
    ("DeleteRolePermissionsBoundary", DELETE_ROLE_PERMISSIONS_BOUNDARY),
    ("DeleteRolePolicy", DELETE_ROLE_POLICY),
    ("DeleteUser", DELETE_USER),
    ("DeleteUserPermissionsBoundary", DELETE_USER_PERMISSIONS_BOUNDARY),
    ("DeleteUserPolicy", DELETE_USER_POLICY),
    ("DetachGroupPolicy", DETACH_GROUP_POLICY),
    ("DetachRolePolicy", DETACH_ROLE_POLICY),
    ("DetachUserPolicy", DETACH_USER_POLICY),
    ("GetAccessKeyLastUsed", GET_ACCESS_KEY_LAST_USED),
    ("GetAccountAuthorizationDetails", GET_ACCOUNT_AUTHORIZATION_DETAILS),
    ("GetAccountSummary", GET_ACCOUNT_SUMMARY),
    ("GetContextKeysForCustomPolicy", GET_CONTEXT_KEYS_FOR_CUSTOM_POLICY),
    ("GetContextKeysForPrincipalPolicy", GET_CONTEXT_KEYS_FOR_PRINCIPAL_POLICY),
    ("GetGroup", GET_GROUP),
    ("GetGroupPolicy", GET_GROUP_POLICY),
    ("GetOpenIDConnectProvider", GET_OPEN_ID_CONNECT_PROVIDER),
    ("GetPolicy", GET_POLICY),
    ("GetPolicyVersion", GET_POLICY_VERSION),
    ("GetRole", GET_ROLE),
    ("GetRolePolicy", GET_ROLE_POLICY),
    ("GetUser", GET_USER),
    ("GetUserPolicy", GET_USER_POLICY),
    ("ListAccessKeys", LIST_ACCESS_KEYS),
    ("ListAccountAliases", LIST_ACCOUNT_ALIASES),
    ("ListAttachedGroupPolicies", LIST_ATTACHED_GROUP_POLICIES),
    ("ListAttachedRolePolicies", LIST_ATTACHED_ROLE_POLICIES),
    ("ListAttachedUserPolicies", LIST_ATTACHED_USER_POLICIES),
    ("ListEntitiesForPolicy", LIST_ENTITIES_FOR_POLICY),
    ("ListGroupPolicies", LIST_GROUP_POLICIES),
    ("ListGroups", LIST_GROUPS),
    ("ListGroupsForUser", LIST_GROUPS_FOR_USER),
    ("ListOpenIDConnectProviderTags", LIST_OPEN_ID_CONNECT_PROVIDER_TAGS),
    ("ListOpenIDConnectProviders", LIST_OPEN_ID_CONNECT_PROVIDERS),
    ("ListPolicies", LIST_POLICIES),
    ("ListPolicyTags", LIST_POLICY_TAGS),
    ("ListPolicyVersions", LIST_POLICY_VERSIONS),
    ("ListRolePolicies", LIST_ROLE_POLICIES),
    ("ListRoleTags", LIST_ROLE_TAGS),
    ("ListRoles", LIST_ROLES),
    ("ListUserPolicies", LIST_USER_POLICIES),
    ("ListUserTags", LIST_USER_TAGS),
    ("ListUsers", LIST_USERS),
    ("PutGroupPolicy", PUT_GROUP_POLICY),
    ("PutRolePermissionsBoundary", PUT_ROLE_PERMISSIONS_BOUNDARY),
    ("PutRolePolicy", PUT_ROLE_POLICY),
    ("PutUserPermissionsBoundary", PUT_USER_PERMISSIONS_BOUNDARY),
    ("PutUserPolicy", PUT_USER_POLICY),
    ("RemoveClientIDFromOpenIDConnectProvider", REMOVE_CLIENT_ID_FROM_OPEN_ID_CONNECT_PROVIDER),
    ("RemoveUserFromGroup", REMOVE_USER_FROM_GROUP),
    ("SetDefaultPolicyVersion", SET_DEFAULT_POLICY_VERSION),
    ("SimulateCustomPolicy", SIMULATE_CUSTOM_POLICY),
    ("SimulatePrincipalPolicy", SIMULATE_PRINCIPAL_POLICY),
    ("TagOpenIDConnectProvider", TAG_OPEN_ID_CONNECT_PROVIDER),
    ("TagPolicy", TAG_POLICY),
    ("TagRole", TAG_ROLE),
    ("TagUser", TAG_USER),
    ("UntagOpenIDConnectProvider", UNTAG_OPEN_ID_CONNECT_PROVIDER),
    ("UntagPolicy", UNTAG_POLICY),
    ("UntagRole", UNTAG_ROLE),
    ("UntagUser", UNTAG_USER),
    ("UpdateAccessKey", UPDATE_ACCESS_KEY),
    ("UpdateAssumeRolePolicy", UPDATE_ASSUME_ROLE_POLICY),
    ("UpdateGroup", UPDATE_GROUP),
    ("UpdateOpenIDConnectProviderThumbprint", UPDATE_OPEN_ID_CONNECT_PROVIDER_THUMBPRINT),
    ("UpdateRole", UPDATE_ROLE),
    ("UpdateRoleDescription", UPDATE_ROLE_DESCRIPTION),
    ("UpdateUser", UPDATE_USER),
];

/// The operations of STS that are served, with their fields.
pub const STS: &[(&str, Fields)] = &[
    ("AssumeRole", ASSUME_ROLE),
    ("AssumeRoleWithWebIdentity", ASSUME_ROLE_WITH_WEB_IDENTITY),
    ("GetAccessKeyInfo", GET_ACCESS_KEY_INFO),
    ("GetCallerIdentity", GET_CALLER_IDENTITY),
    ("GetFederationToken", GET_FEDERATION_TOKEN),
    ("GetSessionToken", GET_SESSION_TOKEN),
];
