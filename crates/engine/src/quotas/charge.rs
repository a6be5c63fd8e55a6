//! What one request is counted by, in the order in which that becomes known.
//!
//! Most is known from the row, before anything of the request is read. The quota of cryptographic
//! operations depends on the key: a key of the caller's own account counts as soon as it is found,
//! before policies are asked; one of another account only when it may be used, or the refusal would
//! tell what kind of key is there, or that one is. What never gets that far counts as the use of a
//! symmetric key. A request counts once, however often it is tried again.
//!
//! **Invariant:** a request that finds one quota used up has taken nothing of any.

use super::rules::{Taken, UsedUp};
use super::{Counted, RequestQuotas, Shared, Subject};
use crate::call::Call;
use crate::decode::Values;
use crate::demands::Demands;
use crate::refusal::Refusal;
use strongroom_keys::KeyRecord;
use strongroom_types::{AccountId, Region};

/// The account of a request's costs.
pub(crate) struct Charge<'a> {
    quotas: Option<&'a RequestQuotas>,
    demands: &'static Demands,
    account: AccountId,
    region: Region,
    /// Whether a provider vouches for who asks: they cost the account what belongs to all of its
    /// requests only once it has let them in.
    vouched_for: bool,
    /// Whether what the members and the keys of the request cost is counted.
    counted: Progress,
    /// The custom key store that the request names.
    store: Option<String>,
    taken: Vec<Taken<'a>>,
    exceeded: bool,
}

#[derive(Default)]
struct Progress {
    members: bool,
    keys: bool,
    permitted: bool,
}

/// The keys that an operation is about, as they are stored; `None` for one of which the caller is
/// not told whether it is there.
pub type Keys<'f> = Vec<Option<&'f KeyRecord>>;

impl<'a> Charge<'a> {
    /// Nothing is counted yet. An account pays for what it asks for, whoever's key that is about.
    pub(crate) fn new(
        quotas: Option<&'a RequestQuotas>,
        demands: &'static Demands,
        call: &Call,
    ) -> Self {
        let (account, region) = (call.caller.account, call.caller.region);
        Self {
            quotas,
            demands,
            account,
            region,
            vouched_for: call.caller.authority.web().is_some(),
            counted: Progress::default(),
            store: None,
            taken: Vec::new(),
            exceeded: false,
        }
    }

    /// Whether something was used up.
    pub(crate) fn is_exceeded(&self) -> bool {
        self.exceeded
    }

    /// The refusal of a request that is not served since too much is asked for at once.
    pub(crate) fn turned_away(&mut self) -> Refusal {
        self.exceeded = true;
        self.taken.drain(..).for_each(Taken::give_back);
        Refusal::throttled(self.demands.service)
    }

    /// Counts what is known from the row.
    pub(crate) fn arrive(&mut self) -> Result<(), Refusal> {
        if self.quotas.is_none() {
            return Ok(());
        }
        self.take(Subject::Operation(self.demands.name))?;
        match self.demands.counted {
            Counted::Shared(shared) => self.take(Subject::Shared(shared))?,
            Counted::Random => self.take(Subject::Shared(Shared::Symmetric))?,
            Counted::Own(_) | Counted::AlsoIn { .. } | Counted::ByKey | Counted::ByPair => {}
        }
        if self.vouched_for { Ok(()) } else { self.take(Subject::Shared(Shared::Account)) }
    }

