//! The decision alone: no key is looked up, and no grant.

use super::{ROUNDS, Row, print, used};
use crate::terminal::Failure;
use std::fmt::Write as _;
use strongroom_policy::{
    Fact, Facts, Grant, GrantParty, Policy, Question, Resource, Sources, decide, default_key_policy,
};
use strongroom_types::{AccountId, Action, GrantOperation, KeyArn, KeyId, Principal};

/// Decisions in a round.
const COUNT: u32 = 20_000;

const USER: &str = "arn:aws:iam::111122223333:user/alice";

/// A request with an encryption context.
struct Request;

impl Facts for Request {
    fn fact(&self, key: &str) -> Option<Fact<'_>> {
        match key {
            "kms:encryptioncontext:stage" => Some(Fact::One("test".into())),
            "aws:sourceip" => Some(Fact::One("192.0.2.7".into())),
            _ => None,
        }
    }
}

/// A key policy of 32 KiB: statements about others and with conditions, and last the one that
/// allows, if `last` is none of others'.
pub(crate) fn long_key_policy(last: &str) -> String {
    let mut text = r#"{"Version":"2012-10-17","Statement":["#.to_owned();
    let end = format!(
        r#"{{"Effect":"Allow","Principal":{{"AWS":"{last}"}},"Action":"kms:*","Resource":"*"}}]}}"#
    );
    for number in 0.. {
        let effect = if number % 4 == 0 { "Deny" } else { "Allow" };
        let who = if number % 4 == 0 { "111122223333".to_owned() } else { format!("{number:012}") };
        let statement = format!(
            r#"{{"Sid":"s{number}","Effect":"{effect}","Principal":{{"AWS":"{who}"}},"Action":["kms:Decrypt","kms:Enc*"],"Resource":"arn:aws:kms:*:*:key/*","Condition":{{"StringLike":{{"kms:EncryptionContext:stage":"prod-{number}-*"}},"IpAddress":{{"aws:SourceIp":"10.{}.0.0/16"}}}}}},"#,
            number % 256
        );
        if text.len() + statement.len() + end.len() > Policy::KEY_POLICY_MAX_LEN {
            break;
        }
        text.push_str(&statement);
    }
    text.push_str(&end);
    text
}

/// One of ten identity policies, of the 6 KiB that a managed policy may have; the last allows.
fn identity_policy(number: usize) -> String {
    let mut text = r#"{"Version":"2012-10-17","Statement":["#.to_owned();
    for statement in 0..35 {
        let _ = write!(
            text,
            r#"{{"Effect":"Allow","Action":"kms:*","Resource":"arn:aws:kms:*:*:key/{number}-{statement}-*","Condition":{{"StringEquals":{{"aws:PrincipalTag/team":"t{statement}"}}}}}},"#
        );
    }
    let action = if number == 9 { "kms:Decrypt" } else { "s3:*" };
    let _ = write!(text, r#"{{"Effect":"Allow","Action":"{action}","Resource":"*"}}]}}"#);
    text
}

fn alice(account: AccountId) -> Principal {
    Principal::User {
        account,
        path: "/".to_owned(),
        name: "alice".to_owned(),
        id: "AIDAEXAMPLE".to_owned(),
    }
}

/// Measures decisions by policies and a candidate grant.
pub(super) fn run() -> Result<(), Failure> {
    let failed = |why: strongroom_policy::Malformed| Failure::of("a policy of the benchmark", why);
    let account = AccountId::INITIAL;
    let key_policy = |text: &str| Policy::key_policy(text).map_err(failed);
    let default = key_policy(&default_key_policy(account, "aws"))?;
    let long = key_policy(&long_key_policy("arn:aws:iam::111122223333:root"))?;
    let others = key_policy(&long_key_policy("arn:aws:iam::444455556666:root"))?;
    let ten = (0..10).map(|number| Policy::identity_policy(&identity_policy(number)));
    let ten = ten.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    let ten: Vec<&Policy> = ten.iter().collect();
    // The last of the ten is the one that allows.
    let hundred: Vec<&Policy> =
        ten.iter().take(9).cycle().take(109).chain(ten.last()).copied().collect();
    let one = Policy::identity_policy(
        r#"{"Statement":{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*"}}"#,
    )
    .map_err(failed)?;
    let grants = [Grant {
        id: "grant",
        grantee: GrantParty::Principal { arn: USER, id: None },
        retiring: None,
        operations: &[GrantOperation::Decrypt],
        context: None,
        source_arn: None,
        issuer: account,
        by_token: false,
    }];
    let cases = [
        (
            "default key policy, one identity policy",
            Sources { key_policy: Some(&default), identity: &[&one], ..Sources::default() },
        ),
        (
            "key policy of 32 KiB, ten identity policies",
            Sources { key_policy: Some(&long), identity: &ten, ..Sources::default() },
        ),
        (
            "the same, but 110 identity policies, as a user of ten groups has",
            Sources { key_policy: Some(&long), identity: &hundred, ..Sources::default() },
        ),
        (
            "key policy of 32 KiB, ten identity policies, allowed by a grant alone",
            Sources {
                key_policy: Some(&others),
                identity: &ten,
                grants: &grants,
                ..Sources::default()
            },
        ),
    ];
    let principal = alice(account);
    let region = "us-east-1".parse().map_err(|()| Failure::new("no Region"))?;
    let question = Question {
        principal: &principal,
        partition: "aws",
        action: Action::new("kms:Decrypt"),
        resource: Resource::Key(KeyArn { region, account, key: KeyId::from_random([7; 16]) }),
        cross_account_allowed: true,
    };
    let mut rows: Vec<Row> = cases.iter().map(|(name, _)| Row::new(*name)).collect();
    for _ in 0..ROUNDS {
        for ((name, sources), row) in cases.iter().zip(&mut rows) {
            let began = used()?;
            for _ in 0..COUNT {
                let permit = decide(std::hint::black_box(&question), sources, &Request);
                let _ = permit.map_err(|why| Failure::of(name, why))?;
            }
            row.note(began, COUNT);
        }
    }
    print("one decision", &rows);
    Ok(())
}
