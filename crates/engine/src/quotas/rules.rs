//! How often accounts may ask.

use super::meter::{Meter, Payer};
use super::{Counted, Rate, Shared, Subject};
use crate::demands::Demands;
use crate::ports::Clock;
use std::collections::HashMap;
use std::sync::Arc;
use strongroom_types::{AccountId, Region};

/// How often something may be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What.
    pub of: Subject,
    /// By whom; without one by each account.
    pub account: Option<AccountId>,
    /// Where; without one in each Region.
    pub region: Option<Region>,
    /// How often; without a rate any number of times.
    pub rate: Option<Rate>,
}

impl Rule {
    /// Where it stands among rules of the same: who is named counts before where, and either before
    /// all others.
    fn place(&self) -> u8 {
        2 * u8::from(self.account.is_none()) + u8::from(self.region.is_none())
    }
}

/// AWS's quotas, for operations of these rows.
pub fn preset<'d>(rows: impl Iterator<Item = &'d Demands>) -> Vec<Rule> {
    let rule = |of, region, rate| Rule { of, account: None, region, rate: Some(rate) };
    let mut rules = Vec::new();
    for shared in Shared::ALL {
        let (regions, others) = shared.aws();
        let of = Subject::Shared(shared);
        rules.extend(regions.into_iter().map(|(region, rate)| rule(of, Some(region), rate)));
        rules.extend(others.map(|rate| rule(of, None, rate)));
    }
    rules.extend(rows.filter_map(|row| match row.counted {
        Counted::Own(own) | Counted::AlsoIn { own, .. } => {
            Some(rule(Subject::Operation(row.name), None, Rate::per_second(own)))
        }
        Counted::Shared(_) | Counted::ByKey | Counted::Random | Counted::ByPair => None,
    }));
    rules
}

/// One that was counted, and can be taken back.
pub(super) struct Taken<'a>(&'a Meter, Payer);

impl Taken<'_> {
    pub(super) fn give_back(self) {
        self.0.give_back(&self.1);
    }
}

/// None was left.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UsedUp;

/// The rules, and what was counted against them.
pub(crate) struct RequestQuotas(HashMap<Subject, Vec<Limit>>);

struct Limit {
    account: Option<AccountId>,
    region: Option<Region>,
    /// None if there is no limit.
    meter: Option<Meter>,
}

impl RequestQuotas {
    /// `None` if there is no rule. A rule of the first list counts before all of the second.
    pub(crate) fn new(lists: &[Vec<Rule>; 2], clock: &Arc<dyn Clock>) -> Option<Self> {
        let mut limits: HashMap<Subject, Vec<Limit>> = HashMap::new();
        for list in lists {
            let mut rules: Vec<&Rule> = list.iter().collect();
            rules.sort_by_key(|rule| rule.place());
            for rule in rules {
                let meter = rule.rate.and_then(|rate| Meter::new(rate, clock.clone()));
                let limit = Limit { account: rule.account, region: rule.region, meter };
                limits.entry(rule.of).or_default().push(limit);
            }
        }
        (!limits.is_empty()).then_some(Self(limits))
    }

