//! Another root key for a store, by whichever provider: made, wrapped and staged here, put in force by
//! the engine's one commit, and then given its name.

use super::{Desk, Told};
use crate::root_file::{self, Kept};
use crate::secret_input::text;
use crate::terminal::Failure;
use crate::unlock::{Brought, Means};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use strongroom_crypto::{SecretKey, SystemEntropy};
use strongroom_engine::Engine;
use strongroom_keys::{LocalRootKey, RootKey};
use strongroom_rootkeys::{Hsm, KeyFile, Kms, NotOpened, Passphrase, Provider, Share, Shares};

/// A provider that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Wanted {
    File,
    Passphrase,
    Hsm(Hsm),
    Kms(Kms),
    Shares(u8, u8),
}

/// What shall be replaced, and by what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Replacement {
    /// The provider; without it the one that there is.
    pub(crate) to: Option<Wanted>,
    /// The passphrase or PIN by which it is wrapped.
    pub(crate) secret: Option<Told>,
    /// Whether the domain keys stay.
    pub(crate) keeps_domains: bool,
}

impl Wanted {
    /// The provider, with what is random of it.
    fn provider(self) -> Result<Option<Provider>, NotOpened> {
        Ok(match self {
            Self::File => None,
            Self::Passphrase => Some(Provider::Passphrase(Passphrase::new(&SystemEntropy)?)),
            Self::Hsm(own) => Some(Provider::Hsm(own)),
            Self::Kms(own) => Some(Provider::Kms(own)),
            Self::Shares(shares, threshold) => {
                Some(Provider::Shares(Shares::new(shares, threshold, &SystemEntropy)?))
            }
        })
    }

    /// Its name, as `--root-key` takes it.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Passphrase => "passphrase",
            Self::Hsm(_) => "pkcs11",
            Self::Kms(_) => "kms",
            Self::Shares(..) => "shares",
        }
    }

    /// The provider of a root key, to be used once more.
    pub(crate) fn same_as(kept: &Kept) -> Self {
        let Kept::Wrapped(file) = kept else { return Self::File };
        match &file.provider {
            Provider::Passphrase(_) => Self::Passphrase,
            Provider::Hsm(own) => Self::Hsm(own.clone()),
            Provider::Kms(own) => Self::Kms(own.clone()),
            Provider::Shares(own) => Self::Shares(own.shares, own.threshold),
        }
    }
}

/// A fresh root key wrapped as is wanted, and the shares to hand out, if it is in shares.
pub(crate) async fn fresh(
    wanted: Wanted,
    brought: Brought,
) -> Result<(LocalRootKey, Kept, Vec<Share>), Failure> {
    let failed = |why: NotOpened| Failure::of("the new root key could not be wrapped", why);
    let root = SecretKey::generate(&SystemEntropy);
    let root = root.map_err(|why| Failure::new(why.to_string()))?;
    let local = root_file::local(&root)?;
    let (kept, shares) = match wanted.provider().map_err(failed)? {
        None => (Kept::Plain(root), Vec::new()),
        Some(provider) => {
            let (file, shares) = wrapped(provider, &root, &brought).await.map_err(failed)?;
            (Kept::Wrapped(file), shares)
        }
    };
    Ok((local, kept, shares))
}

async fn wrapped(
    provider: Provider,
    root: &SecretKey,
    brought: &Brought,
) -> Result<(KeyFile, Vec<Share>), NotOpened> {
    let named = provider.clone();
    let means = Means::new(&named, brought)?;
    let (file, shares) = provider.wrap(root, means.opener()?, &SystemEntropy).await?;
    // What does not open again is not put in force.
    if shares.is_empty() {
        file.open(means.opener()?).await?;
    } else {
        file.open(strongroom_rootkeys::Opener::Shares(&shares)).await?;
    }
    Ok((file, shares))
}

/// What a data directory's process knows of its root key beside the key itself.
#[derive(Default)]
pub(crate) struct RootState {
    /// What keeps the one in force: as it was opened, not as its file may say by now.
    pub(crate) provider: Option<Wanted>,
    prepared: Option<Prepared>,
}

/// A root key that is to come into force once its shares are handed out.
struct Prepared {
    root: Arc<LocalRootKey>,
    kept: Kept,
    provider: Wanted,
    keeps_domains: bool,
}

/// Makes another root key. It comes into force by [`replace`], and is forgotten if another one is
/// prepared. Returns the shares to hand out, if it is in shares: until they are, nothing depends on
/// them.
pub(crate) async fn prepare(replacement: &Replacement, desk: &Desk<'_>) -> Result<Value, Failure> {
    let known = desk.data.root_state().provider.clone();
    let wanted = replacement.to.clone().or(known);
    let wanted = wanted.ok_or_else(|| Failure::new("nothing is known of the root key"))?;
    let brought = match &replacement.secret {
        Some(secret) => Brought::Secret(secret.clone().into_secret()),
        None => Brought::Nothing,
    };
    // A passphrase takes a core for a while, and an HSM or another KMS is waited for.
    let (handle, provider) = (tokio::runtime::Handle::current(), wanted.clone());
    let making = tokio::task::spawn_blocking(move || handle.block_on(fresh(wanted, brought)));
    let made = making.await.map_err(|why| Failure::new(why.to_string()))?;
    let (root, kept, shares) = made?;
    let answer = json!({
        "Provider": kept.provider(),
        "Fingerprint": kept.fingerprint()?,
        "Shares": texts(&shares),
    });
    let (root, keeps_domains) = (Arc::new(root), replacement.keeps_domains);
    desk.data.root_state().prepared = Some(Prepared { root, kept, provider, keeps_domains });
    Ok(answer)
}

/// Puts the root key of this fingerprint in force, which was prepared.
pub(crate) async fn replace(
    fingerprint: &str,
    engine: &Engine,
    desk: &Desk<'_>,
) -> Result<Value, Failure> {
    let prepared = desk.data.root_state().prepared.take();
    let none = || Failure::new("another root key was prepared meanwhile; begin again");
    let prepared = prepared.filter(|own| own.root.fingerprint() == fingerprint).ok_or_else(none)?;
    let Prepared { root, kept, provider, keeps_domains } = prepared;
    let files = desk.data.root_files();
    files.stage(&kept)?;
    // If this fails, the store alone knows which of the two is in force; both files stay.
    let replaced = engine.replace_root_key(root, !keeps_domains, desk.region).await;
    replaced.map_err(|why| Failure::new(why.to_string()))?;
    desk.data.root_state().provider = Some(provider);
    files.settle(fingerprint)?;
    Ok(json!({ "Provider": kept.provider(), "Fingerprint": fingerprint }))
}

/// The shares as they are handed out.
pub(crate) fn texts(shares: &[Share]) -> Vec<String> {
    shares.iter().filter_map(|share| text(share.to_text()).ok()).collect()
}

/// Who keeps the root key, and how far a rotation of the domain keys has come.
pub(crate) async fn status(engine: &Engine, desk: &Desk<'_>) -> Result<Value, Failure> {
    let provider = desk.data.root_state().provider.as_ref().map_or("file", Wanted::name);
    let rotation = engine.domain_rotation().await;
    let rotation = rotation.map_err(|why| Failure::new(why.to_string()))?;
    let rotation = rotation.map(|record| {
        json!({
            "Started": record.started.civil().to_string(),
            "RecordsSealedAnew": record.resealed,
            "Walked": record.walked.map(|time| time.civil().to_string()),
        })
    });
    Ok(json!({
        "Sealed": false,
        "Provider": provider,
        "Fingerprint": engine.root_fingerprint(),
        "DomainKeyRotation": rotation,
    }))
}
