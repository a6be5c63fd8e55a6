//! The decision: may this caller do this?
//!
//! The order is AWS's ("Policy evaluation logic" in the IAM User Guide, "Key policies" and "Grants"
//! in the AWS KMS Developer Guide):
//!
//! 1. An action that is not for other accounts is refused to them whatever policies say.
//! 2. An explicit deny in any policy wins.
//! 3. Service control policies must allow, level by level; they do not concern services.
//! 4. For a key, and for a role that is to be assumed, its policy (the role's trust policy) or, of a
//!    key, a grant must allow; an identity policy alone never suffices. The policy does so by naming
//!    the caller, or by naming the caller's account and leaving the rest to the identity policies of
//!    that account. A caller of another account needs both. A grant does so by itself, unless it is
//!    to an account: users and roles of that then need an identity policy, too.
//! 5. Permissions boundary and session policies limit the allow, the less the more precisely the
//!    key policy or the grant names the caller ([`Case::limits`]); across accounts, always.
//! 6. Whatever is not allowed is denied.
//!
//! To callers of other accounts the policies of their own account answer first: what they are told
//! then is the same whether or not the key exists.

pub(crate) mod permit;
pub(crate) mod simulation;

use crate::denial::Denial;
use crate::facts::Facts;
use crate::grant::{Grant, GrantParty};
use crate::policy::Policy;
use crate::principal::Naming;
use crate::question::{About, Asked, Inquiry, Question, Resource, Sources};
use crate::statement::{Effect, Statement};
use permit::{GrantPart, Permit, PolicyKind, Reason, Site};
use strongroom_types::{Action, GrantOperation, Principal};

/// Answers `question` from the policies and the grants in `sources`.
///
/// # Errors
/// [`Denial`] with the reason.
pub fn decide(
    question: &Question<'_>,
    sources: &Sources<'_>,
    facts: &dyn Facts,
) -> Result<Permit, Denial> {
    match examine(question, sources, facts) {
        Verdict::Allowed(permit) => Ok(permit),
        Verdict::Denied(denial) => Err(denial),
        Verdict::Open(undecided) => undecided.by_grants(sources.grants),
    }
}

/// Answers `question` from the policies in `sources`, as far as they decide it: whoever has grants
/// to look up needs to do so only when the answer is [`Verdict::Open`].
pub fn examine<'a>(
    question: &'a Question<'a>,
    sources: &'a Sources<'a>,
    facts: &'a dyn Facts,
) -> Verdict<'a> {
    let case = Case::new(question.into(), sources, facts);
    match case.by_policies() {
        Ok(reason) => Verdict::Allowed(Permit::granted(question, reason)),
        Err((denial, Finality::Final)) => Verdict::Denied(denial),
        Err((denial, Finality::UnlessGranted)) => {
            Verdict::Open(Undecided { question, case, denial, limited: None })
        }
    }
}

/// Whether the caller may retire `grant`, which is on the key of `question`: the party that it
/// names for it, its grantee where it permits that, and the account that created it or has the
/// key. What is an account's to do its root user does, and those of its users and roles to whom an
/// identity policy allows it. Key policies have no say; a deny of the caller's own account has.
///
/// Source: AWS KMS Developer Guide, "Retiring and revoking grants".
///
/// # Errors
/// [`Denial`] with the reason.
pub fn decide_retirement(
    question: &Question<'_>,
    sources: &Sources<'_>,
    facts: &dyn Facts,
    grant: &Grant<'_>,
) -> Result<Permit, Denial> {
    let case = Case::new(question.into(), sources, facts);
    case.refuse_denied_by_caller_side()?;
    if question.principal.account().is_some() {
        case.allowed_by_service_control()?;
    }
    let reason = case.retirement(grant)?;
    Ok(Permit::granted(question, reason))
}

/// What the policies make of a question.
#[expect(
    clippy::large_enum_variant,
    reason = "it is on the stack of one decision and is kept nowhere"
)]
#[derive(Debug)]
pub enum Verdict<'a> {
    /// It is allowed.
    Allowed(Permit),
    /// It is denied, and no grant changes that.
    Denied(Denial),
    /// Nothing denies it and nothing allows it: a grant may.
    Open(Undecided<'a>),
}

/// A question that the policies have left open.
pub struct Undecided<'a> {
    question: &'a Question<'a>,
    case: Case<'a>,
    denial: Denial,
    /// What limits the first grant that permits this to the caller.
    limited: Option<Denial>,
}

impl std::fmt::Debug for Undecided<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Undecided").field(&self.denial).finish()
    }
}

