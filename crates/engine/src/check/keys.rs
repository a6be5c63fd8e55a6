//! Keys, aliases, the schedule, custom key stores.

use super::{Inspection, Sound, Unreadable, key_at, parsed, same_place, unknown};
use crate::family;
use crate::ports::Entry;
use crate::slot::{Slot, SlotRange};
use strongroom_keys::{
    AliasRecord, BackingKey, DomainName, DueTask, KeyRecord, KeyStoreRecord, LastUse,
};
use strongroom_policy::Policy;
use strongroom_types::{AccountId, AliasArn, AliasName, KeyArn, Region, Timestamp};

impl Inspection<'_, '_> {
    pub(super) async fn key(&mut self, entry: &Entry, rest: &str) -> Sound {
        let (arn, _) = key_at(rest)?;
        let record: KeyRecord = self.open(entry, DomainName::region(arn.region)).await?;
        same_place(entry, Slot::key(&record.arn()).bytes())?;
        self.checked.keys += 1;
        if let Err(why) = Policy::key_policy(&record.policy) {
            self.tell(&entry.key, format!("its policy: {why}"));
        }
        self.material(entry, &record).await;
        for (time, task) in record.due() {
            self.expect(entry, &Slot::due(time, task, &arn), "what is due of it").await?;
        }
        let grants = self.number_in(&SlotRange::grants(&arn)).await?;
        if grants != u64::from(record.grants.unwrap_or(0)) {
            let counted = record.grants.unwrap_or(0);
            self.tell(&entry.key, format!("it counts {counted} grants, and there are {grants}"));
        }
        self.relatives(entry, &record).await;
        if let Some(member) = &record.store {
            let store = Slot::key_store(arn.account, arn.region, &member.store);
            let store = store.ok_or_else(|| "its custom key store has no such id".to_owned())?;
            self.expect(entry, &store, "its custom key store").await?;
            let outside = Slot::external_key(arn.account, arn.region, &member.store, &member.name);
            self.expect(entry, &outside, "that it has its key outside").await?;
        }
        Ok(())
    }

    /// Every backing key unwraps, is the one that it says it is, and is a key of the spec.
    async fn material(&mut self, entry: &Entry, record: &KeyRecord) {
        for material in record.material.iter().filter(|material| !material.wrapped.is_empty()) {
            let opened = match self.vault.material(&record.arn(), material).await {
                Ok(opened) => BackingKey::new(record.spec, &opened).map_err(|why| why.to_string()),
                Err(why) => Err(why.to_string()),
            };
            match opened {
                Ok(_) => self.checked.materials += 1,
                Err(why) => {
                    let id = strongroom_crypto::hash::hex(&material.id);
                    self.tell(&entry.key, format!("key material {id}: {why}"));
                }
            }
        }
    }

    /// The other keys of a multi-Region key are there and name the same primary key.
    async fn relatives(&mut self, entry: &Entry, record: &KeyRecord) {
        let primary = record.multi_region.as_ref().map(|family| family.primary);
        for region in family::regions(record) {
            let arn = KeyArn { region, ..record.arn() };
            match self.other::<KeyRecord>(&Slot::key(&arn)).await {
                Ok(Some(other)) if other.multi_region.as_ref().map(|f| f.primary) == primary => {}
                Ok(Some(_)) => self.tell(&entry.key, format!("{arn} names another primary key")),
                Ok(None) => self.tell(&entry.key, format!("{arn}, a related key, is missing")),
                Err(Unreadable) => {}
            }
        }
    }

    pub(super) async fn alias(&mut self, entry: &Entry, rest: &str) -> Sound {
        let alias = alias_at(rest)?;
        let record: AliasRecord = self.open(entry, DomainName::region(alias.region)).await?;
        self.checked.aliases += 1;
        let target = KeyArn { region: alias.region, account: alias.account, key: record.target };
        self.expect(entry, &Slot::key(&target), "its key").await?;
        self.expect(entry, &Slot::alias_of(&target, &alias.name), "that its key has it").await
    }

