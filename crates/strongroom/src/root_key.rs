//! `strongroom init`, `unseal`, `seal` and `root-key`.

use crate::cli::{
    DataArgument, InitArguments, ProviderArguments, ProviderName, RootKeyArguments, RootKeyCommand,
    UnsealArguments,
};
use crate::clock::{DevClock, SystemClock};
use crate::data::DataDir;
use crate::operator::{
    self, Replacement, Request, Session, Told, Wanted, ask, ask_if_running, have_done,
};
use crate::root_file;
use crate::running::{self, Archive};
use crate::secret_input::{self, Source};
use crate::terminal::{self, Failure};
use crate::unlock::Brought;
use crate::workers::WorkerThreads;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use strongroom_crypto::SecretBytes;
use strongroom_engine::Settings;
use strongroom_engine::ports::Clock;
use strongroom_engine::ports::archive::NoArchive;
use strongroom_engine::ports::key_store::NoKeyStores;
use strongroom_rootkeys::{Hsm, Kms};
use strongroom_server::hardening;
use strongroom_storage::dir::{create_private_dir, write_private};
use tokio::runtime::Builder;

/// The shortest passphrase that is taken, characters. Our choice: guessing costs 64 MiB and a tenth of a
/// second each, which a shorter one does not stand for long.
const MIN_PASSPHRASE: usize = 12;
/// How long `unseal` waits until the server is open.
const OPENING: Duration = Duration::from_secs(60);
/// How often it looks.
const LOOK: Duration = Duration::from_millis(50);

/// `strongroom init`.
pub(crate) fn init(arguments: &InitArguments) -> Result<(), Failure> {
    let _ = hardening::harden();
    let path = &arguments.data.data;
    let region = arguments.region.parse();
    let region = region.map_err(|()| Failure::new("--region: no Region name"))?;
    let (data, findings) = DataDir::take(path)?;
    findings.iter().for_each(|finding| terminal::error(finding));
    if data.has_store() || data.root_files().current(|| Ok(None))?.is_some() {
        return Err(Failure::new(format!(
            "{} is initialised already; `strongroom root-key migrate` has another provider keep its \
             root key",
            path.display()
        )));
    }
    let wanted = wanted(&arguments.provider)?;
    let brought = match secret(arguments.provider.secret_fd, &wanted)? {
        Some(secret) => Brought::Secret(secret),
        None => Brought::Nothing,
    };
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(|why| Failure::of("the runtime could not be started", why))?;
    let (root, kept, shares) = runtime.block_on(operator::fresh(wanted, brought))?;
    // Before anything hangs from them.
    hand_out(&operator::texts(&shares), arguments.provider.shares_dir.as_deref())?;
    data.root_files().begin(&kept)?;
    let clock: Arc<dyn Clock> = match data.clock_for(arguments.dev_clock)? {
        Some(ahead) => Arc::new(DevClock::new(ahead)),
        None => Arc::new(SystemClock),
    };
    let archive = Archive { objects: Arc::new(NoArchive), history: Arc::new(NoArchive) };
    let (workers, tallies) = (Arc::new(WorkerThreads::start()?) as _, Arc::default());
    let key_stores = Arc::new(NoKeyStores) as _;
    let given = (clock, Settings::default(), key_stores, archive, workers, &tallies);
    let running = running::open(&data, &runtime, Arc::new(root), given)?;
    runtime.block_on(running::first_account(&running.engine, &data, region))?;
    running.close()?;
    terminal::line(format_args!("{} is initialised", path.display()));
    terminal::line(format_args!("  root key     {}, {}", kept.provider(), kept.fingerprint()?));
    terminal::line(format_args!("  credentials  {}", data.credentials_path().display()));
    Ok(())
}

/// `strongroom unseal`.
pub(crate) fn unseal(arguments: &UnsealArguments) -> Result<(), Failure> {
    let _ = hardening::harden();
    let data = &arguments.data.data;
    if arguments.reset {
        show(&ask(data, &Request::ResetUnseal)?, false);
        return Ok(());
    }
    let status = ask(data, &Request::RootKeyStatus)?;
    if status.get("Sealed").and_then(Value::as_bool) != Some(true) {
        return Err(Failure::new("the server is not sealed"));
    }
    let Some(prompt) = status.get("Needs").and_then(Value::as_str) else { return open_again(data) };
    let mut source = match arguments.secret_fd {
        Some(number) => Source::descriptor(number)?,
        None => Source::standard()?,
    };
    let mut last = None;
    while let Some(secret) = source.next(prompt)? {
        let answer = ask(data, &Request::Unseal(told(secret)?))?;
        let is_sealed = answer.get("Sealed").and_then(Value::as_bool) == Some(true);
        last = Some(answer);
        if !is_sealed {
            return await_open(data);
        }
        // One person, one share: the next one comes by a call of their own, or by a line.
        if source.is_terminal() {
            break;
        }
    }
    let last = last.ok_or_else(|| Failure::new(format!("{prompt}: nothing came")))?;
    show(&last, false);
    Ok(())
}

