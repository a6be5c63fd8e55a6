//! What an event was about.

use super::Attributes;
use super::copy::Copy;
use super::digits;
use super::json::Json;
use strongroom_engine::ports::archive::EventAttribute as A;
use strongroom_types::AccountId;

/// The parts of a text that colons separate, each with what is behind its colon; without the
/// machinery of searching any pattern: every event has an ARN that is looked at several times.
fn parts(text: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = text.bytes().position(|byte| byte == b':');
        let (part, behind) = text.split_at(end.unwrap_or(text.len()));
        rest = end.and_then(|_| behind.get(1..));
        Some((part, rest))
    })
}

/// The account of an ARN that tells one.
pub(super) fn account_of(arn: &str) -> Option<AccountId> {
    parts(arn).nth(4)?.0.parse().ok()
}

/// CloudTrail's type of what is at the ARN.
pub(super) fn kind_of(arn: &str) -> Option<&'static str> {
    let mut parts = parts(arn).skip(2);
    let (service, _) = parts.next()?;
    let (_account, rest) = parts.nth(1)?;
    let rest = rest?;
    let kind = rest.split('/').next().unwrap_or_default();
    Some(match (service, kind) {
        // Aliases, too. Source: AWS KMS Developer Guide, "CreateAlias".
        ("kms", _) => "AWS::KMS::Key",
        ("iam", "user") => "AWS::IAM::User",
        ("iam", "role") => "AWS::IAM::Role",
        ("iam", "group") => "AWS::IAM::Group",
        ("iam", "policy") => "AWS::IAM::Policy",
        ("iam", "oidc-provider") => "AWS::IAM::OIDCProvider",
        ("cloudtrail", "trail") => "AWS::CloudTrail::Trail",
        ("s3", bucket) if bucket.len() < rest.len() => "AWS::S3::Object",
        ("s3", _) => "AWS::S3::Bucket",
        _ => return None,
    })
}

/// Writes `resources`. KMS always tells, but of custom key stores; others if there is something.
pub(super) fn write(copy: &Copy<'_>, json: &mut Json) {
    let record = copy.record;
    let always = record.service == "kms" && !record.operation.contains("CustomKeyStore");
    if copy.resources().next().is_none() && !always {
        return;
    }
    json.name("resources");
    json.open_list();
    for arn in copy.resources() {
        json.open();
        json.plain_member("accountId", &digits::account(account_of(arn).unwrap_or(record.account)));
        json.some_member("type", kind_of(arn));
        json.member("ARN", arn);
        json.close();
    }
    json.close_list();
}

/// What the resource at `arn` is looked up by: its type, followed by its name. What IAM names by a
/// name is found by that, too.
pub(super) fn attributes(arn: &str, into: &mut Attributes) {
    let Some(kind) = kind_of(arn) else { return };
    let mut push = |name: &str| {
        into.push(A::ResourceType, kind);
        into.push(A::ResourceName, name);
    };
    push(arn);
    if let Some((_, name)) = arn.rsplit_once('/').filter(|_| kind.starts_with("AWS::IAM::")) {
        push(name);
    }
}

/// What an access key that was made or changed is looked up by.
pub(super) fn access_key_attributes(access_key: &str, into: &mut Attributes) {
    into.push(A::ResourceType, "AWS::IAM::AccessKey");
    into.push(A::ResourceName, access_key);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_tell_what_they_are_of() {
        let key = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        assert_eq!(kind_of(key), Some("AWS::KMS::Key"));
        assert_eq!(account_of(key), Some(AccountId::INITIAL));
        let policy = "arn:aws:iam::aws:policy/AdministratorAccess";
        assert_eq!((kind_of(policy), account_of(policy)), (Some("AWS::IAM::Policy"), None));
        assert_eq!(kind_of("arn:aws:s3:::bucket"), Some("AWS::S3::Bucket"));
        assert_eq!(kind_of("arn:aws:s3:::bucket/a/b"), Some("AWS::S3::Object"));
        assert_eq!(kind_of("arn:aws:iam::111122223333:root"), None);
        assert_eq!((kind_of("nonsense"), account_of("nonsense")), (None, None));
    }
}
