//! What the engine counts of its own work, for whoever looks on: no names, no labels, no format.

use crate::Engine;
use strongroom_meters::{Counter, Distribution, Histogram, Sharded};

/// A cache of the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheName {
    /// Keys, with their policies.
    Keys,
    /// Aliases.
    Aliases,
    /// Credentials.
    Credentials,
    /// Who has grants on a key.
    Grantees,
    /// Users, groups, roles, managed policies, service control policies, identity providers.
    Entities,
    /// Derived signing keys.
    SigningKeys,
    /// Session tokens that were opened.
    Sessions,
}

impl CacheName {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 7] = [
        Self::Keys,
        Self::Aliases,
        Self::Credentials,
        Self::Grantees,
        Self::Entities,
        Self::SigningKeys,
        Self::Sessions,
    ];

    /// Its name: lower case, words joined by underscores.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Aliases => "aliases",
            Self::Credentials => "credentials",
            Self::Grantees => "grantees",
            Self::Entities => "entities",
            Self::SigningKeys => "signing_keys",
            Self::Sessions => "sessions",
        }
    }
}

/// Look-ups in one cache.
#[derive(Debug, Default)]
struct Tally {
    hits: Counter,
    misses: Counter,
}

/// Look-ups in all caches. Each costs one atomic operation, on a cache line of the thread's own.
pub(crate) struct Lookups(Sharded<[Tally; 7]>);

impl Default for Lookups {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        // The runtime has a thread for each processor; the ledger's and the workers' look up little.
        Self(Sharded::new(threads, Default::default))
    }
}

impl Lookups {
    /// Counts a look-up that has found this.
    pub(crate) fn seen<T>(&self, cache: CacheName, found: Option<T>) -> Option<T> {
        if let Some(tally) = self.0.mine().get(cache as usize) {
            let outcome = if found.is_some() { &tally.hits } else { &tally.misses };
            outcome.increment();
        }
        found
    }

    /// How many have found something, and how many nothing.
    fn of(&self, cache: CacheName) -> (u64, u64) {
        let tallies = self.0.all().filter_map(|shard| shard.get(cache as usize));
        tallies.fold((0, 0), |(hits, misses), tally| {
            (hits.wrapping_add(tally.hits.count()), misses.wrapping_add(tally.misses.count()))
        })
    }
}

/// The greatest sizes of the buckets for groups that are written together.
const GROUPS: [u64; 11] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/// What the ledger's writers count.
pub(crate) struct LedgerMeters {
    /// Frames of the journal that were written together.
    pub(crate) journal_groups: Histogram<11>,
    /// Groups of the journal that could not be written.
    pub(crate) journal_failures: Counter,
    /// Changes that were committed together.
    pub(crate) commit_groups: Histogram<11>,
    /// Groups of changes that were not committed, or of which that is not known.
    pub(crate) commit_failures: Counter,
    /// Changes that lost a race.
    pub(crate) conflicts: Counter,
}

impl Default for LedgerMeters {
    fn default() -> Self {
        Self {
            journal_groups: Histogram::new(&GROUPS),
            journal_failures: Counter::new(),
            commit_groups: Histogram::new(&GROUPS),
            commit_failures: Counter::new(),
            conflicts: Counter::new(),
        }
    }
}

/// What the engine has counted since it was opened, and what is there now.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// Its caches.
    pub caches: Vec<ObservedCache>,
    /// The journal's writer.
    pub journal: ObservedWriter,
    /// The store's writer.
    pub commits: ObservedWriter,
    /// Changes that lost a race and were tried again, or given up.
    pub conflicts: u64,
    /// Requests that were refused since a quota was used up, or too many of their account were under
    /// way.
    pub turned_away: u64,
    /// Whether requests fail since nothing can be recorded.
    pub is_failing: bool,
}

/// A cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObservedCache {
    /// Which.
    pub name: CacheName,
    /// What is in it.
    pub entries: usize,
    /// Look-ups that found something.
    pub hits: u64,
    /// Look-ups that found nothing.
    pub misses: u64,
}

/// One of the ledger's two writers.
#[derive(Debug, Clone, Default)]
pub struct ObservedWriter {
    /// How many were written together.
    pub groups: Distribution,
    /// Groups that were not written.
    pub failures: u64,
    /// What waits to be written now.
    pub waiting: usize,
}

impl Engine {
    /// What it has counted. It looks at counters and caches only; a request is not held up.
    #[must_use]
    pub fn observed(&self) -> Observed {
        let (vault, ledger) = (self.vault(), self.ledger());
        let cache = |name| {
            let entries = match name {
                CacheName::SigningKeys => self.signing_keys().entries(),
                CacheName::Sessions => self.sessions().entries(),
                other => vault.entries(other),
            };
            let (hits, misses) = vault.lookups().of(name);
            ObservedCache { name, entries, hits, misses }
        };
        let meters = ledger.meters();
        let (journal, commits) = ledger.waiting();
        Observed {
            caches: CacheName::ALL.into_iter().map(cache).collect(),
            journal: ObservedWriter {
                groups: meters.journal_groups.distribution(),
                failures: meters.journal_failures.count(),
                waiting: journal,
            },
            commits: ObservedWriter {
                groups: meters.commit_groups.distribution(),
                failures: meters.commit_failures.count(),
                waiting: commits,
            },
            conflicts: meters.conflicts.count(),
            turned_away: self.turned_away().count(),
            is_failing: self.failure().is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caches_are_numbered_in_their_order() {
        for (number, name) in CacheName::ALL.into_iter().enumerate() {
            assert_eq!(name as usize, number);
        }
    }

    #[test]
    fn look_ups_are_counted_by_what_they_found() {
        let lookups = Lookups::default();
        for _ in 0..3 {
            assert_eq!(lookups.seen(CacheName::Sessions, Some(1)), Some(1));
        }
        assert_eq!(lookups.seen::<u8>(CacheName::Sessions, None), None);
        assert_eq!(lookups.of(CacheName::Sessions), (3, 1));
        assert_eq!(lookups.of(CacheName::Keys), (0, 0));
    }
}
