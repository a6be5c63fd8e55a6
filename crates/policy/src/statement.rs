//! One statement of a policy.

use crate::arn_pattern::ArnPattern;
use crate::condition::{self, Condition};
use crate::json::Json;
use crate::malformed::{Malformed, Problem};
use crate::principal::Principals;
use crate::question::Inquiry;
use crate::template::{Case, Syntax, Template, pieces};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A compiled statement.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) sid: Option<Arc<str>>,
    pub(crate) effect: Effect,
    /// Present in key policies, and only there.
    pub(crate) principals: Option<Principals>,
    /// Absent in a statement without effect.
    actions: Option<Listed<Template>>,
    /// Absent in a statement of a key policy without effect. In a trust policy it is always the
    /// role.
    resources: Option<Listed<ArnPattern>>,
    conditions: Box<[Condition]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Allow,
    Deny,
}

/// What the grammar of a statement depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grammar {
    pub(crate) kind: Kind,
    /// Version 2012-10-17.
    pub(crate) variables: bool,
}

/// What a policy is attached to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Key,
    Trust,
    Identity,
}

/// `Action` or `NotAction`, `Resource` or `NotResource`.
#[derive(Debug)]
struct Listed<T> {
    /// The `Not` form: everything but the list.
    negated: bool,
    items: Box<[T]>,
}

const ELEMENTS: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

impl Statement {
    /// Parses and compiles a statement.
    pub(crate) fn parse(json: &Json, grammar: Grammar) -> Result<Self, Malformed> {
        let members = json.members()?;
        if let Some(name) = members.keys().find(|name| !ELEMENTS.contains(&name.as_str())) {
            return Err(Malformed::from(Problem::UnknownElement).within(name));
        }
        let effect = member(members, "Effect", effect)?.ok_or(Problem::Missing("Effect"))?;
        let actions = Listed::parse(members, "Action", "NotAction", action)?;
        let resources = Listed::parse(members, "Resource", "NotResource", |text| {
            ArnPattern::resource(text, grammar.variables)
        })?;
        if grammar.kind == Kind::Trust {
            actions.as_ref().ok_or(Problem::Missing("Action"))?;
            if resources.is_some() {
                return Err(Problem::ResourceForbidden.into());
            }
        }
        let resources = match grammar.kind {
            Kind::Trust => Some(Listed { negated: false, items: [ArnPattern::Anything].into() }),
            Kind::Key | Kind::Identity => resources,
        };
        let conditions =
            member(members, "Condition", |json| condition::parse(json, grammar.variables))?;
        if grammar.kind == Kind::Identity {
            actions.as_ref().ok_or(Problem::Missing("Action"))?;
            resources.as_ref().ok_or(Problem::Missing("Resource"))?;
        }
        Ok(Self {
            sid: member(members, "Sid", |json| sid(json, grammar.kind))?.flatten(),
            effect,
            principals: principals(members, effect, grammar.kind)?,
            actions,
            resources,
            conditions: conditions.unwrap_or_default(),
        })
    }

    /// Whether action, resource and conditions match; principals are looked at apart.
    pub(crate) fn applies(&self, inquiry: &Inquiry<'_>) -> bool {
        self.matches_action(inquiry)
            && self.matches_resource(inquiry)
            && self.conditions.iter().all(|condition| condition.holds(&inquiry.known, self.effect))
    }

    /// Tells `note` of the condition keys that it asks for, in conditions and in variables, as they
    /// are written.
    pub(crate) fn note_keys(&self, note: &mut dyn FnMut(&str)) {
        self.conditions.iter().for_each(|condition| condition.keys(note));
        self.note_variables(note);
    }

    fn note_variables(&self, note: &mut dyn FnMut(&str)) {
        let resources = self.resources.iter().flat_map(|listed| &listed.items);
        resources.for_each(|pattern| pattern.variables(note));
    }

    /// Tells `note` of the condition keys, as they are written, that it asks for and that have no
    /// value; if it is about this action and resource at all.
    pub(crate) fn note_missing(&self, inquiry: &Inquiry<'_>, note: &mut dyn FnMut(&str)) {
        if !self.matches_action(inquiry) {
            return;
        }
        let mut lacking = |name: &str| {
            if inquiry.known.facts().fact(&name.to_lowercase()).is_none() {
                note(name);
            }
        };
        self.note_variables(&mut lacking);
        if self.matches_resource(inquiry) {
            self.conditions.iter().for_each(|condition| condition.keys(&mut lacking));
        }
    }