    /// Counts one request of `account` in `region`. Returns what was counted, if there is a quota.
    pub(super) fn take(
        &self,
        of: Subject,
        account: AccountId,
        region: Region,
    ) -> Result<Option<Taken<'_>>, UsedUp> {
        let payer = match of {
            Subject::Shared(Shared::Account) => Payer::Account(account),
            _ => Payer::Place(account, region),
        };
        self.take_of(of, (account, region), payer)
    }

    /// Counts one use of a custom key store, which is of `account` in `region`.
    pub(super) fn take_of_store(
        &self,
        account: AccountId,
        region: Region,
        store: &str,
    ) -> Result<Option<Taken<'_>>, UsedUp> {
        let of = Subject::Shared(Shared::KeyStore);
        let payer = Payer::Store(account, region, store.to_owned());
        self.take_of(of, (account, region), payer)
    }

    fn take_of(
        &self,
        of: Subject,
        place: (AccountId, Region),
        payer: Payer,
    ) -> Result<Option<Taken<'_>>, UsedUp> {
        let (account, region) = place;
        let Some(limits) = self.0.get(&of) else { return Ok(None) };
        let limit = limits.iter().find(|limit| {
            limit.account.is_none_or(|one| one == account)
                && limit.region.is_none_or(|one| one == region)
        });
        match limit.and_then(|limit| limit.meter.as_ref()) {
            None => Ok(None),
            Some(meter) if meter.take(&payer) => Ok(Some(Taken(meter, payer))),
            Some(_) => Err(UsedUp),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strongroom_types::Timestamp;

    struct Still;

    impl Clock for Still {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(0)
        }
    }

    const CREATE: Subject = Subject::Operation("CreateKey");

    fn rule(account: Option<u64>, region: Option<&str>, rate: Option<u32>) -> Rule {
        Rule {
            of: CREATE,
            account: account.and_then(AccountId::from_number),
            region: region.map(|name| name.parse().unwrap()),
            rate: rate.map(Rate::per_second),
        }
    }

    fn quotas(own: Vec<Rule>, preset: Vec<Rule>) -> RequestQuotas {
        let clock: Arc<dyn Clock> = Arc::new(Still);
        RequestQuotas::new(&[own, preset], &clock).unwrap()
    }

    fn allowed(quotas: &RequestQuotas, account: u64, region: &str) -> usize {
        let account = AccountId::from_number(account).unwrap();
        let take = |_: &usize| quotas.take(CREATE, account, region.parse().unwrap()).is_ok();
        (0..1000).take_while(take).count()
    }

    #[test]
    fn who_is_named_counts_before_where_and_either_before_all_others() {
        let quotas = quotas(
            vec![
                rule(None, None, Some(2)),
                rule(None, Some("eu-west-1"), Some(3)),
                rule(Some(7), None, Some(5)),
                rule(Some(7), Some("eu-west-1"), None),
            ],
            vec![rule(None, Some("us-east-1"), Some(900))],
        );
        assert_eq!(allowed(&quotas, 1, "us-east-1"), 2);
        assert_eq!(allowed(&quotas, 1, "eu-west-1"), 3);
        assert_eq!(allowed(&quotas, 7, "us-east-1"), 5);
        assert_eq!(allowed(&quotas, 7, "eu-west-1"), 1000);
        // Each account and Region has its own.
        assert_eq!(allowed(&quotas, 2, "us-east-1"), 2);
        assert_eq!(allowed(&quotas, 2, "us-west-2"), 2);
    }

    #[test]
    fn the_second_list_counts_where_the_first_says_nothing() {
        let second = vec![rule(None, None, Some(4))];
        let quotas = quotas(vec![rule(Some(7), None, Some(1))], second);
        assert_eq!((allowed(&quotas, 7, "us-east-1"), allowed(&quotas, 8, "us-east-1")), (1, 4));
    }

    #[test]
    fn an_account_is_counted_in_all_regions_at_once() {
        let of = Subject::Shared(Shared::Account);
        let all = Rule { of, account: None, region: None, rate: Some(Rate::per_second(2)) };
        let quotas = quotas(vec![all], Vec::new());
        let account = AccountId::from_number(1).unwrap();
        let mut take = |region: &str| quotas.take(of, account, region.parse().unwrap()).is_ok();
        assert_eq!(["us-east-1", "aa-aa-1", "aa-aa-2"].map(&mut take), [true, true, false]);
    }

    #[test]
    fn without_rules_nothing_is_counted() {
        let clock: Arc<dyn Clock> = Arc::new(Still);
        assert!(RequestQuotas::new(&[Vec::new(), Vec::new()], &clock).is_none());
    }
}
