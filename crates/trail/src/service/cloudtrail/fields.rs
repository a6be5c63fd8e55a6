//! The wire fields of each operation, in the order of the API model. A test compares them with it.

use super::shapes as s;
use strongroom_types::ErrorCode;
use strongroom_types::shape::{Field, optional, required};

type Fields = &'static [Field];

/// The operations that are served, with their fields.
pub const ALL: &[(&str, Fields)] = &[
    ("AddTags", ADD_TAGS),
    ("CreateTrail", CREATE_TRAIL),
    ("DeleteTrail", DELETE_TRAIL),
    ("DescribeTrails", DESCRIBE_TRAILS),
    ("GetEventSelectors", GET_EVENT_SELECTORS),
    ("GetTrail", GET_TRAIL),
    ("GetTrailStatus", GET_TRAIL_STATUS),
    ("ListPublicKeys", LIST_PUBLIC_KEYS),
    ("ListTags", LIST_TAGS),
    ("ListTrails", LIST_TRAILS),
    ("LookupEvents", LOOKUP_EVENTS),
    ("PutEventSelectors", PUT_EVENT_SELECTORS),
    ("RemoveTags", REMOVE_TAGS),
    ("StartLogging", START_LOGGING),
    ("StopLogging", STOP_LOGGING),
    ("UpdateTrail", UPDATE_TRAIL),
];

pub(super) const ADD_TAGS: Fields =
    &[required("ResourceId", &s::STRING), required("TagsList", &s::TAGS_LIST)];

pub(super) const CREATE_TRAIL: Fields = &[
    required("Name", &s::STRING),
    required("S3BucketName", &s::STRING),
    optional("S3KeyPrefix", &s::STRING),
    optional("SnsTopicName", &s::STRING),
    optional("IncludeGlobalServiceEvents", &s::BOOLEAN),
    optional("IsMultiRegionTrail", &s::BOOLEAN),
    optional("EnableLogFileValidation", &s::BOOLEAN),
    optional("CloudWatchLogsLogGroupArn", &s::STRING),
    optional("CloudWatchLogsRoleArn", &s::STRING),
    optional("KmsKeyId", &s::STRING),
    optional("IsOrganizationTrail", &s::BOOLEAN),
    optional("TagsList", &s::TAGS_LIST),
    optional("RecursiveLogging", &s::BOOLEAN),
];

pub(super) const DELETE_TRAIL: Fields = &[required("Name", &s::STRING)];

pub(super) const DESCRIBE_TRAILS: Fields =
    &[optional("trailNameList", &s::TRAIL_NAME_LIST), optional("includeShadowTrails", &s::BOOLEAN)];

pub(super) const GET_EVENT_SELECTORS: Fields = &[required("TrailName", &s::STRING)];

pub(super) const GET_TRAIL: Fields = &[required("Name", &s::STRING)];

pub(super) const GET_TRAIL_STATUS: Fields = &[required("Name", &s::STRING)];

pub(super) const LIST_PUBLIC_KEYS: Fields = &[
    optional("StartTime", &s::DATE),
    optional("EndTime", &s::DATE),
    optional("NextToken", &s::STRING),
];

pub(super) const LIST_TAGS: Fields =
    &[required("ResourceIdList", &s::RESOURCE_ID_LIST), optional("NextToken", &s::STRING)];

pub(super) const LIST_TRAILS: Fields = &[optional("NextToken", &s::STRING)];

pub(super) const LOOKUP_EVENTS: Fields = &[
    optional("LookupAttributes", &s::LOOKUP_ATTRIBUTES_LIST),
    optional("StartTime", &s::DATE),
    optional("EndTime", &s::DATE),
    optional("EventCategory", &s::EVENT_CATEGORY).refused_as(
        ErrorCode::InvalidEventCategory,
        "Event category {} is invalid. Valid values are: insight",
    ),
    optional("MaxResults", &s::MAX_RESULTS).refused_as(
        ErrorCode::InvalidMaxResults,
        "A max results value of {} is invalid. Specify max results between 1 and 50.",
    ),
    optional("NextToken", &s::NEXT_TOKEN),
];

pub(super) const PUT_EVENT_SELECTORS: Fields = &[
    required("TrailName", &s::STRING),
    optional("EventSelectors", &s::EVENT_SELECTORS),
    optional("AdvancedEventSelectors", &s::ADVANCED_EVENT_SELECTORS),
];

pub(super) const REMOVE_TAGS: Fields =
    &[required("ResourceId", &s::STRING), required("TagsList", &s::TAGS_LIST)];

pub(super) const START_LOGGING: Fields = &[required("Name", &s::STRING)];

pub(super) const STOP_LOGGING: Fields = &[required("Name", &s::STRING)];

pub(super) const UPDATE_TRAIL: Fields = &[
    required("Name", &s::STRING),
    optional("S3BucketName", &s::STRING),
    optional("S3KeyPrefix", &s::STRING),
    optional("SnsTopicName", &s::STRING),
    optional("IncludeGlobalServiceEvents", &s::BOOLEAN),
    optional("IsMultiRegionTrail", &s::BOOLEAN),
    optional("EnableLogFileValidation", &s::BOOLEAN),
    optional("CloudWatchLogsLogGroupArn", &s::STRING),
    optional("CloudWatchLogsRoleArn", &s::STRING),
    optional("KmsKeyId", &s::STRING),
    optional("IsOrganizationTrail", &s::BOOLEAN),
    optional("RecursiveLogging", &s::BOOLEAN),
];
