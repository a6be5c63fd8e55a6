//! The root key of a backup: which one it is, and who opens it. Nothing in a backup is authentic
//! before it is there, so what the backup says of its provider is not followed to places outside
//! this process unasked.

use crate::cli::RestoreArguments;
use crate::data::DataDir;
use crate::root_file::{self, Kept};
use crate::terminal::Failure;
use crate::unlock;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use strongroom_keys::{BackupDescription, RootKey};
use strongroom_rootkeys::{Hsm, KeyFile, Kms, Provider};

/// The root key that a backup was made under.
pub(super) struct Chosen {
    pub(super) root: Arc<dyn RootKey>,
    /// How the directory shall keep it; `None`: as it does already.
    pub(super) kept: Option<Kept>,
}

/// Opens the root key that the directory `there` has, or that was named, or as the backup says.
pub(super) fn choose(
    there: Option<&DataDir>,
    arguments: &RestoreArguments,
    description: &BackupDescription,
) -> Result<Chosen, Failure> {
    let wanted = description.root_key.as_str();
    let own = there.map_or(Ok(None), |data| own(data, wanted));
    if let Some(file) = &arguments.root_key_file {
        let key = root_file::read_plain(file)?;
        let root = root_file::local(&key)?;
        same(root.fingerprint(), wanted)?;
        // What the directory says of the same key stays; what cannot be read of it is replaced.
        let is_kept = own.is_ok_and(|own| own.is_some());
        let kept = (!is_kept).then_some(Kept::Plain(key));
        return Ok(Chosen { root: Arc::new(root), kept });
    }
    match own? {
        Some(own) => Ok(Chosen { root: opened(&own, arguments, wanted)?, kept: None }),
        None => {
            let file = of_backup(arguments, description)?;
            let kept = Kept::Wrapped(file);
            Ok(Chosen { root: opened(&kept, arguments, wanted)?, kept: Some(kept) })
        }
    }
}

/// The root key of this fingerprint, if the directory has it.
fn own(data: &DataDir, wanted: &str) -> Result<Option<Kept>, Failure> {
    let kept = data.root_files().current(|| Ok(Some(wanted.to_owned())))?;
    match kept {
        Some(kept) if kept.fingerprint()? == wanted => Ok(Some(kept)),
        _ => Ok(None),
    }
}

/// The provider that the backup names, if it may be used.
fn of_backup(
    arguments: &RestoreArguments,
    description: &BackupDescription,
) -> Result<KeyFile, Failure> {
    let wanted = &description.root_key;
    let Some(provider) = &description.provider else {
        return Err(Failure::new(format!(
            "the root key {} is not in a backup: name its file, a copy of `root.key`, with \
             --root-key-file",
            wanted.escape_debug()
        )));
    };
    let text = String::from_utf8_lossy(provider);
    let file = KeyFile::parse(&text);
    let file = file.map_err(|why| Failure::of("the backup's root-key.toml", why))?;
    same(&file.fingerprint, wanted)?;
    match outside(&file.provider) {
        Some(named) if !arguments.provider_of_backup => Err(Failure::new(format!(
            "nothing vouches for a backup before its root key is there, and it names what opens \
             that:\n  provider     {}\n{named}  fingerprint  {}\nIf this is yours, add \
             --provider-of-backup; or give the root key by --root-key-file",
            file.provider.name(),
            file.fingerprint
        ))),
        _ => Ok(file),
    }
}

/// What the provider loads or asks, a line each; `None` if it needs nothing but what somebody brings.
fn outside(provider: &Provider) -> Option<String> {
    let mut lines = String::new();
    let mut line = |name: &str, value: &dyn std::fmt::Display| {
        let value = value.to_string();
        // Writing to a `String` cannot fail.
        let _ = writeln!(lines, "  {name:12} {}", value.escape_debug());
    };
    match provider {
        Provider::Passphrase(_) | Provider::Shares(_) => return None,
        Provider::Hsm(Hsm { module, token, slot, key, pin_file, .. }) => {
            line("module", &module.display());
            token.iter().for_each(|token| line("token", token));
            slot.iter().for_each(|slot| line("slot", slot));
            line("key", key);
            pin_file.iter().for_each(|file| line("PIN in", &file.display()));
        }
        Provider::Kms(Kms { endpoint, region, key, credentials_file, .. }) => {
            line("endpoint", endpoint);
            line("region", region);
            line("key", key);
            line("credentials", &credentials_file.display());
        }
    }
    Some(lines)
}

fn opened(
    kept: &Kept,
    arguments: &RestoreArguments,
    wanted: &str,
) -> Result<Arc<dyn RootKey>, Failure> {
    let root = match kept {
        Kept::Plain(key) => root_file::local(key)?,
        Kept::Wrapped(file) => {
            let is_asked = unlock::needs(&file.provider).is_some();
            if is_asked && arguments.file == Path::new("-") {
                return Err(Failure::new(format!(
                    "the root key is kept by: {}, which needs what somebody types or what comes by \
                     standard input, as the backup does; give the backup as a file",
                    file.provider.name()
                )));
            }
            root_file::local(&unlock::ask(file)?)?
        }
    };
    same(root.fingerprint(), wanted)?;
    Ok(Arc::new(root))
}

