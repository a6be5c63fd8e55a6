//! The shapes of the STS API that requests use. A test compares them with the public API model.

use super::{UNBOUNDED, open, patterns, withheld};
use strongroom_types::shape::Kind::{Integer, List, Secret, Structure, Text};
use strongroom_types::shape::{Shape, optional, required};

pub(crate) const ARN: Shape =
    open("arnType", Text { min: 20, max: 2048, pattern: Some(&patterns::PRINTABLE) });
pub(crate) const ROLE_SESSION_NAME: Shape =
    open("roleSessionNameType", Text { min: 2, max: 64, pattern: Some(&patterns::ANY_NAME) });
pub(crate) const POLICY_DESCRIPTOR: Shape =
    open("PolicyDescriptorType", Structure(&[optional("arn", &ARN)]));
pub(crate) const POLICY_DESCRIPTOR_LIST: Shape =
    open("policyDescriptorListType", List { member: &POLICY_DESCRIPTOR, min: 0, max: UNBOUNDED });
pub(crate) const UNRESTRICTED_SESSION_POLICY_DOCUMENT: Shape = open(
    "unrestrictedSessionPolicyDocumentType",
    Text { min: 1, max: UNBOUNDED, pattern: Some(&patterns::DOCUMENT) },
);
pub(crate) const ROLE_DURATION_SECONDS: Shape =
    open("roleDurationSecondsType", Integer { min: 900, max: 43200 });
pub(crate) const TAG_KEY: Shape =
    open("tagKeyType", Text { min: 1, max: 128, pattern: Some(&patterns::TAG_KEY) });
pub(crate) const TAG_VALUE: Shape =
    open("tagValueType", Text { min: 0, max: 256, pattern: Some(&patterns::TAG_VALUE) });
pub(crate) const TAG: Shape =
    open("Tag", Structure(&[required("Key", &TAG_KEY), required("Value", &TAG_VALUE)]));
pub(crate) const TAG_LIST: Shape = open("tagListType", List { member: &TAG, min: 0, max: 50 });
pub(crate) const TAG_KEY_LIST: Shape =
    open("tagKeyListType", List { member: &TAG_KEY, min: 0, max: 50 });
pub(crate) const EXTERNAL_ID: Shape =
    open("externalIdType", Text { min: 2, max: 1224, pattern: Some(&patterns::EXTERNAL_ID) });
pub(crate) const SERIAL_NUMBER: Shape =
    open("serialNumberType", Text { min: 9, max: 256, pattern: Some(&patterns::SERIAL) });
pub(crate) const TOKEN_CODE: Shape =
    open("tokenCodeType", Text { min: 6, max: 6, pattern: Some(&patterns::DIGITS) });
pub(crate) const SOURCE_IDENTITY: Shape =
    open("sourceIdentityType", Text { min: 2, max: 64, pattern: Some(&patterns::ANY_NAME) });
pub(crate) const CONTEXT_ASSERTION: Shape =
    open("contextAssertionType", Text { min: 4, max: 2048, pattern: None });
pub(crate) const PROVIDED_CONTEXT: Shape = open(
    "ProvidedContext",
    Structure(&[optional("ProviderArn", &ARN), optional("ContextAssertion", &CONTEXT_ASSERTION)]),
);
pub(crate) const PROVIDED_CONTEXTS_LIST: Shape =
    open("ProvidedContextsListType", List { member: &PROVIDED_CONTEXT, min: 1, max: 5 });
pub(crate) const MINIMUM_SESSION_TOKEN_SIZE: Shape =
    open("minimumSessionTokenSizeType", Integer { min: 0, max: 4096 });
pub(crate) const CLIENT_TOKEN: Shape =
    withheld("clientTokenType", Secret { min: 4, max: 20000, pattern: None });
pub(crate) const URL: Shape = open("urlType", Text { min: 4, max: 2048, pattern: None });
pub(crate) const SESSION_POLICY_DOCUMENT: Shape = open(
    "sessionPolicyDocumentType",
    Text { min: 1, max: 2048, pattern: Some(&patterns::DOCUMENT) },
);
pub(crate) const DURATION_SECONDS: Shape =
    open("durationSecondsType", Integer { min: 900, max: 129600 });
pub(crate) const USER_NAME: Shape =
    open("userNameType", Text { min: 2, max: 32, pattern: Some(&patterns::ANY_NAME) });
pub(crate) const ACCESS_KEY_ID: Shape =
    open("accessKeyIdType", Text { min: 16, max: 128, pattern: Some(&patterns::ANY_WORD) });
