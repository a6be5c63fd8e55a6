//! What finding and authorizing have at hand: the call, the row, the vault.

use crate::audit::Note;
use crate::call::Call;
use crate::demands::Demands;
use crate::engine::Settings;
use crate::facts::{self, EntityFacts, InputFacts, LookedUp, RequestFacts};
use crate::identity::access_key_use::AccessKeyUses;
use crate::identity::role_use::RoleUses;
use crate::last_use::{LastUses, last_use};
use crate::ledger::Ledger;
use crate::operation::Role;
use crate::ports::Workers;
use crate::ports::archive::{EventHistory, Objects};
use crate::ports::key_store::KeyStores;
use crate::quotas::key_counts::KeyCounts;
use crate::refusal::Refusal;
use crate::slot::SlotRange;
use crate::vault::{KeyEntry, Vault, VaultError};
use std::sync::{Mutex, PoisonError};
use strongroom_attestation::Attested;
use strongroom_keys::{GrantRecord, KeyRecord, Party};
use strongroom_policy::{
    ContextConstraint, Denial, EntityResource, Grant, GrantParty, Mention, NewId, Parts, Permit,
    Policy, Question, Resource, Sources, Undecided, Verdict, decide, decide_retirement, examine,
    former_grantee_names, grantee_names,
};
use strongroom_types::text::text;
use strongroom_types::{
    Action, AliasArn, AliasName, GrantOperation, KeyArn, KeyId, Region, TrailArn,
};

/// One request at the counter.
pub struct Desk<'a> {
    pub(crate) vault: &'a Vault,
    pub(crate) ledger: &'a Ledger,
    pub(crate) workers: &'a dyn Workers,
    pub(crate) key_stores: &'a dyn KeyStores,
    pub(crate) objects: &'a dyn Objects,
    pub(crate) history: &'a dyn EventHistory,
    pub(crate) settings: &'a Settings,
    pub(crate) key_counts: &'a KeyCounts,
    pub(crate) last_uses: &'a LastUses,
    pub(crate) access_key_uses: &'a AccessKeyUses,
    pub(crate) role_uses: &'a RoleUses,
    /// Who the answer is for, if not for the caller.
    pub(crate) recipient: Option<&'a Attested>,
    pub(crate) call: &'a Call,
    pub(crate) demands: &'static Demands,
    pub(crate) input: &'a dyn InputFacts,
    pub(crate) faults: &'a Faults,
    /// The grants that the request names by tokens.
    pub(crate) named: &'a [NamedGrant],
}

/// A grant that a token names, and the key it is on.
pub(crate) struct NamedGrant {
    pub(crate) key: KeyArn,
    pub(crate) grant: GrantRecord,
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

/// What a request says of a key that its caller is not told of.
pub(crate) struct HiddenKey<'a> {
    pub(crate) arn: KeyArn,
    pub(crate) action: Action,
    pub(crate) role: Role,
    pub(crate) alias: Option<&'a AliasName>,
    pub(crate) mention: Mention,
}

impl HiddenKey<'_> {
    /// The only key of its request, named by its ARN.
    pub(crate) fn by_arn(arn: KeyArn, action: Action) -> Self {
        Self { arn, action, role: Role::Only, alias: None, mention: Mention::Arn }
    }
}

