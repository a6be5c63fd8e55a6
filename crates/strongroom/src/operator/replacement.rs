//! Another root key for a store, by whichever provider: made, wrapped and staged here, put in force by
//! the engine's one commit, and then given its name.

use super::Desk;
use crate::root_file::{self, Kept};
use crate::secret_input::text;
use crate::terminal::Failure;
use crate::unlock::{Brought, Means};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use strongroom_crypto::{SecretBytes, SecretKey, SystemEntropy};
use strongroom_engine::Engine;
use strongroom_keys::LocalRootKey;
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
    pub(crate) secret: Option<String>,
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

    /// The provider of a key file, to be used once more.
    pub(crate) fn same_as(provider: &Provider) -> Self {
        match provider {
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
    // What does not open again is not put in force. Shares are tried by whoever hands them out.
    if shares.is_empty() {
        file.open(means.opener()?).await?;
    } else {
        file.open(strongroom_rootkeys::Opener::Shares(&shares)).await?;
    }
    Ok((file, shares))
}

/// Puts another root key in force. Returns the shares to hand out, if it is in shares.
pub(crate) async fn replace(
    replacement: &Replacement,
    engine: &Engine,
    desk: &Desk<'_>,
) -> Result<Value, Failure> {
    let files = desk.data.root_files();
    let before = files.current()?.ok_or_else(|| Failure::new("there is no root key's file"))?;
    let wanted = match (&replacement.to, &before) {
        (Some(wanted), _) => wanted.clone(),
        (None, Kept::Plain(_)) => Wanted::File,
        (None, Kept::Wrapped(file)) => Wanted::same_as(&file.provider),
    };
    let brought = match &replacement.secret {
        Some(secret) => Brought::Secret(SecretBytes::new(secret.as_bytes().to_vec())),
        None => Brought::Nothing,
    };
    // A passphrase takes a core for a while, and an HSM or another KMS is waited for.
    let handle = tokio::runtime::Handle::current();
    let making = tokio::task::spawn_blocking(move || handle.block_on(fresh(wanted, brought)));
    let made = making.await.map_err(|why| Failure::new(why.to_string()))?;
    let (root, kept, shares) = made?;
    files.stage(&kept)?;
    let renews = !replacement.keeps_domains;
    if let Err(why) = engine.replace_root_key(Arc::new(root), renews, desk.region).await {
        // What the store says decides at the next start which of the two is in force.
        return Err(Failure::new(why.to_string()));
    }
    files.install()?;
    Ok(json!({
        "Provider": kept.provider(),
        "Fingerprint": kept.fingerprint()?,
        "Shares": texts(&shares),
    }))
}

/// The shares as they are handed out.
pub(crate) fn texts(shares: &[Share]) -> Vec<String> {
    shares.iter().filter_map(|share| text(share.to_text()).ok()).collect()
}

/// Who keeps the root key, and how far a rotation of the domain keys has come.
pub(crate) async fn status(engine: &Engine, desk: &Desk<'_>) -> Result<Value, Failure> {
    let kept = desk.data.root_files().current()?;
    let provider = kept.as_ref().map_or("file", Kept::provider);
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
