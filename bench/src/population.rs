//! A data directory with much in it, made through the API by a server on it, and kept for the next
//! measurement.

use crate::bulk;
use crate::cli::PopulateArguments;
use crate::contestant::{Contestant, Start};
use crate::endpoint::{Credentials, Endpoint};
use crate::requests::Message;
use crate::subjects::Asker;
use crate::terminal::{self, Failure};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use tokio::runtime::{Builder, Runtime};

/// Bytes of a key id, of all but multi-Region keys.
const KEY_ID: usize = 36;
/// The file in the directory that says what is there; written last.
const MANIFEST: &str = "population.json";
/// The ids of the keys, one after another.
const KEYS: &str = "population.keys";

/// How much of each there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scale {
    /// Keys of the first account.
    pub(crate) keys: u64,
    /// Aliases, `alias/bench-0` and so on, of these keys.
    pub(crate) aliases: u64,
    /// Users, of all accounts together.
    pub(crate) principals: u64,
    /// Grants on the first key.
    pub(crate) grants: u64,
    /// Accounts beside the first.
    pub(crate) accounts: u64,
}

impl Scale {
    fn to_json(self) -> Value {
        let Self { keys, aliases, principals, grants, accounts } = self;
        json!({"keys": keys, "aliases": aliases, "principals": principals, "grants": grants,
               "accounts": accounts})
    }
}

/// What was made.
pub(crate) struct Population {
    /// The data directory.
    pub(crate) data: PathBuf,
    pub(crate) keys: Rc<KeyIds>,
}

/// The ids of many keys, in little room.
pub(crate) struct KeyIds(Vec<u8>);

impl KeyIds {
    pub(crate) fn count(&self) -> u64 {
        u64::try_from(self.0.len() / KEY_ID).unwrap_or(0)
    }

