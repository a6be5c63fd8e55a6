//! What simulations answer.

use crate::operations::page::page_reply;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use strongroom_engine::pages::Page;
use strongroom_engine::reply::{Out, Reply};
use strongroom_engine::simulation::{ActionFindings, Finding, Matched, Opinion, Place};

/// An answer with a page of findings.
pub(super) fn simulated(page: Page<ActionFindings>) -> Reply {
    let entries = page.items.into_iter().map(|found| evaluation(found).into()).collect();
    page_reply(Reply::empty(), "EvaluationResults", entries, page.next)
}

/// An answer with condition keys.
pub(super) fn context_keys(keys: Vec<String>) -> Reply {
    Reply::empty().with("ContextKeyNames", texts(keys))
}

/// What was found of an action on all its resources: the most restrictive decision, with what made
/// it.
fn evaluation(found: ActionFindings) -> Reply {
    let ActionFindings { action, findings } = found;
    let decision = findings.iter().map(|one| one.decision).max().unwrap_or(Opinion::ImplicitDeny);
    let resource = match findings.as_slice() {
        [one] => one.resource.clone(),
        _ => "*".to_owned(),
    };
    let deciding =
        findings.iter().filter(|one| one.decision == decision && decision != Opinion::ImplicitDeny);
    let mut seen = HashSet::new();
    let matched = deciding.flat_map(|one| &one.matched).filter(|one| seen.insert(*one));
    let missing: BTreeSet<&String> = findings.iter().flat_map(|one| &one.missing).collect();
    let reply = Reply::empty()
        .with("EvalActionName", action)
        .with("EvalResourceName", resource)
        .with("EvalDecision", decision.name())
        .with("MatchedStatements", matched.map(statement).collect::<Out>())
        .with("MissingContextValues", texts(missing.into_iter().cloned()));
    let organization = all(findings.iter().map(|one| one.by_organization));
    let reply = reply
        .with_some("OrganizationsDecisionDetail", organization.map(by_organization))
        .with_some(
            "PermissionsBoundaryDecisionDetail",
            all(findings.iter().map(|one| one.by_boundary)).map(by_boundary),
        );
    let named = findings.iter().any(|one| one.resource != "*");
    let ends = organization == Some(false);
    let reply =
        reply.with_some("EvalDecisionDetails", (named && !ends).then(|| strictest(&findings)));
    let specific: Vec<Out> =
        findings.into_iter().filter(|_| named).map(|one| on_resource(one).into()).collect();
    if named { reply.with("ResourceSpecificResults", Out::List(specific)) } else { reply }
}

/// What was found on one resource.
fn on_resource(found: Finding) -> Reply {
    Reply::empty()
        .with("EvalResourceName", found.resource)
        .with("EvalResourceDecision", found.decision.name())
        .with("MatchedStatements", found.matched.iter().map(statement).collect::<Out>())
        .with("MissingContextValues", texts(found.missing))
        .with_some("EvalDecisionDetails", found.details.map(details))
        .with_some("PermissionsBoundaryDecisionDetail", found.by_boundary.map(by_boundary))
}

/// For each kind of policy the most restrictive that it says; nothing within one account.
fn strictest(findings: &[Finding]) -> Out {
    let mut all = BTreeMap::new();
    for (kind, opinion) in findings.iter().filter_map(|one| one.details.as_ref()).flatten() {
        let known = all.entry(*kind).or_insert(*opinion);
        *known = (*known).max(*opinion);
    }
    details(all)
}

fn details(opinions: BTreeMap<&'static str, Opinion>) -> Out {
    let named = opinions.into_iter().map(|(kind, one)| (kind.to_owned(), one.name().to_owned()));
    Out::Map(named.collect())
}

/// Whether all of them allow, where there is any.
fn all(mut opinions: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let first = opinions.next()??;
    Some(first && opinions.all(|other| other == Some(true)))
}

fn by_organization(allowed: bool) -> Reply {
    Reply::empty().with("AllowedByOrganizations", allowed)
}

fn by_boundary(allowed: bool) -> Reply {
    Reply::empty().with("AllowedByPermissionsBoundary", allowed)
}

fn statement(matched: &Matched) -> Out {
    let span = matched.span;
    Reply::empty()
        .with("SourcePolicyId", matched.policy.clone())
        .with("SourcePolicyType", matched.kind)
        .with_some("StartPosition", span.map(|span| position(span.start)))
        .with_some("EndPosition", span.map(|span| position(span.end)))
        .into()
}

fn position(place: Place) -> Reply {
    let number = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
    Reply::empty().with("Line", number(place.line)).with("Column", number(place.column))
}

fn texts(all: impl IntoIterator<Item = String>) -> Out {
    all.into_iter().map(Out::from).collect()
}
