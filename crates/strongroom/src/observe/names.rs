//! What requests are counted by: operations and outcomes, of which there is a fixed list. Nothing that
//! a caller writes becomes a label.

use std::sync::LazyLock;
use strongroom_iam::{IamOperation, StsOperation};
use strongroom_kms::OperationName;
use strongroom_trail::service::cloudtrail::CloudTrailOperation;
use strongroom_trail::service::s3::S3Operation;
use strongroom_types::ErrorCode;

/// The number of an operation among those of all services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Served(usize);

const KMS: usize = 0;
const IAM: usize = KMS + OperationName::ALL.len();
const STS: usize = IAM + IamOperation::ALL.len();
const CLOUDTRAIL: usize = STS + StsOperation::ALL.len();
const S3: usize = CLOUDTRAIL + CloudTrailOperation::ALL.len();
const NONE: usize = S3 + S3Operation::ALL.len();

/// What stands for the operation of a request that is for none that is served.
const UNKNOWN: (&str, &str) = ("unknown", "unknown");

impl Served {
    /// How many there are.
    pub(crate) const COUNT: usize = NONE + 1;
    /// None: what was asked for is not served, or not now.
    pub(crate) const NOTHING: Self = Self(NONE);

    /// All of them, in the order of their numbers.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT).map(Self)
    }

    pub(crate) const fn number(self) -> usize {
        self.0
    }

    /// Its service, as in ARNs, and its name, as clients write it.
    pub(crate) fn names(self) -> (&'static str, &'static str) {
        let Self(number) = self;
        let name = |service, operation: Option<&'static str>| Some((service, operation?));
        let named = match number {
            S3.. => name("s3", S3Operation::ALL.get(number - S3).map(|op| op.name())),
            CLOUDTRAIL.. => {
                let operation = CloudTrailOperation::ALL.get(number - CLOUDTRAIL);
                name("cloudtrail", operation.map(|op| op.name()))
            }
            STS.. => name("sts", StsOperation::ALL.get(number - STS).map(|op| op.name())),
            IAM.. => name("iam", IamOperation::ALL.get(number - IAM).map(|op| op.name())),
            _ => name("kms", OperationName::ALL.get(number).map(|op| op.name())),
        };
        named.unwrap_or(UNKNOWN)
    }
}

impl From<OperationName> for Served {
    fn from(name: OperationName) -> Self {
        Self(KMS + name as usize)
    }
}

impl From<IamOperation> for Served {
    fn from(name: IamOperation) -> Self {
        Self(IAM + name as usize)
    }
}

impl From<StsOperation> for Served {
    fn from(name: StsOperation) -> Self {
        Self(STS + name as usize)
    }
}

impl From<CloudTrailOperation> for Served {
    fn from(name: CloudTrailOperation) -> Self {
        Self(CLOUDTRAIL + name as usize)
    }
}

impl From<S3Operation> for Served {
    fn from(name: S3Operation) -> Self {
        Self(S3 + name as usize)
    }
}

/// The outcome of a request that was served as it asked.
pub(crate) const OK: &str = "ok";
/// What stands for a code that is not in the list.
const OTHER: &str = "other";

/// Codes of refusals that come before an operation, or instead of its own: of signatures, of routing, of
/// a server that cannot record, or is sealed.
const BESIDE: &[&str] = &[
    "AccessDenied",
    "AuthorizationHeaderMalformed",
    "AuthorizationQueryParametersError",
    "EntityTooLarge",
    "ExpiredTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InternalError",
    "InternalFailure",
    "InvalidAccessKeyId",
    "InvalidAction",
    "InvalidClientTokenId",
    "InvalidRequest",
    "InvalidSignatureException",
    "InvalidURI",
    "MalformedQueryString",
    "MethodNotAllowed",
    "MissingAction",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NotImplemented",
    "RequestEntityTooLargeException",
    "RequestTimeTooSkewed",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailableException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// All error codes, sorted; the last stands for any other.
static CODES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut codes: Vec<_> = ErrorCode::NAMES.iter().chain(BESIDE).copied().collect();
    codes.sort_unstable();
    codes.dedup();
    codes.push(OTHER);
    codes
});

/// The number of an error code in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Code(usize);

impl Code {
    /// All of them, in the order of their numbers.
    pub(crate) fn all() -> &'static [&'static str] {
        &CODES
    }

    /// The code of this name, or what stands for any other.
    pub(crate) fn of(name: &str) -> Self {
        let (_, named) = CODES.split_last().unwrap_or((&OTHER, &[]));
        Self(named.binary_search(&name).unwrap_or(named.len()))
    }

    pub(crate) const fn number(self) -> usize {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operation_has_a_number_and_its_name() {
        let of = |served: Served| served.names();
        for name in OperationName::ALL {
            assert_eq!(of((*name).into()), ("kms", name.name()));
        }
        for name in IamOperation::ALL {
            assert_eq!(of((*name).into()), ("iam", name.name()));
        }
        for name in StsOperation::ALL {
            assert_eq!(of((*name).into()), ("sts", name.name()));
        }
        for name in CloudTrailOperation::ALL {
            assert_eq!(of((*name).into()), ("cloudtrail", name.name()));
        }
        for name in S3Operation::ALL {
            assert_eq!(of((*name).into()), ("s3", name.name()));
        }
        assert_eq!(of(Served::NOTHING), UNKNOWN);
        let all: std::collections::HashSet<_> = Served::all().map(Served::names).collect();
        assert_eq!(all.len(), Served::COUNT);
    }

    #[test]
    fn a_code_that_is_not_listed_is_another() {
        for (number, name) in Code::all().iter().enumerate() {
            assert_eq!(Code::of(name).number(), number, "{name}");
        }
        let other = Code::all().len() - 1;
        for name in ["", "zzz", "A caller's own words"] {
            assert_eq!(Code::of(name).number(), other, "{name}");
        }
    }
}
