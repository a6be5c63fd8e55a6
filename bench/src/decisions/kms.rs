//! The decision in its place: Encrypt through the engine, over a store and a journal in memory. No
//! socket, no signature and no disk are part of what is measured.

use super::policies::long_key_policy;
use super::{ROUNDS, Row, print, used};
use crate::inside::{self, Holder, ask, failed};
use crate::terminal::{self, Failure};
use serde_json::{Value, json};
use strongroom_crypto::SecretBytes;
use strongroom_engine::Engine;
use strongroom_engine::call::Call;
use strongroom_kms::OperationName;
use strongroom_types::AccountId;

/// More than the long key policy has statements.
const NAMED_ACCOUNTS: u64 = 150;

/// Requests in a round.
const COUNT: u32 = 500;

const REGION: &str = "us-east-1";
const SECRET: &str = "secret-access-key-of-the-benchmark";
const OWNER: &str = "AKIABENCHMARKOWNER01";
const STRANGER: &str = "AKIABENCHMARKOTHER01";
const STRANGER_ACCOUNT: &str = "444455556666";

/// Measures requests on keys of few and of many grants.
pub(super) fn run(grants: u32) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
    let runtime = runtime.map_err(|why| Failure::of("the runtime", why))?;
    runtime.block_on(measure(grants))
}

async fn open() -> Result<Engine, Failure> {
    let engine = inside::in_memory().await?;
    let region = REGION.parse().map_err(|()| failed("no Region"))?;
    let other: AccountId = STRANGER_ACCOUNT.parse().map_err(|_| failed("no account"))?;
    for (account, key) in [(AccountId::INITIAL, OWNER), (other, STRANGER)] {
        let secret = SecretBytes::new(SECRET.as_bytes().to_vec());
        engine.create_account(account, None, region, (key, secret)).await.map_err(failed)?;
    }
    // Those that the long key policy names.
    for number in 0..NAMED_ACCOUNTS {
        let account = AccountId::from_number(number).ok_or_else(|| failed("no account"))?;
        let key = format!("AKIABENCH{number:011}");
        let secret = SecretBytes::new(SECRET.as_bytes().to_vec());
        engine.create_account(account, None, region, (&key, secret)).await.map_err(failed)?;
    }
    Ok(engine)
}

/// A call of whoever has the access key.
async fn caller(engine: &Engine, access_key_id: &str) -> Result<Call, Failure> {
    inside::caller(engine, &Holder { access_key_id, secret: SECRET, region: REGION }).await
}

/// A key; if there are to be grants, with so many, and then with a long policy that allows its
/// account.
async fn key(engine: &Engine, owner: &Call, grants: u32) -> Result<String, Failure> {
    let made = ask(engine, owner, OperationName::CreateKey, b"{}").await?;
    let arn = made.pointer("/KeyMetadata/Arn").and_then(Value::as_str).unwrap_or_default();
    for number in 0..grants {
        // All to one grantee, so that nothing but the constraint tells them apart.
        let input = json!({
            "KeyId": arn,
            "GranteePrincipal": format!("arn:aws:iam::{STRANGER_ACCOUNT}:root"),
            "Operations": ["Encrypt", "Decrypt"],
            "Constraints": {"EncryptionContextSubset": {"volume": format!("vol-{number}")}},
        });
        ask(engine, owner, OperationName::CreateGrant, input.to_string().as_bytes()).await?;
    }
    if grants > 0 {
        // Afterwards: each grant counts in the key's record, which holds the policy.
        let policy = long_key_policy("arn:aws:iam::111122223333:root");
        let input = json!({"KeyId": arn, "Policy": policy});
        ask(engine, owner, OperationName::PutKeyPolicy, input.to_string().as_bytes()).await?;
    }
    Ok(arn.to_owned())
}

async fn measure(grants: u32) -> Result<(), Failure> {
    let engine = open().await?;
    let (owner, stranger) = (caller(&engine, OWNER).await?, caller(&engine, STRANGER).await?);
    let plain = key(&engine, &owner, 0).await?;
    terminal::progress(format_args!("creating {grants} grants on one key"));
    let crowded = key(&engine, &owner, grants).await?;
    let single = key(&engine, &owner, 1).await?;
    let last = grants.saturating_sub(1);
    let cases = [
        ("default key policy".to_owned(), &owner, &plain, 0),
        (format!("key policy of 32 KiB, {grants} grants"), &owner, &crowded, last),
        ("the same key policy, by its only grant".to_owned(), &stranger, &single, 0),
        (format!("the same, by one of {grants} grants"), &stranger, &crowded, last),
    ];
    let mut rows: Vec<Row> = cases.iter().map(|(name, ..)| Row::new(name.clone())).collect();
    for _ in 0..ROUNDS {
        for ((_, call, key, volume), row) in cases.iter().zip(&mut rows) {
            let input = json!({"KeyId": key, "Plaintext": "AAAA",
                               "EncryptionContext": {"volume": format!("vol-{volume}")}});
            let input = input.to_string().into_bytes();
            let began = used()?;
            for _ in 0..COUNT {
                ask(&engine, call, OperationName::Encrypt, &input).await?;
            }
            row.note(began, COUNT);
        }
    }
    print("one Encrypt, without socket, signature and disk", &rows);
    Ok(())
}
