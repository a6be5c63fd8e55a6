//! How much an account may have.

use std::collections::HashMap;
use strongroom_types::AccountId;

/// More aliases than this no key may be allowed. Our choice: they are all deleted with it, in one
/// commit.
pub const MOST_ALIASES_PER_KEY: usize = 1000;
/// More custom key stores than this no account may be allowed in a Region. Our choice: all are read
/// to make one.
pub const MOST_KEY_STORES: usize = 1000;

/// What one account may have. Source of the defaults: AWS KMS Developer Guide, "Resource quotas".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResourceQuotas {
    /// KMS keys in a Region, in whichever state; without a number any number. AWS's is 100,000.
    pub keys: Option<u64>,
    /// Aliases of one key, at most [`MOST_ALIASES_PER_KEY`].
    pub aliases_per_key: usize,
    /// Grants on one key.
    pub grants_per_key: u32,
    /// Custom key stores in a Region, at most [`MOST_KEY_STORES`].
    pub key_stores: usize,
}

impl Default for ResourceQuotas {
    fn default() -> Self {
        Self { keys: None, aliases_per_key: 50, grants_per_key: 50_000, key_stores: 10 }
    }
}

/// What each account may have.
#[derive(Debug, Clone, Default)]
pub struct Resources {
    /// Accounts that are not named.
    pub others: ResourceQuotas,
    /// Those that are.
    pub accounts: HashMap<AccountId, ResourceQuotas>,
}

impl Resources {
    /// What the account may have.
    #[must_use]
    pub fn of(&self, account: AccountId) -> ResourceQuotas {
        self.accounts.get(&account).copied().unwrap_or(self.others)
    }
}
