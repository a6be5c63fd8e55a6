//! How much there may be. Source: IAM User Guide, "IAM and AWS STS quotas".

use strongroom_types::IdentityKind;

/// Managed policies attached to one identity.
pub(crate) const ATTACHED: usize = 10;
/// Groups of one user.
pub(crate) const GROUPS: usize = 10;
/// Access keys of one user.
pub(crate) const ACCESS_KEYS: usize = 2;
/// Versions of one managed policy.
pub(crate) const VERSIONS: usize = 5;
/// Client ids of one identity provider.
pub(crate) const CLIENTS: usize = 100;
/// Characters of a managed policy, white space not counted.
pub(crate) const MANAGED_POLICY: usize = 6144;
/// Characters of a trust policy, white space not counted.
pub(crate) const TRUST_POLICY: usize = 2048;
/// Characters of a service control policy. Source: AWS Organizations User Guide, "Quotas".
pub(crate) const CONTROL_POLICY: usize = 5120;
/// Service control policies of one level. Source: the same.
pub(crate) const CONTROL_POLICIES: usize = 5;
/// Characters of policy, ARNs and tags that a session is made with. What AWS's packed form takes is
/// not published; our choice: a token of these stays below the 16 KiB of a header that clients and
/// proxies take.
pub(crate) const PACKED: usize = 6144;

/// Characters of all inline policies of an identity, white space not counted.
pub(crate) const fn inline_policies(kind: IdentityKind) -> usize {
    match kind {
        IdentityKind::User => 2048,
        IdentityKind::Group => 5120,
        IdentityKind::Role => 10_240,
    }
}

/// The characters of a document that count.
pub(crate) fn size(document: &str) -> usize {
    document.chars().filter(|c| !c.is_whitespace()).count()
}
