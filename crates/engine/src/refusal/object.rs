//! Why S3 refuses. The texts are in [`crate::wording`].

use strongroom_types::ErrorCode;

/// What S3 does not do.
///
/// Source: Amazon S3 API Reference, "Error responses".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObjectRefusal {
    /// No bucket can have this name.
    BucketName(String),
    /// No such bucket.
    NoBucket(String),
    /// No such object, by its key.
    NoKey(String),
    /// A key of more than 1,024 bytes: so many.
    LongKey(usize),
    /// A parameter that has another form.
    Argument {
        /// Its name.
        name: &'static str,
        /// What was given.
        value: String,
        /// What is wrong with it.
        message: &'static str,
    },
    /// A range that the object does not have.
    Range {
        /// What was asked for.
        asked: String,
        /// The object's length in bytes.
        size: u64,
    },
    /// A condition of the request that does not hold, by its header.
    Precondition(&'static str),
    /// More requests than a quota admits.
    SlowDown,
}

impl ObjectRefusal {
    pub(super) const fn code(&self) -> ErrorCode {
        match self {
            Self::BucketName(_) => ErrorCode::S3InvalidBucketName,
            Self::NoBucket(_) => ErrorCode::S3NoSuchBucket,
            Self::NoKey(_) => ErrorCode::S3NoSuchKey,
            Self::LongKey(_) => ErrorCode::S3KeyTooLong,
            Self::Argument { .. } => ErrorCode::S3InvalidArgument,
            Self::Range { .. } => ErrorCode::S3InvalidRange,
            Self::Precondition(_) => ErrorCode::S3PreconditionFailed,
            Self::SlowDown => ErrorCode::S3SlowDown,
        }
    }
}
