//! The shapes of the IAM API that requests use. A test compares them with the public API model.

use super::{UNBOUNDED, open, patterns};
use strongroom_types::shape::Kind::{Boolean, Integer, List, Name, Structure, Text};
use strongroom_types::shape::{Shape, required};

pub(crate) const PATH: Shape =
    open("pathType", Text { min: 1, max: 512, pattern: Some(&patterns::PATH) });
pub(crate) const USER_NAME: Shape =
    open("userNameType", Text { min: 1, max: 64, pattern: Some(&patterns::NAME) });
pub(crate) const ARN: Shape = open("arnType", Text { min: 20, max: 2048, pattern: None });
pub(crate) const TAG_KEY: Shape =
    open("tagKeyType", Text { min: 1, max: 128, pattern: Some(&patterns::TAG_KEY) });
pub(crate) const TAG_VALUE: Shape =
    open("tagValueType", Text { min: 0, max: 256, pattern: Some(&patterns::TAG_VALUE) });
pub(crate) const TAG: Shape =
    open("Tag", Structure(&[required("Key", &TAG_KEY), required("Value", &TAG_VALUE)]));
pub(crate) const TAG_LIST: Shape = open("tagListType", List { member: &TAG, min: 0, max: 50 });
pub(crate) const EXISTING_USER_NAME: Shape =
    open("existingUserNameType", Text { min: 1, max: 128, pattern: Some(&patterns::NAME) });
pub(crate) const PATH_PREFIX: Shape =
    open("pathPrefixType", Text { min: 1, max: 512, pattern: Some(&patterns::PATH_PREFIX) });
pub(crate) const MARKER: Shape =
    open("markerType", Text { min: 1, max: 320, pattern: Some(&patterns::LATIN) });
pub(crate) const MAX_ITEMS: Shape = open("maxItemsType", Integer { min: 1, max: 1000 });
pub(crate) const GROUP_NAME: Shape =
    open("groupNameType", Text { min: 1, max: 128, pattern: Some(&patterns::NAME) });
pub(crate) const ROLE_NAME: Shape =
    open("roleNameType", Text { min: 1, max: 64, pattern: Some(&patterns::NAME) });
pub(crate) const POLICY_DOCUMENT: Shape =
    open("policyDocumentType", Text { min: 1, max: 131072, pattern: Some(&patterns::DOCUMENT) });
pub(crate) const ROLE_DESCRIPTION: Shape =
    open("roleDescriptionType", Text { min: 0, max: 1000, pattern: Some(&patterns::DESCRIPTION) });
pub(crate) const ROLE_MAX_SESSION_DURATION: Shape =
    open("roleMaxSessionDurationType", Integer { min: 3600, max: 43200 });
pub(crate) const ACCESS_KEY_ID: Shape =
    open("accessKeyIdType", Text { min: 16, max: 128, pattern: Some(&patterns::WORD) });
pub(crate) const STATUS: Shape = open("statusType", Name(&["Active", "Inactive", "Expired"]));
pub(crate) const POLICY_NAME: Shape =
    open("policyNameType", Text { min: 1, max: 128, pattern: Some(&patterns::NAME) });
pub(crate) const POLICY_PATH: Shape =
    open("policyPathType", Text { min: 1, max: 512, pattern: Some(&patterns::POLICY_PATH) });
pub(crate) const POLICY_DESCRIPTION: Shape =
    open("policyDescriptionType", Text { min: 0, max: 1000, pattern: None });
pub(crate) const POLICY_SCOPE: Shape = open("policyScopeType", Name(&["All", "AWS", "Local"]));
pub(crate) const BOOLEAN: Shape = open("booleanType", Boolean);
pub(crate) const POLICY_USAGE: Shape =
    open("PolicyUsageType", Name(&["PermissionsPolicy", "PermissionsBoundary"]));
pub(crate) const POLICY_VERSION_ID: Shape =
    open("policyVersionIdType", Text { min: 0, max: UNBOUNDED, pattern: Some(&patterns::VERSION) });
pub(crate) const ENTITY: Shape =
    open("EntityType", Name(&["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"]));
pub(crate) const TAG_KEY_LIST: Shape =
    open("tagKeyListType", List { member: &TAG_KEY, min: 0, max: 50 });
pub(crate) const ACCOUNT_ALIAS: Shape =
    open("accountAliasType", Text { min: 3, max: 63, pattern: Some(&patterns::ACCOUNT_ALIAS) });
pub(crate) const ENTITY_LIST: Shape =
    open("entityListType", List { member: &ENTITY, min: 0, max: UNBOUNDED });
pub(crate) const OPEN_ID_CONNECT_PROVIDER_URL: Shape =
    open("OpenIDConnectProviderUrlType", Text { min: 1, max: 255, pattern: None });
pub(crate) const CLIENT_ID: Shape = open("clientIDType", Text { min: 1, max: 255, pattern: None });
pub(crate) const CLIENT_ID_LIST: Shape =
    open("clientIDListType", List { member: &CLIENT_ID, min: 0, max: UNBOUNDED });
pub(crate) const THUMBPRINT: Shape =
    open("thumbprintType", Text { min: 40, max: 40, pattern: None });
pub(crate) const THUMBPRINT_LIST: Shape =
    open("thumbprintListType", List { member: &THUMBPRINT, min: 0, max: UNBOUNDED });
