//! The shapes of the CloudTrail API that requests use. A test compares them with the public API
//! model.

use strongroom_types::ErrorCode;
use strongroom_types::shape::Kind::{Boolean, Integer, List, Name, Structure, Text, Time};
use strongroom_types::shape::Visibility::Open;
use strongroom_types::shape::{Kind, Pattern, Shape, optional, required};

/// A text or list for which the model gives no greatest length; the body's bounds it.
const UNBOUNDED: usize = usize::MAX;

const fn open(model: &'static str, kind: Kind) -> Shape {
    Shape { model, kind, visibility: Open }
}

/// Any number of the member.
const fn list(model: &'static str, member: &'static Shape) -> Shape {
    open(model, List { member, min: 0, max: UNBOUNDED })
}

const ANY: Pattern = Pattern { text: ".*", matches: |text| !text.contains(['\n', '\r']) };
const SOME: Pattern =
    Pattern { text: ".+", matches: |text| !text.is_empty() && !text.contains(['\n', '\r']) };
const FIELD: Pattern = Pattern {
    text: "[\\w|\\d|\\.|_]+",
    matches: |text| {
        let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '|' | '.');
        !text.is_empty() && text.chars().all(good)
    },
};

pub(super) const STRING: Shape = open("String", Text { min: 0, max: UNBOUNDED, pattern: None });
pub(super) const BOOLEAN: Shape = open("Boolean", Boolean);
pub(super) const DATE: Shape = open("Date", Time);
pub(super) const NEXT_TOKEN: Shape =
    open("NextToken", Text { min: 0, max: UNBOUNDED, pattern: None });
pub(super) const TRAIL_NAME_LIST: Shape = list("TrailNameList", &STRING);
pub(super) const RESOURCE_ID_LIST: Shape = list("ResourceIdList", &STRING);

const TAG_KEY: Shape = open("TagKey", Text { min: 1, max: 128, pattern: None });
const TAG_VALUE: Shape = open("TagValue", Text { min: 1, max: 256, pattern: None });
const TAG: Shape =
    open("Tag", Structure(&[required("Key", &TAG_KEY), optional("Value", &TAG_VALUE)]));
pub(super) const TAGS_LIST: Shape = open("TagsList", List { member: &TAG, min: 0, max: 200 });

const LOOKUP_ATTRIBUTE_KEY: Shape = open(
    "LookupAttributeKey",
    Name(&[
        "EventId",
        "EventName",
        "ReadOnly",
        "Username",
        "ResourceType",
        "ResourceName",
        "EventSource",
        "AccessKeyId",
    ]),
);
const LOOKUP_ATTRIBUTE_VALUE: Shape =
    open("LookupAttributeValue", Text { min: 1, max: 2000, pattern: None });
const LOOKUP_ATTRIBUTE: Shape = open(
    "LookupAttribute",
    Structure(&[
        required("AttributeKey", &LOOKUP_ATTRIBUTE_KEY)
            .refused_as(ErrorCode::InvalidLookupAttributes, "Lookup attribute key is not valid."),
        required("AttributeValue", &LOOKUP_ATTRIBUTE_VALUE)
            .refused_as(ErrorCode::InvalidLookupAttributes, "Lookup attribute value is not valid."),
    ]),
);
pub(super) const LOOKUP_ATTRIBUTES_LIST: Shape = list("LookupAttributesList", &LOOKUP_ATTRIBUTE);
pub(super) const EVENT_CATEGORY: Shape = open("EventCategory", Name(&["insight"]));
pub(super) const MAX_RESULTS: Shape = open("MaxResults", Integer { min: 1, max: 50 });

const READ_WRITE_TYPE: Shape = open("ReadWriteType", Name(&["ReadOnly", "WriteOnly", "All"]));
const DATA_RESOURCE_VALUES: Shape = list("DataResourceValues", &STRING);
const DATA_RESOURCE: Shape = open(
    "DataResource",
    Structure(&[optional("Type", &STRING), optional("Values", &DATA_RESOURCE_VALUES)]),
);
const DATA_RESOURCES: Shape = list("DataResources", &DATA_RESOURCE);
const EXCLUDE_MANAGEMENT_EVENT_SOURCES: Shape = list("ExcludeManagementEventSources", &STRING);
const EVENT_SELECTOR: Shape = open(
    "EventSelector",
    Structure(&[
        optional("ReadWriteType", &READ_WRITE_TYPE).refused_as(
            ErrorCode::InvalidEventSelectors,
            "Value {} for ReadWriteType is invalid. Valid values are: ReadOnly, WriteOnly, All",
        ),
        optional("IncludeManagementEvents", &BOOLEAN),
        optional("DataResources", &DATA_RESOURCES),
        optional("ExcludeManagementEventSources", &EXCLUDE_MANAGEMENT_EVENT_SOURCES),
    ]),
);
pub(super) const EVENT_SELECTORS: Shape = list("EventSelectors", &EVENT_SELECTOR);

const SELECTOR_NAME: Shape = open("SelectorName", Text { min: 0, max: 1000, pattern: Some(&ANY) });
const SELECTOR_FIELD: Shape =
    open("SelectorField", Text { min: 1, max: 1000, pattern: Some(&FIELD) });
const OPERATOR_VALUE: Shape =
    open("OperatorValue", Text { min: 1, max: 2048, pattern: Some(&SOME) });
const OPERATOR: Shape = open("Operator", List { member: &OPERATOR_VALUE, min: 1, max: UNBOUNDED });
const ADVANCED_FIELD_SELECTOR: Shape = open(
    "AdvancedFieldSelector",
    Structure(&[
        required("Field", &SELECTOR_FIELD),
        optional("Equals", &OPERATOR),
        optional("StartsWith", &OPERATOR),
        optional("EndsWith", &OPERATOR),
        optional("NotEquals", &OPERATOR),
        optional("NotStartsWith", &OPERATOR),
        optional("NotEndsWith", &OPERATOR),
    ]),
);
const ADVANCED_FIELD_SELECTORS: Shape = open(
    "AdvancedFieldSelectors",
    List { member: &ADVANCED_FIELD_SELECTOR, min: 1, max: UNBOUNDED },
);
const ADVANCED_EVENT_SELECTOR: Shape = open(
    "AdvancedEventSelector",
    Structure(&[
        optional("Name", &SELECTOR_NAME),
        required("FieldSelectors", &ADVANCED_FIELD_SELECTORS),
    ]),
);
pub(super) const ADVANCED_EVENT_SELECTORS: Shape =
    list("AdvancedEventSelectors", &ADVANCED_EVENT_SELECTOR);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_texts() {
        for (pattern, good, bad) in [
            (&ANY, ["", "a b"], ["a\nb", "\r"]),
            (&SOME, ["a", "a b"], ["", "a\n"]),
            (&FIELD, ["eventCategory", "a.b_c|d"], ["", "a-b"]),
        ] {
            assert!(good.iter().all(|text| (pattern.matches)(text)), "{pattern:?}");
            assert!(!bad.iter().any(|text| (pattern.matches)(text)), "{pattern:?}");
        }
    }
}
