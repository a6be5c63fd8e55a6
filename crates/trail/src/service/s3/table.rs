//! The table of S3's operations: one row each. The pipeline reads it; nothing else decides by name.
//!
//! Source: Amazon S3 API Reference; Service Authorization Reference, "Actions for Amazon S3".

use super::fields;
use strongroom_engine::demands::{Access, Counted, Demands, Effect, Shared, Shown, StateClass};
use strongroom_types::shape::Field;
use strongroom_types::{Action, ErrorCode as E};

/// The operations of S3 that are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum S3Operation {
    /// `GetBucketLocation`
    GetBucketLocation,
    /// `GetObject`
    GetObject,
    /// `HeadBucket`
    HeadBucket,
    /// `HeadObject`
    HeadObject,
    /// `ListObjects`
    ListObjects,
    /// `ListObjectsV2`
    ListObjectsV2,
}

impl S3Operation {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::GetBucketLocation,
        Self::GetObject,
        Self::HeadBucket,
        Self::HeadObject,
        Self::ListObjects,
        Self::ListObjectsV2,
    ];

    /// The name in the API Reference.
    #[must_use]
    pub const fn name(self) -> &'static str {
        demands(self).name
    }
}

/// What the operation demands.
#[must_use]
pub const fn demands(name: S3Operation) -> &'static Demands {
    match name {
        S3Operation::GetBucketLocation => &GET_BUCKET_LOCATION,
        S3Operation::GetObject => &GET_OBJECT,
        S3Operation::HeadBucket => &HEAD_BUCKET,
        S3Operation::HeadObject => &HEAD_OBJECT,
        S3Operation::ListObjects => &LIST_OBJECTS,
        S3Operation::ListObjectsV2 => &LIST_OBJECTS_V2,
    }
}

const fn row(
    name: &'static str,
    action: &'static str,
    fields: &'static [Field],
    errors: &'static [E],
) -> Demands {
    Demands {
        name,
        service: "s3",
        access: Access::Entity(Action::new(action)),
        origins: &[],
        usage: None,
        states: StateClass::Any,
        cross_account: false,
        by_alias: false,
        effect: Effect::Read,
        counted: Counted::Shared(Shared::S3),
        fields,
        errors,
        shown: Shown::Nothing,
    }
}

const OBJECT_ERRORS: &[E] = &[
    E::S3InvalidBucketName,
    E::S3InvalidRange,
    E::S3KeyTooLong,
    E::S3NoSuchBucket,
    E::S3NoSuchKey,
    E::S3PreconditionFailed,
];
const LISTING_ERRORS: &[E] = &[E::S3InvalidArgument, E::S3InvalidBucketName, E::S3NoSuchBucket];
const BUCKET_ERRORS: &[E] = &[E::S3InvalidBucketName, E::S3NoSuchBucket];

const GET_BUCKET_LOCATION: Demands =
    row("GetBucketLocation", "s3:GetBucketLocation", fields::BUCKET, BUCKET_ERRORS);
const GET_OBJECT: Demands = row("GetObject", "s3:GetObject", fields::OBJECT, OBJECT_ERRORS);
const HEAD_BUCKET: Demands = row("HeadBucket", "s3:ListBucket", fields::BUCKET, BUCKET_ERRORS);
const HEAD_OBJECT: Demands = row("HeadObject", "s3:GetObject", fields::OBJECT, OBJECT_ERRORS);
const LIST_OBJECTS: Demands =
    row("ListObjects", "s3:ListBucket", fields::LIST_OBJECTS, LISTING_ERRORS);
static LIST_OBJECTS_V2: Demands =
    row("ListObjectsV2", "s3:ListBucket", fields::LIST_OBJECTS_V2, LISTING_ERRORS);
