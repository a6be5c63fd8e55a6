//! Encrypt under a key with a long policy, or with many grants.

use super::row::{Row, Target, Unit, micros, quotient};
use super::turns::{Side, by_turns};
use super::{Context, Outcome};
use crate::bulk;
use crate::contestant::Contestant;
use crate::decisions::long_key_policy;
use crate::endpoint::Endpoint;
use crate::operation::Operation;
use crate::population;
use crate::requests::{Message, Requests};
use crate::subjects::{Asker, Subject};
use crate::terminal::Failure;
use serde_json::json;

/// More than the long key policy names.
const NAMED_ACCOUNTS: u64 = 150;
const STRANGER_ACCOUNT: u64 = 444_455_556_666;
/// The account that a server has from the beginning.
const OWNER: &str = "111122223333";
const SYMMETRIC: (&str, &str) = ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
/// Connections.
const SOME: u32 = 8;

/// A case: who encrypts under what.
struct Case<'a> {
    name: &'a str,
    endpoint: &'a Endpoint,
    subject: Subject,
}

impl<'a> Case<'a> {
    fn new(
        name: &'a str,
        endpoint: &'a Endpoint,
        key_id: &str,
        volume: u64,
    ) -> Result<Self, Failure> {
        let context = format!(r#","EncryptionContext":{{"volume":"vol-{volume}"}}"#);
        Ok(Self { name, endpoint, subject: Subject { context, ..Subject::of(key_id)? } })
    }

    fn side(&self, server: &'a Contestant) -> Side<'a> {
        let (endpoint, subject) = (self.endpoint, self.subject.clone());
        Side::of(self.name, server, move || {
            Requests::ring(endpoint, vec![Message::of(Operation::Encrypt, &subject)])
        })
    }
}

pub(super) fn run(context: &Context<'_>, outcome: &mut Outcome) -> Result<(), Failure> {
    let server = context.buffered()?;
    let (owner, stranger) = (&server.endpoint, stranger(context, &server)?);
    let grants = context.scale.grants;
    let runtime = context.runtime;
    let key = || runtime.block_on(async { Asker::open(owner).await?.key(SYMMETRIC).await });
    let (plain, long, crowded, single) = (key()?, key()?, key()?, key()?);
    runtime.block_on(put_long_policy(owner, &long))?;
    grant(owner, &crowded, grants)?;
    grant(owner, &single, 1)?;
    let arn = |key: &str| format!("arn:aws:kms:{}:{}:key/{key}", owner.credentials.region, OWNER);
    let last = grants.saturating_sub(1);
    let cases = [
        Case::new("default policy", owner, &plain, 0)?,
        Case::new("long policy", owner, &long, 0)?,
        Case::new("many grants, owner", owner, &crowded, last)?,
        Case::new("the only grant", &stranger, &arn(&single), 0)?,
        Case::new("one of many grants", &stranger, &arn(&crowded), last)?,
    ];
    let sides: Vec<Side<'_>> = cases.iter().map(|case| case.side(&server)).collect();
    let found = by_turns("Encrypt", &sides, SOME, &context.plan)?;
    let cpu: Vec<Option<f64>> = found.iter().map(|found| found.server_cpu_each()).collect();
    let [plain, long, owner, only, many] = cpu.as_slice() else { return Ok(()) };
    let row = |work: String, figure| {
        Row::new(work, Target::AtMost(1.15), Unit::Times("the default policy"), figure)
    };
    let work = "Encrypt, CPU/request, key policy of 32 KiB".to_owned();
    let note = format!("{} ÷ {}", micros(*long), micros(*plain));
    outcome.rows.push(row(work, quotient(*long, *plain)).note(note));
    let work = format!("Encrypt, CPU/request, {grants} grants on the key, by one of them");
    let note = format!(
        "{} ÷ {}; by a key's only grant {}; by the policy, the grants not needed, {}",
        micros(*many),
        micros(*plain),
        micros(*only),
        micros(*owner)
    );
    outcome.rows.push(row(work, quotient(*many, *plain)).note(note));
    Ok(())
}

/// The server, as another account sees it. The accounts that the long policy names are made, too.
fn stranger(context: &Context<'_>, server: &Contestant) -> Result<Endpoint, Failure> {
    let data = server.data.as_deref().ok_or_else(|| Failure::new("the server has no data"))?;
    let account = |number| population::account(context.program, data, number, &server.endpoint);
    for number in 1..NAMED_ACCOUNTS {
        account(number)?;
    }
    Ok(Endpoint { credentials: account(STRANGER_ACCOUNT)?, ..server.endpoint.clone() })
}

async fn put_long_policy(owner: &Endpoint, key_id: &str) -> Result<(), Failure> {
    let policy = long_key_policy(&format!("arn:aws:iam::{OWNER}:root"));
    let body = json!({"KeyId": key_id, "PolicyName": "default", "Policy": policy}).to_string();
    Asker::open(owner).await?.ask(&Message::kms("PutKeyPolicy", body)).await.map(drop)
}

/// Grants on one key, all to one grantee, so that nothing but the constraint tells them apart.
fn grant(owner: &Endpoint, key_id: &str, count: u64) -> Result<(), Failure> {
    let key_id = key_id.to_owned();
    let make = move |number| {
        let body = json!({
            "KeyId": key_id,
            "GranteePrincipal": format!("arn:aws:iam::{STRANGER_ACCOUNT}:root"),
            "Operations": ["Encrypt", "Decrypt"],
            "Constraints": {"EncryptionContextSubset": {"volume": format!("vol-{number}")}},
        });
        Message::kms("CreateGrant", body.to_string())
    };
    bulk::ask(owner, "CreateGrant", count, Box::new(make), Box::new(|_, _| Ok(()))).map(drop)
}
