//! `[quotas]` of the configuration file.

use crate::terminal::Failure;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::num::NonZeroU32;
use strongroom_engine::demands::Demands;
use strongroom_engine::quotas::{
    Counted, MOST_ALIASES_PER_KEY, MOST_KEY_STORES, Quotas, Rate, ResourceQuotas, Resources, Rule,
    Shared, Subject, preset,
};
use strongroom_iam::{IamOperation, StsOperation, iam_demands, sts_demands};
use strongroom_kms::OperationName;
use strongroom_trail::service::cloudtrail::{CloudTrailOperation, cloudtrail_demands};
use strongroom_trail::service::s3::{S3Operation, demands as s3_demands};
use strongroom_types::{AccountId, Region};

/// AWS's quota of KMS keys. Source: AWS KMS Developer Guide, "Resource quotas".
const AWS_KEYS: u64 = 100_000;
/// The most grants that a key may be allowed. Our choice: what counts them is far from its end.
const MOST_GRANTS_PER_KEY: u32 = 1_000_000;
/// The most requests of an account at once that may be allowed. Our choice: more than there are
/// connections.
const MOST_IN_FLIGHT: usize = 65_536;

/// The members; `docs/quotas.md` describes them.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Table {
    preset: Preset,
    in_flight: Option<usize>,
    requests: Vec<Requests>,
    resources: ResourceTable,
}

/// What counts where nothing is said.
#[derive(Deserialize, Default, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Preset {
    /// No request quotas, and no quota of keys.
    #[default]
    None,
    /// AWS's.
    Aws,
}

/// A rule.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Requests {
    of: String,
    per_second: Option<f64>,
    burst: Option<u32>,
    #[serde(default)]
    unlimited: bool,
    account: Option<String>,
    region: Option<String>,
}

/// What an account may have.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct ResourceTable {
    keys: Option<Number>,
    aliases_per_key: Option<usize>,
    grants_per_key: Option<u32>,
    key_stores: Option<usize>,
    accounts: BTreeMap<String, ResourceTable>,
}

/// A number, or `"unlimited"`.
#[derive(Deserialize, Clone, Copy)]
#[serde(untagged)]
enum Number {
    Most(u64),
    Word(Word),
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Word {
    Unlimited,
}

impl Table {
    pub(super) fn quotas(&self) -> Result<Quotas, Failure> {
        let own = self.rules()?;
        let (preset, keys) = match self.preset {
            Preset::None => (Vec::new(), None),
            Preset::Aws => (preset(rows()), Some(AWS_KEYS)),
        };
        if self.in_flight.is_some_and(|most| most == 0 || most > MOST_IN_FLIGHT) {
            return Err(Failure::new(format!(
                "the configuration's quotas.in_flight is from 1 to {MOST_IN_FLIGHT}"
            )));
        }
        let defaults = ResourceQuotas { keys, ..ResourceQuotas::default() };
        Ok(Quotas {
            requests: [own, preset],
            in_flight: self.in_flight,
            resources: self.resources.resources(defaults)?,
        })
    }

