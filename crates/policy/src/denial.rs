//! Denials: why not, and AWS's words for it.

use crate::decision::permit::{Parts, PolicyKind, Site};
use crate::question::{Question, Resource};
use std::fmt;

/// Why something is not permitted. Of several reasons it is the first found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denial {
    /// A statement denies it.
    Explicit(Site),
    /// No policy of this kind allows it.
    Implicit(PolicyKind),
    /// The resource belongs to another account, which does not allow it. The caller is not told
    /// whether there is such a resource.
    Hidden {
        /// The statement that denies it, if one does; not for the caller's eyes.
        explicit: Option<Site>,
    },
}

/// How a refusal speaks of the resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mention {
    /// By its ARN, or `*`.
    Arn,
    /// As that of the ciphertext, when the caller named no key.
    Ciphertext,
    /// Not at all, when the caller named an alias of another account: the ARN would tell which
    /// key it stands for.
    Withheld,
}

impl Denial {
    /// The text of the `AccessDeniedException`, in AWS's words.
    ///
    /// Source: IAM User Guide, "Troubleshoot access denied error messages".
    #[must_use]
    pub fn message(&self, question: &Question<'_>, mention: Mention) -> String {
        let Question { principal, partition, action, resource, .. } = question;
        let user = principal.arn(partition);
        let is_entity = matches!(resource, Resource::Entity(_));
        let place = match (mention, self) {
            (Mention::Ciphertext, _) => "the resource associated with this ciphertext".to_owned(),
            (Mention::Withheld, _) => "this resource".to_owned(),
            (_, Self::Hidden { .. }) if !is_entity => "this resource".to_owned(),
            (Mention::Arn, _) => format!("resource: {resource}"),
        };
        let cause = match self {
            Self::Explicit(site) => {
                format!("with an explicit deny in {}", site.kind.with_article())
            }
            Self::Implicit(kind) => {
                format!("because no {} allows the {action} action", kind.name())
            }
            Self::Hidden { .. } => {
                "because the resource does not exist in this Region, no resource-based policies \
                 allow access, or a resource-based policy explicitly denies access"
                    .to_owned()
            }
        };
        // Of a role of another account nothing more is said.
        if is_entity && matches!(self, Self::Hidden { .. }) {
            return format!("User: {user} is not authorized to perform: {action} on {place}");
        }
        format!("User: {user} is not authorized to perform: {action} on {place} {cause}")
    }
}

impl Denial {
    /// Why not, divided by whose policies they are: neither account may be told of the other's.
    #[must_use]
    pub fn parts(&self) -> Parts {
        match self {
            Self::Explicit(site) => Parts::of(site.kind, self.to_string()),
            Self::Implicit(kind) => Parts::of(*kind, self.to_string()),
            Self::Hidden { .. } => Parts { owner: Some(self.to_string()), caller: None },
        }
    }
}

/// For logs and audit, not for the caller: it tells what [`Denial::message`] hides.
impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Explicit(site) => write!(f, "denied by {site}"),
            Self::Implicit(kind) => write!(f, "no {} allows it", kind.name()),
            Self::Hidden { explicit: Some(site) } => {
                write!(f, "denied to another account by {site}")
            }
            Self::Hidden { explicit: None } => f.write_str("not allowed to another account"),
        }
    }
}

impl std::error::Error for Denial {}