    /// Counts what the members of the request say.
    pub(crate) fn members(&mut self, values: &Values) -> Result<(), Refusal> {
        if self.quotas.is_none() || std::mem::replace(&mut self.counted.members, true) {
            return Ok(());
        }
        match self.demands.counted {
            Counted::ByPair => {
                let spec = values.text("KeyPairSpec").and_then(|text| text.parse().ok());
                self.counted.keys = true;
                match spec {
                    Some(spec) => self.take(Subject::Shared(Shared::Pairs(spec))),
                    None => self.take(Subject::Shared(Shared::Symmetric)),
                }
            }
            Counted::AlsoIn { region, operation, times, .. } => {
                let place = values.text(region).and_then(|text| text.parse::<Region>().ok());
                let place = place.filter(|place| *place != self.region);
                let Some(place) = place else { return Ok(()) };
                (0..times).try_for_each(|_| self.take_in(Subject::Operation(operation), place))
            }
            Counted::Random => {
                self.store = values.text("CustomKeyStoreId").map(str::to_owned);
                Ok(())
            }
            Counted::Own(_) | Counted::Shared(_) | Counted::ByKey => Ok(()),
        }
    }

    /// Counts the use of keys that were found, if all are of the caller's own account.
    pub(crate) fn found(&mut self, keys: &Keys<'_>) -> Result<(), Refusal> {
        let own = |key: &Option<&KeyRecord>| key.is_some_and(|key| key.account == self.account);
        if keys.iter().all(own) { self.keys(keys) } else { Ok(()) }
    }

    /// Counts the use of keys that the caller may use, and of the custom key stores that they are
    /// in, or that the request names: before, whoever may not use a key could use up its store's
    /// quota.
    pub(crate) fn permitted(&mut self, keys: &Keys<'_>) -> Result<(), Refusal> {
        self.keys(keys)?;
        if self.quotas.is_none() || std::mem::replace(&mut self.counted.permitted, true) {
            return Ok(());
        }
        if self.vouched_for {
            self.take(Subject::Shared(Shared::Account))?;
        }
        if let Some(store) = self.store.take() {
            self.take_of_store(self.account, self.region, &store)?;
        }
        if !matches!(self.demands.counted, Counted::ByKey) {
            return Ok(());
        }
        keys.iter().flatten().try_for_each(|key| match &key.store {
            Some(member) => self.take_of_store(key.account, key.region, &member.store),
            None => Ok(()),
        })
    }

    /// The refusal with which the request ends: what has used no key although it is counted by keys
    /// has used a symmetric one.
    pub(crate) fn refused(&mut self, refusal: Refusal) -> Refusal {
        let by_key = matches!(self.demands.counted, Counted::ByKey | Counted::ByPair);
        if self.quotas.is_none() || !by_key || std::mem::replace(&mut self.counted.keys, true) {
            return refusal;
        }
        self.take(Subject::Shared(Shared::Symmetric)).err().unwrap_or(refusal)
    }

    fn keys(&mut self, keys: &Keys<'_>) -> Result<(), Refusal> {
        let by_key = matches!(self.demands.counted, Counted::ByKey) && !keys.is_empty();
        if self.quotas.is_none() || !by_key || std::mem::replace(&mut self.counted.keys, true) {
            return Ok(());
        }
        keys.iter().try_for_each(|key| {
            let shared = key.map_or(Shared::Symmetric, |key| Shared::of(key.spec));
            self.take(Subject::Shared(shared))
        })
    }

    fn take(&mut self, of: Subject) -> Result<(), Refusal> {
        self.take_in(of, self.region)
    }

    fn take_in(&mut self, of: Subject, region: Region) -> Result<(), Refusal> {
        let Some(quotas) = self.quotas else { return Ok(()) };
        self.told(quotas.take(of, self.account, region))
    }

    fn take_of_store(
        &mut self,
        account: AccountId,
        region: Region,
        store: &str,
    ) -> Result<(), Refusal> {
        let Some(quotas) = self.quotas else { return Ok(()) };
        self.told(quotas.take_of_store(account, region, store))
    }

    fn told(&mut self, outcome: Result<Option<Taken<'a>>, UsedUp>) -> Result<(), Refusal> {
        match outcome {
            Ok(taken) => {
                self.taken.extend(taken);
                Ok(())
            }
            Err(UsedUp) => Err(self.turned_away()),
        }
    }
}