    fn rules(&self) -> Result<Vec<Rule>, Failure> {
        let mut known = HashSet::new();
        let rules = self.requests.iter().enumerate().map(|(at, table)| {
            let place = format!("the configuration's quotas.requests, number {}", at + 1);
            let rule = table.rule().map_err(|why| Failure::new(format!("{place}: {why}")))?;
            if !known.insert((rule.of, rule.account, rule.region)) {
                return Err(Failure::new(format!(
                    "{place}: a rule of `{}` for the same account and Region is there already",
                    table.of
                )));
            }
            Ok(rule)
        });
        rules.collect()
    }
}

impl Requests {
    fn rule(&self) -> Result<Rule, String> {
        let subject = subject(&self.of).ok_or_else(|| {
            format!("`{}` is neither an operation nor a quota that operations share", self.of)
        })?;
        let rate = match (self.per_second, self.burst, self.unlimited) {
            (None, None, true) => None,
            (Some(per_second), burst, false) => {
                let burst = match burst {
                    Some(burst) => Some(NonZeroU32::new(burst).ok_or("`burst` is at least 1")?),
                    None => None,
                };
                let least = least_burst(subject);
                let burst = match burst {
                    Some(burst) if burst < least => {
                        return Err(format!(
                            "`burst` of `{}` is at least {least}: some requests count as so many",
                            self.of
                        ));
                    }
                    None if per_second < f64::from(least.get()) => Some(least),
                    burst => burst,
                };
                let rate = Rate::of(per_second, burst).ok_or(
                    "`per_second` is more than 0 and at most 1000000000, and `burst` no more than \
                     comes in a day",
                )?;
                Some(rate)
            }
            _ => {
                return Err(
                    "it takes `per_second`, with or without `burst`, or `unlimited = true`".into(),
                );
            }
        };
        let account = self.account.as_deref().map(account).transpose()?;
        let region = match &self.region {
            Some(name) => {
                let region: Region =
                    name.parse().map_err(|()| format!("`{name}` is no Region name"))?;
                Some(region)
            }
            None => None,
        };
        if subject == Subject::Shared(Shared::Account) && region.is_some() {
            return Err("`account` counts in all Regions at once, so it takes no `region`".into());
        }
        Ok(Rule { of: subject, account, region, rate })
    }
}

impl ResourceTable {
    fn resources(&self, defaults: ResourceQuotas) -> Result<Resources, Failure> {
        let place = "the configuration's quotas.resources";
        let others = self.of_one(defaults, place)?;
        let mut accounts = HashMap::new();
        for (name, table) in &self.accounts {
            let place = format!("{place}.accounts.{name}");
            let failed = |why| Failure::new(format!("{place}: {why}"));
            if !table.accounts.is_empty() {
                return Err(failed("it takes no `accounts` of its own".to_owned()));
            }
            let number = account(name).map_err(failed)?;
            accounts.insert(number, table.of_one(others, &place)?);
        }
        Ok(Resources { others, accounts })
    }

    fn of_one(&self, defaults: ResourceQuotas, place: &str) -> Result<ResourceQuotas, Failure> {
        let quotas = ResourceQuotas {
            keys: match self.keys {
                None => defaults.keys,
                Some(Number::Most(most)) => Some(most),
                Some(Number::Word(Word::Unlimited)) => None,
            },
            aliases_per_key: self.aliases_per_key.unwrap_or(defaults.aliases_per_key),
            grants_per_key: self.grants_per_key.unwrap_or(defaults.grants_per_key),
            key_stores: self.key_stores.unwrap_or(defaults.key_stores),
        };
        let beyond =
            |name, most: usize| Err(Failure::new(format!("{place}.{name} is at most {most}")));
        if quotas.aliases_per_key > MOST_ALIASES_PER_KEY {
            return beyond("aliases_per_key", MOST_ALIASES_PER_KEY);
        }
        if quotas.grants_per_key > MOST_GRANTS_PER_KEY {
            return beyond("grants_per_key", 1_000_000);
        }
        if quotas.key_stores > MOST_KEY_STORES {
            return beyond("key_stores", MOST_KEY_STORES);
        }
        Ok(quotas)
    }
}

fn account(text: &str) -> Result<AccountId, String> {
    match text.parse() {
        Ok(AccountId::NOBODY) | Err(()) => Err(format!("`{text}` is no account: twelve digits")),
        Ok(account) => Ok(account),
    }
}

/// The rows of all services.
fn rows() -> impl Iterator<Item = &'static Demands> {
    let kms = OperationName::ALL.iter().map(|name| strongroom_kms::demands(*name));
    let iam = IamOperation::ALL.iter().map(|name| iam_demands(*name));
    let sts = StsOperation::ALL.iter().map(|name| sts_demands(*name));
    let trail = CloudTrailOperation::ALL.iter().map(|name| cloudtrail_demands(*name));
    let s3 = S3Operation::ALL.iter().map(|name| s3_demands(*name));
    kms.chain(iam).chain(sts).chain(trail).chain(s3)
}

/// The greatest number that one request counts as: with a smaller burst it is never served.
fn least_burst(subject: Subject) -> NonZeroU32 {
    let often = rows().any(|row| match (row.counted, subject) {
        (Counted::AlsoIn { operation, times, .. }, Subject::Operation(name)) => {
            operation == name && times > 1
        }
        // ReEncrypt, of whose two keys each may be of these, and in one custom key store.
        (Counted::ByKey, Subject::Shared(shared)) => {
            matches!(shared, Shared::Symmetric | Shared::Rsa | Shared::Ecc | Shared::KeyStore)
        }
        _ => false,
    });
    if often { NonZeroU32::MIN.saturating_add(1) } else { NonZeroU32::MIN }
}

