//! How many keys an account has in a Region. Counted once, by the places of its keys, when the first
//! one is made there that a quota is asked for; from then on kept in memory. Kept in a record, two
//! keys made at once would meet there, and one be made after the other.

use crate::slot::SlotRange;
use crate::turn::turn;
use crate::vault::{Vault, VaultError};
use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use strongroom_types::{AccountId, Region};

/// Keys looked at in one step.
const PAGE: usize = 1000;

/// The counts.
#[derive(Default)]
pub(crate) struct KeyCounts(Mutex<HashMap<(AccountId, Region), Arc<Count>>>);

/// One count.
///
/// **Invariant:** whoever changes the number of keys without having reserved one holds `counted`
/// meanwhile, so nothing changes behind the back of whoever counts.
#[derive(Default)]
struct Count {
    counted: tokio::sync::Mutex<bool>,
    keys: AtomicU64,
}

/// A key that may be made. If it is not, it is given back.
pub(crate) struct Reserved {
    count: Arc<Count>,
    kept: bool,
}

impl Reserved {
    /// The key was made.
    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        if !self.kept {
            self.count.keys.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

impl KeyCounts {
    /// Reserves one more key than there are, of at most `most`; `None` if there are so many.
    pub(crate) async fn reserve(
        &self,
        vault: &Vault,
        (account, region): (AccountId, Region),
        most: u64,
    ) -> Result<Option<Reserved>, VaultError> {
        let count = self.count(account, region);
        let mut counted = count.counted.lock().await;
        if !*counted {
            let keys = count_keys(vault, account, region).await?;
            count.keys.store(keys, Ordering::SeqCst);
            *counted = true;
        }
        if count.keys.load(Ordering::SeqCst) >= most {
            return Ok(None);
        }
        count.keys.fetch_add(1, Ordering::SeqCst);
        drop(counted);
        Ok(Some(Reserved { count, kept: false }))
    }

    /// Does `change`, after which there are more or fewer keys by what `by` says of its outcome.
    /// Nobody counts meanwhile.
    pub(crate) async fn changed<T>(
        &self,
        (account, region): (AccountId, Region),
        change: impl Future<Output = T>,
        by: impl FnOnce(&T) -> i64,
    ) -> T {
        let count = self.count(account, region);
        let counted = count.counted.lock().await;
        let done = change.await;
        if *counted {
            // Atomics wrap, so that adding less than nothing takes away.
            count.keys.fetch_add(by(&done).cast_unsigned(), Ordering::SeqCst);
        }
        done
    }

    fn count(&self, account: AccountId, region: Region) -> Arc<Count> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.entry((account, region)).or_default().clone()
    }
}

async fn count_keys(vault: &Vault, account: AccountId, region: Region) -> Result<u64, VaultError> {
    let range = SlotRange::keys(account, region);
    let (mut count, mut last) = (0_u64, None::<Vec<u8>>);
    loop {
        let page = vault.places(&range, last.as_deref(), PAGE).await?;
        count = count.saturating_add(u64::try_from(page.len()).unwrap_or(u64::MAX));
        match page.last() {
            Some(place) if page.len() == PAGE => last = Some(place.clone()),
            _ => return Ok(count),
        }
        turn().await;
    }
}
