//! Users, groups, roles and policies as answers show them.

use std::fmt::Write as _;
use strongroom_engine::identity::AwsManagedPolicy;
use strongroom_engine::reply::{Out, Reply};
use strongroom_keys::identity::{IdentityRecord, ManagedPolicyRecord, PolicyVersion, RoleUse};
use strongroom_types::{IdentityKind, Tag};

/// A document as answers show it: percent-encoded as RFC 3986 has it.
pub(super) fn document(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Tags as answers show them.
pub(super) fn tag_list(tags: &[Tag]) -> Out {
    let pair = |tag: &Tag| {
        Reply::empty().with("Key", tag.key.clone()).with("Value", tag.value.clone()).into()
    };
    tags.iter().map(pair).collect()
}

fn boundary(arn: &str) -> Reply {
    Reply::empty()
        .with("PermissionsBoundaryType", "PermissionsBoundaryPolicy")
        .with("PermissionsBoundaryArn", arn.to_owned())
}

/// What listings show of a user, group or role.
pub(super) fn brief(record: &IdentityRecord, partition: &'static str) -> Reply {
    let (name, id) = match record.kind {
        IdentityKind::User => ("UserName", "UserId"),
        IdentityKind::Group => ("GroupName", "GroupId"),
        IdentityKind::Role => ("RoleName", "RoleId"),
    };
    let reply = Reply::empty()
        .with("Path", record.path.clone())
        .with(name, record.name.clone())
        .with(id, record.id.clone())
        .with("Arn", record.arn(partition).to_string())
        .with("CreateDate", record.created);
    match &record.role {
        Some(role) => reply
            .with("AssumeRolePolicyDocument", document(&role.trust))
            .with_some("Description", role.description.clone())
            .with("MaxSessionDuration", i64::from(role.max_session)),
        None => reply,
    }
}

/// What is shown of one user, group or role.
pub(super) fn whole(record: &IdentityRecord, partition: &'static str) -> Reply {
    let reply = brief(record, partition)
        .with_some("PermissionsBoundary", record.boundary.as_deref().map(boundary));
    if record.tags.is_empty() { reply } else { reply.with("Tags", tag_list(&record.tags)) }
}

/// The last use of a role, as answers show it; without members if there was none.
pub(super) fn role_last_used(used: Option<RoleUse>) -> Reply {
    match used {
        Some(used) => Reply::empty().with("LastUsedDate", used.time).with("Region", used.region),
        None => Reply::empty(),
    }
}

/// `v` and the number of a version.
pub(super) fn version_id(number: u32) -> String {
    format!("v{number}")
}

/// A managed policy of the account's, as listings show it.
pub(super) fn policy(record: &ManagedPolicyRecord, partition: &'static str) -> Reply {
    Reply::empty()
        .with("PolicyName", record.name.clone())
        .with("PolicyId", record.id.clone())
        .with("Arn", record.arn(partition).to_string())
        .with("Path", record.path.clone())
        .with("DefaultVersionId", version_id(record.default))
        .with("AttachmentCount", i64::from(record.attachments))
        .with("PermissionsBoundaryUsageCount", i64::from(record.boundaries))
        .with("IsAttachable", true)
        .with("CreateDate", record.created)
        .with("UpdateDate", record.updated)
}

/// A managed policy of AWS's, with how often it is attached and a boundary.
pub(super) fn aws_policy(
    policy: &AwsManagedPolicy,
    partition: &'static str,
    (attached, boundaries): (usize, usize),
) -> Reply {
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    Reply::empty()
        .with("PolicyName", policy.name)
        .with("PolicyId", policy.id)
        .with("Arn", policy.arn(partition).to_string())
        .with("Path", policy.path)
        .with("DefaultVersionId", version_id(policy.version))
        .with("AttachmentCount", count(attached))
        .with("PermissionsBoundaryUsageCount", count(boundaries))
        .with("IsAttachable", true)
        .with("CreateDate", policy.created())
        .with("UpdateDate", policy.created())
}

/// A version of a managed policy; with its document where that is asked for.
pub(super) fn version(version: &PolicyVersion, holds: bool, with_document: bool) -> Reply {
    let text = with_document.then(|| document(&version.document));
    Reply::empty()
        .with_some("Document", text)
        .with("VersionId", version_id(version.number))
        .with("IsDefaultVersion", holds)
        .with("CreateDate", version.created)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_encoded_to_the_byte() {
        assert_eq!(document("{\"a\": \"~é\"}"), "%7B%22a%22%3A%20%22~%C3%A9%22%7D");
    }
}
