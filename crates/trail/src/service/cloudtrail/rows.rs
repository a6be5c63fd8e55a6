//! The rows: what each operation demands.

use super::fields;
use strongroom_engine::demands::{Access, Counted, Demands, Effect, Shown, StateClass};
use strongroom_types::{Action, ErrorCode as E};

/// A row of CloudTrail: an action of the operation's own name, on trails or on nothing in particular.
macro_rules! row {
    ($name:literal, $effect:ident, $on:ident, $fields:expr, [$($error:expr),*]) => {
        Demands {
            name: $name,
            service: "cloudtrail",
            access: Access::$on(Action::new(concat!("cloudtrail:", $name))),
            origins: &[],
            usage: None,
            states: StateClass::Any,
            cross_account: false,
            by_alias: false,
            effect: Effect::$effect,
            counted: Counted::Own(each_second(Effect::$effect)),
            fields: $fields,
            errors: &[$($error),*],
            shown: shown(Effect::$effect),
        }
    };
}

/// AWS's quotas of requests a second.
///
/// Source: AWS General Reference, "AWS CloudTrail endpoints and quotas".
const fn each_second(effect: Effect) -> u32 {
    match effect {
        Effect::Read | Effect::Use => 10,
        Effect::Change => 1,
    }
}

/// CloudTrail shows the answers of what changes something.
const fn shown(effect: Effect) -> Shown {
    match effect {
        Effect::Change => Shown::Everything,
        Effect::Read | Effect::Use => Shown::Nothing,
    }
}

pub(super) const ADD_TAGS: Demands = row!(
    "AddTags",
    Change,
    Trail,
    fields::ADD_TAGS,
    [
        E::ResourceNotFound,
        E::CloudTrailArnInvalid,
        E::ResourceTypeNotSupported,
        E::TagsLimitExceeded,
        E::InvalidTagParameter,
        E::OperationNotPermitted
    ]
);

pub(super) const CREATE_TRAIL: Demands = row!(
    "CreateTrail",
    Change,
    Trail,
    fields::CREATE_TRAIL,
    [
        E::MaximumNumberOfTrailsExceeded,
        E::TrailAlreadyExists,
        E::S3BucketDoesNotExist,
        E::InsufficientS3BucketPolicy,
        E::InvalidS3BucketName,
        E::InvalidS3Prefix,
        E::InvalidTrailName,
        E::TagsLimitExceeded,
        E::InvalidParameterCombination,
        E::InvalidTagParameter,
        E::UnsupportedOperation
    ]
);

pub(super) const DELETE_TRAIL: Demands = row!(
    "DeleteTrail",
    Change,
    Trail,
    fields::DELETE_TRAIL,
    [
        E::TrailNotFound,
        E::InvalidTrailName,
        E::CloudTrailArnInvalid,
        E::InvalidHomeRegion,
        E::OperationNotPermitted
    ]
);

pub(super) const DESCRIBE_TRAILS: Demands = row!(
    "DescribeTrails",
    Read,
    Account,
    fields::DESCRIBE_TRAILS,
    [E::InvalidTrailName, E::CloudTrailArnInvalid]
);

pub(super) const GET_EVENT_SELECTORS: Demands = row!(
    "GetEventSelectors",
    Read,
    Trail,
    fields::GET_EVENT_SELECTORS,
    [E::TrailNotFound, E::InvalidTrailName, E::CloudTrailArnInvalid]
);

pub(super) const GET_TRAIL: Demands = row!(
    "GetTrail",
    Read,
    Trail,
    fields::GET_TRAIL,
    [E::TrailNotFound, E::InvalidTrailName, E::CloudTrailArnInvalid]
);

pub(super) const GET_TRAIL_STATUS: Demands = row!(
    "GetTrailStatus",
    Read,
    Trail,
    fields::GET_TRAIL_STATUS,
    [E::TrailNotFound, E::InvalidTrailName, E::CloudTrailArnInvalid]
);

pub(super) const LIST_PUBLIC_KEYS: Demands = row!(
    "ListPublicKeys",
    Read,
    Account,
    fields::LIST_PUBLIC_KEYS,
    [E::InvalidTimeRange, E::InvalidToken]
);

pub(super) const LIST_TAGS: Demands = row!(
    "ListTags",
    Read,
    Trail,
    fields::LIST_TAGS,
    [E::ResourceNotFound, E::CloudTrailArnInvalid, E::ResourceTypeNotSupported, E::InvalidToken]
);

pub(super) const LIST_TRAILS: Demands = row!("ListTrails", Read, Account, fields::LIST_TRAILS, []);

pub(super) const LOOKUP_EVENTS: Demands = Demands {
    counted: Counted::Own(2),
    ..row!(
        "LookupEvents",
        Read,
        Account,
        fields::LOOKUP_EVENTS,
        [
            E::InvalidLookupAttributes,
            E::InvalidTimeRange,
            E::InvalidMaxResults,
            E::InvalidNextToken,
            E::InvalidEventCategory
        ]
    )
};

pub(super) const PUT_EVENT_SELECTORS: Demands = row!(
    "PutEventSelectors",
    Change,
    Trail,
    fields::PUT_EVENT_SELECTORS,
    [
        E::TrailNotFound,
        E::InvalidTrailName,
        E::CloudTrailArnInvalid,
        E::InvalidHomeRegion,
        E::InvalidEventSelectors,
        E::UnsupportedOperation,
        E::OperationNotPermitted
    ]
);

pub(super) const REMOVE_TAGS: Demands = row!(
    "RemoveTags",
    Change,
    Trail,
    fields::REMOVE_TAGS,
    [
        E::ResourceNotFound,
        E::CloudTrailArnInvalid,
        E::ResourceTypeNotSupported,
        E::InvalidTagParameter,
        E::OperationNotPermitted
    ]
);

pub(super) const START_LOGGING: Demands = row!(
    "StartLogging",
    Change,
    Trail,
    fields::START_LOGGING,
    [
        E::CloudTrailArnInvalid,
        E::TrailNotFound,
        E::InvalidTrailName,
        E::InvalidHomeRegion,
        E::OperationNotPermitted
    ]
);

pub(super) const STOP_LOGGING: Demands = row!(
    "StopLogging",
    Change,
    Trail,
    fields::STOP_LOGGING,
    [
        E::CloudTrailArnInvalid,
        E::TrailNotFound,
        E::InvalidTrailName,
        E::InvalidHomeRegion,
        E::OperationNotPermitted
    ]
);

pub(super) const UPDATE_TRAIL: Demands = row!(
    "UpdateTrail",
    Change,
    Trail,
    fields::UPDATE_TRAIL,
    [
        E::S3BucketDoesNotExist,
        E::InsufficientS3BucketPolicy,
        E::TrailNotFound,
        E::InvalidS3BucketName,
        E::InvalidS3Prefix,
        E::InvalidTrailName,
        E::CloudTrailArnInvalid,
        E::InvalidParameterCombination,
        E::InvalidHomeRegion,
        E::UnsupportedOperation,
        E::OperationNotPermitted
    ]
);
