//! What finding and authorizing have at hand: the call, the row, the vault.

use crate::audit::Note;
use crate::call::Call;
use crate::demands::Demands;
use crate::engine::Settings;
use crate::facts::{EntityFacts, InputFacts, RequestFacts};
use crate::identity::access_key_use::AccessKeyUses;
use crate::last_use::LastUses;
use crate::ledger::Ledger;
use crate::operation::Role;
use crate::ports::Workers;
use crate::refusal::Refusal;
use crate::vault::{KeyEntry, Vault, VaultError};
use std::sync::{Mutex, PoisonError};
use strongroom_attestation::Attested;
use strongroom_keys::KeyRecord;
use strongroom_policy::{
    EntityResource, Mention, Permit, Policy, Question, Resource, Sources, decide,
};
use strongroom_types::{Action, AliasArn, AliasName, Region};

/// One request at the counter.
pub struct Desk<'a> {
    pub(crate) vault: &'a Vault,
    pub(crate) ledger: &'a Ledger,
    pub(crate) workers: &'a dyn Workers,
    pub(crate) settings: &'a Settings,
    pub(crate) last_uses: &'a LastUses,
    pub(crate) access_key_uses: &'a AccessKeyUses,
    /// Who the answer is for, if not for the caller.
    pub(crate) recipient: Option<&'a Attested>,
    pub(crate) call: &'a Call,
    pub(crate) demands: &'static Demands,
    pub(crate) input: &'a dyn InputFacts,
    pub(crate) faults: &'a Faults,
}

/// Failures of the server's own, kept for its log: callers are told nothing of them.
#[derive(Default)]
pub(crate) struct Faults(Mutex<Vec<String>>);

impl Faults {
    /// Notes a failure and returns what the caller is told.
    pub(crate) fn internal(&self, why: &VaultError) -> Refusal {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(why.to_string());
        Refusal::Internal
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A question about a key.
pub(crate) struct KeyQuestion<'a> {
    pub(crate) action: Action,
    pub(crate) role: Role,
    pub(crate) entry: &'a KeyEntry,
    pub(crate) alias: Option<&'a AliasName>,
    pub(crate) same_key: Option<bool>,
    pub(crate) mention: Mention,
}

impl Desk<'_> {
    pub(crate) fn internal(&self, why: &VaultError) -> Refusal {
        self.faults.internal(why)
    }

    /// May the caller do this to the key?
    pub(crate) fn permit_key(
        &self,
        asked: &KeyQuestion<'_>,
        note: &mut Note,
    ) -> Result<Permit, Refusal> {
        let KeyQuestion { action, role, entry, alias, same_key, mention } = *asked;
        let record = Some(&entry.record);
        let facts = RequestFacts { record, alias, role, same_key, ..self.facts() };
        let question = self.question(action, Resource::Key(entry.record.arn()));
        self.decide(&question, Some(&entry.policy), &facts, mention, note)
    }

    /// May the caller do this to what IAM knows by a name? `trust` is the policy of a role that is
    /// to be assumed.
    pub(crate) fn permit_entity(
        &self,
        action: Action,
        resource: &EntityResource,
        entity: EntityFacts<'_>,
        trust: Option<&Policy>,
        note: &mut Note,
    ) -> Result<Permit, Refusal> {
        let facts = RequestFacts { entity: Some(entity), ..self.facts() };
        let question = self.question(action, Resource::Entity(resource));
        self.decide(&question, trust, &facts, Mention::Arn, note)
    }

    /// May the caller do this to the alias?
    pub(crate) fn permit_alias(
        &self,
        action: Action,
        alias: &AliasArn,
        note: &mut Note,
    ) -> Result<Permit, Refusal> {
        self.permit_without_key(self.question(action, Resource::Alias(alias)), note)
    }

    /// May the caller do this in its account?
    pub(crate) fn permit_account(
        &self,
        action: Action,
        note: &mut Note,
    ) -> Result<Permit, Refusal> {
        self.permit_without_key(self.question(action, Resource::Any), note)
    }

    /// May the caller make a replica of the key in `region`?
    pub(crate) fn permit_replica(
        &self,
        action: Action,
        primary: &KeyRecord,
        region: Region,
        note: &mut Note,
    ) -> Result<Permit, Refusal> {
        let record = Some(primary);
        let facts = RequestFacts { record, region, role: Role::Replica, ..self.facts() };
        let question = self.question(action, Resource::Any);
        self.decide(&question, None, &facts, Mention::Arn, note)
    }

    fn permit_without_key(
        &self,
        question: Question<'_>,
        note: &mut Note,
    ) -> Result<Permit, Refusal> {
        self.decide(&question, None, &self.facts(), Mention::Arn, note)
    }

    /// What is known of the request without any key.
    pub(crate) fn facts(&self) -> RequestFacts<'_> {
        RequestFacts {
            call: self.call,
            input: self.input,
            recipient: self.recipient,
            role: Role::Only,
            record: None,
            region: self.call.caller.region,
            alias: None,
            same_key: None,
            entity: None,
        }
    }

    fn question<'q>(&'q self, action: Action, resource: Resource<'q>) -> Question<'q> {
        Question {
            principal: &self.call.caller.principal,
            partition: self.call.caller.region.partition(),
            action,
            resource,
            cross_account_allowed: self.demands.cross_account,
        }
    }

    fn decide(
        &self,
        question: &Question<'_>,
        resource_policy: Option<&Policy>,
        facts: &RequestFacts<'_>,
        mention: Mention,
        note: &mut Note,
    ) -> Result<Permit, Refusal> {
        let authority = &self.call.caller.authority;
        let ask = |sources: &Sources<'_>| decide(question, sources, facts);
        match authority.with_sources(resource_policy, ask) {
            Ok(permit) => {
                note.reason(permit.reason().to_string());
                Ok(permit)
            }
            Err(denial) => {
                note.reason(denial.to_string());
                Err(Refusal::AccessDenied { message: denial.message(question, mention) })
            }
        }
    }

    /// The refusal for a key of another account that is not there: it says no more than a refusal
    /// for one that is.
    pub(crate) fn hidden(
        &self,
        key: strongroom_types::KeyArn,
        action: Action,
        mention: Mention,
        note: &mut Note,
    ) -> Refusal {
        let question = self.question(action, Resource::Key(key));
        let denial = strongroom_policy::Denial::Hidden { explicit: None };
        note.reason("no such key".to_owned());
        Refusal::AccessDenied { message: denial.message(&question, mention) }
    }

    /// The refusal for a role that is not there: it says no more than one for a role that is.
    pub(crate) fn hidden_role(
        &self,
        action: Action,
        role: &EntityResource,
        note: &mut Note,
    ) -> Refusal {
        let question = self.question(action, Resource::Entity(role));
        let denial = strongroom_policy::Denial::Hidden { explicit: None };
        note.reason("no such role".to_owned());
        Refusal::AccessDenied { message: denial.message(&question, Mention::Arn) }
    }
}