    pub(super) async fn alias_of(&mut self, entry: &Entry, rest: &str) -> Sound {
        let (key, name) = key_at(rest)?;
        let told: String = self.open(entry, DomainName::region(key.region)).await?;
        if told != name {
            return Err("it names another alias".to_owned());
        }
        let name = AliasName::parse(name).map_err(|_| unknown())?;
        let alias = AliasArn { region: key.region, account: key.account, name };
        match self.other::<AliasRecord>(&Slot::alias(&alias)).await {
            Ok(Some(record)) if record.target != key.key => {
                Err("the alias is another key's".to_owned())
            }
            Ok(None) => Err("the alias is missing".to_owned()),
            Ok(Some(_)) | Err(Unreadable) => Ok(()),
        }
    }

    pub(super) async fn due(&mut self, entry: &Entry, rest: &str) -> Sound {
        let mut parts = rest.splitn(3, '/');
        let mut next = || parts.next().unwrap_or_default();
        let (time, task, key) = (next(), next(), next());
        let (time, task): (i64, DueTask) = (parsed(time)?, parsed(task)?);
        let (key, _) = key_at(key)?;
        let time = Timestamp::from_millis(time);
        same_place(entry, Slot::due(time, task, &key).bytes())?;
        let id: String = self.open(entry, DomainName::region(key.region)).await?;
        if id != key.key.to_string() {
            return Err("it names another key".to_owned());
        }
        match self.other::<KeyRecord>(&Slot::key(&key)).await {
            Ok(Some(record)) if !record.due().contains(&(time, task)) => {
                Err("its key does not say so".to_owned())
            }
            Ok(None) => Err("its key is missing".to_owned()),
            Ok(Some(_)) | Err(Unreadable) => Ok(()),
        }
    }

    pub(super) async fn last_use(&mut self, entry: &Entry, rest: &str) -> Sound {
        let (key, _) = key_at(rest)?;
        self.open::<LastUse>(entry, DomainName::region(key.region)).await.map(drop)
    }

    pub(super) async fn key_store(&mut self, entry: &Entry, rest: &str) -> Sound {
        let (account, region, _) = place_at(rest)?;
        let record: KeyStoreRecord = self.open(entry, DomainName::region(region)).await?;
        let slot = Slot::key_store(record.account, record.region, &record.id);
        same_place(entry, slot.as_ref().map(Slot::bytes).unwrap_or_default())?;
        self.expect(entry, &Slot::key_store_count(account, region), "their count").await
    }

    pub(super) async fn key_store_count(&mut self, entry: &Entry, rest: &str) -> Sound {
        let (account, region, _) = place_at(rest)?;
        let counted: u32 = self.open(entry, DomainName::region(region)).await?;
        let there = self.number_in(&SlotRange::key_stores(account, region)).await?;
        let differ = || format!("it counts {counted} custom key stores, and there are {there}");
        (u64::from(counted) == there).then_some(()).ok_or_else(differ)
    }

    pub(super) async fn external_key(&mut self, entry: &Entry, rest: &str) -> Sound {
        let (account, region, _) = place_at(rest)?;
        let id: String = self.open(entry, DomainName::region(region)).await?;
        let key = KeyArn { region, account, key: parsed(&id)? };
        let record = match self.other::<KeyRecord>(&Slot::key(&key)).await {
            Ok(Some(record)) => record,
            Ok(None) => return Err("its key is missing".to_owned()),
            Err(Unreadable) => return Ok(()),
        };
        let place = record.store.as_ref().map(|member| {
            Slot::external_key(account, region, &member.store, &member.name).bytes().to_vec()
        });
        let other = || "its key has another key outside".to_owned();
        (place.as_deref() == Some(&entry.key)).then_some(()).ok_or_else(other)
    }
}

fn alias_at(rest: &str) -> Result<AliasArn, String> {
    let (account, region, name) = place_at(rest)?;
    Ok(AliasArn { region, account, name: AliasName::parse(name).map_err(|_| unknown())? })
}

/// ‹account›/‹region›, and what follows.
fn place_at(rest: &str) -> Result<(AccountId, Region, &str), String> {
    let mut parts = rest.splitn(3, '/');
    let mut next = || parts.next().unwrap_or_default();
    let (account, region, rest) = (next(), next(), next());
    Ok((parsed(account)?, parsed(region)?, rest))
}
