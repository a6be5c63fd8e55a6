//! Simulation: what the policies make of a question that is only supposed. It is decided as a real
//! one is, and no permit comes of it; so its action and resource may be of any service.
//!
//! Source: IAM API Reference, `SimulatePrincipalPolicy` and `EvaluationResult`.

use super::permit::{PolicyKind, Site};
use super::{Case, Rules};
use crate::denial::Denial;
use crate::facts::Facts;
use crate::policy::Policy;
use crate::question::{About, Asked, Sources};
use crate::statement::{Effect, Statement};
use std::collections::BTreeMap;
use strongroom_types::{AccountId, KeyReference, Principal};

/// A question that nobody has asked. The grants among the sources do not count.
#[derive(Debug, Clone, Copy)]
pub struct Hypothesis<'a> {
    /// Who would ask.
    pub principal: &'a Principal,
    /// What would be done: `s3:GetObject`.
    pub action: &'a str,
    /// To what: an ARN, or `*`. The policy of a key must allow; that of anything else may.
    pub resource: &'a str,
    /// The account that owns the resource. It counts only when the resource's policy is among the
    /// sources: without, the caller's side alone is asked.
    pub owner: Option<AccountId>,
}

/// What policies make of it; the later, the more restrictive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Opinion {
    /// It is allowed.
    Allowed,
    /// Nothing allows it.
    ImplicitDeny,
    /// A statement denies it.
    ExplicitDeny,
}

impl Opinion {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::ImplicitDeny => "implicitDeny",
            Self::ExplicitDeny => "explicitDeny",
        }
    }
}

/// The outcome of a simulation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulated {
    /// What all of them together make of it.
    pub decision: Opinion,
    /// What the identity policies say by themselves.
    pub identity: Opinion,
    /// What the resource's policy says by itself, if there is one.
    pub resource: Option<Opinion>,
    /// What the permissions boundary says by itself, if there is one.
    pub boundary: Option<Opinion>,
    /// What the service control policies say by themselves, if there are any.
    pub service_control: Option<Opinion>,
    /// Whether caller and resource are of different accounts, and both are asked.
    pub is_cross_account: bool,
    /// The statements that deny it, if any do; else those that allow it. Those of service control
    /// policies are not told of, and a boundary allows nothing.
    pub matched: Vec<Site>,
    /// The condition keys, in lower case and as they are written, that statements about this action
    /// and resource ask for and that have no value; those of service control policies left out.
    pub missing: BTreeMap<String, String>,
}

/// What the policies in `sources` make of `hypothesis`.
#[must_use]
pub fn simulate(
    hypothesis: &Hypothesis<'_>,
    sources: &Sources<'_>,
    facts: &dyn Facts,
) -> Simulated {
    let Hypothesis { principal, action, resource, owner } = *hypothesis;
    let owner = owner.filter(|_| sources.key_policy.is_some());
    let is_key = matches!(KeyReference::parse(resource), Ok(KeyReference::Arn(_)));
    let about = About::Supposed { arn: resource, owner, is_key };
    let asked = Asked { principal, action, about, cross_account_allowed: true };
    let case = Case::new(asked, sources, facts);
    let boundary = sources.boundary.as_slice();
    let identity = case.opinion(PolicyKind::Identity, sources.identity);
    let resource = case.opinion_of_resource();
    let boundary = sources.boundary.map(|_| case.opinion(PolicyKind::Boundary, boundary));
    let service_control = case.opinion_of_service_control();
    let decision = match case.by_policies() {
        Ok(_) => Opinion::Allowed,
        Err((Denial::Explicit(_), _)) => Opinion::ExplicitDeny,
        // To callers of other accounts their own account answers first; a deny wins all the same.
        Err(_) if resource == Some(Opinion::ExplicitDeny) => Opinion::ExplicitDeny,
        Err(_) => Opinion::ImplicitDeny,
    };
    let is_cross_account = case.is_foreign();
    let (matched, missing) = (case.matched(decision), case.missing());
    Simulated {
        decision,
        identity,
        resource,
        boundary,
        service_control,
        is_cross_account,
        matched,
        missing,
    }
}

impl Case<'_> {
    fn opinion(&self, kind: PolicyKind, policies: &[&Policy]) -> Opinion {
        if self.find(kind, policies, Effect::Deny).is_some() {
            Opinion::ExplicitDeny
        } else if self.find(kind, policies, Effect::Allow).is_some() {
            Opinion::Allowed
        } else {
            Opinion::ImplicitDeny
        }
    }

    fn opinion_of_resource(&self) -> Option<Opinion> {
        if matches!(self.rules(), Rules::Caller) {
            return None;
        }
        Some(if self.denied_by_key_policy().is_some() {
            Opinion::ExplicitDeny
        } else if self.allowed_by_key_policy().is_some() {
            Opinion::Allowed
        } else {
            Opinion::ImplicitDeny
        })
    }

    /// Each level must allow.
    fn opinion_of_service_control(&self) -> Option<Opinion> {
        let levels = self.sources.service_control.iter();
        levels.map(|level| self.opinion(PolicyKind::ServiceControl, level)).max()
    }

    /// The statements that made the decision, or that allow what is not allowed for another reason.
    fn matched(&self, decision: Opinion) -> Vec<Site> {
        let denied = decision == Opinion::ExplicitDeny;
        let effect = if denied { Effect::Deny } else { Effect::Allow };
        let Sources { identity, boundary, .. } = self.sources;
        let boundary = if denied { boundary.as_slice() } else { &[] };
        let lists = [(PolicyKind::Identity, *identity), (PolicyKind::Boundary, boundary)];
        let mut sites = Vec::new();
        for (kind, policies) in lists {
            for (policy, document) in policies.iter().enumerate() {
                let statements = document.candidates(&self.inquiry, effect, false);
                let counting = statements.filter(|(_, found)| self.counts(found, effect));
                sites.extend(counting.map(|(statement, found)| {
                    let sid = found.sid.clone();
                    Site { kind, policy, statement, sid }
                }));
            }
        }
        let concerns = |statement: &Statement| match effect {
            Effect::Deny => self.denies_caller(statement),
            Effect::Allow => self.allows_caller(statement).is_some(),
        };
        let own = self.key_policy(effect).filter(|(_, statement)| concerns(statement));
        sites.extend(own.map(|(at, statement)| self.key_site(at, statement)));
        sites
    }

    fn missing(&self) -> BTreeMap<String, String> {
        let mut missing = BTreeMap::new();
        let mut note = |name: &str| {
            missing.entry(name.to_lowercase()).or_insert_with(|| name.to_owned());
        };
        let Sources { identity, boundary, .. } = self.sources;
        let own = self.sources.key_policy.filter(|_| self.has_resource_policy());
        let policies = identity.iter().chain(boundary).copied().chain(own);
        let statements = policies.flat_map(Policy::statements);
        statements.for_each(|statement| statement.note_missing(&self.inquiry, &mut note));
        missing
    }
}
