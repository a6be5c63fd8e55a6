//! The shapes of the IAM API that simulations of policies use. A test compares them with the public
//! API model.

use super::iam::{ARN, POLICY_DOCUMENT, POLICY_NAME};
use super::{UNBOUNDED, open, patterns};
use strongroom_types::shape::Kind::{List, Name, Structure, Text};
use strongroom_types::shape::{Shape, optional, required};

pub(crate) const SIMULATION_POLICY_LIST: Shape =
    open("SimulationPolicyListType", List { member: &POLICY_DOCUMENT, min: 0, max: UNBOUNDED });
pub(crate) const ACTION_NAME: Shape =
    open("ActionNameType", Text { min: 3, max: 128, pattern: None });
pub(crate) const ACTION_NAME_LIST: Shape =
    open("ActionNameListType", List { member: &ACTION_NAME, min: 0, max: UNBOUNDED });
pub(crate) const RESOURCE_NAME: Shape =
    open("ResourceNameType", Text { min: 1, max: 2048, pattern: None });
pub(crate) const RESOURCE_NAME_LIST: Shape =
    open("ResourceNameListType", List { member: &RESOURCE_NAME, min: 0, max: UNBOUNDED });
pub(crate) const CONTEXT_KEY_NAME: Shape =
    open("ContextKeyNameType", Text { min: 5, max: 256, pattern: None });
pub(crate) const CONTEXT_KEY_VALUE: Shape =
    open("ContextKeyValueType", Text { min: 0, max: UNBOUNDED, pattern: None });
pub(crate) const CONTEXT_KEY_VALUE_LIST: Shape =
    open("ContextKeyValueListType", List { member: &CONTEXT_KEY_VALUE, min: 0, max: UNBOUNDED });
pub(crate) const CONTEXT_KEY_TYPE: Shape = open(
    "ContextKeyTypeEnum",
    Name(&[
        "string",
        "stringList",
        "numeric",
        "numericList",
        "boolean",
        "booleanList",
        "ip",
        "ipList",
        "binary",
        "binaryList",
        "date",
        "dateList",
    ]),
);
pub(crate) const CONTEXT_ENTRY: Shape = open(
    "ContextEntry",
    Structure(&[
        optional("ContextKeyName", &CONTEXT_KEY_NAME),
        optional("ContextKeyValues", &CONTEXT_KEY_VALUE_LIST),
        optional("ContextKeyType", &CONTEXT_KEY_TYPE),
    ]),
);
pub(crate) const CONTEXT_ENTRY_LIST: Shape =
    open("ContextEntryListType", List { member: &CONTEXT_ENTRY, min: 0, max: UNBOUNDED });
pub(crate) const RESOURCE_HANDLING_OPTION: Shape =
    open("ResourceHandlingOptionType", Text { min: 1, max: 64, pattern: None });
pub(crate) const POLICY_IDENTIFIER_POLICY_TYPE: Shape = open(
    "PolicyIdentifierPolicyType",
    Name(&["inline", "aws-managed", "user-managed", "permission-boundary", "scp", "rcp"]),
);
pub(crate) const ATTACHMENT: Shape = open("AttachmentType", Name(&["user", "group", "role"]));
pub(crate) const ATTACHMENT_NAME: Shape =
    open("AttachmentName", Text { min: 1, max: 128, pattern: Some(&patterns::NAME) });
pub(crate) const INLINE_POLICY_IDENTIFIER: Shape = open(
    "InlinePolicyIdentifierType",
    Structure(&[
        required("PolicyName", &POLICY_NAME),
        required("AttachmentType", &ATTACHMENT),
        required("AttachmentName", &ATTACHMENT_NAME),
    ]),
);
pub(crate) const POLICY_IDENTIFIER: Shape = open(
    "PolicyIdentifier",
    Structure(&[
        optional("PolicyType", &POLICY_IDENTIFIER_POLICY_TYPE),
        optional("PolicyArn", &ARN),
        optional("InlinePolicyIdentifier", &INLINE_POLICY_IDENTIFIER),
    ]),
);
pub(crate) const POLICY_EXCLUSIONS_LIST: Shape =
    open("PolicyExclusionsListType", List { member: &POLICY_IDENTIFIER, min: 0, max: 256 });
pub(crate) const ORDERED_ORGANIZATION_POLICY: Shape = open(
    "OrderedOrganizationPolicyType",
    Structure(&[optional("ServiceControlPolicyInputList", &SIMULATION_POLICY_LIST)]),
);
pub(crate) const ORGANIZATION_POLICY_LIST: Shape = open(
    "OrganizationPolicyListType",
    List { member: &ORDERED_ORGANIZATION_POLICY, min: 0, max: 7 },
);
