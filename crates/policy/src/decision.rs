//! The decision: may this caller do this?
//!
//! The order is AWS's ("Policy evaluation logic" in the IAM User Guide, "Key policies" in the AWS
//! KMS Developer Guide):
//!
//! 1. An action that is not for other accounts is refused to them whatever policies say.
//! 2. An explicit deny in any policy wins.
//! 3. Service control policies must allow, level by level; they do not concern services.
//! 4. For a key, and for a role that is to be assumed, its policy (the role's trust policy) must
//!    allow; an identity policy alone never suffices. It does so by
//!    naming the caller, or by naming the caller's account and leaving the rest to the identity
//!    policies of that account. A caller of another account needs both.
//! 5. Permissions boundary and session policies limit the allow, the less the more precisely the
//!    key policy names the caller ([`Case::limits`]).
//! 6. Whatever is not allowed is denied.
//!
//! To callers of other accounts the policies of their own account answer first: what they are told
//! then is the same whether or not the key exists.

pub(crate) mod permit;

use crate::denial::Denial;
use crate::facts::Facts;
use crate::policy::Policy;
use crate::principal::Naming;
use crate::question::{Inquiry, Question, Resource, Sources};
use crate::statement::{Effect, Statement};
use permit::{Permit, PolicyKind, Reason, Site};
use strongroom_types::Principal;

/// Answers `question` from the policies in `sources`.
///
/// # Errors
/// [`Denial`] with the reason.
pub fn decide(
    question: &Question<'_>,
    sources: &Sources<'_>,
    facts: &dyn Facts,
) -> Result<Permit, Denial> {
    let case = Case { inquiry: Inquiry::new(question, facts), sources };
    let reason = case.reason()?;
    Ok(Permit::granted(question, reason))
}

struct Case<'a> {
    inquiry: Inquiry<'a>,
    sources: &'a Sources<'a>,
}

impl Case<'_> {
    fn reason(&self) -> Result<Reason, Denial> {
        let question = self.inquiry.question;
        let caller = question.principal.account();
        let is_foreign = match (caller, question.resource.account()) {
            (Some(caller), Some(owner)) => caller != owner,
            _ => false,
        };
        if is_foreign && !question.cross_account_allowed {
            return Err(Denial::Hidden { explicit: None });
        }
        self.refuse_denied_by_caller_side()?;
        if !is_foreign && let Some(site) = self.denied_by_key_policy() {
            return Err(Denial::Explicit(site));
        }
        if caller.is_some() {
            self.allowed_by_service_control()?;
        }
        match question.resource {
            Resource::Key(_) if is_foreign => self.foreign_key(),
            Resource::Key(_) => self.own_key(),
            Resource::Entity(_) if self.has_resource_policy() && is_foreign => self.foreign_key(),
            Resource::Entity(_) if self.has_resource_policy() => self.own_key(),
            Resource::Alias(_) | Resource::Entity(_) if is_foreign => {
                Err(Denial::Hidden { explicit: None })
            }
            Resource::Alias(_) | Resource::Entity(_) | Resource::Any => self.own_account(),
        }
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
    fn foreign_key(&self) -> Result<Reason, Denial> {
        let identity = if self.is_root() { None } else { Some(self.allowed_by_caller_side()?) };
        if let Some(site) = self.denied_by_key_policy() {
            return Err(Denial::Hidden { explicit: Some(site) });
        }
        let (_, key_policy) =
            self.allowed_by_key_policy().ok_or(Denial::Hidden { explicit: None })?;
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
        matches!(self.inquiry.question.principal, Principal::Root { .. })
    }

    /// What the caller's own account allows: an identity policy, within boundary and session.
    fn allowed_by_caller_side(&self) -> Result<Site, Denial> {
        let identity = self.find(PolicyKind::Identity, self.sources.identity, Effect::Allow);
        let identity = identity.ok_or(Denial::Implicit(PolicyKind::Identity))?;
        self.allowed_by_boundary()?;
        self.allowed_by_session()?;
        Ok(identity)
    }

    /// What limits an allow in the key policy of one's own account under each name.
    ///
    /// Source: IAM User Guide, "Permissions boundaries for IAM entities" and "Session policies".
    fn limits(&self, naming: Naming) -> Result<(), Denial> {
        // INVARIANT: root users and services have neither boundary nor session policy.
        match naming {
            Naming::Everyone | Naming::Itself => Ok(()),
            Naming::Account if self.is_root() => Ok(()),
            Naming::User => self.allowed_by_session(),
            Naming::Role | Naming::Account => {
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
        let needs_policy =
            matches!(self.inquiry.question.principal, Principal::FederatedUser { .. });
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
        if self.inquiry.question.principal.account().is_none() {
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

    /// The first statement of this effect in policies that name no principals. A statement that
    /// does name some stands in the wrong place: it allows nothing and denies all the same.
    fn find(&self, kind: PolicyKind, policies: &[&Policy], effect: Effect) -> Option<Site> {
        let counts = |statement: &Statement| {
            statement.effect == effect
                && (effect == Effect::Deny || statement.principals.is_none())
                && statement.applies(&self.inquiry)
        };
        policies.iter().enumerate().find_map(|(policy, document)| {
            let (statement, found) = document.statements().find(|(_, s)| counts(s))?;
            Some(Site { kind, policy, statement, sid: found.sid.clone() })
        })
    }

    /// The policy of the key or role, when the question is about one.
    fn key_policy(&self) -> impl Iterator<Item = (usize, &Statement)> {
        let has_policy = self.has_resource_policy();
        self.sources.key_policy.filter(|_| has_policy).into_iter().flat_map(Policy::statements)
    }

    fn has_resource_policy(&self) -> bool {
        match self.inquiry.question.resource {
            Resource::Key(_) => true,
            Resource::Entity(_) => self.sources.key_policy.is_some(),
            Resource::Alias(_) | Resource::Any => false,
        }
    }

    fn resource_policy_kind(&self) -> PolicyKind {
        match self.inquiry.question.resource {
            Resource::Entity(_) => PolicyKind::Trust,
            _ => PolicyKind::Key,
        }
    }

    fn key_site(&self, at: usize, statement: &Statement) -> Site {
        let kind = self.resource_policy_kind();
        Site { kind, policy: 0, statement: at, sid: statement.sid.clone() }
    }

    fn denied_by_key_policy(&self) -> Option<Site> {
        let Question { principal, partition, .. } = self.inquiry.question;
        let has_boundary = self.sources.boundary.is_some();
        let concerned = |statement: &Statement| match &statement.principals {
            Some(principals) => principals.denies(principal, partition, has_boundary),
            // In the wrong place, as in `find`.
            None => true,
        };
        let (at, found) = self.key_policy().find(|(_, statement)| {
            statement.effect == Effect::Deny
                && concerned(statement)
                && statement.applies(&self.inquiry)
        })?;
        Some(self.key_site(at, found))
    }

    /// The Allow statement of the key policy that names the caller in the least limited way.
    fn allowed_by_key_policy(&self) -> Option<(Naming, Site)> {
        let Question { principal, partition, .. } = self.inquiry.question;
        let allows = self.key_policy().filter(|(_, statement)| statement.effect == Effect::Allow);
        let named = allows.filter_map(|(at, statement)| {
            let naming = statement.principals.as_ref()?.naming(principal, partition)?;
            statement.applies(&self.inquiry).then_some((naming, at, statement))
        });
        let (naming, at, statement) = named.min_by_key(|(naming, at, _)| (*naming, *at))?;
        Some((naming, self.key_site(at, statement)))
    }
}
