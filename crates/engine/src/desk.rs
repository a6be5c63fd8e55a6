//! What finding and authorizing have at hand: the call, the row, the vault.

use crate::audit::Note;
use crate::call::Call;
use crate::demands::Demands;
use crate::engine::Settings;
use crate::facts::{InputFacts, RequestFacts};
use crate::last_use::LastUses;
use crate::ledger::Ledger;
use crate::operation::Role;
use crate::ports::Workers;
use crate::ports::key_store::KeyStores;
use crate::refusal::Refusal;
use crate::vault::{KeyEntry, Vault, VaultError};
use std::sync::{Mutex, PoisonError};
use strongroom_attestation::Attested;
use strongroom_keys::KeyRecord;
use strongroom_policy::{Mention, Permit, Question, Resource, Sources, decide};
use strongroom_types::{Action, AliasArn, AliasName, Region};

/// One request at the counter.
pub struct Desk<'a> {
    pub(crate) vault: &'a Vault,
    pub(crate) ledger: &'a Ledger,
    pub(crate) workers: &'a dyn Workers,
    pub(crate) key_stores: &'a dyn KeyStores,
    pub(crate) settings: &'a Settings,
    pub(crate) last_uses: &'a LastUses,
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
        self.note(why.to_string());
        Refusal::Internal
    }

    /// Notes what the operator should know.
    pub(crate) fn note(&self, what: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(what);
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
        let sources = Sources { key_policy: Some(&entry.policy), ..Sources::default() };
        let question = self.question(action, Resource::Key(entry.record.arn()));
        self.decide(&question, &sources, &facts, mention, note)
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
        self.decide(&question, &Sources::default(), &facts, Mention::Arn, note)
    }

    fn permit_without_key(
        &self,
        question: Question<'_>,
        note: &mut Note,
    ) -> Result<Permit, Refusal> {
        self.decide(&question, &Sources::default(), &self.facts(), Mention::Arn, note)
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
        sources: &Sources<'_>,
        facts: &RequestFacts<'_>,
        mention: Mention,
        note: &mut Note,
    ) -> Result<Permit, Refusal> {
        match decide(question, sources, facts) {
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
}
