//! The requests, and what is done.

use super::replacement::Replacement;
use super::told::Told;
use super::trail::HeadsPlace;
use super::{Desk, replacement, trail};
use crate::dev_clock;
use crate::terminal::Failure;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use strongroom_crypto::{Entropy, SystemEntropy};
use strongroom_engine::{Engine, VaultError};
use strongroom_iam::AccessKey;
use strongroom_types::AccountId;

/// Account numbers tried before one that is free is given up.
const TRIES: usize = 16;

/// What the operator asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Request {
    /// To set the clock for tests forward, by milliseconds.
    AdvanceClock(i64),
    /// The server's time.
    ShowClock,
    /// Another account, of this number and name.
    CreateAccount(Option<String>, Option<String>),
    /// All accounts.
    ListAccounts,
    /// Another access key of an account's root user.
    ResetAccessKey(String),
    /// A service control policy for an account, or for all: account, name, document.
    PutControl(Option<String>, String, String),
    /// The service control policies of an account, or of all.
    ListControls(Option<String>),
    /// To take a service control policy away: account, name.
    DeleteControl(Option<String>, String),
    /// To deliver what waits of the audit trail now.
    FlushTrail,
    /// Another key to sign the digests of this Region, or of the server's.
    RotateTrailKey(Option<String>),
    /// The public keys that verify the trail's digests.
    TrailKeys,
    /// Whether the server is sealed, and who keeps its root key.
    RootKeyStatus,
    /// A passphrase, a PIN or a share, for a server that is sealed.
    Unseal(Told),
    /// To forget the shares that were brought.
    ResetUnseal,
    /// To let go of the root key and all under it.
    Seal,
    /// To make another root key, which is not in force yet.
    PrepareRootKey(Box<Replacement>),
    /// To put the one of this fingerprint in force.
    ReplaceRootKey(String),
    /// How far the deliveries of the trail have come: a page of them, from there on.
    TrailHeads(Option<HeadsPlace>),
}

/// Does it. When it answers, it is durable.
pub(crate) async fn perform(
    request: &Request,
    engine: &Engine,
    desk: &Desk<'_>,
) -> Result<Value, Failure> {
    let failed = |why: VaultError| Failure::new(why.to_string());
    match request {
        Request::AdvanceClock(by) => dev_clock::advance(*by, engine, desk).await,
        Request::ShowClock => Ok(json!(engine.now().civil().to_string())),
        Request::CreateAccount(id, name) => create(id.as_deref(), name.clone(), engine, desk).await,
        Request::ListAccounts => {
            let accounts = engine.accounts().await.map_err(failed)?;
            let entry = |entry: strongroom_engine::AccountEntry| {
                json!({
                    "AccountId": entry.id.to_string(),
                    "Name": entry.name,
                    "Alias": entry.alias,
                    "Created": entry.created.civil().to_string(),
                })
            };
            Ok(accounts.into_iter().map(entry).collect())
        }
        Request::ResetAccessKey(account) => reset(number(account)?, engine, desk).await,
        Request::PutControl(account, name, document) => {
            let account = account.as_deref().map(number).transpose()?;
            let policy = (name.as_str(), document.as_str());
            engine.put_service_control(account, desk.region, policy).await.map_err(failed)?;
            Ok(Value::Null)
        }
        Request::ListControls(account) => {
            let account = account.as_deref().map(number).transpose()?;
            let policies = engine.service_control(account).await.map_err(failed)?;
            let entry = |(name, text): (String, String)| json!({ "Name": name, "Policy": text });
            Ok(policies.into_iter().map(entry).collect())
        }
        Request::DeleteControl(account, name) => {
            let account = account.as_deref().map(number).transpose()?;
            engine.delete_service_control(account, desk.region, name).await.map_err(failed)?;
            Ok(Value::Null)
        }
        Request::RootKeyStatus => replacement::status(engine, desk).await,
        Request::PrepareRootKey(wanted) => replacement::prepare(wanted, desk).await,
        Request::ReplaceRootKey(of) => replacement::replace(of, engine, desk).await,
        Request::Unseal(_) | Request::ResetUnseal => Err(Failure::new("the server is not sealed")),
        Request::Seal => Err(Failure::new("no server is running on this directory")),
        Request::FlushTrail => trail::flush(desk).await,
        Request::RotateTrailKey(region) => trail::rotate_key(region.as_deref(), engine, desk).await,
        Request::TrailKeys => trail::keys(engine, desk.region).await,
        Request::TrailHeads(from) => trail::heads(engine, from.as_ref()).await,
    }
}

async fn create(
    id: Option<&str>,
    name: Option<String>,
    engine: &Engine,
    desk: &Desk<'_>,
) -> Result<Value, Failure> {
    let failed = |why: VaultError| Failure::new(why.to_string());
    let id = match id {
        Some(id) => number(id)?,
        None => free_number(engine).await?,
    };
    let key = fresh_key(id)?;
    let answer = answer(id, &key)?;
    let signs = (key.id.as_str(), key.secret);
    engine.create_account(id, name, desk.region, signs).await.map_err(failed)?;
    Ok(answer)
}

async fn reset(id: AccountId, engine: &Engine, desk: &Desk<'_>) -> Result<Value, Failure> {
    let key = fresh_key(id)?;
    let (answer, file) = (answer(id, &key)?, key.to_file());
    let reset = engine.reset_access_key(id, desk.region, &key.id, key.secret).await;
    reset.map_err(|why| Failure::new(why.to_string()))?;
    // Were the file written first, a failure in between would leave a key that was never good.
    if id == AccountId::INITIAL {
        desk.data.write_credentials(&file)?;
    }
    Ok(answer)
}

fn fresh_key(id: AccountId) -> Result<AccessKey, Failure> {
    AccessKey::generate(id, &SystemEntropy).map_err(|why| Failure::new(why.to_string()))
}

/// The access key as it is shown, once.
fn answer(id: AccountId, key: &AccessKey) -> Result<Value, Failure> {
    let secret = key.secret_text().ok_or_else(|| Failure::new("the secret is no text"))?;
    Ok(json!({ "AccountId": id.to_string(), "AccessKeyId": key.id, "SecretAccessKey": secret }))
}

/// A number that no account has, of twelve digits of which the first is not zero.
async fn free_number(engine: &Engine) -> Result<AccountId, Failure> {
    const FIRST: u64 = 100_000_000_000;
    for _ in 0..TRIES {
        let mut bytes = [0; 8];
        SystemEntropy.fill(&mut bytes).map_err(|why| Failure::new(why.to_string()))?;
        let number = FIRST + u64::from_be_bytes(bytes) % (9 * FIRST);
        let Some(id) = AccountId::from_number(number) else { continue };
        if !engine.has_account(id).await.map_err(|why| Failure::new(why.to_string()))? {
            return Ok(id);
        }
    }
    Err(Failure::new("no free account number was found"))
}

fn number(text: &str) -> Result<AccountId, Failure> {
    text.parse().map_err(|()| Failure::new(format!("`{text}` is no account: twelve digits")))
}
