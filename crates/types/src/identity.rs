//! What an account's identity and access management knows: users, groups, roles, policies.

use crate::AccountId;
use crate::names::named;
use std::fmt;

named! {
    /// Kinds of identities that policies are attached to, by the names that ARNs have for them.
    IdentityKind {
        User = "user",
        Group = "group",
        Role = "role",
    }
}

named! {
    /// Whether an access key signs.
    AccessKeyStatus {
        Active = "Active",
        Inactive = "Inactive",
    }
}

/// `arn:<partition>:iam::<account>:<kind><path><name>`; federated users are of `sts`. Buckets and
/// what is in them are `arn:<partition>:s3:::<path><name>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityArn {
    /// The partition: that of the Region of the request.
    pub partition: &'static str,
    /// The account; `None` for policies of AWS's own.
    pub account: Option<AccountId>,
    /// `user`, `group`, `role`, `policy`, `oidc-provider`; `bucket` and `object`.
    pub kind: &'static str,
    /// Beginning and ending with `/`; of an object its bucket and a `/`, of a bucket empty.
    pub path: String,
    /// The name; empty for all that are below the path.
    pub name: String,
}

impl fmt::Display for EntityArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, account, kind, path, name } = self;
        if matches!(*kind, "bucket" | "object") {
            return write!(f, "arn:{partition}:s3:::{path}{name}");
        }
        let service = if *kind == "federated-user" { "sts" } else { "iam" };
        match account {
            Some(account) => write!(f, "arn:{partition}:{service}::{account}:{kind}{path}{name}"),
            None => write!(f, "arn:{partition}:{service}::aws:{kind}{path}{name}"),
        }
    }
}

/// An ARN of IAM as a request writes it, in its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntityReference<'a> {
    /// The partition; whether it is the server's is for whoever looks it up to see.
    pub partition: &'a str,
    /// The account; `None` for what is AWS's own.
    pub account: Option<AccountId>,
    /// `policy`, `role`, …
    pub kind: &'a str,
    /// Beginning and ending with `/`.
    pub path: &'a str,
    /// The name.
    pub name: &'a str,
}

impl<'a> EntityReference<'a> {
    /// The parts of `text`; `None` if it is no ARN of an entity of IAM.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.strip_prefix("arn:")?.splitn(5, ':');
        let partition = parts.next()?;
        let is_iam = parts.next()? == "iam" && parts.next()?.is_empty();
        let account = match parts.next()? {
            "aws" => None,
            account => Some(account.parse().ok()?),
        };
        let resource = parts.next()?;
        let slash = resource.find('/')?;
        let (kind, rest) = resource.split_at(slash);
        let (path, name) = rest.split_at(rest.rfind('/')? + 1);
        let fine = is_iam && partition.starts_with("aws") && !name.is_empty();
        fine.then_some(Self { partition, account, kind, path, name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_are_read_as_they_are_written() {
        let text = "arn:aws:iam::111122223333:policy/a/b/read";
        let found = EntityReference::parse(text).unwrap();
        assert_eq!((found.kind, found.path, found.name), ("policy", "/a/b/", "read"));
        assert_eq!(found.partition, "aws");
        let arn = EntityArn {
            partition: "aws",
            account: found.account,
            kind: "policy",
            path: found.path.to_owned(),
            name: found.name.to_owned(),
        };
        assert_eq!(arn.to_string(), text);
        let aws = EntityReference::parse("arn:aws:iam::aws:policy/AdministratorAccess").unwrap();
        assert_eq!((aws.account, aws.path, aws.name), (None, "/", "AdministratorAccess"));
        for wrong in [
            "",
            "arn:aws:iam::111122223333:root",
            "arn:aws:iam::1:user/a",
            "arn:aws:iam::111122223333:user/",
            "arn:aws:kms::111122223333:user/a",
            "arn:aws:iam:eu-west-2:111122223333:user/a",
            "arn:azure:iam::111122223333:user/a",
        ] {
            assert_eq!(EntityReference::parse(wrong), None, "{wrong}");
        }
    }
}
