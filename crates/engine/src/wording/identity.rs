//! The texts of IAM and STS.

use crate::identity::defect::{
    Conflict, IdentityDefect, Quota, SimulationDefect, WebIdentityDefect,
};
use strongroom_types::IdentityKind;

/// The message, as AWS words it.
pub(super) fn message(defect: &IdentityDefect) -> String {
    use IdentityDefect as D;
    match defect {
        D::NoIdentity(kind, name) => {
            format!("The {kind} with name {name} cannot be found.")
        }
        D::NoPolicy(arn) | D::NotAttached(arn) => format!("Policy {arn} was not found."),
        D::NotAttachable(arn) => format!("Policy {arn} does not exist or is not attachable."),
        D::NoVersion(arn, version) => {
            format!("Policy {arn} version {version} does not exist or is not attachable.")
        }
        D::NoInlinePolicy(kind, name) => {
            format!("The {kind} policy with name {name} cannot be found.")
        }
        D::NoBoundary(kind, name) => {
            format!("{} {name} does not have a permissions boundary.", capital(*kind))
        }
        D::NoAccessKey(id) => format!("The Access Key with id {id} cannot be found."),
        D::NoProvider(arn) => format!("OpenIDConnect Provider not found for arn {arn}"),
        D::NoAccountAlias(alias) => format!("The account alias {alias} cannot be found."),
        D::IdentityExists(kind, name) => {
            format!("{} with name {name} already exists.", capital(*kind))
        }
        D::PolicyExists(name) => {
            format!("A policy called {name} already exists. Duplicate names are not allowed.")
        }
        D::ProviderExists(url) => format!("Provider with url {url} already exists."),
        D::AccountAliasExists(alias) => format!("The account alias {alias} already exists."),
        D::Conflict(conflict) => in_the_way(*conflict).to_owned(),
        D::Quota(quota) => exceeded(quota),
        D::MalformedPolicy(why) => why.clone(),
        D::UnknownPrincipal(name) => format!("Invalid principal in policy: \"AWS\":\"{name}\""),
        D::WebIdentity(defect) => web_identity(*defect).to_owned(),
        D::WithSession(operation) => {
            format!("Cannot call {operation} with session credentials")
        }
        D::RoleArn(arn) => format!("{arn} is invalid"),
        D::RequestArn => "Request ARN is invalid".to_owned(),
        D::InvalidArn(arn) => format!("ARN {arn} is not valid."),
        D::Unserved(member) => format!("{member} is not supported by this server"),
        D::Packed(percent) => format!(
            "Packed size of session tags and session policies consumes {percent}% of allotted space."
        ),
        D::TransitiveTag(key) => {
            format!(
                "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session: {key}"
            )
        }
        D::SessionPolicy(arn) => format!("Policy {arn} does not exist or is not attachable."),
        D::VersionId(id) => format!(
            "1 validation error detected: Value '{id}' at 'versionId' failed to satisfy \
             constraint: Member must satisfy regular expression pattern: \
             v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?"
        ),
        D::Simulation(defect) => simulation(defect),
        other => fixed(other).to_owned(),
    }
}

/// Texts without anything of the request in them.
const fn fixed(defect: &IdentityDefect) -> &'static str {
    match defect {
        IdentityDefect::DuplicateTags => {
            "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        }
        IdentityDefect::ReservedTag => {
            "aws: prefixed tag key names are not allowed for external use."
        }
        IdentityDefect::UserNameMissing => {
            "Must specify userName when calling with non-User credentials"
        }
        IdentityDefect::AwsManaged => "Cannot modify an AWS managed policy.",
        IdentityDefect::RootAssumes => "Roles may not be assumed by root accounts.",
        IdentityDefect::SessionTooLong => {
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        }
        IdentityDefect::ChainTooLong => {
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by \
             role chaining"
        }
        IdentityDefect::Mfa => {
            "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your \
             MFA serial number is valid and associated with this user."
        }
        IdentityDefect::SourceIdentityChanged => {
            "The source identity of a session cannot be changed."
        }
        IdentityDefect::WebIdentityDenied => {
            "Not authorized to perform sts:AssumeRoleWithWebIdentity"
        }
        IdentityDefect::Throttled => "Rate exceeded",
        IdentityDefect::SessionPolicySize => {
            "The plaintext of inline and managed session policies cannot exceed 2048 characters."
        }
        IdentityDefect::NoSuchAccessKeyInfo => "The access key does not exist.",
        IdentityDefect::ProviderUrl => "Invalid Open ID Connect Provider URL",
        IdentityDefect::Thumbprints => "Thumbprint list must contain fewer than 5 entries.",
        _ => "",
    }
}