    /// The id of this number, counted round.
    pub(crate) fn id(&self, number: u64) -> &str {
        let at = usize::try_from(number % self.count().max(1)).unwrap_or(0) * KEY_ID;
        let bytes = self.0.get(at..at + KEY_ID).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

/// The command.
pub(crate) fn run(arguments: &PopulateArguments) -> Result<(), Failure> {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|why| Failure::of("the runtime could not be started", why))?;
    let scale = Scale {
        keys: arguments.keys,
        aliases: arguments.aliases,
        principals: arguments.principals,
        grants: arguments.grants,
        accounts: arguments.accounts,
    };
    made(&arguments.strongroom, &arguments.directory, scale, &runtime).map(drop)
}

/// The population of this scale in `data`: what is there if it is of this scale, or a new one in an
/// empty directory.
pub(crate) fn made(
    program: &Path,
    data: &Path,
    scale: Scale,
    runtime: &Runtime,
) -> Result<Population, Failure> {
    if let Ok(text) = std::fs::read(data.join(MANIFEST)) {
        if serde_json::from_slice::<Value>(&text).ok() != Some(scale.to_json()) {
            let told = format!("{} holds another population; choose another", data.display());
            return Err(Failure::new(told));
        }
        let keys = std::fs::read(data.join(KEYS)).map_err(|why| Failure::of(KEYS, why))?;
        return Ok(Population { data: data.to_owned(), keys: Rc::new(KeyIds(keys)) });
    }
    if data.join("store.db").exists() {
        let told = format!("{} has data, but no whole population", data.display());
        return Err(Failure::new(told));
    }
    let server = Start { program, tls: false, options: &[] }.on(data, runtime)?;
    let keys = Rc::new(KeyIds(fill(program, &server, data, scale, runtime)?));
    terminal::progress("delivering the trail of it");
    flush(program, data)?;
    drop(server);
    let failed = |why: std::io::Error| Failure::of(data.display(), why);
    std::fs::write(data.join(KEYS), &keys.0).map_err(failed)?;
    std::fs::write(data.join(MANIFEST), scale.to_json().to_string()).map_err(failed)?;
    Ok(Population { data: data.to_owned(), keys })
}

/// Asks for all of it; the ids of the keys.
fn fill(
    program: &Path,
    server: &Contestant,
    data: &Path,
    scale: Scale,
    runtime: &Runtime,
) -> Result<Vec<u8>, Failure> {
    let endpoint = &server.endpoint;
    let ids = Rc::new(RefCell::new(Vec::with_capacity(KEY_ID)));
    let (taken, make) = (ids.clone(), |_| Message::kms("CreateKey", "{}".to_owned()));
    let take = move |_, body: &[u8]| {
        let id = key_id(body).ok_or_else(|| Failure::of("CreateKey", "no key id"))?;
        taken.borrow_mut().extend_from_slice(id);
        Ok(())
    };
    bulk::ask(endpoint, "CreateKey", scale.keys, Box::new(make), Box::new(take))?;
    let ids = Rc::new(KeyIds(ids.take()));
    let keys = ids.clone();
    let make = move |number| {
        let key = keys.id(number);
        let body = format!(r#"{{"AliasName":"alias/bench-{number}","TargetKeyId":"{key}"}}"#);
        Message::kms("CreateAlias", body)
    };
    bulk::ask(endpoint, "CreateAlias", scale.aliases, Box::new(make), nothing())?;
    let key = ids.id(0).to_owned();
    let make = move |number| {
        let body = json!({
            "KeyId": key,
            "GranteePrincipal": "arn:aws:iam::111122223333:root",
            "Operations": ["Decrypt"],
            "Constraints": {"EncryptionContextSubset": {"volume": format!("vol-{number}")}},
        });
        Message::kms("CreateGrant", body.to_string())
    };
    bulk::ask(endpoint, "CreateGrant", scale.grants, Box::new(make), nothing())?;
    people(program, endpoint, data, scale, runtime)?;
    Rc::try_unwrap(ids).map(|ids| ids.0).map_err(|_| Failure::new("the key ids are still in use"))
}

/// Accounts, and users in them: half of the users in the first, for its listing, the rest even.
fn people(
    program: &Path,
    endpoint: &Endpoint,
    data: &Path,
    scale: Scale,
    runtime: &Runtime,
) -> Result<(), Failure> {
    let others = if scale.accounts == 0 { 0 } else { scale.principals / 2 };
    bulk::ask(endpoint, "CreateUser", scale.principals - others, Box::new(user), nothing())?;
    for number in 0..scale.accounts {
        let credentials = account(program, data, 100_000_000_000 + number, endpoint)?;
        let share = others * (number + 1) / scale.accounts - others * number / scale.accounts;
        let endpoint = Endpoint { credentials, ..endpoint.clone() };
        runtime.block_on(async {
            let mut asker = Asker::open(&endpoint).await?;
            for number in 0..share {
                asker.ask(&user(number)).await?;
            }
            Ok::<(), Failure>(())
        })?;
    }
    terminal::progress(format_args!("accounts: {}, with {others} users", scale.accounts));
    Ok(())
}

fn user(number: u64) -> Message {
    let body = format!("Action=CreateUser&Version=2010-05-08&UserName=bench-{number}");
    Message { service: "iam", name: "CreateUser", body }
}

fn nothing() -> bulk::Take {
    Box::new(|_, _| Ok(()))
}

/// The id in the answer to CreateKey: looked for, not parsed, for there are a million of them.
fn key_id(body: &[u8]) -> Option<&[u8]> {
    const BEFORE: &[u8] = b"\"KeyId\":\"";
    let at = body.windows(BEFORE.len()).position(|window| window == BEFORE)? + BEFORE.len();
    body.get(at..at + KEY_ID)
}

/// Makes an account by the operator's command; its root user's access key.
pub(crate) fn account(
    program: &Path,
    data: &Path,
    id: u64,
    endpoint: &Endpoint,
) -> Result<Credentials, Failure> {
    let failed = |why: &dyn std::fmt::Display| Failure::of("strongroom account create", why);
    let mut command = Command::new(program);
    command.args(["account", "create", "--json", "--id", &format!("{id:012}"), "--data"]);
    let output = command.arg(data).output().map_err(|why| failed(&why))?;
    let made: Option<Value> = serde_json::from_slice(&output.stdout).ok();
    let text = |name: &str| {
        let text = made.as_ref().and_then(|made| made.get(name)?.as_str());
        text.map(str::to_owned).ok_or_else(|| failed(&String::from_utf8_lossy(&output.stderr)))
    };
    Ok(Credentials {
        access_key_id: text("AccessKeyId")?,
        secret_access_key: text("SecretAccessKey")?,
        region: endpoint.credentials.region.clone(),
    })
}

/// Has the server deliver what waits of its trail.
pub(crate) fn flush(program: &Path, data: &Path) -> Result<(), Failure> {
    let flushed = Command::new(program).args(["trail", "flush", "--data"]).arg(data).output();
    match flushed {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            Err(Failure::of("strongroom trail flush", String::from_utf8_lossy(&output.stderr)))
        }
        Err(why) => Err(Failure::of(program.display(), why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_and_kept() {
        let id = "0123abcd-0000-4000-8000-000000000001";
        let body = format!(r#"{{"KeyMetadata":{{"Arn":"arn","KeyId":"{id}","X":1}}}}"#);
        let ids = KeyIds([key_id(body.as_bytes()).unwrap(), &[b'x'; 36]].concat());
        assert_eq!(ids.count(), 2);
        assert_eq!(ids.id(2), id);
        assert_eq!(key_id(b"{}"), None);
    }
}
