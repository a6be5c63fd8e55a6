//! `strongroom account`: what the operator does to accounts, while the server is stopped.

use crate::cli::{AccountArguments, AccountCommand, DataArgument};
use crate::data::{DataDir, Endpoint};
use crate::running;
use crate::terminal::{self, Failure};
use strongroom_crypto::SystemEntropy;
use strongroom_engine::Settings;
use strongroom_iam::AccessKey;
use strongroom_server::hardening;
use strongroom_types::AccountId;
use tokio::runtime::Builder;

pub(crate) fn run(arguments: &AccountArguments) -> Result<(), Failure> {
    match &arguments.command {
        AccountCommand::ResetAccessKey(argument) => reset_access_key(argument),
    }
}

fn reset_access_key(argument: &DataArgument) -> Result<(), Failure> {
    let _ = hardening::harden();
    let data = DataDir::existing(&argument.data)?;
    let runtime = Builder::new_current_thread().build();
    let runtime = runtime.map_err(|why| Failure::of("the runtime could not be started", why))?;
    let running = running::open(&data, &runtime, running::clock(&data)?, Settings::default())?;
    let last = Endpoint::read(&argument.data)?;
    let region = last.region.parse();
    let region = region.map_err(|()| Failure::new("the file `endpoint` has no Region"))?;
    let key = AccessKey::generate(AccountId::INITIAL, &SystemEntropy)
        .map_err(|why| Failure::new(why.to_string()))?;
    let file = key.to_file();
    let id = key.id.clone();
    let account = AccountId::INITIAL;
    runtime
        .block_on(running.engine.reset_access_key(account, region, &key.id, key.secret))
        .map_err(|why| Failure::new(why.to_string()))?;
    running.close()?;
    // Were the file written first, a failure in between would leave a key that was never good.
    data.write_credentials(&file)?;
    terminal::line(format_args!(
        "account {account} has the access key {id}, in {}",
        data.credentials_path().display()
    ));
    Ok(())
}
