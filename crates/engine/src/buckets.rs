//! Buckets that the operator's configuration names: no account gets one by being the first to name
//! it, neither while the server's own trail delivers to it nor afterwards.

use crate::engine::Engine;
use crate::ledger::Changes;
use crate::slot::Slot;
use crate::vault::VaultError;
use std::collections::BTreeMap;
use strongroom_keys::{BucketRecord, BucketStanding};
use strongroom_types::AccountId;

/// A bucket that is another account's than the configuration says, and stays so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldBucket {
    /// The bucket.
    pub name: String,
    /// Whose it is.
    pub owner: AccountId,
}

impl Engine {
    /// Reserves the bucket of the built-in trail and those of `named`, for good: for the account
    /// beside the name, or for none. Of a bucket that an account has already it keeps what was
    /// delivered for it; these are returned. To be called before anything is served.
    ///
    /// # Errors
    /// [`VaultError`] when the store fails.
    pub async fn reserve_buckets(
        &self,
        named: &BTreeMap<String, Option<AccountId>>,
    ) -> Result<Vec<HeldBucket>, VaultError> {
        let mut wanted = named.clone();
        wanted.insert(self.settings().trail_bucket().to_owned(), None);
        let (mut changes, mut held) = (Changes::default(), Vec::new());
        for (name, account) in wanted {
            let slot = Slot::bucket(&name);
            let known = self.vault().read::<BucketRecord>(&slot).await?;
            let (before, version) =
                (known.as_ref().map(|it| it.record), known.map(|it| it.version));
            let record = reserved(before, account);
            if before != Some(record) {
                changes.put(slot, version, &record);
            }
            if record.standing == BucketStanding::Named && Some(record.account) != account {
                held.push(HeldBucket { name, owner: record.account });
            }
        }
        if !changes.is_empty() {
            // The configuration says it, and nobody's request: there is no audit record.
            let written = self.ledger().derive(changes).await;
            written.map_err(|_| VaultError("the buckets could not be reserved".to_owned()))?;
        }
        Ok(held)
    }
}

/// What becomes of a bucket that the configuration names, for `wanted` or for no account.
///
/// INVARIANT: no account gets to see more by it than what was delivered for it.
fn reserved(before: Option<BucketRecord>, wanted: Option<AccountId>) -> BucketRecord {
    let owned = before.filter(|record| record.standing != BucketStanding::Shared);
    let named = |account| BucketRecord { account, standing: BucketStanding::Named };
    match owned.map(|record| record.account).or(wanted) {
        Some(account) => named(account),
        None => BucketRecord { account: AccountId::NOBODY, standing: BucketStanding::Shared },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_a_bucket_keeps_it_and_sees_no_more() {
        let (one, other) = (AccountId::INITIAL, AccountId::from_number(444_455_556_666).unwrap());
        let record = |account, standing| BucketRecord { account, standing };
        let shared = record(AccountId::NOBODY, BucketStanding::Shared);
        let named = record(one, BucketStanding::Named);
        assert_eq!(reserved(None, None), shared);
        assert_eq!(reserved(Some(shared), None), shared);
        assert_eq!(reserved(None, Some(one)), named);
        assert_eq!(reserved(Some(shared), Some(one)), named);
        for before in [named, record(one, BucketStanding::Unnamed)] {
            assert_eq!(reserved(Some(before), None), named);
            assert_eq!(reserved(Some(before), Some(other)), named);
        }
    }
}