const fn capital(kind: IdentityKind) -> &'static str {
    match kind {
        IdentityKind::User => "User",
        IdentityKind::Group => "Group",
        IdentityKind::Role => "Role",
    }
}

const fn in_the_way(conflict: Conflict) -> &'static str {
    match conflict {
        Conflict::Attached => "Cannot delete entity, must detach all policies first.",
        Conflict::Inline => "Cannot delete entity, must delete policies first.",
        Conflict::AccessKeys => "Cannot delete entity, must delete access keys first.",
        Conflict::Members => "Cannot delete entity, must remove users from group first.",
        Conflict::PolicyAttached => "Cannot delete a policy attached to entities.",
        Conflict::Versions => {
            "This policy has more than one version. Before you delete a policy, you must delete \
             the policy's versions. The default version is deleted with the policy."
        }
        Conflict::DefaultVersion => "Cannot delete the default version of a policy.",
    }
}

fn exceeded(quota: &Quota) -> String {
    match quota {
        Quota::Attached(kind) => {
            format!("Cannot exceed quota for PoliciesPer{}: 10", capital(*kind))
        }
        Quota::Groups => "Cannot exceed quota for GroupsPerUser: 10".to_owned(),
        Quota::AccessKeys => "Cannot exceed quota for AccessKeysPerUser: 2".to_owned(),
        Quota::Versions => "A managed policy can have up to 5 versions. Before you create a new \
                            version, you must delete an existing version."
            .to_owned(),
        Quota::Tags => "The number of tags has reached the maximum limit.".to_owned(),
        Quota::ManagedPolicy => "Cannot exceed quota for PolicySize: 6144".to_owned(),
        Quota::TrustPolicy => "Cannot exceed quota for ACLSizePerRole: 2048".to_owned(),
        Quota::Inline(kind, name) => {
            let most = crate::identity::quota::inline_policies(*kind);
            format!("Maximum policy size of {most} bytes exceeded for {kind} {name}")
        }
        Quota::Clients => {
            "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100".to_owned()
        }
        Quota::AccountAliases => "Cannot exceed quota for AccountAliases: 1".to_owned(),
    }
}

fn simulation(defect: &SimulationDefect) -> String {
    use SimulationDefect as D;
    match defect {
        D::Entity(arn) => {
            format!("Invalid Entity Arn: {arn} does not clearly define entity type and name.")
        }
        D::ForeignSource { caller, owner } => format!(
            "Invalid Policy Source Arn: caller's account {caller} does not have access to policies \
             in account {owner}"
        ),
        D::Action(name) => format!("Invalid Input Action: {name} is not of the form service:name."),
        D::Resource(text) => format!("ResourceNames are not in a valid ARN format: {text}."),
        D::NoResource => "Invalid Entity Arn: * does not clearly define entity type and name. A \
                          ResourcePolicy needs ResourceArns."
            .to_owned(),
        D::NoCaller => "Invalid caller - Caller cannot be null or empty.".to_owned(),
        D::Owner(text) => format!("'{text}' is not a valid as a Resource Owner."),
        D::Boundaries => {
            "The list of Permissions Boundary policies cannot exceed 1 items.".to_owned()
        }
        D::EmptyLevel(at) => format!(
            "Organization policy at index {at} must contain at least one service control policy"
        ),
        D::Exclusion => "Invalid Policy Exclusion: specify exactly one of PolicyType, PolicyArn, \
                         or InlinePolicyIdentifier, with at most one * in a name."
            .to_owned(),
        D::Document(name, why) => format!("Invalid Policy Document: {name}: {why}"),
        D::Scenario => "ResourceHandlingOption is not supported by this server".to_owned(),
        D::TooLarge => "The simulation is too large: ask for fewer actions, resources or policies \
                        in one request."
            .to_owned(),
    }
}

const fn web_identity(defect: WebIdentityDefect) -> &'static str {
    match defect {
        WebIdentityDefect::Form => {
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
        }
        WebIdentityDefect::NoProvider => {
            "No OpenIDConnect provider found in your account for the issuer of the token"
        }
        WebIdentityDefect::Audience => "Incorrect token audience",
        WebIdentityDefect::Expired => "Token expired: the token's time is over",
        WebIdentityDefect::Session => {
            "The session tags or the source identity in the ID Token are not valid"
        }
        WebIdentityDefect::Signature => "Couldn't verify the signature of the token",
        WebIdentityDefect::NoKeys => {
            "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements"
        }
    }
}
