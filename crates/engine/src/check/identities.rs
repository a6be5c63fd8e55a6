//! Accounts, credentials, and what IAM knows.

use super::{Inspection, Sound, Unreadable, parsed, same_place, unknown};
use crate::credential::{AccountRecord, CredentialRecord, Owner, RootKeysRecord};
use crate::ports::Entry;
use crate::slot::{PolicyUse, Slot, SlotRange};
use crate::work::canonical;
use strongroom_keys::DomainName;
use strongroom_keys::identity::{
    AccessKeyUse, ControlRecord, IdentityRecord, ManagedPolicyRecord, ProviderRecord, RoleUse,
};
use strongroom_types::{AccountId, EntityReference, IdentityKind};

const GLOBAL: DomainName = DomainName::global();

impl Inspection<'_, '_> {
    pub(super) async fn of_account(&mut self, entry: &Entry, kind: &str, rest: &str) -> Sound {
        match kind {
            "acct" => self.account(entry).await,
            "rk" => self.root_keys(entry, rest).await,
            "cred" => self.credential(entry, rest).await,
            "al" => self.account_alias(entry, rest).await,
            "scp" => self.open::<ControlRecord>(entry, GLOBAL).await.map(drop),
            "lk" => self.open::<AccessKeyUse>(entry, GLOBAL).await.map(drop),
            "lr" => self.open::<RoleUse>(entry, GLOBAL).await.map(drop),
            _ => {
                let record: ProviderRecord = self.open(entry, GLOBAL).await?;
                same_place(entry, Slot::provider(record.account, &record.url).bytes())
            }
        }
    }

    pub(super) async fn of_identity(&mut self, entry: &Entry, kind: &str, rest: &str) -> Sound {
        match kind {
            "iu" | "ig" | "ir" => self.identity(entry).await,
            "ip" => self.managed_policy(entry).await,
            "ia" => self.attachment(entry, rest, PolicyUse::Permissions).await,
            "ib" => self.attachment(entry, rest, PolicyUse::Boundary).await,
            "gn" => self.group_name(entry, rest).await,
            "im" => self.membership(entry, rest).await,
            _ => self.open::<bool>(entry, GLOBAL).await.map(drop),
        }
    }

    async fn account(&mut self, entry: &Entry) -> Sound {
        let record: AccountRecord = self.open(entry, GLOBAL).await?;
        same_place(entry, Slot::account(record.id).bytes())?;
        self.checked.accounts += 1;
        match &record.alias {
            Some(alias) => self.expect(entry, &Slot::account_alias(alias), "its alias").await,
            None => Ok(()),
        }
    }

    async fn account_alias(&mut self, entry: &Entry, alias: &str) -> Sound {
        let account: String = self.open(entry, GLOBAL).await?;
        let account = Slot::account(parsed(&account)?);
        match self.other::<AccountRecord>(&account).await {
            Ok(Some(record)) if record.alias.as_deref() == Some(alias) => Ok(()),
            Ok(Some(_)) => Err("its account has another alias".to_owned()),
            Ok(None) => Err("its account is missing".to_owned()),
            Err(Unreadable) => Ok(()),
        }
    }

    async fn root_keys(&mut self, entry: &Entry, account: &str) -> Sound {
        let record: RootKeysRecord = self.open(entry, GLOBAL).await?;
        self.expect(entry, &Slot::account(parsed(account)?), "its account").await?;
        for id in &record.access_keys {
            let slot = Slot::credential(id).ok_or_else(unknown)?;
            self.expect(entry, &slot, "an access key").await?;
        }
        Ok(())
    }

    async fn credential(&mut self, entry: &Entry, id: &str) -> Sound {
        let record: CredentialRecord = self.open(entry, GLOBAL).await?;
        let Owner::User(name, unique) = &record.owner else {
            return self.expect(entry, &Slot::account(record.account), "its account").await;
        };
        let user = Slot::identity(record.account, IdentityKind::User, name);
        match self.other::<IdentityRecord>(&user).await {
            Ok(Some(user)) if user.id != *unique => Err("its user is another one".to_owned()),
            Ok(Some(user)) if !user.access_keys.iter().any(|own| own == id) => {
                Err("its user does not know it".to_owned())
            }
            Ok(None) => Err("its user is missing".to_owned()),
            Ok(Some(_)) | Err(Unreadable) => Ok(()),
        }
    }

