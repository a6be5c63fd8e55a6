//! What a request is about, by method, path and query string.

use super::escape::decode;
use std::borrow::Cow;
use strongroom_engine::wire::Node;
use strongroom_trail::service::s3::S3Operation;

/// Parts of the query string that ask for something else about a bucket or an object. S3 has them;
/// here they are not served, and not passed over either, for their answers would be other ones.
///
/// Source: Amazon S3 API Reference, "Actions": the resources that requests with `GET` name.
const UNSERVED: [&str; 39] = [
    "abac",
    "accelerate",
    "acl",
    "analytics",
    "attributes",
    "cors",
    "delete",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "logging",
    "metadataConfiguration",
    "metadataTable",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "partNumber",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "retention",
    "session",
    "tagging",
    "torrent",
    "uploads",
    "versionId",
    "versioning",
    "website",
];

/// The parts of a request's head that this looks at.
#[derive(Clone, Copy, Default)]
pub struct Head<'a> {
    /// The method.
    pub method: &'a str,
    /// The path, undecoded.
    pub path: &'a str,
    /// The query string, undecoded.
    pub query: &'a str,
    /// `Range`.
    pub range: Option<&'a str>,
    /// `If-Match`.
    pub if_match: Option<&'a str>,
    /// `If-None-Match`.
    pub if_none_match: Option<&'a str>,
}

/// A request for an operation that is served.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    operation: S3Operation,
    members: Vec<(&'static str, String)>,
}

/// Why a request is for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unserved {
    /// The path or the query string is no encoded text.
    Uri,
    /// Something is to be changed.
    Method,
    /// Something that S3 has and this server has not.
    NotImplemented,
}

impl Unserved {
    /// HTTP status, code and text.
    ///
    /// Source: Amazon S3 API Reference, "Error responses".
    #[must_use]
    pub const fn told(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::Uri => (400, "InvalidURI", "Couldn't parse the specified URI."),
            Self::Method => (
                405,
                "MethodNotAllowed",
                "The specified method is not allowed against this resource.",
            ),
            Self::NotImplemented => (
                501,
                "NotImplemented",
                "A header you provided implies functionality that is not implemented",
            ),
        }
    }
}

impl Request {
    /// Whether a request is for S3: what the other services are asked for is at `/`.
    #[must_use]
    pub fn is_for_s3(path: &str, target: Option<&str>) -> bool {
        path != "/" && target.is_none()
    }

    /// What `head` asks for.
    ///
    /// # Errors
    /// [`Unserved`].
    pub fn parse(head: Head<'_>) -> Result<Self, Unserved> {
        let head_only = match head.method {
            "GET" => false,
            "HEAD" => true,
            _ => return Err(Unserved::Method),
        };
        let path = head.path.strip_prefix('/').unwrap_or(head.path);
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        let text = |encoded: &str| decode(encoded, false).ok_or(Unserved::Uri);
        let mut members = vec![("Bucket", text(bucket)?)];
        let parameters = parameters(head.query)?;
        if parameters.iter().any(|(name, _)| UNSERVED.contains(&name.as_str())) {
            return Err(Unserved::NotImplemented);
        }
        let operation = if key.is_empty() {
            bucket_operation(head_only, &parameters)?
        } else {
            members.push(("Key", text(key)?));
            let conditions = [
                ("Range", head.range),
                ("IfMatch", head.if_match),
                ("IfNoneMatch", head.if_none_match),
            ];
            let given = conditions.into_iter().filter_map(|(name, value)| Some((name, value?)));
            members.extend(given.map(|(name, value)| (name, value.to_owned())));
            if head_only { S3Operation::HeadObject } else { S3Operation::GetObject }
        };
        for (name, value) in parameters {
            if let Some(member) = member(operation, &name)
                && !members.iter().any(|(given, _)| *given == member)
            {
                members.push((member, value));
            }
        }
        Ok(Self { operation, members })
    }

    /// The operation.
    #[must_use]
    pub fn operation(&self) -> S3Operation {
        self.operation
    }

    /// The input of the operation.
    #[must_use]
    pub fn input(&self) -> Node<'_> {
        let member = |(name, value): &(&'static str, String)| {
            (Cow::Borrowed(*name), Node::Text(Cow::Owned(value.clone())))
        };
        Node::Object(self.members.iter().map(member).collect())
    }

    /// The name of the bucket.
    #[must_use]
    pub fn bucket(&self) -> &str {
        self.members.first().map_or("", |(_, name)| name)
    }
}

