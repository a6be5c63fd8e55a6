//! From an operation's name to its code. A name without a line here does not compile.

use crate::operations::kind::{Group, Role, User};
use crate::operations::{
    access_keys, account, attachments, boundaries, groups, inline_policies, managed_policies,
    providers, roles, simulation, sts, tags, users,
};
use crate::table::{IamOperation as Name, StsOperation};
use strongroom_engine::call::Call;
use strongroom_engine::ledger::{Recorded, Unrecorded};
use strongroom_engine::wire::{Malformed, Node};
use strongroom_engine::{Engine, Outcome};

/// Serves the operation of IAM `name`.
///
/// # Errors
/// [`Unrecorded`] when the request could not be recorded.
#[expect(clippy::too_many_lines, reason = "one line an operation, and no more")]
pub async fn serve_iam(
    engine: &Engine,
    name: Name,
    call: &Call,
    input: Result<Node<'_>, Malformed>,
) -> Result<Recorded<Outcome>, Unrecorded> {
    match name {
        Name::AddClientIDToOpenIDConnectProvider => {
            engine.serve::<providers::AddClientIDToOpenIDConnectProvider>(call, input).await
        }
        Name::AddUserToGroup => engine.serve::<groups::AddUserToGroup>(call, input).await,
        Name::AttachGroupPolicy => {
            engine.serve::<attachments::AttachPolicy<Group>>(call, input).await
        }
        Name::AttachRolePolicy => {
            engine.serve::<attachments::AttachPolicy<Role>>(call, input).await
        }
        Name::AttachUserPolicy => {
            engine.serve::<attachments::AttachPolicy<User>>(call, input).await
        }
        Name::CreateAccessKey => engine.serve::<access_keys::CreateAccessKey>(call, input).await,
        Name::CreateAccountAlias => engine.serve::<account::CreateAccountAlias>(call, input).await,
        Name::CreateGroup => engine.serve::<groups::CreateGroup>(call, input).await,
        Name::CreateOpenIDConnectProvider => {
            engine.serve::<providers::CreateOpenIDConnectProvider>(call, input).await
        }
        Name::CreatePolicy => engine.serve::<managed_policies::CreatePolicy>(call, input).await,
        Name::CreatePolicyVersion => {
            engine.serve::<managed_policies::CreatePolicyVersion>(call, input).await
        }
        Name::CreateRole => engine.serve::<roles::CreateRole>(call, input).await,
        Name::CreateUser => engine.serve::<users::CreateUser>(call, input).await,
        Name::DeleteAccessKey => engine.serve::<access_keys::DeleteAccessKey>(call, input).await,
        Name::DeleteAccountAlias => engine.serve::<account::DeleteAccountAlias>(call, input).await,
        Name::DeleteGroup => engine.serve::<users::DeleteIdentity<Group>>(call, input).await,
        Name::DeleteGroupPolicy => {
            engine.serve::<inline_policies::DeletePolicy<Group>>(call, input).await
        }
        Name::DeleteOpenIDConnectProvider => {
            engine.serve::<providers::DeleteOpenIDConnectProvider>(call, input).await
        }
        Name::DeletePolicy => engine.serve::<managed_policies::DeletePolicy>(call, input).await,
        Name::DeletePolicyVersion => {
            engine.serve::<managed_policies::DeletePolicyVersion>(call, input).await
        }
        Name::DeleteRole => engine.serve::<users::DeleteIdentity<Role>>(call, input).await,
        Name::DeleteRolePermissionsBoundary => {
            engine.serve::<boundaries::DeletePermissionsBoundary<Role>>(call, input).await
        }
        Name::DeleteRolePolicy => {
            engine.serve::<inline_policies::DeletePolicy<Role>>(call, input).await
        }
        Name::DeleteUser => engine.serve::<users::DeleteIdentity<User>>(call, input).await,
        Name::DeleteUserPermissionsBoundary => {
            engine.serve::<boundaries::DeletePermissionsBoundary<User>>(call, input).await
        }
        Name::DeleteUserPolicy => {
            engine.serve::<inline_policies::DeletePolicy<User>>(call, input).await
        }
        Name::DetachGroupPolicy => {
            engine.serve::<attachments::DetachPolicy<Group>>(call, input).await
        }
        Name::DetachRolePolicy => {
            engine.serve::<attachments::DetachPolicy<Role>>(call, input).await
        }
        Name::DetachUserPolicy => {
            engine.serve::<attachments::DetachPolicy<User>>(call, input).await
        }
        Name::GetAccessKeyLastUsed => {
            engine.serve::<access_keys::GetAccessKeyLastUsed>(call, input).await
        }
        Name::GetAccountAuthorizationDetails => {
            engine.serve::<account::GetAccountAuthorizationDetails>(call, input).await
        }
        Name::GetAccountSummary => engine.serve::<account::GetAccountSummary>(call, input).await,
        Name::GetContextKeysForCustomPolicy => {
            engine.serve::<simulation::GetContextKeysForCustomPolicy>(call, input).await
        }
        Name::GetContextKeysForPrincipalPolicy => {
            engine.serve::<simulation::GetContextKeysForPrincipalPolicy>(call, input).await
        }
        Name::GetGroup => engine.serve::<groups::GetGroup>(call, input).await,
        Name::GetGroupPolicy => {
            engine.serve::<inline_policies::GetPolicy<Group>>(call, input).await
        }
        Name::GetOpenIDConnectProvider => {
            engine.serve::<providers::GetOpenIDConnectProvider>(call, input).await
        }
        Name::GetPolicy => engine.serve::<managed_policies::GetPolicy>(call, input).await,
        Name::GetPolicyVersion => {
            engine.serve::<managed_policies::GetPolicyVersion>(call, input).await
        }
        Name::GetRole => engine.serve::<roles::GetRole>(call, input).await,
        Name::GetRolePolicy => engine.serve::<inline_policies::GetPolicy<Role>>(call, input).await,
        Name::GetUser => engine.serve::<users::GetUser>(call, input).await,
        Name::GetUserPolicy => engine.serve::<inline_policies::GetPolicy<User>>(call, input).await,
        Name::ListAccessKeys => engine.serve::<access_keys::ListAccessKeys>(call, input).await,
        Name::ListAccountAliases => engine.serve::<account::ListAccountAliases>(call, input).await,
        Name::ListAttachedGroupPolicies => {
            engine.serve::<attachments::ListAttachedPolicies<Group>>(call, input).await
        }
        Name::ListAttachedRolePolicies => {
            engine.serve::<attachments::ListAttachedPolicies<Role>>(call, input).await
        }
        Name::ListAttachedUserPolicies => {
            engine.serve::<attachments::ListAttachedPolicies<User>>(call, input).await
        }
        Name::ListEntitiesForPolicy => {
            engine.serve::<attachments::ListEntitiesForPolicy>(call, input).await
        }
        Name::ListGroupPolicies => {
            engine.serve::<inline_policies::ListPolicies<Group>>(call, input).await
        }
        Name::ListGroups => engine.serve::<groups::ListGroups>(call, input).await,
        Name::ListGroupsForUser => engine.serve::<groups::ListGroupsForUser>(call, input).await,
        Name::ListOpenIDConnectProviderTags => {
            engine.serve::<tags::ListOpenIDConnectProviderTags>(call, input).await
        }
        Name::ListOpenIDConnectProviders => {
            engine.serve::<providers::ListOpenIDConnectProviders>(call, input).await
        }
        Name::ListPolicies => engine.serve::<managed_policies::ListPolicies>(call, input).await,
        Name::ListPolicyTags => engine.serve::<tags::ListPolicyTags>(call, input).await,
        Name::ListPolicyVersions => {
            engine.serve::<managed_policies::ListPolicyVersions>(call, input).await
        }
        Name::ListRolePolicies => {
            engine.serve::<inline_policies::ListPolicies<Role>>(call, input).await
        }
        Name::ListRoleTags => engine.serve::<tags::ListRoleTags>(call, input).await,
        Name::ListRoles => engine.serve::<roles::ListRoles>(call, input).await,
        Name::ListUserPolicies => {
            engine.serve::<inline_policies::ListPolicies<User>>(call, input).await
        }
        Name::ListUserTags => engine.serve::<tags::ListUserTags>(call, input).await,
        Name::ListUsers => engine.serve::<users::ListUsers>(call, input).await,
        Name::PutGroupPolicy => {
            engine.serve::<inline_policies::PutPolicy<Group>>(call, input).await
        }
        Name::PutRolePermissionsBoundary => {
            engine.serve::<boundaries::PutPermissionsBoundary<Role>>(call, input).await
        }
        Name::PutRolePolicy => engine.serve::<inline_policies::PutPolicy<Role>>(call, input).await,
        Name::PutUserPermissionsBoundary => {
            engine.serve::<boundaries::PutPermissionsBoundary<User>>(call, input).await
        }
        Name::PutUserPolicy => engine.serve::<inline_policies::PutPolicy<User>>(call, input).await,
        Name::RemoveClientIDFromOpenIDConnectProvider => {
            engine.serve::<providers::RemoveClientIDFromOpenIDConnectProvider>(call, input).await
        }
        Name::RemoveUserFromGroup => engine.serve::<groups::RemoveUserFromGroup>(call, input).await,
        Name::SetDefaultPolicyVersion => {
            engine.serve::<managed_policies::SetDefaultPolicyVersion>(call, input).await
        }
        Name::SimulateCustomPolicy => {
            engine.serve::<simulation::SimulateCustomPolicy>(call, input).await
        }
        Name::SimulatePrincipalPolicy => {
            engine.serve::<simulation::SimulatePrincipalPolicy>(call, input).await
        }
        Name::TagOpenIDConnectProvider => {
            engine.serve::<tags::TagOpenIDConnectProvider>(call, input).await
        }
        Name::TagPolicy => engine.serve::<tags::TagPolicy>(call, input).await,
        Name::TagRole => engine.serve::<tags::TagRole>(call, input).await,
        Name::TagUser => engine.serve::<tags::TagUser>(call, input).await,
        Name::UntagOpenIDConnectProvider => {
            engine.serve::<tags::UntagOpenIDConnectProvider>(call, input).await
        }
        Name::UntagPolicy => engine.serve::<tags::UntagPolicy>(call, input).await,
        Name::UntagRole => engine.serve::<tags::UntagRole>(call, input).await,
        Name::UntagUser => engine.serve::<tags::UntagUser>(call, input).await,
        Name::UpdateAccessKey => engine.serve::<access_keys::UpdateAccessKey>(call, input).await,
        Name::UpdateAssumeRolePolicy => {
            engine.serve::<roles::UpdateAssumeRolePolicy>(call, input).await
        }
        Name::UpdateGroup => engine.serve::<groups::UpdateGroup>(call, input).await,
        Name::UpdateOpenIDConnectProviderThumbprint => {
            engine.serve::<providers::UpdateOpenIDConnectProviderThumbprint>(call, input).await
        }
        Name::UpdateRole => engine.serve::<roles::UpdateRole>(call, input).await,
        Name::UpdateRoleDescription => {
            engine.serve::<roles::UpdateRoleDescription>(call, input).await
        }
        Name::UpdateUser => engine.serve::<users::UpdateUser>(call, input).await,
    }
}

/// Serves the operation of STS `name`.
///
/// # Errors
/// [`Unrecorded`] when the request could not be recorded.
pub async fn serve_sts(
    engine: &Engine,
    name: StsOperation,
    call: &Call,
    input: Result<Node<'_>, Malformed>,
) -> Result<Recorded<Outcome>, Unrecorded> {
    match name {
        StsOperation::AssumeRole => engine.serve::<sts::AssumeRole>(call, input).await,
        StsOperation::AssumeRoleWithWebIdentity => {
            engine.serve::<sts::AssumeRoleWithWebIdentity>(call, input).await
        }
        StsOperation::GetAccessKeyInfo => engine.serve::<sts::GetAccessKeyInfo>(call, input).await,
        StsOperation::GetCallerIdentity => {
            engine.serve::<sts::GetCallerIdentity>(call, input).await
        }
        StsOperation::GetFederationToken => {
            engine.serve::<sts::GetFederationToken>(call, input).await
        }
        StsOperation::GetSessionToken => engine.serve::<sts::GetSessionToken>(call, input).await,
    }
}
