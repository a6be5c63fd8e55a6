//! Why CloudTrail refuses. The texts are in [`crate::wording`].

use strongroom_types::{AccountId, ErrorCode, Region, TrailArn, TrailNameError};

/// What CloudTrail does not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrailRefusal {
    /// No such trail.
    NotFound(TrailArn),
    /// No such trail, where tags are asked for.
    NoResource(TrailArn),
    /// A trail of that name is there, or shown in the Region.
    Exists(String, AccountId),
    /// So many trails are there in the Region.
    InRegion(AccountId, usize, Region),
    /// So many trails are there in the account; a quota of ours.
    InAccount(AccountId, usize),
    /// No name of a trail.
    Name(TrailNameError),
    /// No ARN of a trail.
    Arn(String),
    /// An ARN of something else that CloudTrail has.
    Kind(String),
    /// Trails of several accounts in one request.
    Owners,
    /// Too many trails in one request.
    TooMany,
    /// A change outside of the trail's home Region.
    HomeRegion(TrailArn),
    /// A change of the built-in trail.
    BuiltIn,
    /// No name of a bucket.
    BucketName(String),
    /// There is no such bucket.
    NoBucket(String),
    /// The bucket is another account's, or the built-in trail's.
    BucketPolicy(String),
    /// What the keys of objects cannot begin with.
    Prefix(String),
    /// All Regions without global services.
    Combination,
    /// A member of the request that is not served.
    Unserved(String),
    /// Event selectors that cannot be.
    Selectors(SelectorDefect),
    /// A key twice, or one that AWS reserves.
    Tags(&'static str),
    /// More than 50 tags.
    TagLimit,
    /// More than one attribute to look up by.
    Attributes,
    /// A time range that ends before it begins.
    TimeRange,
    /// A page token of LookupEvents that this query did not return.
    NextToken,
    /// A page token of a listing.
    Token,
    /// More requests than a quota admits.
    Throttled,
}

/// What is wrong with event selectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SelectorDefect {
    /// None, or more than five basic ones.
    Count,
    /// Basic and advanced ones, or neither.
    Kinds,
    /// A basic one that selects nothing.
    Nothing,
    /// A value that the member does not take.
    Value(String, &'static str),
    /// An advanced one without its category, or with a field twice.
    Field(&'static str),
    /// An operator that the field does not take.
    Operator(String, String),
}

impl TrailRefusal {
    /// The error code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NotFound(_) => ErrorCode::TrailNotFound,
            Self::NoResource(_) => ErrorCode::ResourceNotFound,
            Self::Exists(..) => ErrorCode::TrailAlreadyExists,
            Self::InRegion(..) | Self::InAccount(..) => ErrorCode::MaximumNumberOfTrailsExceeded,
            Self::Name(_) => ErrorCode::InvalidTrailName,
            Self::Arn(_) | Self::Owners | Self::TooMany => ErrorCode::CloudTrailArnInvalid,
            Self::Kind(_) => ErrorCode::ResourceTypeNotSupported,
            Self::HomeRegion(_) => ErrorCode::InvalidHomeRegion,
            Self::BuiltIn => ErrorCode::OperationNotPermitted,
            Self::BucketName(_) => ErrorCode::InvalidS3BucketName,
            Self::NoBucket(_) => ErrorCode::S3BucketDoesNotExist,
            Self::BucketPolicy(_) => ErrorCode::InsufficientS3BucketPolicy,
            Self::Prefix(_) => ErrorCode::InvalidS3Prefix,
            Self::Combination => ErrorCode::InvalidParameterCombination,
            Self::Unserved(_) => ErrorCode::UnsupportedOperation,
            Self::Selectors(_) => ErrorCode::InvalidEventSelectors,
            Self::Tags(_) => ErrorCode::InvalidTagParameter,
            Self::TagLimit => ErrorCode::TagsLimitExceeded,
            Self::Throttled => ErrorCode::RequestsThrottled,
            Self::Attributes => ErrorCode::InvalidLookupAttributes,
            Self::TimeRange => ErrorCode::InvalidTimeRange,
            Self::NextToken => ErrorCode::InvalidNextToken,
            Self::Token => ErrorCode::InvalidToken,
        }
    }
}