fn same(given: &str, wanted: &str) -> Result<(), Failure> {
    let text = || {
        let (given, wanted) = (given.escape_debug(), wanted.escape_debug());
        format!("the backup was made under root key {wanted}, and this is {given}")
    };
    (given == wanted).then_some(()).ok_or_else(|| Failure::new(text()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use strongroom_crypto::{SecretKey, SystemEntropy};
    use strongroom_types::Timestamp;

    const FINGERPRINT: &str = "00112233445566ff";

    fn arguments(provider_of_backup: bool) -> RestoreArguments {
        RestoreArguments {
            file: "-".into(),
            data: "data".into(),
            root_key_file: None,
            provider_of_backup,
            replace: false,
            roll_back: false,
            accept_findings: false,
        }
    }

    fn description(root_key: &str, table: &str) -> BackupDescription {
        let text =
            format!("version = 1\nfingerprint = \"{FINGERPRINT}\"\nwrapped = \"AAAA\"\n{table}");
        BackupDescription {
            id: [0; 16],
            time: Timestamp::from_millis(0),
            release: String::new(),
            root_key: root_key.to_owned(),
            provider: (!table.is_empty()).then(|| text.into_bytes()),
            clock_ahead: None,
            region: None,
            accounts: 0,
            keys: 0,
            records: 0,
            sequence: 0,
            commits: 0,
        }
    }

    #[track_caller]
    fn refused(arguments: &RestoreArguments, description: &BackupDescription) -> String {
        choose(None, arguments, description).map(drop).unwrap_err().to_string()
    }

    #[test]
    fn nothing_outside_is_loaded_or_asked_because_a_backup_says_so() {
        let module = "[pkcs11]\nmodule = \"/nowhere/\\u001bmodule.so\"\ntoken = \"one\"\n\
                      key = \"label\"\npin_file = \"/nowhere/pin\"\n";
        let told = refused(&arguments(false), &description(FINGERPRINT, module));
        let shown =
            ["pkcs11", "/nowhere/\\u{1b}module.so", "label", FINGERPRINT, "--provider-of-backup"];
        assert!(shown.iter().all(|part| told.contains(part)), "{told}");
        // With the option it is, and is not there.
        let told = refused(&arguments(true), &description(FINGERPRINT, module));
        assert!(!told.contains("--provider-of-backup") && told.contains("/nowhere/pin"), "{told}");
        let kms = "[kms]\nendpoint = \"https://kms.example\"\nregion = \"eu-west-2\"\n\
                   key = \"alias/root\"\ncredentials_file = \"/nowhere/credentials\"\n";
        let told = refused(&arguments(false), &description(FINGERPRINT, kms));
        let shown = ["kms", "https://kms.example", "alias/root", FINGERPRINT, "--root-key-file"];
        assert!(shown.iter().all(|part| told.contains(part)), "{told}");
        let told = refused(&arguments(true), &description("another", kms));
        assert!(told.contains("was made under root key another"), "{told}");
    }

    #[test]
    fn the_directory_s_own_root_key_is_used_if_it_is_the_one() {
        let outer = tempfile::tempdir().unwrap();
        let path = |name: &str| outer.path().join(name);
        let plain = |byte: u8| Kept::Plain(SecretKey::from_slice(&[byte; 32]).unwrap());
        let there = outer.path().join("there");
        std::fs::create_dir(&there).unwrap();
        let data = DataDir::whatever_is_there(&there).unwrap();
        data.root_files().begin(&plain(1)).unwrap();
        let (one, two) = (plain(1).fingerprint().unwrap(), plain(2).fingerprint().unwrap());
        let chosen = choose(Some(&data), &arguments(false), &description(&one, "")).unwrap();
        assert!(chosen.root.fingerprint() == one && chosen.kept.is_none());
        // Of another one, a file is asked for, and kept.
        let without = choose(Some(&data), &arguments(false), &description(&two, "")).map(drop);
        assert!(without.unwrap_err().to_string().contains("--root-key-file"));
        std::fs::create_dir(path("copy")).unwrap();
        crate::root_file::RootFiles(&path("copy")).begin(&plain(2)).unwrap();
        let file = Some(path("copy").join("root.key"));
        let named = RestoreArguments { root_key_file: file, ..arguments(false) };
        let chosen = choose(Some(&data), &named, &description(&two, "")).unwrap();
        assert!(chosen.root.fingerprint() == two);
        assert_eq!(chosen.kept.map(|kept| kept.fingerprint().unwrap()), Some(two));
        let wrong = choose(Some(&data), &named, &description(&one, "")).map(drop);
        assert!(wrong.unwrap_err().to_string().contains("was made under"));
    }

    #[test]
    fn one_stream_is_not_both_backup_and_passphrase() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let provider =
            Provider::Passphrase(strongroom_rootkeys::Passphrase::new(&SystemEntropy).unwrap());
        let secret = strongroom_crypto::SecretBytes::new(b"a passphrase of tests".to_vec());
        let key = SecretKey::from_slice(&[3; 32]).unwrap();
        let opener = strongroom_rootkeys::Opener::Secret(&secret);
        let (file, _) = runtime.block_on(provider.wrap(&key, opener, &SystemEntropy)).unwrap();
        let text = file.to_text().unwrap();
        let mut description = description(&file.fingerprint, "");
        description.provider = Some(text.into_bytes());
        let told = refused(&arguments(false), &description);
        assert!(told.contains("give the backup as a file"), "{told}");
    }
}