fn bucket_operation(
    head_only: bool,
    parameters: &[(String, String)],
) -> Result<S3Operation, Unserved> {
    let value = |name: &str| {
        parameters.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    };
    match (head_only, value("location"), value("list-type")) {
        (_, Some(_), _) if head_only => Err(Unserved::Method),
        (true, ..) => Ok(S3Operation::HeadBucket),
        (false, Some(_), _) => Ok(S3Operation::GetBucketLocation),
        (false, None, Some("2")) => Ok(S3Operation::ListObjectsV2),
        (false, None, _) if value("versions").is_some() => Err(Unserved::NotImplemented),
        (false, None, _) => Ok(S3Operation::ListObjects),
    }
}

/// The member of an operation's input that a parameter is.
fn member(operation: S3Operation, name: &str) -> Option<&'static str> {
    use S3Operation::{ListObjects, ListObjectsV2};
    match (operation, name) {
        (ListObjects | ListObjectsV2, "prefix") => Some("Prefix"),
        (ListObjects | ListObjectsV2, "delimiter") => Some("Delimiter"),
        (ListObjects | ListObjectsV2, "max-keys") => Some("MaxKeys"),
        (ListObjects | ListObjectsV2, "encoding-type") => Some("EncodingType"),
        (ListObjects, "marker") => Some("Marker"),
        (ListObjectsV2, "continuation-token") => Some("ContinuationToken"),
        (ListObjectsV2, "start-after") => Some("StartAfter"),
        (ListObjectsV2, "fetch-owner") => Some("FetchOwner"),
        _ => None,
    }
}

fn parameters(query: &str) -> Result<Vec<(String, String)>, Unserved> {
    let pieces = query.split('&').filter(|piece| !piece.is_empty());
    let pair = |piece: &str| {
        let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
        let text = |encoded| decode(encoded, true).ok_or(Unserved::Uri);
        Ok((text(name)?, text(value)?))
    };
    pieces.map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(method: &str, path: &str, query: &str) -> Result<Request, Unserved> {
        Request::parse(Head { method, path, query, ..Head::default() })
    }

    fn request(
        operation: S3Operation,
        members: &[(&'static str, &str)],
    ) -> Result<Request, Unserved> {
        let members = members.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Ok(Request { operation, members })
    }

    #[test]
    fn paths_are_buckets_and_keys() {
        let bucket = ("Bucket", "b");
        for (method, path, query, operation, more) in [
            ("GET", "/b", "location", S3Operation::GetBucketLocation, vec![]),
            ("GET", "/b/", "", S3Operation::ListObjects, vec![]),
            (
                "GET",
                "/b",
                "marker=a%2Fb&prefix=+x&x-id=1",
                S3Operation::ListObjects,
                vec![("Marker", "a/b"), ("Prefix", " x")],
            ),
            (
                "GET",
                "/b",
                "list-type=2&start-after=a&start-after=b&marker=c",
                S3Operation::ListObjectsV2,
                vec![("StartAfter", "a")],
            ),
            ("HEAD", "/b", "", S3Operation::HeadBucket, vec![]),
            ("GET", "/b/k+%2Bx//y", "prefix=z", S3Operation::GetObject, vec![("Key", "k++x//y")]),
            ("HEAD", "/b/..%2f..%00", "", S3Operation::HeadObject, vec![("Key", "../..\0")]),
            (
                "GET",
                "/%62/%2e%2e/k",
                "X-Amz-Signature=1",
                S3Operation::GetObject,
                vec![("Key", "../k")],
            ),
        ] {
            let members: Vec<_> = std::iter::once(bucket).chain(more).collect();
            assert_eq!(parse(method, path, query), request(operation, &members), "{path}?{query}");
        }
    }

    #[test]
    fn what_is_not_served_is_said_so() {
        for method in ["PUT", "POST", "DELETE", "OPTIONS", "get"] {
            assert_eq!(parse(method, "/b/k", ""), Err(Unserved::Method));
        }
        for query in UNSERVED {
            assert_eq!(parse("GET", "/b/k", query), Err(Unserved::NotImplemented), "{query}");
        }
        assert_eq!(parse("GET", "/b", "versions"), Err(Unserved::NotImplemented));
        assert_eq!(parse("GET", "/b/%zz", ""), Err(Unserved::Uri));
        assert_eq!(parse("GET", "/b", "prefix=%ff"), Err(Unserved::Uri));
        assert!(UNSERVED.is_sorted());
    }
}
