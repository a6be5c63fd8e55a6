//! From a key file to its root key: what the file names is read, and what somebody knows is asked
//! for.

use crate::secret_input::Source;
use crate::terminal::Failure;
use std::path::Path;
use std::sync::Arc;
use strongroom_crypto::{SecretBytes, SecretKey};
use strongroom_iam::AccessKey;
use strongroom_rootkeys::{
    Credentials, Hsm, KeyFile, Needs, NotOpened, Opener, Provider, Share, ShareError,
};
use strongroom_storage::dir::read_private;

/// How often whoever sits at the terminal may mistype.
const TRIES: usize = 3;
/// The longest file with a PIN or an access key, bytes.
const MAX_FILE: u64 = 16 * 1024;

/// What somebody has brought.
pub(crate) enum Brought {
    /// Nothing: the key file names all it needs.
    Nothing,
    /// A passphrase or a PIN.
    Secret(SecretBytes),
    /// Shares.
    Shares(Vec<Share>),
}

/// What somebody has to bring; `None` if the key file names all it needs.
pub(crate) fn needs(provider: &Provider) -> Option<Needs> {
    match provider {
        Provider::Hsm(Hsm { pin_file: Some(_), .. }) | Provider::Kms(_) => None,
        other => Some(other.needs()),
    }
}

/// What opens or wraps by `provider`, and holds what was read from files meanwhile.
pub(crate) struct Means<'b> {
    provider: &'b Provider,
    brought: &'b Brought,
    pin: Option<SecretBytes>,
}

impl<'b> Means<'b> {
    /// Reads the files that `provider` names.
    pub(crate) fn new(provider: &'b Provider, brought: &'b Brought) -> Result<Self, NotOpened> {
        let pin = match provider {
            Provider::Hsm(Hsm { pin_file: Some(path), .. }) => Some(secret_in(path)?),
            _ => None,
        };
        Ok(Self { provider, brought, pin })
    }

    /// As the provider takes it.
    pub(crate) fn opener(&self) -> Result<Opener<'_>, NotOpened> {
        match (self.provider, &self.pin, self.brought) {
            (_, Some(pin), _) => Ok(Opener::Secret(pin)),
            (Provider::Kms(kms), ..) => {
                Ok(Opener::Credentials(credentials(&kms.credentials_file)?))
            }
            (_, _, Brought::Secret(secret)) => Ok(Opener::Secret(secret)),
            (_, _, Brought::Shares(shares)) => Ok(Opener::Shares(shares)),
            (Provider::Shares(_), ..) => Ok(Opener::Shares(&[])),
            _ => Err(NotOpened::Wrong(format!("the {} is missing", self.provider.name()))),
        }
    }
}

/// Opens `file` by what was brought and what the file names.
pub(crate) async fn open(file: &KeyFile, brought: &Brought) -> Result<SecretKey, NotOpened> {
    let means = Means::new(&file.provider, brought)?;
    file.open(means.opener()?).await
}

/// The same, on a thread that waits for it.
pub(crate) fn open_here(file: &KeyFile, brought: &Brought) -> Result<SecretKey, NotOpened> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|why| NotOpened::Unavailable(why.to_string()))?;
    runtime.block_on(open(file, brought))
}

/// Opens `file` for a command: whoever typed it is asked at the terminal, or what is needed comes by
/// lines of standard input.
pub(crate) fn ask(file: &KeyFile) -> Result<SecretKey, Failure> {
    match needs(&file.provider) {
        None => open_here(file, &Brought::Nothing).map_err(|why| failure(file, &why)),
        Some(needed) => ask_from(file, needed, &mut Source::standard()?),
    }
}

/// Opens `file` by what comes from `source`.
pub(crate) fn ask_from(
    file: &KeyFile,
    needed: Needs,
    source: &mut Source,
) -> Result<SecretKey, Failure> {
    for tries in 1.. {
        let brought = match needed {
            Needs::Shares(threshold) => Brought::Shares(shares(file, threshold, source)?),
            _ => {
                let prompt = prompt(needed);
                let secret = source.next(prompt)?;
                let none = || Failure::new(format!("{prompt}: nothing came"));
                Brought::Secret(secret.ok_or_else(none)?)
            }
        };
        match open_here(file, &brought) {
            Ok(root) => return Ok(root),
            // A token locks its user out after a few wrong PINs.
            Err(NotOpened::Wrong(why))
                if source.is_terminal() && tries < TRIES && needed != Needs::Pin =>
            {
                crate::terminal::error(&why);
            }
            Err(why) => return Err(failure(file, &why)),
        }
    }
    Err(Failure::new("the root key was not opened"))
}

/// What is asked for.
pub(crate) const fn prompt(needed: Needs) -> &'static str {
    match needed {
        Needs::Passphrase => "passphrase of the root key",
        Needs::Pin => "PIN of the HSM's user",
        Needs::Credentials => "access key",
        Needs::Shares(_) => "share of the root key",
    }
}

fn shares(file: &KeyFile, threshold: u8, source: &mut Source) -> Result<Vec<Share>, Failure> {
    let mut known: Vec<Share> = Vec::new();
    while known.len() < usize::from(threshold) {
        let prompt = format!("share {} of {threshold}", known.len() + 1);
        let text = source.next(&prompt)?;
        let text = text.ok_or_else(|| Failure::new(format!("{prompt}: nothing came")))?;
        match one_more(file, &known, &text) {
            Ok(share) => known.push(share),
            Err(why) if source.is_terminal() => crate::terminal::error(&why),
            Err(why) => return Err(why),
        }
    }
    Ok(known)
}

/// A share that goes with those that are there.
pub(crate) fn one_more(
    file: &KeyFile,
    known: &[Share],
    text: &SecretBytes,
) -> Result<Share, Failure> {
    let share = Share::parse(text).map_err(|why: ShareError| Failure::new(why.to_string()))?;
    match &file.provider {
        Provider::Shares(own) if !own.has(&share) => {
            Err(Failure::new("this share is of another root key, or of one from before"))
        }
        Provider::Shares(_) if known.iter().any(|other| other.number() == share.number()) => {
            Err(Failure::new(format!("share {} is there already", share.number())))
        }
        _ => Ok(share),
    }
}

/// Why a root key was not opened, and what to do.
pub(crate) fn failure(file: &KeyFile, why: &NotOpened) -> Failure {
    Failure::of(format!("the root key ({}) was not opened", file.provider.name()), why)
}

/// The secret in a private file: its content without the line's end.
fn secret_in(path: &Path) -> Result<SecretBytes, NotOpened> {
    let bytes = private(path)?;
    Ok(SecretBytes::new(bytes.expose().trim_ascii_end().to_vec()))
}

/// The access key in a private file, of the form of the AWS shared credentials file.
fn credentials(path: &Path) -> Result<Credentials, NotOpened> {
    let bytes = private(path)?;
    let none = |_| NotOpened::Refused(format!("{}: no access key", path.display()));
    let AccessKey { id, secret } = AccessKey::from_file(&bytes).map_err(none)?;
    let text = std::str::from_utf8(bytes.expose()).unwrap_or_default();
    Ok(Credentials {
        access_key_id: id,
        secret_access_key: Arc::new(secret),
        session_token: AccessKey::member(text, "aws_session_token").map(str::to_owned),
    })
}

fn private(path: &Path) -> Result<SecretBytes, NotOpened> {
    let bytes = read_private(path, MAX_FILE);
    let failed = |why| NotOpened::Refused(format!("{}: {why}", path.display()));
    Ok(SecretBytes::new(bytes.map_err(failed)?))
}