    async fn identity(&mut self, entry: &Entry) -> Sound {
        let record: IdentityRecord = self.open(entry, GLOBAL).await?;
        let IdentityRecord { account, kind, name, id, .. } = &record;
        same_place(entry, Slot::identity(*account, *kind, name).bytes())?;
        self.checked.identities += 1;
        for key in &record.access_keys {
            let slot = Slot::credential(key).ok_or_else(unknown)?;
            self.expect(entry, &slot, "an access key").await?;
        }
        for group in &record.groups {
            self.expect(entry, &Slot::membership(*account, group, name), "a membership").await?;
            self.expect(entry, &Slot::group_name(*account, group), "a group").await?;
        }
        let attached = record.attached.iter().map(|arn| (arn, PolicyUse::Permissions));
        let boundary = record.boundary.iter().map(|arn| (arn, PolicyUse::Boundary));
        for (arn, use_) in attached.chain(boundary) {
            let slot = Slot::attachment(*account, &canonical(arn), use_, *kind, name);
            self.expect(entry, &slot, "what an attached policy is found by").await?;
            if let Some(policy) = own_policy(arn) {
                self.expect(entry, &policy, "an attached policy").await?;
            }
        }
        if *kind == IdentityKind::Group {
            let members = self.number_in(&SlotRange::members(*account, id)).await?;
            if members != u64::from(record.members) {
                let counted = record.members;
                let what = format!("it counts {counted} users, and there are {members}");
                self.tell(&entry.key, what);
            }
            self.expect(entry, &Slot::group_name(*account, id), "its name by its id").await?;
        }
        Ok(())
    }

    async fn managed_policy(&mut self, entry: &Entry) -> Sound {
        let record: ManagedPolicyRecord = self.open(entry, GLOBAL).await?;
        same_place(entry, Slot::managed_policy(record.account, &record.name).bytes())?;
        self.checked.identities += 1;
        if record.version(record.default).is_none() {
            self.tell(&entry.key, "the version that holds is missing");
        }
        let arn = canonical(&record.arn("aws").to_string());
        for (use_, counted) in
            [(PolicyUse::Permissions, record.attachments), (PolicyUse::Boundary, record.boundaries)]
        {
            let range = SlotRange::attachments(record.account, &arn, use_);
            let there = self.number_in(&range).await?;
            if there != u64::from(counted) {
                let what = format!("it counts {counted} attachments, and there are {there}");
                self.tell(&entry.key, what);
            }
        }
        Ok(())
    }

    async fn attachment(&mut self, entry: &Entry, rest: &str, use_: PolicyUse) -> Sound {
        let mut parts = rest.split('/');
        let mut next = || parts.next().unwrap_or_default();
        let account: AccountId = parsed(next())?;
        let _policy = next();
        let kind: IdentityKind = parsed(next())?;
        let name: String = self.open(entry, GLOBAL).await?;
        let record = match self.other(&Slot::identity(account, kind, &name)).await {
            Ok(Some(IdentityRecord { attached, boundary, .. })) => match use_ {
                PolicyUse::Permissions => attached,
                PolicyUse::Boundary => boundary.into_iter().collect(),
            },
            Ok(None) => return Err("whom it is attached to is missing".to_owned()),
            Err(Unreadable) => return Ok(()),
        };
        let is_its = |arn: &String| {
            Slot::attachment(account, &canonical(arn), use_, kind, &name).bytes() == entry.key
        };
        let other = || "whom it is attached to does not say so".to_owned();
        record.iter().any(is_its).then_some(()).ok_or_else(other)
    }

    async fn group_name(&mut self, entry: &Entry, rest: &str) -> Sound {
        let (account, id) = rest.split_once('/').ok_or_else(unknown)?;
        let name: String = self.open(entry, GLOBAL).await?;
        let group = Slot::identity(parsed(account)?, IdentityKind::Group, &name);
        match self.other::<IdentityRecord>(&group).await {
            Ok(Some(group)) if group.id == id => Ok(()),
            Err(Unreadable) => Ok(()),
            Ok(_) => Err("its group is missing".to_owned()),
        }
    }

    async fn membership(&mut self, entry: &Entry, rest: &str) -> Sound {
        let mut parts = rest.split('/');
        let mut next = || parts.next().unwrap_or_default();
        let (account, group) = (parsed(next())?, next());
        let name: String = self.open(entry, GLOBAL).await?;
        let user = Slot::identity(account, IdentityKind::User, &name);
        match self.other::<IdentityRecord>(&user).await {
            Ok(Some(user)) if !user.groups.iter().any(|own| own == group) => {
                Err("its user does not say so".to_owned())
            }
            Ok(None) => Err("its user is missing".to_owned()),
            Ok(Some(_)) | Err(Unreadable) => Ok(()),
        }
    }
}

/// Where the policy is, unless it is AWS's.
fn own_policy(arn: &str) -> Option<Slot> {
    let reference = EntityReference::parse(arn)?;
    Some(Slot::managed_policy(reference.account?, reference.name))
}
