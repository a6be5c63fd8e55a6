//! Which operation of which service a request is for, by its head (and, in the Query protocol, its
//! form).
//!
//! Source: the API models' `targetPrefix` and `apiVersion`; Smithy's AWS JSON 1.1 and AWS Query
//! protocols.

use crate::query::Form;
use strongroom_iam::{IamOperation, StsOperation};
use strongroom_kms::OperationName;
use strongroom_trail::service::cloudtrail::CloudTrailOperation;

/// What KMS's targets begin with.
const KMS_TARGET: &str = "TrentService.";
/// What CloudTrail's targets begin with: as the model has it, and as some clients write it.
const CLOUDTRAIL_TARGETS: [&str; 2] =
    ["com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.", "CloudTrail_20131101."];
/// The content type of AWS JSON 1.1.
pub const JSON_CONTENT_TYPE: &str = "application/x-amz-json-1.1";
/// The content type of AWS Query.
pub const FORM_CONTENT_TYPE: &str = "application/x-www-form-urlencoded";
/// The version of the IAM API.
const IAM_VERSION: &str = "2010-05-08";
/// The version of the STS API.
const STS_VERSION: &str = "2011-06-15";

/// The parts of a request's head that routing looks at.
#[derive(Clone, Copy, Default)]
pub struct Head<'a> {
    /// The method.
    pub method: &'a str,
    /// The path, undecoded.
    pub path: &'a str,
    /// The query string, undecoded.
    pub query: &'a str,
    /// `Content-Type`.
    pub content_type: &'a str,
    /// `X-Amz-Target`.
    pub target: Option<&'a str>,
}

/// Where a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// A KMS operation, over AWS JSON 1.1.
    Kms(OperationName),
    /// A CloudTrail operation, over AWS JSON 1.1.
    CloudTrail(CloudTrailOperation),
    /// An IAM operation, over AWS Query.
    Iam(IamOperation),
    /// An STS operation, over AWS Query.
    Sts(StsOperation),
}

/// Why a request goes nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unroutable {
    /// No operation of the JSON services.
    UnknownOperation,
    /// The form does not parse.
    MalformedForm,
    /// The form names no action.
    MissingAction,
    /// No such action in the version named.
    InvalidAction {
        /// The action.
        action: String,
        /// The version.
        version: String,
    },
}

/// Finds where a request goes. `body` is looked at in the Query protocol only.
///
/// # Errors
/// [`Unroutable`].
pub fn route(head: Head<'_>, body: &[u8]) -> Result<Route, Unroutable> {
    let media = head.content_type.split(';').next().unwrap_or_default().trim();
    if head.path != "/" {
        return Err(Unroutable::UnknownOperation);
    }
    match (head.method, head.target) {
        ("POST", Some(target)) if media.eq_ignore_ascii_case(JSON_CONTENT_TYPE) => {
            operation(target).ok_or(Unroutable::UnknownOperation)
        }
        ("POST", None) if media.eq_ignore_ascii_case(FORM_CONTENT_TYPE) => action(body),
        ("GET", None) if !head.query.is_empty() => action(head.query.as_bytes()),
        _ => Err(Unroutable::UnknownOperation),
    }
}

/// The operation of a JSON service that the target names.
fn operation(target: &str) -> Option<Route> {
    if let Some(name) = target.strip_prefix(KMS_TARGET) {
        return OperationName::parse(name).map(Route::Kms);
    }
    let name = CLOUDTRAIL_TARGETS.iter().find_map(|prefix| target.strip_prefix(prefix))?;
    CloudTrailOperation::parse(name).map(Route::CloudTrail)
}

fn action(form: &[u8]) -> Result<Route, Unroutable> {
    let form = Form::parse(form).map_err(|_| Unroutable::MalformedForm)?;
    let action = form.value("Action").ok_or(Unroutable::MissingAction)?;
    let version = form.value("Version").unwrap_or("NO_VERSION_SPECIFIED");
    let found = match version {
        IAM_VERSION => IamOperation::parse(action).map(Route::Iam),
        STS_VERSION => StsOperation::parse(action).map(Route::Sts),
        _ => None,
    };
    match found {
        Some(route) => Ok(route),
        None => {
            let cut = |text: &str| text.chars().take(128).collect();
            Err(Unroutable::InvalidAction { action: cut(action), version: cut(version) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kms(target: &str, content_type: &str) -> Result<Route, Unroutable> {
        let head =
            Head { method: "POST", path: "/", query: "", content_type, target: Some(target) };
        route(head, b"{}")
    }

    #[test]
    fn a_target_is_found_whatever_the_parameters_of_its_type() {
        let found = Ok(Route::Kms(OperationName::Encrypt));
        assert_eq!(kms("TrentService.Encrypt", JSON_CONTENT_TYPE), found);
        assert_eq!(kms("TrentService.Encrypt", "Application/X-Amz-Json-1.1; charset=utf-8"), found);
    }

    #[test]
    fn cloudtrail_is_found_by_either_target() {
        let found = Ok(Route::CloudTrail(CloudTrailOperation::DescribeTrails));
        for prefix in CLOUDTRAIL_TARGETS {
            assert_eq!(kms(&format!("{prefix}DescribeTrails"), JSON_CONTENT_TYPE), found);
            let unknown = kms(&format!("{prefix}Encrypt"), JSON_CONTENT_TYPE);
            assert_eq!(unknown, Err(Unroutable::UnknownOperation));
        }
    }

    #[test]
    fn what_is_not_served_is_unknown() {
        let unknown = Err(Unroutable::UnknownOperation);
        assert_eq!(kms("TrentService.Nothing", JSON_CONTENT_TYPE), unknown);
        assert_eq!(kms("DynamoDB_20120810.Encrypt", JSON_CONTENT_TYPE), unknown);
        assert_eq!(kms("TrentService.Encrypt", "text/plain"), unknown);
        assert_eq!(route(Head { method: "GET", path: "/", ..Head::default() }, b""), unknown);
        assert_eq!(route(Head { method: "POST", path: "/x", ..Head::default() }, b""), unknown);
    }

    #[test]
    fn actions_come_by_form_and_by_query_string() {
        let form = "Action=GetCallerIdentity&Version=2011-06-15";
        let found = Ok(Route::Sts(StsOperation::GetCallerIdentity));
        let post =
            Head { method: "POST", path: "/", content_type: FORM_CONTENT_TYPE, ..Head::default() };
        assert_eq!(route(post, form.as_bytes()), found);
        let get = Head { method: "GET", path: "/", query: form, ..Head::default() };
        assert_eq!(route(get, b""), found);
        assert_eq!(route(post, b"Version=2011-06-15"), Err(Unroutable::MissingAction));
        let old = route(post, b"Action=GetCallerIdentity&Version=2010-05-08");
        assert!(matches!(old, Err(Unroutable::InvalidAction { .. })));
    }
}