/// A server that was sealed on purpose, and that can open its root key by itself.
fn open_again(data: &Path) -> Result<(), Failure> {
    ask(data, &Request::Unseal(Told::new(String::new())))?;
    await_open(data)
}

/// Waits until the server has opened its store.
fn await_open(data: &Path) -> Result<(), Failure> {
    let times = OPENING.as_millis() / LOOK.as_millis();
    for _ in 0..times {
        let status = ask(data, &Request::RootKeyStatus);
        if status.is_ok_and(|status| status.get("Sealed").and_then(Value::as_bool) == Some(false)) {
            terminal::line("unsealed");
            return Ok(());
        }
        std::thread::sleep(LOOK);
    }
    Err(Failure::new("the root key was opened, but the server is not open yet; see its log"))
}

/// `strongroom seal`.
pub(crate) fn seal(argument: &DataArgument) -> Result<(), Failure> {
    show(&ask(&argument.data, &Request::Seal)?, false);
    Ok(())
}

/// `strongroom root-key`.
pub(crate) fn run(arguments: &RootKeyArguments) -> Result<(), Failure> {
    match &arguments.command {
        RootKeyCommand::Status { json, data } => {
            show(&have_done(&data.data, &Request::RootKeyStatus)?, *json);
            Ok(())
        }
        RootKeyCommand::Rotate { keep_domain_keys, secret_fd, shares_dir, data } => {
            let secret = secret(*secret_fd, &provider(&data.data)?)?;
            let replacement = Replacement {
                to: None,
                secret: secret.map(told).transpose()?,
                keeps_domains: *keep_domain_keys,
            };
            replace(&data.data, replacement, shares_dir.as_deref())
        }
        RootKeyCommand::Migrate(arguments) => {
            let wanted = wanted(&arguments.provider)?;
            let secret = secret(arguments.provider.secret_fd, &wanted)?;
            let replacement = Replacement {
                to: Some(wanted),
                secret: secret.map(told).transpose()?,
                keeps_domains: arguments.keep_domain_keys,
            };
            let shares = arguments.provider.shares_dir.as_deref();
            replace(&arguments.data.data, replacement, shares)
        }
    }
}

/// Makes another root key, hands out its shares, and only then puts it in force.
fn replace(data: &Path, wanted: Replacement, shares: Option<&Path>) -> Result<(), Failure> {
    let renews = !wanted.keeps_domains;
    let mut session = Session::new(data);
    let prepared = session.ask(&Request::PrepareRootKey(Box::new(wanted)))?;
    let fingerprint = text(&prepared, "Fingerprint").to_owned();
    let dealt = prepared.get("Shares").and_then(Value::as_array).into_iter().flatten();
    let dealt: Vec<String> = dealt.filter_map(Value::as_str).map(str::to_owned).collect();
    hand_out(&dealt, shares)?;
    let replaced = session.ask(&Request::ReplaceRootKey(fingerprint));
    session.end()?;
    let replaced = replaced.inspect_err(|_| {
        if !dealt.is_empty() {
            terminal::error(
                &"keep these shares and those from before until the server has started",
            );
        }
    })?;
    let (provider, fingerprint) = (text(&replaced, "Provider"), text(&replaced, "Fingerprint"));
    terminal::line(format_args!("the root key is {fingerprint}, kept by: {provider}"));
    if renews {
        terminal::line(
            "records are sealed under other domain keys while the server runs; see `root-key status`",
        );
    }
    Ok(())
}

/// What keeps the root key now.
fn provider(data: &Path) -> Result<Wanted, Failure> {
    let running = ask_if_running(data, &Request::RootKeyStatus)?;
    let is_sealed = |status: &Value| status.get("Sealed").and_then(Value::as_bool) == Some(true);
    if running.as_ref().is_some_and(is_sealed) {
        return Err(Failure::new("the server is sealed; open it with `strongroom unseal`"));
    }
    // The server has its own mind of it, and this decides what is asked for only.
    let kept = root_file::RootFiles(data).current(|| Ok(None))?;
    let kept = kept.ok_or_else(|| Failure::of(data.display(), "there is no root key"))?;
    Ok(Wanted::same_as(&kept))
}

