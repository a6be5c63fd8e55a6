//! The one path from a request to a reply.

use crate::audit::Note;
use crate::call::Call;
use crate::decode::Values;
use crate::demands::{Demands, Effect};
use crate::desk::{Desk, Faults, NamedGrant};
use crate::engine::{Engine, Settings};
use crate::facts::InputFacts;
use crate::grant_token;
use crate::ledger::{Changes, CommitFailure, EncodedRecord, Recorded, Unrecorded};
use crate::operation::Operation;
use crate::ports::Boxed;
use crate::quotas::key_counts::Reserved;
use crate::quotas::{Charge, Entrant};
use crate::recipient;
use crate::refusal::{Invalid, Refusal};
use crate::reply::Reply;
use crate::slot::Slot;
use crate::stages::Stage;
use crate::target::Target;
use crate::vault::Vault;
use crate::wire::{Malformed, Node};
use crate::work::{Staged, Work};
use std::marker::PhantomData;
use strongroom_attestation::Attested;
use strongroom_keys::{GrantRecord, LastUse};
use strongroom_types::{KeyArn, Timestamp};

/// How often a request is tried again after another one was first to change what it builds on.
const ATTEMPTS: usize = 32;

/// How a request ended, as its caller is told.
pub type Outcome = Result<Reply, Refusal>;

impl Engine {
    /// Answers one authenticated call. Allowed or refused, it ends in exactly one commit: its
    /// changes and its audit record together. No reply leaves before that.
    ///
    /// # Errors
    /// [`Unrecorded`] when nothing could be recorded; nothing may then be answered but a failure.
    pub async fn serve<O: Operation>(
        &self,
        call: &Call,
        input: Result<Node<'_>, Malformed>,
    ) -> Result<Recorded<Outcome>, Unrecorded> {
        let attempt = Of::<O> { engine: self, call, input, operation: PhantomData };
        self.serve_by(&attempt, O::DEMANDS, call).await
    }

    /// [`Engine::serve`], for all operations alike: the program has it once.
    async fn serve_by(
        &self,
        operation: &dyn Attempt,
        demands: &'static Demands,
        call: &Call,
    ) -> Result<Recorded<Outcome>, Unrecorded> {
        let mut charge = Charge::new(self.request_quotas(), demands, call);
        if let Err(refusal) = charge.arrive() {
            return Ok(self.turn_away(demands, call, Note::default(), refusal));
        }
        let vouched_for = call.caller.authority.web().is_some();
        let entrant = Entrant { account: call.caller.account, vouched_for };
        let Some(_place) = self.in_flight().enter(entrant).await else {
            let refusal = charge.turned_away();
            return Ok(self.turn_away(demands, call, Note::default(), refusal));
        };
        let mut turn = None;
        for attempt in 1..=ATTEMPTS {
            let faults = Faults::default();
            let mut note = Note::default();
            let done = operation.perform(&mut note, &faults, &mut charge).await;
            faults.take().iter().for_each(|fault| self.report(Some(call.id), fault));
            let (outcome, staged) = match done {
                Ok((reply, staged)) => (Ok(reply), staged),
                Err(refusal) => (Err(charge.refused(refusal)), Staged::default()),
            };
            let outcome = match outcome {
                Err(refusal) if charge.is_exceeded() => {
                    return Ok(self.turn_away(demands, call, note, refusal));
                }
                outcome => outcome,
            };
            let is_web = call.caller.authority.web().is_some();
            let refused = is_web && outcome.is_err();
            let used = if outcome.is_ok() { note.take_used() } else { Vec::new() };
            let record = EncodedRecord::of(&note.view(demands, call, outcome.as_ref()));
            let committed = self.ledger().commit(staged.changes, record, outcome).await;
            self.end_of(Stage::Recorded, call);
            match committed {
                Ok(recorded) => {
                    staged.reserved.into_iter().for_each(Reserved::keep);
                    if refused {
                        self.web_refusals().note(&call.caller.principal, call.time);
                    }
                    self.note_use(demands, call, &used).await;
                    return Ok(recorded);
                }
                // Those who lost a race go on one after another, so that none loses for ever.
                Err((CommitFailure::Conflict, _)) if attempt < ATTEMPTS => {
                    if turn.is_none() {
                        turn = Some(self.contended().await);
                    }
                }
                Err((CommitFailure::Conflict, _)) => {
                    return Box::pin(self.give_up(demands, call)).await;
                }
                // The outcome, and any plaintext in it, is dropped and wiped here.
                Err((CommitFailure::Unrecorded, _)) => break,
            }
        }
        let why = self.ledger().failure();
        self.report(Some(call.id), &why.unwrap_or_else(|| "not recorded".to_owned()));
        Err(Unrecorded)
    }