fn subject(name: &str) -> Option<Subject> {
    let operation = || rows().find(|row| row.name == name).map(|row| row.name);
    let shared = Shared::parse(name).map(Subject::Shared);
    shared.or_else(|| operation().map(Subject::Operation))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Quotas, String> {
        let table: Table = toml::from_str(text).map_err(|why| why.to_string())?;
        table.quotas().map_err(|why| why.to_string())
    }

    #[test]
    fn without_anything_nothing_is_limited_but_what_always_is() {
        let quotas = read("").unwrap();
        assert!(quotas.requests.iter().all(Vec::is_empty));
        assert_eq!(quotas.in_flight, None);
        assert_eq!(quotas.resources.others, ResourceQuotas::default());
    }

    #[test]
    fn no_two_operations_have_one_name_and_none_that_of_a_shared_quota() {
        let names: HashSet<&str> = rows().map(|row| row.name).collect();
        assert_eq!(names.len(), rows().count());
        assert!(names.iter().all(|name| Shared::parse(name).is_none()));
    }

    /// Every operation is counted by something that the preset has a rate for, but what is read of
    /// the trail's own buckets.
    #[test]
    fn the_preset_has_a_rate_for_every_operation() {
        use strongroom_engine::quotas::Counted;
        let quotas = read("preset = \"aws\"").unwrap();
        let [own, preset] = &quotas.requests;
        assert!(own.is_empty());
        let has = |of| {
            let anywhere = |rule: &&Rule| rule.of == of && rule.region.is_none();
            preset.iter().filter(anywhere).count() == 1
        };
        for row in rows() {
            let counted = match row.counted {
                Counted::Own(_) => has(Subject::Operation(row.name)),
                Counted::AlsoIn { operation, .. } => {
                    has(Subject::Operation(row.name)) && has(Subject::Operation(operation))
                }
                Counted::Shared(Shared::S3) => row.service == "s3",
                Counted::Shared(shared) => has(Subject::Shared(shared)),
                Counted::Random => has(Subject::Shared(Shared::Symmetric)),
                Counted::ByKey => has(Subject::Shared(Shared::Symmetric)),
                Counted::ByPair => true,
            };
            assert!(counted, "{}", row.name);
        }
        for shared in Shared::ALL {
            let without = matches!(shared, Shared::Account | Shared::S3);
            assert_eq!(has(Subject::Shared(shared)), !without, "{}", shared.name());
        }
        assert_eq!(quotas.resources.others.keys, Some(100_000));
    }

    /// Each name of the preset stands in the page's table, in a row with its rate everywhere.
    #[test]
    fn the_page_has_every_rate_of_the_preset() {
        let page = include_str!("../../../../docs/quotas.md");
        let quotas = read("preset = \"aws\"").unwrap();
        for rule in &quotas.requests[1] {
            let name = match rule.of {
                Subject::Operation(name) => name,
                Subject::Shared(shared) => shared.name(),
            };
            let row = page.lines().find(|line| {
                let quota = line.strip_prefix("| ").and_then(|line| line.split(" | ").next());
                quota.is_some_and(|quota| quota.contains(&format!("`{name}`")))
            });
            let row = row.unwrap_or_else(|| panic!("{name} is not in the table"));
            let rate = rule.rate.unwrap().to_string();
            match rule.region {
                None => assert_eq!(row.split(" | ").nth(1), Some(rate.as_str()), "{name}"),
                Some(region) => {
                    let china = region.partition() == "aws-cn";
                    assert!(china || row.contains(region.as_str()), "{name} in {region}");
                    assert!(row.contains(&rate), "{name} in {region}");
                }
            }
        }
    }

    #[test]
    fn a_rule_says_what_how_often_whose_and_where() {
        let quotas = read(
            "[[requests]]\nof = \"CreateKey\"\nper_second = 0.5\naccount = \"111122223333\"\n\
             region = \"eu-west-1\"\n[[requests]]\nof = \"iam\"\nunlimited = true",
        )
        .unwrap();
        let rules = &quotas.requests[0];
        assert_eq!(rules[0].of, Subject::Operation("CreateKey"));
        assert_eq!(rules[0].rate, Rate::of(0.5, NonZeroU32::new(2)));
        assert_eq!(rules[0].account, Some(AccountId::INITIAL));
        assert_eq!(rules[0].region.unwrap().as_str(), "eu-west-1");
        let iam = Subject::Shared(Shared::Iam);
        assert_eq!(rules[1], Rule { of: iam, account: None, region: None, rate: None });
    }

    /// A request that counts twice is served now and then, however low the rate.
    #[test]
    fn a_burst_lets_every_request_in() {
        let rate = |of: &str, more: &str| {
            let text = format!("[[requests]]\nof = \"{of}\"\nper_second = 0.5\n{more}");
            read(&text).map(|quotas| quotas.requests[0][0].rate.unwrap())
        };
        let two = NonZeroU32::new(2);
        for of in ["CreateKey", "cryptography-symmetric", "cryptography-rsa", "custom-key-store"] {
            assert_eq!(rate(of, "").unwrap(), Rate::of(0.5, two).unwrap(), "{of}");
            let refused = rate(of, "burst = 1").unwrap_err();
            assert!(refused.contains("is at least 2"), "{of}: {refused}");
            assert!(rate(of, "burst = 2").is_ok(), "{of}");
        }
        for of in ["DescribeKey", "iam", "account", "cryptography-ml-dsa"] {
            assert_eq!(rate(of, "").unwrap(), Rate::one_in(2), "{of}");
            assert!(rate(of, "burst = 1").is_ok(), "{of}");
        }
    }

    #[test]
    fn resources_of_one_account_are_those_of_all_with_what_it_says() {
        let quotas = read(
            "preset = \"aws\"\n[resources]\naliases_per_key = 60\n\
             [resources.accounts.111122223333]\nkeys = \"unlimited\"\ngrants_per_key = 7",
        )
        .unwrap();
        let resources = quotas.resources;
        assert_eq!((resources.others.keys, resources.others.aliases_per_key), (Some(100_000), 60));
        let one = resources.of(AccountId::INITIAL);
        assert_eq!((one.keys, one.aliases_per_key, one.grants_per_key), (None, 60, 7));
        assert_eq!((one.key_stores, resources.others.grants_per_key), (10, 50_000));
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_place() {
        for (text, why) in [
            ("preset = \"azure\"", "azure"),
            ("presets = \"aws\"", "presets"),
            ("in_flight = 0", "quotas.in_flight"),
            ("[[requests]]\nof = \"CreatKey\"\nper_second = 1", "`CreatKey` is neither"),
            ("[[requests]]\nof = \"CreateKey\"", "it takes `per_second`"),
            ("[[requests]]\nof = \"CreateKey\"\nper_second = 0", "`per_second` is more than 0"),
            ("[[requests]]\nof = \"CreateKey\"\nper_second = 1\nburst = 0", "`burst`"),
            ("[[requests]]\nof = \"CreateKey\"\nburst = 1\nunlimited = true", "it takes"),
            ("[[requests]]\nof = \"iam\"\nper_second = 1\naccount = \"7\"", "`7` is no account"),
            ("[[requests]]\nof = \"iam\"\nper_second = 1\nregion = \"x\"", "`x` is no Region"),
            (
                "[[requests]]\nof = \"account\"\nper_second = 1\nregion = \"us-east-1\"",
                "in all Regions",
            ),
            (
                "[[requests]]\nof = \"iam\"\nper_second = 1\n[[requests]]\nof = \"iam\"\n\
                 per_second = 2",
                "number 2: a rule of `iam`",
            ),
            ("[resources]\nkeys = \"many\"", "keys"),
            ("[resources]\naliases_per_key = 1001", "aliases_per_key is at most 1000"),
            ("[resources.accounts.7]\nkeys = 1", "`7` is no account"),
        ] {
            let refused = read(text).map(|_| ()).unwrap_err();
            assert!(refused.contains(why), "{text}: {refused}");
        }
    }
}