/// The provider that the options ask for.
fn wanted(arguments: &ProviderArguments) -> Result<Wanted, Failure> {
    let missing = |option: &str| Failure::new(format!("{option} is missing"));
    Ok(match arguments.root_key {
        ProviderName::File => Wanted::File,
        ProviderName::Passphrase => Wanted::Passphrase,
        ProviderName::Shares => {
            if arguments.threshold < 2 || arguments.threshold > arguments.shares {
                return Err(Failure::new("--threshold is at least 2 and at most --shares"));
            }
            Wanted::Shares(arguments.shares, arguments.threshold)
        }
        ProviderName::Pkcs11 => {
            if arguments.token.is_some() == arguments.slot.is_some() {
                return Err(missing("--token or --slot"));
            }
            let module = arguments.module.as_deref().ok_or_else(|| missing("--module"))?;
            Wanted::Hsm(Hsm {
                module: absolute(module)?,
                token: arguments.token.clone(),
                slot: arguments.slot,
                user: arguments.user.clone(),
                key: arguments.hsm_key.clone(),
                hsm_chooses_iv: arguments.hsm_chooses_iv,
                pin_file: arguments.pin_file.as_deref().map(absolute).transpose()?,
            })
        }
        ProviderName::Kms => {
            let credentials = arguments.kms_credentials.as_deref();
            let credentials = credentials.ok_or_else(|| missing("--kms-credentials"))?;
            Wanted::Kms(Kms {
                endpoint: arguments
                    .kms_endpoint
                    .clone()
                    .ok_or_else(|| missing("--kms-endpoint"))?,
                region: arguments.kms_region.clone(),
                key: arguments.kms_key.clone().ok_or_else(|| missing("--kms-key"))?,
                ca_file: arguments.kms_ca_file.as_deref().map(absolute).transpose()?,
                credentials_file: absolute(credentials)?,
            })
        }
    })
}

/// The server may run in another directory.
fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|why| Failure::of(path.display(), why))
}

/// The secret by which the provider wraps, if somebody is to be asked for one.
fn secret(descriptor: Option<u32>, wanted: &Wanted) -> Result<Option<SecretBytes>, Failure> {
    match wanted {
        Wanted::Passphrase => fresh_passphrase(descriptor).map(Some),
        Wanted::Hsm(Hsm { pin_file: None, .. }) => pin(descriptor).map(Some),
        _ => Ok(None),
    }
}

fn fresh_passphrase(descriptor: Option<u32>) -> Result<SecretBytes, Failure> {
    let prompt = "new passphrase of the root key";
    let passphrase = source(descriptor)?.fresh(prompt)?;
    let passphrase = passphrase.ok_or_else(|| Failure::new(format!("{prompt}: nothing came")))?;
    if secret_input::characters(&passphrase) < MIN_PASSPHRASE {
        let least = MIN_PASSPHRASE;
        return Err(Failure::new(format!("a passphrase has at least {least} characters")));
    }
    Ok(passphrase)
}

fn pin(descriptor: Option<u32>) -> Result<SecretBytes, Failure> {
    let prompt = "PIN of the HSM's user";
    let pin = source(descriptor)?.next(prompt)?;
    pin.ok_or_else(|| Failure::new(format!("{prompt}: nothing came")))
}

fn source(descriptor: Option<u32>) -> Result<Source, Failure> {
    match descriptor {
        Some(number) => Source::descriptor(number),
        None => Source::standard(),
    }
}

/// A secret as the server is told it.
fn told(secret: SecretBytes) -> Result<Told, Failure> {
    secret_input::text(secret).map(Told::new)
}

/// Shows the shares, this once, or writes each to a file.
fn hand_out(shares: &[String], directory: Option<&Path>) -> Result<(), Failure> {
    if shares.is_empty() {
        return Ok(());
    }
    let Some(directory) = directory else {
        terminal::line("\nThe shares, which are shown this once; give each to another person:\n");
        shares.iter().for_each(|share| {
            terminal::line(format_args!("  {share}"));
        });
        return Ok(());
    };
    create_private_dir(directory).map_err(|why| Failure::of(directory.display(), why))?;
    for (number, share) in shares.iter().enumerate() {
        let path = directory.join(format!("share-{}", number + 1));
        write_private(&path, format!("{share}\n").as_bytes())
            .map_err(|why| Failure::of(path.display(), why))?;
        terminal::line(format_args!("  share        {}", path.display()));
    }
    Ok(())
}

fn show(status: &Value, json: bool) {
    if json {
        terminal::line(status);
        return;
    }
    let is_sealed = status.get("Sealed").and_then(Value::as_bool) == Some(true);
    terminal::line(format_args!("sealed       {}", if is_sealed { "yes" } else { "no" }));
    terminal::line(format_args!("provider     {}", text(status, "Provider")));
    terminal::line(format_args!("fingerprint  {}", text(status, "Fingerprint")));
    if let (true, Some(progress), Some(threshold)) =
        (is_sealed, status.get("Progress"), status.get("Threshold"))
    {
        terminal::line(format_args!("brought      {progress} of {threshold}"));
    }
    if let Some(rotation) = status.get("DomainKeyRotation").filter(|found| found.is_object()) {
        let resealed = rotation.get("RecordsSealedAnew").and_then(Value::as_u64).unwrap_or(0);
        let walked = rotation.get("Walked").and_then(Value::as_str);
        let state = match walked {
            None => "under way".to_owned(),
            Some(_) => "all sealed anew; the keys before are destroyed 36 hours later".to_owned(),
        };
        terminal::line(format_args!("domain keys  rotated {}", text(rotation, "Started")));
        terminal::line(format_args!("             {state}, {resealed} records so far"));
    }
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or("-")
}
