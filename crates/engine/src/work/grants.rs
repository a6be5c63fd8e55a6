//! Grants on an admitted key.

use super::Work;
use crate::gate::AdmittedKey;
use crate::grant_kind::{GrantKind, GrantPlace};
use crate::grant_token;
use crate::identity::bindings::{Stands, stands_for};
use crate::pages::{Page, PageRequest};
use crate::refusal::{GrantDefect, Limit, Missing, Refusal};
use crate::slot::{Slot, SlotRange};
use crate::target::{AdmittedAccount, AdmittedGrant};
use crate::vault::Read;
use strongroom_crypto::hash;
use strongroom_keys::{GrantRecord, GrantTerms, Party};
use strongroom_policy::NamedPrincipal;
use strongroom_types::{AccountId, KeyArn};

/// The most kinds of grants on one key to one grantee: what they permit, and the keys of the pairs
/// that they ask for. A request costs as much as there are kinds.
pub const MAX_GRANT_KINDS: usize = 100;

/// A grant as it was created, or had been before.
pub struct CreatedGrant {
    /// Its identifier.
    pub id: String,
    /// A token that names it.
    pub token: String,
}

impl Work<'_> {
    /// Stages a grant. A named one that is there already, of the same terms, is returned instead.
    ///
    /// # Errors
    /// [`Refusal::LimitExceeded`] when the key has its grants or the grantee its 100 kinds,
    /// [`Refusal::Grant`] for a party that is nobody, [`Refusal::Internal`].
    pub async fn create_grant(
        &mut self,
        key: &AdmittedKey,
        terms: GrantTerms,
    ) -> Result<CreatedGrant, Refusal> {
        let arn = key.arn();
        let terms = self.bound(&arn, terms).await?;
        let terms_slot = terms.name.is_some().then(|| Slot::grant_terms(&arn, &terms.digest()));
        if let Some(slot) = &terms_slot {
            let found = self.desk.vault.read::<String>(slot).await;
            if let Some(read) = found.map_err(|why| self.desk.internal(&why))? {
                return self.named(&arn, read.record).await;
            }
        }
        self.room_for_a_grant(key, &terms).await?;
        let id = hash::hex(self.random(32)?.expose());
        if let Some(slot) = terms_slot {
            self.changes.put(slot, None, &id);
        }
        if let Some(name) = terms.retiring_name() {
            self.changes.put(Slot::retirable(&name, &arn, &id), None, &id);
        }
        let place = GrantPlace::of(&terms);
        self.changes.put(Slot::granted(&arn, &terms.grantee_name(), &place, &id), None, &id);
        let issuer = self.desk.call.caller.account;
        let record = GrantRecord { id: id.clone(), terms, issuer, created: self.now() };
        self.changes.put(Slot::grant(&arn, &id), None, &record);
        // The count is in the key's record: grants created at once meet there, so that neither the
        // quota nor a deletion of the key is overrun.
        self.update_key(key, |record| record.grants = Some(record.grants.unwrap_or(0) + 1)).await?;
        self.named(&arn, id).await
    }

    /// Looks whether a grant of these terms could be created.
    ///
    /// # Errors
    /// As [`Work::create_grant`].
    pub async fn rehearse_grant(
        &self,
        key: &AdmittedKey,
        terms: GrantTerms,
    ) -> Result<(), Refusal> {
        let terms = self.bound(&key.arn(), terms).await?;
        self.room_for_a_grant(key, &terms).await
    }

    /// Refuses one more grant on a key that has all it may have, and one more kind to a grantee that has
    /// its 100.
    async fn room_for_a_grant(&self, key: &AdmittedKey, terms: &GrantTerms) -> Result<(), Refusal> {
        let most = self.desk.settings.quotas.resources.of(key.record().account).grants_per_key;
        if key.record().grants.unwrap_or(0) >= most {
            return Err(Refusal::LimitExceeded(Limit::GrantsPerKey(most)));
        }
        let (party, kind) = (terms.grantee_name(), GrantKind::of(terms));
        let vault = self.desk.vault;
        let exceeded = vault.kinds_exceed(&key.arn(), &party, &kind, MAX_GRANT_KINDS).await;
        match exceeded.map_err(|why| self.desk.internal(&why))? {
            true => Err(Refusal::LimitExceeded(Limit::GrantKinds)),
            false => Ok(()),
        }
    }

    /// The terms with the unique ids of the users and roles that they name: one who is made anew
    /// under the same name is not meant.
    async fn bound(&self, key: &KeyArn, terms: GrantTerms) -> Result<GrantTerms, Refusal> {
        let grantee_id = self.id_of(key, &terms.grantee).await?;
        let retiring_id = match &terms.retiring {
            Some(party) => self.id_of(key, party).await?,
            None => None,
        };
        Ok(GrantTerms { grantee_id, retiring_id, ..terms })
    }

    async fn id_of(&self, key: &KeyArn, party: &Party) -> Result<Option<String>, Refusal> {
        let Some(arn) = party.principal() else { return Ok(None) };
        let nobody = || Refusal::Grant(GrantDefect::Nobody(arn.to_owned()));
        let (partition, principal) = NamedPrincipal::parse_arn(arn).ok_or_else(nobody)?;
        // Those that a decision looks for: of the key's partition and of the server's.
        if ![key.region.partition(), self.desk.call.caller.partition].contains(&partition) {
            return Err(nobody());
        }
        let found = stands_for(&principal, self.desk.vault).await;
        match found.map_err(|why| self.desk.internal(&why))? {
            Stands::For(id) => Ok(Some(id)),
            Stands::Unbound => Ok(None),
            Stands::ForNobody => Err(nobody()),
        }
    }

    async fn named(&mut self, arn: &KeyArn, id: String) -> Result<CreatedGrant, Refusal> {
        let token = grant_token::seal(self.desk.vault, arn, &id).await;
        self.note.grant(id.clone());
        Ok(CreatedGrant { token: token.map_err(|why| self.desk.internal(&why))?, id })
    }

    /// The grant `id` on the key.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Refusal::Internal`].
    pub async fn grant(&self, key: &AdmittedKey, id: &str) -> Result<GrantRecord, Refusal> {
        self.stored_grant(&key.arn(), id).await.map(|read| read.record)
    }

    async fn stored_grant(&self, arn: &KeyArn, id: &str) -> Result<Read<GrantRecord>, Refusal> {
        let found = self.desk.vault.read(&Slot::grant(arn, id)).await;
        let found = found.map_err(|why| self.desk.internal(&why))?;
        found.ok_or(Refusal::NotFound(Missing::Grant))
    }

    /// Stages the end of a grant that a party of it has asked for.
    ///
    /// # Errors
    /// [`Refusal::Internal`].
    pub async fn retire_grant(&mut self, admitted: &AdmittedGrant) -> Result<(), Refusal> {
        self.end_grant(&admitted.key, &admitted.grant).await
    }

    /// Stages the end of the grant `id` on the key.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Refusal::Internal`].
    pub async fn revoke_grant(&mut self, key: &AdmittedKey, id: &str) -> Result<(), Refusal> {
        let grant = self.stored_grant(&key.arn(), id).await?;
        self.end_grant(key, &grant).await
    }

    async fn end_grant(
        &mut self,
        key: &AdmittedKey,
        grant: &Read<GrantRecord>,
    ) -> Result<(), Refusal> {
        let arn = key.arn();
        // INVARIANT: whoever creates or ends a grant changes the key's record, so two of them meet
        // there, and a place that is not there is not on its way either.
        for slot in beside(&arn, &grant.record) {
            self.remove_if_there(slot).await?;
        }
        self.changes.delete(Slot::grant(&arn, &grant.record.id), Some(grant.version));
        let fewer = |count: Option<u32>| count.and_then(|n| n.checked_sub(1)).filter(|n| *n > 0);
        self.update_key(key, |record| record.grants = fewer(record.grants)).await.map(drop)
    }

    /// The name by which grants to the party are found: that of whoever has its ARN now; `None` if
    /// nobody has it.
    async fn party_name(&self, party: &Party) -> Result<Option<String>, Refusal> {
        let Some(arn) = party.principal() else { return Ok(Some(party.name(None))) };
        let Some(principal) = NamedPrincipal::parse(arn) else { return Ok(None) };
        let found = stands_for(&principal, self.desk.vault).await;
        Ok(match found.map_err(|why| self.desk.internal(&why))? {
            Stands::For(id) => Some(party.name(Some(&id))),
            Stands::Unbound => Some(party.name(None)),
            Stands::ForNobody => None,
        })
    }

    /// Whether the grant is to the party.
    ///
    /// # Errors
    /// [`Refusal::Internal`].
    pub async fn is_grantee(&self, grant: &GrantRecord, party: &Party) -> Result<bool, Refusal> {
        Ok(self.party_name(party).await? == Some(grant.terms.grantee_name()))
    }

    /// A page of the key's grants, by grant id; with `grantee`, of those to that party alone.
    ///
    /// # Errors
    /// [`Refusal::InvalidMarker`], [`Refusal::Internal`].
    pub async fn grants(
        &self,
        key: &AdmittedKey,
        grantee: Option<&Party>,
        page: PageRequest,
    ) -> Result<Page<GrantRecord>, Refusal> {
        let range = SlotRange::grants(&key.arn());
        let Some(party) = grantee else {
            return self.chosen_page(&range, "", page, |_| true).await;
        };
        let name = self.party_name(party).await?;
        let chosen = |grant: &GrantRecord| name.as_ref() == Some(&grant.terms.grantee_name());
        self.chosen_page(&range, party.text(), page, chosen).await
    }

    /// A page of the grants in the Region that `party` may retire, with their keys.
    ///
    /// # Errors
    /// [`Refusal::InvalidMarker`], [`Refusal::Internal`].
    pub async fn retirable_grants(
        &self,
        account: &AdmittedAccount,
        party: &Party,
        page: PageRequest,
    ) -> Result<Page<(KeyArn, GrantRecord)>, Refusal> {
        let Some(name) = self.party_name(party).await? else {
            return Ok(Page { items: Vec::new(), next: None });
        };
        let range = SlotRange::retirables(&name, account.region());
        let former = SlotRange::retirables(party.text(), account.region());
        let former: &[SlotRange] = if former == range { &[] } else { &[former] };
        let found = self.page_of_places(&range, former, page).await?;
        let mut items = Vec::with_capacity(found.items.len());
        for place in found.items {
            let Some((arn, id)) = retirable(&place, account) else { continue };
            match self.stored_grant(&arn, &id).await {
                // One in a former place may be of somebody who had the name before.
                Ok(read) if read.record.terms.retiring_name().as_ref() == Some(&name) => {
                    items.push((arn, read.record));
                }
                // It ended while the page was read.
                Ok(_) | Err(Refusal::NotFound(_)) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(Page { items, next: found.next })
    }
}

/// The places that tell of a grant beside its own, those of the former format too.
pub(crate) fn beside(arn: &KeyArn, grant: &GrantRecord) -> Vec<Slot> {
    let terms = &grant.terms;
    let named = terms.name.as_ref().map(|_| Slot::grant_terms(arn, &terms.digest()));
    let former = terms.retiring.as_ref().map(|party| party.text().to_owned());
    let retirable = terms.retiring_name().into_iter().chain(former);
    let retirable = retirable.map(|name| Slot::retirable(&name, arn, &grant.id));
    let place = GrantPlace::of(terms);
    let granted = [terms.grantee_name(), terms.former_grantee_name()];
    let granted = granted.map(|name| Slot::granted(arn, &name, &place, &grant.id));
    let mut all: Vec<Slot> = named.into_iter().chain(retirable).chain(granted).collect();
    all.dedup();
    all
}

/// The key and the grant that a place of those that may be retired names.
fn retirable(place: &[u8], account: &AdmittedAccount) -> Option<(KeyArn, String)> {
    // Behind `gr`, the Region and the party.
    let mut parts = std::str::from_utf8(place).ok()?.split('/').skip(3);
    let owner: AccountId = parts.next()?.parse().ok()?;
    let key = parts.next()?.parse().ok()?;
    let arn = KeyArn { region: account.region(), account: owner, key };
    Some((arn, parts.next()?.to_owned()))
}
