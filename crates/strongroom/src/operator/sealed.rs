//! A server that waits for its root key: what operators bring, until it is enough.

use crate::terminal::Failure;
use crate::unlock::{self, Brought};
use serde_json::{Value, json};
use std::sync::{Mutex, MutexGuard, PoisonError};
use strongroom_crypto::{SecretBytes, SecretKey};
use strongroom_rootkeys::{KeyFile, Needs, NotOpened, Share};
use tokio::sync::mpsc;

/// What was brought so far.
pub(crate) struct Sealed {
    file: KeyFile,
    shares: Mutex<Vec<Share>>,
    /// Who waits for the root key.
    opened: mpsc::Sender<SecretKey>,
}

impl Sealed {
    /// Nothing so far. The root key goes to `opened`.
    pub(crate) fn new(file: KeyFile, opened: mpsc::Sender<SecretKey>) -> Self {
        Self { file, shares: Mutex::default(), opened }
    }

    /// How far it is.
    pub(crate) fn status(&self) -> Value {
        let threshold = match unlock::needs(&self.file.provider) {
            Some(Needs::Shares(threshold)) => threshold,
            _ => 1,
        };
        json!({
            "Sealed": true,
            "Provider": self.file.provider.name(),
            "Needs": unlock::needs(&self.file.provider).map(unlock::prompt),
            "Fingerprint": self.file.fingerprint,
            "Progress": self.shares().len(),
            "Threshold": threshold,
        })
    }

    /// Forgets the shares that were brought.
    pub(crate) fn reset(&self) {
        self.shares().clear();
    }

    /// Takes a passphrase, a PIN or one more share. Whatever is wrong is forgotten.
    pub(crate) async fn bring(&self, secret: SecretBytes) -> Result<Value, Failure> {
        let brought = match unlock::needs(&self.file.provider) {
            Some(Needs::Shares(threshold)) => {
                let mut known = self.shares();
                let share = unlock::one_more(&self.file, &known, &secret)?;
                known.push(share);
                if known.len() < usize::from(threshold) {
                    drop(known);
                    return Ok(self.status());
                }
                Brought::Shares(std::mem::take(&mut *known))
            }
            Some(_) => Brought::Secret(secret),
            None => Brought::Nothing,
        };
        self.open(brought).await.map_err(|why| unlock::failure(&self.file, &why))?;
        Ok(json!({ "Sealed": false }))
    }

    /// Opens the root key and hands it over.
    pub(crate) async fn open(&self, brought: Brought) -> Result<(), NotOpened> {
        let file = self.file.clone();
        // A passphrase takes a core for a while.
        let opening = tokio::task::spawn_blocking(move || unlock::open_here(&file, &brought));
        let gone = || NotOpened::Unavailable("the server stops".to_owned());
        let root = opening.await.map_err(|_| gone())??;
        // Somebody else may have brought it at the same time.
        let _ = self.opened.try_send(root);
        Ok(())
    }

    fn shares(&self) -> MutexGuard<'_, Vec<Share>> {
        self.shares.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