    /// Notes that the keys were used, now that this is durable.
    async fn note_use(&self, demands: &Demands, call: &Call, keys: &[KeyArn]) {
        if keys.is_empty() {
            return;
        }
        let (operation, request) = (demands.name.to_owned(), call.id.0);
        let used = LastUse { operation, time: call.time, request };
        let mut crowded = false;
        for key in keys {
            crowded |= self.last_uses().note(key, used.clone());
        }
        if crowded && let Err(why) = Box::pin(self.write_last_uses()).await {
            self.report(Some(call.id), &why.to_string());
        }
    }

    /// The request lost every race; that, too, is recorded.
    async fn give_up(
        &self,
        demands: &'static Demands,
        call: &Call,
    ) -> Result<Recorded<Outcome>, Unrecorded> {
        let outcome = Err(Refusal::Internal);
        let note = Note::default();
        let record = EncodedRecord::of(&note.view(demands, call, outcome.as_ref()));
        let written = self.ledger().commit(Changes::default(), record, outcome).await;
        written.map_err(|_| Unrecorded)
    }

    async fn perform<O: Operation>(
        &self,
        call: &Call,
        input: &Result<Node<'_>, Malformed>,
        note: &mut Note,
        faults: &Faults,
        charge: &mut Charge<'_>,
    ) -> Result<(Reply, Staged), Refusal> {
        let demands = O::DEMANDS;
        // 1 is it well formed?
        let input = input.as_ref().map_err(|why| Refusal::Serialization(why.0.clone()))?;
        let mut values = Values::check(demands.fields, input)?;
        note.parameters(&values);
        charge.members(&values)?;
        let asides = Asides::take(&mut values, self.settings(), self.wall())?;
        let recipient = asides.recipient.as_ref();
        note.recipient(recipient);
        let operation = O::read(values)?;
        let (named, unnamed) = match asides.named_grants(self.vault(), faults).await {
            Ok(named) => (named, Ok(())),
            Err(refusal) if refusal.is_fault() => return Err(refusal),
            Err(refusal) => (Vec::new(), Err(refusal)),
        };
        let about = About { call, demands, recipient, input: &operation, faults, named: &named };
        let desk = self.desk(about);
        // 2 what is it about?
        let found = operation.target()?.find(&desk, note).await?;
        self.end_of(Stage::Found, call);
        charge.found(&O::Target::keys(&found))?;
        // 3 may this caller?
        let permits = O::Target::authorize(&found, &desk, note).await?;
        charge.permitted(&O::Target::keys(&found))?;
        unnamed?;
        self.end_of(Stage::Decided, call);
        // 4 can this key, now?
        let admitted = O::Target::admit(found, permits, &desk)?;
        operation.check(&admitted)?;
        if demands.effect == Effect::Use {
            note.used(O::Target::used(&admitted));
        }
        let about = About { call, demands, recipient, input: &NoInput, faults, named: &[] };
        let desk = self.desk(about);
        let mut work = Work::new(&desk, note);
        // 5 or was it only a question?
        if asides.dry_run {
            Box::pin(operation.rehearse(&admitted, &mut work)).await?;
            return Err(Refusal::DryRun);
        }
        // 6 do it
        let mut reply = operation.run(admitted, &mut work).await?;
        let staged = work.into_staged();
        if let Some(attested) = recipient {
            reply = recipient::address(reply, attested, self.vault().entropy())?;
        }
        self.end_of(Stage::Done, call);
        Ok((reply, staged))
    }

