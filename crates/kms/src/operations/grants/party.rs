//! Who a grant names, and how a request names a grant.

use strongroom_engine::decode::Values;
use strongroom_engine::refusal::{GrantDefect, Refusal};
use strongroom_engine::{Fact, NamedPrincipal};
use strongroom_keys::Party;
use strongroom_types::AccountId;

/// The party that `principal` or `service` names, if one of the two does.
pub(super) fn read(
    values: &mut Values,
    principal: &'static str,
    service: &'static str,
) -> Result<Option<Party>, Refusal> {
    match (values.take::<String>(principal), values.take::<String>(service)) {
        (Some(_), Some(_)) => Err(Refusal::Grant(GrantDefect::Party(principal, service))),
        (Some(arn), None) => {
            account_of(&arn).ok_or_else(|| Refusal::Grant(GrantDefect::Arn(arn.clone())))?;
            Ok(Some(Party::Principal(arn)))
        }
        (None, service) => Ok(service.map(Party::Service)),
    }
}

/// The same, where one of the two must be there.
pub(super) fn need(
    values: &mut Values,
    principal: &'static str,
    service: &'static str,
) -> Result<Party, Refusal> {
    let party = read(values, principal, service)?;
    party.ok_or(Refusal::Grant(GrantDefect::Party(principal, service)))
}

/// The account of a principal's ARN; `None` for what is no such ARN.
pub(super) fn account_of(arn: &str) -> Option<AccountId> {
    NamedPrincipal::parse_arn(arn).and_then(|(_, name)| name.account())
}

/// `kms:GrantIsForAWSResource`: no service calls on anybody's behalf here.
pub(super) fn for_aws_resource(key: &str) -> Option<Fact<'static>> {
    (key == "kms:grantisforawsresource").then_some(Fact::One("false".into()))
}

/// A grant id: 64 hexadecimal digits.
pub(super) fn grant_id(text: String) -> Result<String, Refusal> {
    let well_formed = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    if well_formed { Ok(text.to_ascii_lowercase()) } else { Err(Refusal::InvalidGrantId) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_are_told_from_what_is_none() {
        for good in [
            "arn:aws:iam::111122223333:root",
            "arn:aws:iam::111122223333:user/a/path/name",
            "arn:aws-cn:iam::111122223333:role/name",
            "arn:aws:sts::111122223333:assumed-role/role/session",
            "arn:aws:sts::111122223333:federated-user/name",
        ] {
            assert!(account_of(good).is_some(), "{good}");
        }
        for wrong in [
            "",
            "*",
            "root",
            "arn:aws:iam::111122223333:",
            "arn:aws:iam::111122223333:user/",
            "arn:aws:iam::1111222233:root",
            "arn:aws:iam:eu-west-2:111122223333:root",
            "arn:aws:iam::111122223333:group/name",
            "arn:aws:sts::111122223333:assumed-role/role",
            "arn:aws:s3::111122223333:user/name",
            "arn:other:iam::111122223333:root",
            "111122223333",
            "arn:aws:iam::111122223333:user//name",
            "arn:aws:iam::111122223333:user/na me",
            "arn:aws:iam::111122223333:role/*",
        ] {
            assert!(account_of(wrong).is_none(), "{wrong}");
        }
    }
}
