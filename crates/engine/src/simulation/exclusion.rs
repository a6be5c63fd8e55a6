//! Policies that a simulation leaves out.
//!
//! Source: IAM API Reference, `PolicyIdentifier`.

use strongroom_types::{EntityReference, IdentityKind};

/// Which policies are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exclusion {
    /// All of a class.
    Class(PolicyClass),
    /// Managed policies that are attached, by an ARN whose name may have wildcards.
    Managed(String),
    /// Embedded policies of this name.
    Inline {
        /// Name of the policy.
        policy: String,
        /// What it is embedded in.
        kind: IdentityKind,
        /// Name of that, which may have wildcards.
        identity: String,
    },
}

/// A class of policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyClass {
    /// Embedded policies.
    Inline,
    /// AWS's managed policies.
    AwsManaged,
    /// The account's managed policies.
    UserManaged,
    /// The permissions boundary.
    Boundary,
    /// Service control policies.
    ServiceControl,
    /// Resource control policies, which there are none of.
    ResourceControl,
}

impl PolicyClass {
    /// The class of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "inline" => Self::Inline,
            "aws-managed" => Self::AwsManaged,
            "user-managed" => Self::UserManaged,
            "permission-boundary" => Self::Boundary,
            "scp" => Self::ServiceControl,
            "rcp" => Self::ResourceControl,
            _ => return None,
        })
    }
}

impl Exclusion {
    /// Managed policies by an ARN; `None` for one with wildcards elsewhere than in its name, or
    /// with more than one `*`.
    #[must_use]
    pub fn managed(arn: String) -> Option<Self> {
        let found = EntityReference::parse(&arn).filter(|found| found.kind == "policy")?;
        let place = arn.get(..arn.len() - found.name.len())?;
        let fine = !place.contains(['*', '?']) && has_one_star(found.name);
        fine.then_some(Self::Managed(arn))
    }

    /// Embedded policies; `None` if the name of the identity has more than one `*`.
    #[must_use]
    pub fn inline(policy: String, kind: IdentityKind, identity: String) -> Option<Self> {
        has_one_star(&identity).then_some(Self::Inline { policy, kind, identity })
    }

    /// Whether it is of this class.
    pub(crate) fn is_class(&self, class: PolicyClass) -> bool {
        *self == Self::Class(class)
    }

    /// Whether the embedded policy is meant.
    pub(crate) fn is_inline(&self, policy: &str, kind: IdentityKind, identity: &str) -> bool {
        match self {
            Self::Class(class) => *class == PolicyClass::Inline,
            Self::Managed(_) => false,
            Self::Inline { policy: own, kind: of, identity: name } => {
                own == policy && *of == kind && fits(name, identity)
            }
        }
    }

    /// Whether the managed policy at this ARN is meant.
    pub(crate) fn is_managed(&self, arn: &str, is_aws: bool) -> bool {
        match self {
            Self::Class(PolicyClass::AwsManaged) => is_aws,
            Self::Class(PolicyClass::UserManaged) => !is_aws,
            Self::Class(_) | Self::Inline { .. } => false,
            Self::Managed(pattern) => fits(pattern, arn),
        }
    }
}

fn has_one_star(pattern: &str) -> bool {
    pattern.matches('*').count() <= 1
}

/// Whether `text` is of a pattern with at most one `*`.
fn fits(pattern: &str, text: &str) -> bool {
    let same = |pattern: &str, text: &str| {
        let pairs = pattern.bytes().zip(text.bytes());
        pattern.len() == text.len() && pairs.into_iter().all(|(own, c)| own == b'?' || own == c)
    };
    let Some((head, tail)) = pattern.split_once('*') else { return same(pattern, text) };
    let Some(middle) = text.len().checked_sub(tail.len()) else { return false };
    let ends = text.get(..head.len()).zip(text.get(middle..));
    head.len() <= middle && ends.is_some_and(|(first, last)| same(head, first) && same(tail, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_wildcards() {
        for (pattern, text, fit) in [
            ("ann", "ann", true),
            ("ann", "anna", false),
            ("a?n", "ann", true),
            ("a*", "a", true),
            ("a*n", "an", true),
            ("a*n", "a", false),
            ("an*nn", "ann", false),
            ("*", "", true),
            ("*x", "éx", true),
            ("é*", "é", true),
        ] {
            assert_eq!(fits(pattern, text), fit, "{pattern} {text}");
        }
    }

    #[test]
    fn wildcards_stand_in_names_only() {
        let managed = |text: &str| Exclusion::managed(text.to_owned()).is_some();
        assert!(managed("arn:aws:iam::111122223333:policy/a/re?d*"));
        for wrong in [
            "arn:aws:iam::111122223333:policy/a*/read",
            "arn:aws:iam::111122223333:policy/a*b*",
            "arn:aws:iam::*:policy/read",
            "arn:aws:iam::111122223333:user/read",
            "arn:aws:kms:us-east-1:111122223333:key/x",
        ] {
            assert!(!managed(wrong), "{wrong}");
        }
    }
}