    /// What looks up and decides for one request.
    fn desk<'d>(&'d self, about: About<'d>) -> Desk<'d> {
        let About { call, demands, recipient, input, faults, named } = about;
        Desk {
            vault: self.vault(),
            ledger: self.ledger(),
            workers: self.workers(),
            key_stores: self.key_stores(),
            objects: self.objects(),
            history: self.history(),
            settings: self.settings(),
            last_uses: self.last_uses(),
            key_counts: self.key_counts(),
            access_key_uses: self.access_key_uses(),
            role_uses: self.role_uses(),
            recipient,
            call,
            demands,
            input,
            faults,
            named,
        }
    }
}

/// One operation's part of the path, tried until its commit does not lose a race.
trait Attempt: Sync {
    /// [`Engine::perform`]. On the heap: so each operation's future is as large as itself, and not as
    /// the largest.
    fn perform<'a>(
        &'a self,
        note: &'a mut Note,
        faults: &'a Faults,
        charge: &'a mut Charge<'_>,
    ) -> Boxed<'a, Result<(Reply, Staged), Refusal>>;
}

/// The operation `O` on one request.
struct Of<'r, O> {
    engine: &'r Engine,
    call: &'r Call,
    input: Result<Node<'r>, Malformed>,
    operation: PhantomData<fn() -> O>,
}

impl<O: Operation> Attempt for Of<'_, O> {
    fn perform<'a>(
        &'a self,
        note: &'a mut Note,
        faults: &'a Faults,
        charge: &'a mut Charge<'_>,
    ) -> Boxed<'a, Result<(Reply, Staged), Refusal>> {
        Box::pin(self.engine.perform::<O>(self.call, &self.input, note, faults, charge))
    }
}

/// What a desk is about.
struct About<'d> {
    call: &'d Call,
    demands: &'static Demands,
    recipient: Option<&'d Attested>,
    input: &'d dyn InputFacts,
    faults: &'d Faults,
    named: &'d [NamedGrant],
}

/// Members that many operations share and that the path itself acts on.
struct Asides {
    dry_run: bool,
    grant_tokens: Vec<String>,
    recipient: Option<Attested>,
}

impl Asides {
    fn take(values: &mut Values, settings: &Settings, now: Timestamp) -> Result<Self, Refusal> {
        let dry_run = values.take("DryRun").unwrap_or(false);
        let tokens = values.take::<Vec<String>>("GrantTokens").unwrap_or_default();
        let recipient = values.take::<Values>("Recipient");
        let recipient = recipient.map(|given| recipient::read(given, settings, now)).transpose()?;
        if values.has("DryRunModifiers") && !dry_run {
            return Err(Refusal::Validation(Invalid::DryRunModifier));
        }
        Ok(Self { dry_run, grant_tokens: tokens, recipient })
    }

    /// The grants that the tokens name, of which each must name one. A grant is visible to all as
    /// soon as it is created, so a token makes none more so.
    async fn named_grants(
        &self,
        vault: &Vault,
        faults: &Faults,
    ) -> Result<Vec<NamedGrant>, Refusal> {
        let mut named = Vec::with_capacity(self.grant_tokens.len());
        for token in &self.grant_tokens {
            // Few requests have tokens, so what these take is apart.
            let (key, id) = Box::pin(grant_token::open(vault, faults, token)).await?;
            let found = Box::pin(vault.read::<GrantRecord>(&Slot::grant(&key, &id))).await;
            let read = found.map_err(|why| faults.internal(&why))?;
            let grant = read.ok_or(Refusal::InvalidGrantToken)?.record;
            named.push(NamedGrant { key, grant });
        }
        Ok(named)
    }
}

/// While an operation runs its input is its own; the only question asked then is that of the
/// lockout check, about a later request.
struct NoInput;

impl InputFacts for NoInput {
    fn input(&self, _: crate::operation::Role, _: &str) -> Option<strongroom_policy::Fact<'_>> {
        None
    }
}