impl Undecided<'_> {
    /// Answers the question from grants on the key: the first that allows it is the reason.
    ///
    /// # Errors
    /// The policies' [`Denial`] when no grant names the caller for it; else what limits the first
    /// that does.
    pub fn by_grants(mut self, grants: &[Grant<'_>]) -> Result<Permit, Denial> {
        self.allowed_by(grants).ok_or_else(|| self.into_denial())
    }

    /// The permit of the first of these grants that allows it. If there is none, others may.
    pub fn allowed_by(&mut self, grants: &[Grant<'_>]) -> Option<Permit> {
        for grant in grants {
            match self.case.granted(grant, self.question.action) {
                Some(Ok(reason)) => {
                    return Some(Permit::granted(self.question, reason));
                }
                Some(Err(limit)) => {
                    self.limited.get_or_insert(limit);
                }
                None => {}
            }
        }
        None
    }

    /// The denial that stands when there are no more grants: what limits the first that names the
    /// caller for it, else the policies'.
    #[must_use]
    pub fn into_denial(self) -> Denial {
        self.limited.unwrap_or(self.denial)
    }
}

/// Whether a denial stands whatever grants there are.
enum Finality {
    Final,
    UnlessGranted,
}

/// Which sides must allow.
enum Rules {
    /// The key's policy, alone or with the caller's account; or a grant.
    Key,
    /// The role's trust policy, alone or with the caller's account.
    Trust,
    /// The resource's policy or the caller's account; across accounts both.
    Either,
    /// The caller's account, which owns the resource.
    Caller,
}

struct Case<'a> {
    inquiry: Inquiry<'a>,
    sources: &'a Sources<'a>,
}

impl<'a> Case<'a> {
    fn new(asked: Asked<'a>, sources: &'a Sources<'a>, facts: &'a dyn Facts) -> Self {
        Self { inquiry: Inquiry::new(asked, facts), sources }
    }
}

