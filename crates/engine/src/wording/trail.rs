//! The texts of CloudTrail.

use crate::refusal::{SelectorDefect, TrailRefusal};
use strongroom_types::TrailNameError;

/// The message, as AWS words it.
pub(super) fn message(refusal: &TrailRefusal) -> String {
    use TrailRefusal as R;
    match refusal {
        R::NotFound(arn) => format!("Unknown trail: {arn} for the user: {}", arn.account),
        R::NoResource(arn) => format!("Resource {arn} was not found."),
        R::Exists(name, account) => format!("Trail {name} already exists for customer: {account}"),
        R::InRegion(account, count, region) => {
            format!("User: {account} already has {count} trails in {region}.")
        }
        R::InAccount(account, count) => format!("User: {account} already has {count} trails."),
        R::Name(why) => name(*why),
        R::Arn(text) => format!("{text} is not a valid trail ARN."),
        R::Kind(text) => format!("The resource type of {text} is not supported by this server."),
        R::HomeRegion(arn) => {
            format!("Trail {arn} can only be changed in its home region: {}.", arn.region)
        }
        R::BucketName(bucket) => format!("Bucket name is not valid: {bucket}"),
        R::NoBucket(bucket) => format!("S3 bucket {bucket} does not exist!"),
        R::BucketPolicy(bucket) => {
            format!("Incorrect S3 bucket policy is detected for bucket: {bucket}")
        }
        R::Prefix(prefix) => format!("S3 prefix is not valid: {prefix}"),
        R::Unserved(what) => format!("{what} is not supported by this server."),
        R::Selectors(defect) => selectors(defect),
        other => fixed(other).to_owned(),
    }
}

const fn fixed(refusal: &TrailRefusal) -> &'static str {
    use TrailRefusal as R;
    match refusal {
        R::Owners => "You cannot have resources belonging to multiple owners",
        R::TooMany => "Specify at most 20 trail ARNs.",
        R::BuiltIn => {
            "Trail strongroom is the record that this server keeps of every request. It cannot be \
             changed, stopped, tagged or deleted."
        }
        R::Combination => "Multi-Region trail must include global service events.",
        R::Tags(why) => why,
        R::Throttled => "Rate exceeded",
        R::TagLimit => "A trail can have at most 50 tags.",
        R::Attributes => "You can specify only one lookup attribute.",
        R::TimeRange => "The start time must not be after the end time.",
        // INVARIANT: the rest are page tokens; `message` words all others.
        _ => "Invalid token.",
    }
}

fn name(why: TrailNameError) -> String {
    use TrailNameError as E;
    let fixed = match why {
        E::Short(length) => {
            return format!(
                "Trail name too short. Minimum allowed length: 3 characters. Specified name \
                 length: {length} characters."
            );
        }
        E::Long(length) => {
            return format!(
                "Trail name too long. Maximum allowed length: 128 characters. Specified name \
                 length: {length} characters."
            );
        }
        E::Start => "Trail name must starts with a letter or number.",
        E::End => "Trail name must ends with a letter or number.",
        E::Characters => {
            "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, \
             periods (.), hyphens (-), and underscores (_)."
        }
        E::Adjacent => {
            "Trail name must not have two adjacent periods (.), hyphens (-), or underscores (_)."
        }
        E::Address => "Trail name must not be formatted as an IP address.",
    };
    fixed.to_owned()
}

fn selectors(defect: &SelectorDefect) -> String {
    match defect {
        SelectorDefect::Count => {
            "Specify a valid number of selectors (1 to 5) for your trail.".to_owned()
        }
        SelectorDefect::Kinds => {
            "Specify either EventSelectors or AdvancedEventSelectors, but not both.".to_owned()
        }
        SelectorDefect::Nothing => {
            "An event selector must include management events or data events.".to_owned()
        }
        SelectorDefect::Value(value, member) => format!("Value {value} for {member} is invalid."),
        SelectorDefect::Field(field) => {
            format!("An advanced event selector must have the field {field} exactly once.")
        }
        SelectorDefect::Operator(operator, field) => {
            format!("Operator {operator} is invalid for the field {field}.")
        }
    }
}
