//! Grants, and what they are found by.

use super::{Inspection, Sound, Unreadable, key_at, parsed, same_place};
use crate::grant_kind::GrantPlace;
use crate::ports::Entry;
use crate::slot::Slot;
use crate::work::beside;
use strongroom_keys::{DomainName, GrantRecord};
use strongroom_types::{KeyArn, Region};

impl Inspection<'_, '_> {
    pub(super) async fn grant(&mut self, entry: &Entry, rest: &str) -> Sound {
        let (key, _) = key_at(rest)?;
        let record: GrantRecord = self.open(entry, DomainName::region(key.region)).await?;
        same_place(entry, Slot::grant(&key, &record.id).bytes())?;
        self.checked.grants += 1;
        self.expect(entry, &Slot::key(&key), "its key").await?;
        let terms = &record.terms;
        if terms.name.is_some() {
            let slot = Slot::grant_terms(&key, &terms.digest());
            self.expect(entry, &slot, "what it is found by as a named one").await?;
        }
        // Grants of before unique ids were kept stand under the ARN.
        let place = GrantPlace::of(terms);
        let [now, former] = [terms.grantee_name(), terms.former_grantee_name()]
            .map(|name| Slot::granted(&key, &name, &place, &record.id));
        if !self.is_there(&former).await? {
            self.expect(entry, &now, "what its grantee is found by").await?;
        }
        if let Some(party) = &terms.retiring {
            let now = terms.retiring_name().unwrap_or_default();
            let [now, former] =
                [now.as_str(), party.text()].map(|name| Slot::retirable(name, &key, &record.id));
            if !self.is_there(&former).await? {
                self.expect(entry, &now, "what its retiring party is found by").await?;
            }
        }
        Ok(())
    }

    /// What a grant is found by, beneath its key.
    pub(super) async fn grant_index(&mut self, entry: &Entry, rest: &str) -> Sound {
        let (key, _) = key_at(rest)?;
        self.points_at_a_grant(entry, &key).await
    }

    pub(super) async fn retirable(&mut self, entry: &Entry, rest: &str) -> Sound {
        let mut parts = rest.split('/');
        let mut next = || parts.next().unwrap_or_default();
        let region: Region = parsed(next())?;
        let _party = next();
        let key = KeyArn { region, account: parsed(next())?, key: parsed(next())? };
        self.points_at_a_grant(entry, &key).await
    }

    async fn points_at_a_grant(&mut self, entry: &Entry, key: &KeyArn) -> Sound {
        let id: String = self.open(entry, DomainName::region(key.region)).await?;
        let grant = match self.other::<GrantRecord>(&Slot::grant(key, &id)).await {
            Ok(Some(grant)) => grant,
            Ok(None) => return Err("its grant is missing".to_owned()),
            Err(Unreadable) => return Ok(()),
        };
        let is_its = beside(key, &grant).iter().any(|slot| slot.bytes() == entry.key);
        is_its.then_some(()).ok_or_else(unknown_of_grant)
    }
}

fn unknown_of_grant() -> String {
    "its grant has other terms".to_owned()
}
