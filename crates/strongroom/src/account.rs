//! `strongroom account`: what the operator does to accounts, whether the server runs or not.

use crate::cli::{AccountArguments, AccountCommand, ControlCommand};
use crate::operator::{Request, have_done};
use crate::terminal::{self, Failure};
use serde_json::Value;
use std::io::Read;
use std::path::Path;
use strongroom_types::AccountId;

/// The longest policy file, bytes.
const MAX_POLICY: u64 = 32 * 1024;

pub(crate) fn run(arguments: &AccountArguments) -> Result<(), Failure> {
    match &arguments.command {
        AccountCommand::Create { id, name, json, data } => {
            let request = Request::CreateAccount(id.clone(), name.clone());
            show_key(&have_done(data, &request)?, *json);
            Ok(())
        }
        AccountCommand::List { json, data } => {
            let accounts = have_done(data, &Request::ListAccounts)?;
            show_list(&accounts, *json, &["AccountId", "Name", "Alias", "Created"]);
            Ok(())
        }
        AccountCommand::ResetAccessKey { account, json, data } => {
            let first = AccountId::INITIAL.to_string();
            let account = account.clone().unwrap_or_else(|| first.clone());
            let key = have_done(data, &Request::ResetAccessKey(account.clone()))?;
            if account == first && !*json {
                terminal::line(format_args!(
                    "account {account} has the access key {}, in {}",
                    text(&key, "AccessKeyId"),
                    data.join("credentials").display()
                ));
            } else {
                show_key(&key, *json);
            }
            Ok(())
        }
        AccountCommand::Scp(command) => control(command),
    }
}

fn control(command: &ControlCommand) -> Result<(), Failure> {
    match command {
        ControlCommand::Put { name, policy, account, data } => {
            let text = match policy {
                Some(path) => read(path)?,
                None if name == "FullAWSAccess" => String::new(),
                None => return Err(Failure::new("--policy FILE is missing")),
            };
            have_done(data, &Request::PutControl(account.clone(), name.clone(), text)).map(drop)
        }
        ControlCommand::List { account, json, data } => {
            let policies = have_done(data, &Request::ListControls(account.clone()))?;
            show_list(&policies, *json, &["Name"]);
            Ok(())
        }
        ControlCommand::Delete { name, account, data } => {
            have_done(data, &Request::DeleteControl(account.clone(), name.clone())).map(drop)
        }
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_POLICY).read_to_string(&mut text))
        .map_err(|why| Failure::of(path.display(), why))?;
    Ok(text)
}

/// An access key; it is shown this once.
fn show_key(key: &Value, json: bool) {
    if json {
        terminal::line(key);
        return;
    }
    for name in ["AccountId", "AccessKeyId", "SecretAccessKey"] {
        terminal::line(format_args!("{name:<16} {}", text(key, name)));
    }
}

fn show_list(entries: &Value, json: bool, members: &[&str]) {
    if json {
        terminal::line(entries);
        return;
    }
    for entry in entries.as_array().into_iter().flatten() {
        let shown: Vec<&str> = members.iter().map(|name| text(entry, name)).collect();
        terminal::line(shown.join("  ").trim_end());
    }
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or("-")
}
