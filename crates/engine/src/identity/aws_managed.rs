//! Managed policies of AWS's own, as far as they make sense here.
//!
//! Source: AWS Managed Policy Reference Guide.

use std::sync::{Arc, OnceLock};
use strongroom_policy::Policy;
use strongroom_types::{EntityArn, EntityReference, Timestamp};

/// A managed policy of AWS's.
pub struct AwsManagedPolicy {
    /// Name.
    pub name: &'static str,
    /// Unique id.
    pub id: &'static str,
    /// Path.
    pub path: &'static str,
    /// Description.
    pub description: &'static str,
    /// The document.
    pub document: &'static str,
    /// Number of the version that holds.
    pub version: u32,
    created: i64,
    compiled: OnceLock<Arc<Policy>>,
}

const ALLOW_ALL: &str = r#"{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "*",
            "Resource": "*"
        }
    ]
}"#;

static POLICIES: [AwsManagedPolicy; 4] = [
    AwsManagedPolicy {
        name: "AdministratorAccess",
        id: "ANPAIWMBCKSKIEE64ZLYK",
        path: "/",
        description: "Provides full access to AWS services and resources.",
        document: ALLOW_ALL,
        version: 1,
        created: 1_423_247_986,
        compiled: OnceLock::new(),
    },
    AwsManagedPolicy {
        name: "AWSKeyManagementServicePowerUser",
        id: "ANPAJNPP7PPPPMJRV2SA4",
        path: "/",
        description: "Provides access to AWS Key Management Service (KMS).",
        document: r#"{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "kms:CreateAlias",
                "kms:CreateKey",
                "kms:DeleteAlias",
                "kms:Describe*",
                "kms:GenerateRandom",
                "kms:Get*",
                "kms:List*",
                "kms:TagResource",
                "kms:UntagResource",
                "iam:ListGroups",
                "iam:ListRoles",
                "iam:ListUsers"
            ],
            "Resource": "*"
        }
    ]
}"#,
        version: 2,
        created: 1_423_248_000,
        compiled: OnceLock::new(),
    },
    AwsManagedPolicy {
        name: "IAMFullAccess",
        id: "ANPAI7XKCFMBPM3QQRRVQ",
        path: "/",
        description: "Provides full access to IAM via the AWS Management Console.",
        document: r#"{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "iam:*",
                "organizations:DescribeAccount",
                "organizations:DescribeOrganization",
                "organizations:DescribeOrganizationalUnit",
                "organizations:DescribePolicy",
                "organizations:ListChildren",
                "organizations:ListParents",
                "organizations:ListPoliciesForTarget",
                "organizations:ListRoots",
                "organizations:ListPolicies",
                "organizations:ListTargetsForPolicy"
            ],
            "Resource": "*"
        }
    ]
}"#,
        version: 2,
        created: 1_423_248_000,
        compiled: OnceLock::new(),
    },
    AwsManagedPolicy {
        name: "IAMReadOnlyAccess",
        id: "ANPAJKSO7NDY4T57MWDSQ",
        path: "/",
        description: "Provides read only access to IAM via the AWS Management Console.",
        document: r#"{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "iam:GenerateCredentialReport",
                "iam:GenerateServiceLastAccessedDetails",
                "iam:Get*",
                "iam:List*",
                "iam:SimulateCustomPolicy",
                "iam:SimulatePrincipalPolicy"
            ],
            "Resource": "*"
        }
    ]
}"#,
        version: 4,
        created: 1_423_248_000,
        compiled: OnceLock::new(),
    },
];

/// What [`full_access`] says.
pub(crate) const FULL_ACCESS_DOCUMENT: &str = ALLOW_ALL;

/// All of them, by name.
pub(crate) fn all() -> &'static [AwsManagedPolicy] {
    &POLICIES
}

/// The one that `reference` names.
pub(crate) fn find(reference: &EntityReference<'_>) -> Option<&'static AwsManagedPolicy> {
    let is_it =
        |policy: &&AwsManagedPolicy| policy.name == reference.name && policy.path == reference.path;
    POLICIES.iter().find(is_it).filter(|_| reference.account.is_none())
}

/// `FullAWSAccess`: the service control policy that a level has from the beginning.
pub(crate) fn full_access() -> Arc<Policy> {
    POLICIES.first().map(AwsManagedPolicy::compiled).unwrap_or_else(|| Arc::new(Policy::nothing()))
}

impl AwsManagedPolicy {
    /// Its ARN.
    #[must_use]
    pub fn arn(&self, partition: &'static str) -> EntityArn {
        let (path, name) = (self.path.to_owned(), self.name.to_owned());
        EntityArn { partition, account: None, kind: "policy", path, name }
    }

    /// When AWS made it.
    #[must_use]
    pub fn created(&self) -> Timestamp {
        Timestamp::from_millis(self.created * 1000)
    }

    /// What it says. A document that did not compile, which a test rules out, allows nothing.
    pub(crate) fn compiled(&self) -> Arc<Policy> {
        let compile = || {
            let policy = Policy::identity_policy(self.document);
            Arc::new(policy.unwrap_or_else(|_| Policy::nothing()))
        };
        self.compiled.get_or_init(compile).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_compiles() {
        for policy in &POLICIES {
            assert!(Policy::identity_policy(policy.document).is_ok(), "{}", policy.name);
        }
    }
}