    /// The first condition that is overly permissive.
    pub(crate) fn overly_permissive(&self) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.is_overly_permissive())
    }

    /// Texts of which the name of every action that it applies to begins with one, in lower case.
    pub(crate) fn beginnings_of_actions(&self) -> Vec<&str> {
        beginnings(self.actions.as_ref(), Template::beginning)
    }

    /// Texts of which the last part of the ARN of every resource that it applies to begins with
    /// one; the absence of a resource counts as an empty text.
    pub(crate) fn beginnings_of_resources(&self) -> Vec<&str> {
        beginnings(self.resources.as_ref(), ArnPattern::beginning_of_resource)
    }

    fn matches_action(&self, inquiry: &Inquiry<'_>) -> bool {
        let Some(actions) = &self.actions else { return false };
        // INVARIANT: the pattern of an action has no variables, so the answer is always known.
        actions.matches(|item| item.matches(&inquiry.action, &inquiry.known)) == Some(true)
    }

    fn matches_resource(&self, inquiry: &Inquiry<'_>) -> bool {
        let Some(resources) = &self.resources else { return false };
        if let Some(start) = inquiry.beginning() {
            let may_meet =
                || resources.items.iter().any(|item| item.may_name(start, &inquiry.known));
            match (self.effect, resources.negated) {
                (Effect::Deny, false) => return may_meet(),
                // It must be of every key that this may be, so none may be spared.
                (Effect::Allow, true) if may_meet() => return false,
                _ => {}
            }
        }
        let arn = if resources.is_anything() { None } else { inquiry.resource() };
        let matched = resources.matches(|item| match (item, &arn) {
            (ArnPattern::Anything, _) => Some(true),
            (other, Some(arn)) => other.matches(arn, &inquiry.known),
            (_, None) => Some(false),
        });
        // A variable without value: `Resource` then matches nothing, and what `NotResource` spares
        // is unknown, so it denies and does not allow.
        matched.unwrap_or(resources.negated && self.effect == Effect::Deny)
    }
}

impl Listed<ArnPattern> {
    /// Whether it says nothing but `*`, of which the resource need not be known.
    fn is_anything(&self) -> bool {
        matches!(*self.items, [ArnPattern::Anything])
    }
}

impl<T> Listed<T> {
    fn parse(
        members: &BTreeMap<String, Json>,
        plain: &'static str,
        negated: &'static str,
        read: impl Fn(&str) -> Result<T, Problem>,
    ) -> Result<Option<Self>, Malformed> {
        let (name, negated) = match (members.contains_key(plain), members.contains_key(negated)) {
            (true, true) => return Err(Problem::Both(plain, negated).into()),
            (false, true) => (negated, true),
            _ => (plain, false),
        };
        let items = member(members, name, |json| json.each_text(|text| Ok(read(text)?)))?;
        Ok(items.map(|items| Self { negated, items }))
    }

    /// Whether the list holds what `test` is true of, or in the `Not` form does not; `None` when
    /// that is not known.
    fn matches(&self, test: impl Fn(&T) -> Option<bool>) -> Option<bool> {
        let mut known = true;
        for item in &self.items {
            match test(item) {
                Some(true) => return Some(!self.negated),
                Some(false) => {}
                None => known = false,
            }
        }
        known.then_some(self.negated)
    }
}

/// Texts of which one begins whatever matches `listed`. Everything begins with the empty text, and
/// nothing matches an element that is not there.
fn beginnings<T>(listed: Option<&Listed<T>>, beginning: impl Fn(&T) -> &str) -> Vec<&str> {
    match listed {
        Some(Listed { negated: false, items }) => items.iter().map(beginning).collect(),
        Some(Listed { negated: true, .. }) => vec![""],
        None => Vec::new(),
    }
}

/// What `read` makes of a member, with its name in the error.
pub(crate) fn member<T>(
    members: &BTreeMap<String, Json>,
    name: &str,
    read: impl FnOnce(&Json) -> Result<T, Malformed>,
) -> Result<Option<T>, Malformed> {
    members.get(name).map(|json| read(json).map_err(|e| e.within(name))).transpose()
}

fn effect(json: &Json) -> Result<Effect, Malformed> {
    match json.text()? {
        "Allow" => Ok(Effect::Allow),
        "Deny" => Ok(Effect::Deny),
        _ => Err(Problem::Effect.into()),
    }
}

/// An empty Sid, as tools write it, is none.
fn sid(json: &Json, kind: Kind) -> Result<Option<Arc<str>>, Malformed> {
    let text = json.text()?;
    if kind == Kind::Identity && !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(Problem::SidCharacters.into());
    }
    Ok((!text.is_empty()).then(|| text.into()))
}

fn principals(
    members: &BTreeMap<String, Json>,
    effect: Effect,
    kind: Kind,
) -> Result<Option<Principals>, Malformed> {
    let (name, negated) = match (members.get("Principal"), members.get("NotPrincipal")) {
        (Some(_), Some(_)) => return Err(Problem::Both("Principal", "NotPrincipal").into()),
        (None, Some(_)) => ("NotPrincipal", true),
        _ => ("Principal", false),
    };
    let principals = member(members, name, |json| match kind {
        Kind::Identity => Err(Problem::PrincipalForbidden.into()),
        Kind::Key | Kind::Trust if negated && effect == Effect::Allow => {
            Err(Problem::AllowNotPrincipal.into())
        }
        Kind::Key | Kind::Trust => Principals::parse(json, negated),
    })?;
    if kind != Kind::Identity && principals.is_none() {
        return Err(Problem::Missing("Principal").into());
    }
    Ok(principals)
}

/// `*`, or service and name with wildcards in either; not case-sensitive.
fn action(text: &str) -> Result<Template, Problem> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-_.*?".contains(&b);
    let part = |part: &str| !part.is_empty() && part.bytes().all(allowed);
    let two_parts = text.split_once(':').is_some_and(|(service, name)| part(service) && part(name));
    if text != "*" && !two_parts {
        return Err(Problem::Action);
    }
    let pieces = pieces(text, Syntax { wildcards: true, variables: false })?;
    Ok(Template::new(&pieces, Case::Ignored))
}