impl Case<'_> {
    fn by_policies(&self) -> Result<Reason, (Denial, Finality)> {
        let asked = &self.inquiry.asked;
        let is_foreign = self.is_foreign();
        let last = |denial| (denial, Finality::Final);
        if is_foreign && !asked.cross_account_allowed {
            return Err(last(Denial::Hidden { explicit: None }));
        }
        self.refuse_denied_by_caller_side().map_err(last)?;
        if !is_foreign && let Some(site) = self.denied_by_key_policy() {
            return Err(last(Denial::Explicit(site)));
        }
        if asked.principal.account().is_some() {
            self.allowed_by_service_control().map_err(last)?;
        }
        match (self.rules(), is_foreign) {
            (Rules::Key, true) => self.foreign_key(),
            (Rules::Key, false) => {
                self.own_key().map_err(|denial| (denial, Finality::UnlessGranted))
            }
            (Rules::Trust | Rules::Either, true) => {
                self.foreign_key().map_err(|(denial, _)| last(denial))
            }
            (Rules::Trust, false) => self.own_key().map_err(last),
            (Rules::Either, false) => self.own_key().or_else(|_| self.own_account()).map_err(last),
            (Rules::Caller, true) => Err(last(Denial::Hidden { explicit: None })),
            (Rules::Caller, false) => self.own_account().map_err(last),
        }
    }

    fn rules(&self) -> Rules {
        let has_policy = self.sources.key_policy.is_some();
        match self.inquiry.asked.about {
            About::Known(Resource::Key(_)) => Rules::Key,
            About::Known(Resource::Entity(_)) if has_policy => Rules::Trust,
            About::Known(_) => Rules::Caller,
            About::Supposed { .. } if !has_policy => Rules::Caller,
            About::Supposed { is_key: true, .. } => Rules::Key,
            About::Supposed { .. } => Rules::Either,
        }
    }

    /// Whether caller and resource are of different accounts.
    fn is_foreign(&self) -> bool {
        let Asked { principal, about, .. } = &self.inquiry.asked;
        match (principal.account(), about.account()) {
            (Some(caller), Some(owner)) => caller != owner,
            _ => false,
        }
    }

    /// What `grant` makes of the question: nothing if it does not permit this to the caller, else
    /// the reason or what limits it.
    fn granted(&self, grant: &Grant<'_>, action: Action) -> Option<Result<Reason, Denial>> {
        let Asked { principal, .. } = self.inquiry.asked;
        let naming = grant.grantee.naming(principal)?;
        grant.permits(action, self.inquiry.known.facts()).then(|| {
            let identity = self.granted_by_name(naming)?;
            let (grant, by_token) = (grant.id.into(), grant.by_token);
            Ok(Reason::Grant { grant, by_token, identity })
        })
    }

    /// What else must allow what a grant permits to the caller under this name: the statement, if
    /// it must be one of an identity policy.
    fn granted_by_name(&self, naming: Naming) -> Result<Option<Site>, Denial> {
        if naming == Naming::Account && !self.is_root() {
            return self.allowed_by_caller_side().map(Some);
        }
        if self.is_foreign() && !self.is_root() {
            self.allowed_by_boundary()?;
            self.allowed_by_session()?;
        } else {
            self.limits(naming)?;
        }
        Ok(None)
    }

    /// Why the caller may retire `grant`.
    fn retirement(&self, grant: &Grant<'_>) -> Result<Reason, Denial> {
        let Asked { principal, about, .. } = self.inquiry.asked;
        let way = |party: GrantParty<'_>| party.naming(principal);
        let may_retire = grant.operations.contains(&GrantOperation::RetireGrant);
        let caller = principal.account();
        let is_owner =
            caller.is_some() && (caller == Some(grant.issuer) || caller == about.account());
        let parts = [
            (GrantPart::Retiring, grant.retiring.and_then(way)),
            (GrantPart::Grantee, way(grant.grantee).filter(|_| may_retire)),
            (GrantPart::Owner, is_owner.then_some(Naming::Account)),
        ];
        let mut denial = None;
        for (part, naming) in parts {
            let Some(naming) = naming else { continue };
            match self.granted_by_name(naming) {
                Ok(identity) => {
                    return Ok(Reason::Retirement { grant: grant.id.into(), part, identity });
                }
                Err(why) => {
                    denial.get_or_insert(why);
                }
            }
        }
        Err(denial.unwrap_or(Denial::Hidden { explicit: None }))
    }

    /// A key of the caller's account, or any key when the caller is a service.
    fn own_key(&self) -> Result<Reason, Denial> {
        let allow = self.allowed_by_key_policy();
        let (naming, site) = allow.ok_or(Denial::Implicit(self.resource_policy_kind()))?;
        if naming == Naming::Account && !self.is_root() {
            let identity = self.allowed_by_caller_side()?;
            return Ok(Reason::Delegated { key_policy: site, identity });
        }
        self.limits(naming)?;
        Ok(Reason::KeyPolicy(site))
    }

    /// A key of another account.
    fn foreign_key(&self) -> Result<Reason, (Denial, Finality)> {
        let identity =
            if self.is_root() { Ok(None) } else { self.allowed_by_caller_side().map(Some) };
        if let Some(site) = self.denied_by_key_policy() {
            // What the caller's own account says comes first.
            let hidden = Denial::Hidden { explicit: Some(site) };
            return Err((identity.err().unwrap_or(hidden), Finality::Final));
        }
        let open = |denial| (denial, Finality::UnlessGranted);
        let identity = identity.map_err(open)?;
        let allow = self.allowed_by_key_policy();
        let (_, key_policy) = allow.ok_or(open(Denial::Hidden { explicit: None }))?;
        Ok(match identity {
            Some(identity) => Reason::Delegated { key_policy, identity },
            None => Reason::KeyPolicy(key_policy),
        })
    }

    /// An alias of the caller's account, or the account itself.
    fn own_account(&self) -> Result<Reason, Denial> {
        if self.is_root() {
            return Ok(Reason::RootUser);
        }
        self.allowed_by_caller_side().map(Reason::Identity)
    }

    fn is_root(&self) -> bool {
        matches!(self.inquiry.asked.principal, Principal::Root { .. })
    }

    /// What the caller's own account allows: an identity policy, within boundary and session.
    fn allowed_by_caller_side(&self) -> Result<Site, Denial> {
        let identity = self.find(PolicyKind::Identity, self.sources.identity, Effect::Allow);
        let identity = identity.ok_or(Denial::Implicit(PolicyKind::Identity))?;
        self.allowed_by_boundary()?;
        self.allowed_by_session()?;
        Ok(identity)
    }

    /// What limits an allow in the key policy, or by a grant, of one's own account under each name.
    ///
    /// Source: IAM User Guide, "Permissions boundaries for IAM entities" and "Session policies".
    fn limits(&self, naming: Naming) -> Result<(), Denial> {
        // INVARIANT: root users and services have neither boundary nor session policy.
        match naming {
            Naming::Everyone | Naming::Itself => Ok(()),
            Naming::Account if self.is_root() => Ok(()),
            Naming::User => self.allowed_by_session(),
            Naming::Maker | Naming::Role | Naming::Account => {
                self.allowed_by_boundary()?;
                self.allowed_by_session()
            }
        }
    }

    fn allowed_by_boundary(&self) -> Result<(), Denial> {
        let Some(boundary) = self.sources.boundary else { return Ok(()) };
        self.find(PolicyKind::Boundary, &[boundary], Effect::Allow)
            .map(|_| ())
            .ok_or(Denial::Implicit(PolicyKind::Boundary))
    }

    /// A role session without session policies is not limited; a federated user without gets
    /// nothing.
    fn allowed_by_session(&self) -> Result<(), Denial> {
        let needs_policy = matches!(self.inquiry.asked.principal, Principal::FederatedUser { .. });
        if self.sources.session.is_empty() && !needs_policy {
            return Ok(());
        }
        self.find(PolicyKind::Session, self.sources.session, Effect::Allow)
            .map(|_| ())
            .ok_or(Denial::Implicit(PolicyKind::Session))
    }

    fn allowed_by_service_control(&self) -> Result<(), Denial> {
        for level in self.sources.service_control {
            self.find(PolicyKind::ServiceControl, level, Effect::Allow)
                .ok_or(Denial::Implicit(PolicyKind::ServiceControl))?;
        }
        Ok(())
    }

    /// Explicit denies in the policies of the caller's account and organization. A service has
    /// none of them.
    fn refuse_denied_by_caller_side(&self) -> Result<(), Denial> {
        let Sources { identity, boundary, session, service_control, .. } = self.sources;
        if self.inquiry.asked.principal.account().is_none() {
            return Ok(());
        }
        let deny = |kind, policies: &[&Policy]| {
            self.find(kind, policies, Effect::Deny)
                .map_or(Ok(()), |site| Err(Denial::Explicit(site)))
        };
        for level in *service_control {
            deny(PolicyKind::ServiceControl, level)?;
        }
        deny(PolicyKind::Identity, identity)?;
        deny(PolicyKind::Boundary, boundary.as_slice())?;
        deny(PolicyKind::Session, session)
    }

    /// The first statement of this effect in policies that name no principals.
    fn find(&self, kind: PolicyKind, policies: &[&Policy], effect: Effect) -> Option<Site> {
        policies.iter().enumerate().find_map(|(policy, document)| {
            let mut candidates = document.candidates(&self.inquiry, effect, false);
            let (statement, found) = candidates.find(|(_, s)| self.counts(s, effect))?;
            Some(Site { kind, policy, statement, sid: found.sid.clone() })
        })
    }

    /// Whether the statement of a policy that names no principals has this effect here. One that
    /// does name some stands in the wrong place: it allows nothing and denies all the same.
    fn counts(&self, statement: &Statement, effect: Effect) -> bool {
        statement.effect == effect
            && (effect == Effect::Deny || statement.principals.is_none())
            && statement.applies(&self.inquiry)
    }

    /// The statements of this effect of the policy of the key or role, when the question is about
    /// one.
    fn key_policy(&self, effect: Effect) -> impl Iterator<Item = (usize, &Statement)> {
        let has_policy = self.has_resource_policy();
        let policy = self.sources.key_policy.filter(|_| has_policy);
        policy.into_iter().flat_map(move |p| p.candidates(&self.inquiry, effect, true))
    }

    fn has_resource_policy(&self) -> bool {
        !matches!(self.rules(), Rules::Caller)
    }

    fn resource_policy_kind(&self) -> PolicyKind {
        match self.rules() {
            Rules::Trust => PolicyKind::Trust,
            Rules::Key | Rules::Either | Rules::Caller => PolicyKind::Key,
        }
    }

    fn key_site(&self, at: usize, statement: &Statement) -> Site {
        let kind = self.resource_policy_kind();
        Site { kind, policy: 0, statement: at, sid: statement.sid.clone() }
    }

    fn denied_by_key_policy(&self) -> Option<Site> {
        let mut denies = self.key_policy(Effect::Deny);
        let (at, found) = denies.find(|(_, statement)| self.denies_caller(statement))?;
        Some(self.key_site(at, found))
    }

    /// Whether the statement of the resource's policy denies it to the caller.
    fn denies_caller(&self, statement: &Statement) -> bool {
        let concerned = match &statement.principals {
            Some(principals) => {
                let has_boundary = self.sources.boundary.is_some();
                principals.denies(self.inquiry.asked.principal, has_boundary)
            }
            // In the wrong place, as in `counts`.
            None => true,
        };
        statement.effect == Effect::Deny && concerned && statement.applies(&self.inquiry)
    }

    /// The Allow statement of the key policy that names the caller in the least limited way.
    fn allowed_by_key_policy(&self) -> Option<(Naming, Site)> {
        let statements = self.key_policy(Effect::Allow);
        let named = statements
            .filter_map(|(at, statement)| Some((self.allows_caller(statement)?, at, statement)));
        let (naming, at, statement) = named.min_by_key(|(naming, at, _)| (*naming, *at))?;
        Some((naming, self.key_site(at, statement)))
    }

    /// How the statement of the resource's policy names the caller to whom it allows it.
    fn allows_caller(&self, statement: &Statement) -> Option<Naming> {
        let principals = statement.principals.as_ref();
        let principals = principals.filter(|_| statement.effect == Effect::Allow)?;
        let naming = principals.naming(self.inquiry.asked.principal)?;
        statement.applies(&self.inquiry).then_some(naming)
    }
}