impl Desk<'_> {
    pub(crate) fn internal(&self, why: &VaultError) -> Refusal {
        self.faults.internal(why)
    }

    /// May the caller do this to the key? Grants are looked up when the policies leave it open and
    /// the key has some.
    pub(crate) async fn permit_key(
        &self,
        asked: &KeyQuestion<'_>,
        note: &mut Note,
    ) -> Result<Permit, Refusal> {
        let KeyQuestion { action, role, entry, alias, same_key, mention } = *asked;
        let record = &entry.record;
        let gathered = self.call.caller.authority.gather();
        let levels = gathered.levels();
        let sources = gathered.sources(Some(&entry.policy), &levels);
        let looked_up = self.look_up(action, record, &sources).await?;
        let looked_up = Some(&looked_up);
        let facts =
            RequestFacts { record: Some(record), alias, role, same_key, looked_up, ..self.facts() };
        let question = self.question(action, Resource::Key(record.arn()));
        let answer = match examine(&question, &sources, &facts) {
            Verdict::Allowed(permit) => Ok(permit),
            Verdict::Denied(denial) => Err(denial),
            Verdict::Open(open) if record.grants.is_none() => Err(open.into_denial()),
            // Apart, as is all that few requests come to: their futures must not make all as large.
            Verdict::Open(open) => Box::pin(self.by_grants(record, action, &facts, open)).await?,
        };
        let hidden = HiddenKey { arn: record.arn(), action, role, alias, mention };
        self.conclude_about_key(answer, &question, &hidden, note)
    }

    /// May the caller retire the grant, which is on the key?
    pub(crate) fn permit_retirement(
        &self,
        action: Action,
        key: &KeyRecord,
        grant: &GrantRecord,
        note: &mut Note,
    ) -> Result<Permit, Refusal> {
        let facts = RequestFacts { record: Some(key), grant: Some(&grant.terms), ..self.facts() };
        let question = self.question(action, Resource::Key(key.arn()));
        let answer = self.call.caller.authority.with_sources(None, |sources| {
            decide_retirement(&question, sources, &facts, &view(grant, false))
        });
        let hidden = HiddenKey::by_arn(key.arn(), action);
        self.conclude_about_key(answer, &question, &hidden, note)
    }

    /// A denial for a key of another account is recorded, and told as if there were no such key.
    fn conclude_about_key(
        &self,
        answer: Result<Permit, Denial>,
        question: &Question<'_>,
        key: &HiddenKey<'_>,
        note: &mut Note,
    ) -> Result<Permit, Refusal> {
        match answer {
            Err(denial) if key.arn.account != self.call.caller.account => {
                Err(self.hidden(key, denial.to_string(), note))
            }
            answer => self.conclude(answer, question, key.mention, note),
        }
    }

    /// Answers what the policies leave open from the grants on the key: first from those that the
    /// request names, then from those to each name of the caller, until one allows it.
    async fn by_grants(
        &self,
        key: &KeyRecord,
        action: Action,
        facts: &RequestFacts<'_>,
        mut open: Undecided<'_>,
    ) -> Result<Result<Permit, Denial>, Refusal> {
        let operation = GrantOperation::ALL.iter().find(|operation| operation.action() == action);
        let Some(operation) = operation else { return Ok(Err(open.into_denial())) };
        let arn = key.arn();
        let named = self.named.iter().filter(|named| named.key == arn);
        let named: Vec<Grant<'_>> = named.map(|named| view(&named.grant, true)).collect();
        if let Some(permit) = open.allowed_by(&named) {
            return Ok(Ok(permit));
        }
        let permits = |grant: &GrantRecord| view(grant, false).permits(action, facts);
        for name in self.grantee_names(&arn) {
            let found = self.vault.grants_for(&arn, &name, *operation, facts, permits).await;
            let found = found.map_err(|why| self.internal(&why))?;
            let found: Vec<Grant<'_>> = found.iter().map(|grant| view(grant, false)).collect();
            if let Some(permit) = open.allowed_by(&found) {
                return Ok(Ok(permit));
            }
        }
        Ok(Err(open.into_denial()))
    }

    /// The names under which a grant on the key may be the caller's, those of the former format
    /// last: in the partition of the server and in the key's.
    fn grantee_names(&self, key: &KeyArn) -> Vec<String> {
        let caller = &self.call.caller;
        let mut names = grantee_names(&caller.principal);
        let (own, other) = (caller.partition, key.region.partition());
        let former = former_grantee_names(&caller.principal, own);
        let others = (other != own).then(|| former_grantee_names(&caller.principal, other));
        for name in former.into_iter().chain(others.into_iter().flatten()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// What policies ask of the key that is not in its record; nothing that they do not ask. Few ask, so
    /// what it takes is apart.
    async fn look_up(
        &self,
        action: Action,
        record: &KeyRecord,
        sources: &Sources<'_>,
    ) -> Result<LookedUp, Refusal> {
        let mut looked_up = LookedUp::default();
        let arn = record.arn();
        if sources.ask_for(facts::RESOURCE_ALIASES) {
            let range = SlotRange::aliases_of(&arn);
            let most = self.settings.quotas.resources.of(arn.account).aliases_per_key;
            let places = Box::pin(self.vault.places(&range, None, most)).await;
            let places = places.map_err(|why| self.internal(&why))?;
            let name = |place: &Vec<u8>| {
                let name = place.get(range.prefix().len()..).unwrap_or_default();
                String::from_utf8_lossy(name).into_owned()
            };
            looked_up.aliases = places.iter().map(name).collect();
        }
        let tracked = facts::ASK_FOR_UNUSED_DAYS.contains(&action.as_str());
        if tracked && sources.ask_for(facts::UNUSED_DAYS) {
            let last = Box::pin(last_use(&arn, self.last_uses, self.vault)).await;
            let last = last.map_err(|why| self.internal(&why))?;
            // A key without uses is unused since its creation, when tracking began.
            looked_up.unused_since = Some(last.map_or(record.created, |used| used.time));
        }
        Ok(looked_up)
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

    /// May the caller do this to the trail?
    pub(crate) fn permit_trail(
        &self,
        action: Action,
        trail: &TrailArn,
        note: &mut Note,
    ) -> Result<Permit, Refusal> {
        let facts = RequestFacts { owner: Some(trail.account), ..self.facts() };
        let question = self.question(action, Resource::Trail(trail));
        self.decide(&question, None, &facts, Mention::Arn, note)
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

    /// May the caller do this to a key that is to be made in `region`, as a replica of another if
    /// it is one?
    pub(crate) fn permit_new_key(
        &self,
        action: Action,
        primary: Option<&KeyRecord>,
        (region, id): (Region, NewId),
        note: &mut Note,
    ) -> Result<Permit, Refusal> {
        let account = self.call.caller.account;
        let role = if primary.is_some() { Role::Replica } else { Role::Only };
        let facts = RequestFacts { record: primary, region, role, ..self.facts() };
        let question = self.question(action, Resource::NewKey { region, account, id });
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
            owner: None,
            region: self.call.caller.region,
            alias: None,
            same_key: None,
            looked_up: None,
            grant: None,
            entity: None,
        }
    }

    fn question<'q>(&'q self, action: Action, resource: Resource<'q>) -> Question<'q> {
        Question {
            principal: &self.call.caller.principal,
            partition: self.call.caller.partition,
            action,
            resource,
            cross_account_allowed: self.demands.cross_account,
        }
    }

    /// Asks the caller's policies, and the resource's own.
    fn decide(
        &self,
        question: &Question<'_>,
        resource_policy: Option<&Policy>,
        facts: &RequestFacts<'_>,
        mention: Mention,
        note: &mut Note,
    ) -> Result<Permit, Refusal> {
        let authority = &self.call.caller.authority;
        let answer =
            authority.with_sources(resource_policy, |sources| decide(question, sources, facts));
        self.conclude(answer, question, mention, note)
    }

    /// What the caller is told of the answer, and the trail.
    fn conclude(
        &self,
        answer: Result<Permit, Denial>,
        question: &Question<'_>,
        mention: Mention,
        note: &mut Note,
    ) -> Result<Permit, Refusal> {
        let owner = question.resource.account().unwrap_or(self.call.caller.account);
        match answer {
            Ok(permit) => {
                let reason = permit.reason();
                note.reason(text(&reason), || reason.parts(), owner, self.call);
                Ok(permit)
            }
            Err(denial) => {
                note.reason(denial.to_string(), || denial.parts(), owner, self.call);
                Err(Refusal::AccessDenied { message: denial.message(question, mention) })
            }
        }
    }

    /// The refusal for a key of another account, there or not: it says the same. The policies of
    /// the caller's account answer first, from what is known of the request without the key.
    pub(crate) fn hidden(&self, key: &HiddenKey<'_>, reason: String, note: &mut Note) -> Refusal {
        let HiddenKey { mut arn, action, role, alias, mention } = *key;
        if mention == Mention::Withheld {
            // Which key the alias stands for, if it stands for one, must not count.
            arn.key = KeyId::NIL;
        }
        let question = self.question(action, Resource::Key(arn));
        let mut denial = Denial::Hidden { explicit: None };
        let caller = &self.call.caller;
        if arn.account != caller.account {
            let facts = RequestFacts { owner: Some(arn.account), alias, role, ..self.facts() };
            let own = |sources: &Sources<'_>| decide(&question, sources, &facts);
            denial = caller.authority.with_sources(None, own).err().unwrap_or(denial);
        }
        let parts = Parts { owner: Some(reason.clone()), caller: None };
        note.reason(reason, || parts, arn.account, self.call);
        Refusal::AccessDenied { message: denial.message(&question, mention) }
    }

    /// The refusal for a role that is not there, and for one of another account that the caller may
    /// not assume: it says the same of both. The policies of the caller's account answer first, from
    /// what is known of the request without the role.
    pub(crate) fn hidden_role(&self, action: Action, role: &EntityResource) -> Refusal {
        let question = self.question(action, Resource::Entity(role));
        let mut denial = Denial::Hidden { explicit: None };
        let caller = &self.call.caller;
        if let Some(owner) = role.arn.account.filter(|owner| *owner != caller.account) {
            let facts = RequestFacts { entity: Some(EntityFacts::bare(owner)), ..self.facts() };
            let nobody = Policy::nothing();
            let own = |sources: &Sources<'_>| decide(&question, sources, &facts);
            denial = caller.authority.with_sources(Some(&nobody), own).err().unwrap_or(denial);
        }
        Refusal::AccessDenied { message: denial.message(&question, Mention::Arn) }
    }
}

/// The grant as decisions see it.
fn view(record: &GrantRecord, by_token: bool) -> Grant<'_> {
    let GrantRecord { id, terms, issuer, .. } = record;
    let retiring = terms.retiring.as_ref();
    Grant {
        id,
        grantee: party(&terms.grantee, terms.grantee_id.as_deref()),
        retiring: retiring.map(|named| party(named, terms.retiring_id.as_deref())),
        operations: &terms.operations,
        context: match (&terms.context_subset, &terms.context_equals) {
            (Some(pairs), _) => Some(ContextConstraint::Subset(pairs)),
            (None, Some(pairs)) => Some(ContextConstraint::Equals(pairs)),
            (None, None) => None,
        },
        source_arn: terms.source_arn.as_deref(),
        issuer: *issuer,
        by_token,
    }
}

fn party<'a>(party: &'a Party, id: Option<&'a str>) -> GrantParty<'a> {
    match party {
        Party::Principal(arn) => GrantParty::Principal { arn, id },
        Party::Service(name) => GrantParty::Service(name),
    }
}
