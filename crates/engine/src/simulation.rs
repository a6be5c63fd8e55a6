//! IAM's policy simulator: what policies make of questions that nobody has asked. It decides with
//! the evaluator that decides requests, and gives no permit.
//!
//! Source: IAM API Reference, `SimulatePrincipalPolicy`, `SimulateCustomPolicy`.

mod exclusion;

pub use exclusion::{Exclusion, PolicyClass};
pub use strongroom_policy::{Opinion, Place, Span};

use crate::hypothesis::{ContextEntry, Given, Implied, of_caller, of_request};
use crate::refusal::SimulationDefect;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use strongroom_policy::{
    Fact, Facts, Hypothesis, Malformed, Policy, PolicyKind, Simulated, Site, Sources, simulate,
    statement_spans,
};
use strongroom_types::{AccountId, Principal, Region, Tag, Timestamp};

/// The most work of one request: bytes of policies times the values of the context times the
/// resources they are asked of, more for long ones, times the actions of the page. Our choice: about a tenth of a second of one core.
const MAX_WEIGHT: usize = 64 * 1024 * 1024;
/// The most that one answer finds, an action on a resource each. Our choice: about 3 MiB of XML.
const MAX_FINDINGS: usize = 10_000;
/// The most statements and missing condition keys that one answer names. Our choice: about 8 MiB.
const MAX_NAMED: usize = 20_000;

/// Names of the kinds of policies, as answers have them.
const IAM_POLICY: &str = "IAM Policy";
const RESOURCE_POLICY: &str = "Resource Policy";
const BOUNDARY_POLICY: &str = "Permissions Boundary Policy";

/// A policy, and how answers name it.
pub(crate) struct SourcePolicy {
    id: String,
    text: String,
    policy: Arc<Policy>,
    spans: OnceLock<Vec<Span>>,
}

impl SourcePolicy {
    pub(crate) fn new(id: String, text: String, policy: Arc<Policy>) -> Self {
        Self { id, text, policy, spans: OnceLock::new() }
    }

    fn parse(
        id: String,
        text: String,
        parse: impl Fn(&str) -> Result<Policy, Malformed>,
    ) -> Result<Self, SimulationDefect> {
        match parse(&text) {
            Ok(policy) => Ok(Self::new(id, text, Arc::new(policy))),
            Err(why) => Err(SimulationDefect::Document(id, why.to_string())),
        }
    }

    fn matched(&self, site: &Site) -> Matched {
        let spans = self.spans.get_or_init(|| statement_spans(&self.text));
        let kind = match site.kind {
            PolicyKind::Key | PolicyKind::Trust => RESOURCE_POLICY,
            PolicyKind::Boundary => BOUNDARY_POLICY,
            _ => IAM_POLICY,
        };
        Matched { policy: self.id.clone(), kind, span: spans.get(site.statement).copied() }
    }
}

/// The policies that a user, group or role has, and what is known of it.
#[derive(Default)]
pub struct Held {
    pub(crate) identity: Vec<SourcePolicy>,
    pub(crate) boundary: Option<SourcePolicy>,
    pub(crate) levels: Vec<Vec<Arc<Policy>>>,
    /// Bytes of the service control policies.
    pub(crate) controls_size: usize,
    /// It as a caller; a group calls nobody.
    pub(crate) caller: Option<SupposedCaller>,
}

/// Who would ask.
#[derive(Debug, Clone)]
pub struct SupposedCaller {
    /// As policies see it.
    pub principal: Principal,
    /// The value of `aws:PrincipalArn`; none where nobody in particular asks.
    pub arn: Option<String>,
    /// Its tags.
    pub tags: Vec<Tag>,
}

impl SupposedCaller {
    /// Nobody in particular, of this account.
    #[must_use]
    pub fn nobody(account: AccountId) -> Self {
        let (path, name, id) = ("/".to_owned(), String::new(), String::new());
        let principal = Principal::User { account, path, name, id };
        Self { principal, arn: None, tags: Vec::new() }
    }
}

/// What is simulated.
pub struct Scenario {
    /// The stored policies.
    pub held: Held,
    /// Documents of further identity policies.
    pub documents: Vec<String>,
    /// The document of a permissions boundary, in the place of the one that is stored.
    pub boundary: Option<String>,
    /// Documents of service control policies, level by level.
    pub levels: Vec<Vec<String>>,
    /// The actions.
    pub actions: Vec<String>,
    /// The resources: ARNs, or `*`.
    pub resources: Vec<String>,
    /// The document of the policy that each resource has.
    pub resource_policy: Option<String>,
    /// The account that owns the resources whose ARNs name none.
    pub owner: Option<AccountId>,
    /// Who would ask, if not who has the stored policies.
    pub caller: Option<SupposedCaller>,
    /// What else is known of the requests.
    pub context: Vec<ContextEntry>,
}

/// What was found of one action.
pub struct ActionFindings {
    /// The action.
    pub action: String,
    /// For each resource.
    pub findings: Vec<Finding>,
}

/// What was found of one action on one resource.
pub struct Finding {
    /// The resource.
    pub resource: String,
    /// The decision.
    pub decision: Opinion,
    /// Across accounts what each kind of policy says, unless the organization ends it.
    pub details: Option<BTreeMap<&'static str, Opinion>>,
    /// The statements that deny it, or else allow it.
    pub matched: Vec<Matched>,
    /// Condition keys without a value, as policies write them.
    pub missing: Vec<String>,
    /// Whether the service control policies allow it, where there are any.
    pub by_organization: Option<bool>,
    /// Whether the permissions boundary allows it, where there is one.
    pub by_boundary: Option<bool>,
}

/// A statement of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Matched {
    /// How the policy is called.
    pub policy: String,
    /// What kind of policy it is.
    pub kind: &'static str,
    /// Where in the document it stands.
    pub span: Option<Span>,
}

impl Scenario {
    /// How many of the actions one request may simulate.
    ///
    /// # Errors
    /// [`SimulationDefect::TooLarge`] if it is not even one.
    pub(crate) fn actions_at_once(&self) -> Result<usize, SimulationDefect> {
        let held = self.held.identity.iter().chain(&self.held.boundary);
        let given = self.documents.iter().chain(&self.boundary).chain(&self.resource_policy);
        let given = given.chain(self.levels.iter().flatten());
        let documents: usize =
            held.map(|policy| policy.text.len()).chain(given.map(String::len)).sum();
        let size = documents + self.held.controls_size + 64;
        // A condition may compare each of its values with each of the context's.
        let values = self.context.iter().flat_map(|entry| &entry.values);
        let context = values.map(|value| 1 + value.len() / 64).fold(1, usize::saturating_add);
        let size = size.saturating_mul(context);
        let weight = |resource: &String| size.saturating_mul(1 + resource.len() / 64);
        let weight = self.resources.iter().map(weight).fold(0, usize::saturating_add);
        let most = MAX_FINDINGS / self.resources.len().max(1);
        match most.min(MAX_WEIGHT / weight.max(1)) {
            0 => Err(SimulationDefect::TooLarge),
            most => Ok(most),
        }
    }

    /// What is found of `actions`. It takes a core for longer than a request may hold one.
    ///
    /// # Errors
    /// [`SimulationDefect::Document`], [`SimulationDefect::TooLarge`].
    pub(crate) fn run(
        self,
        actions: Vec<String>,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Vec<ActionFindings>, SimulationDefect> {
        let stage = Stage::set(self, account)?;
        let mut named = 0;
        let mut all = Vec::with_capacity(actions.len());
        for action in actions {
            let mut findings = Vec::with_capacity(stage.resources.len());
            for resource in &stage.resources {
                let finding = stage.play(&action, resource, now);
                named += finding.matched.len() + finding.missing.len();
                if named > MAX_NAMED {
                    return Err(SimulationDefect::TooLarge);
                }
                findings.push(finding);
            }
            all.push(ActionFindings { action, findings });
        }
        Ok(all)
    }
}

/// A scenario with its documents compiled.
struct Stage {
    identity: Vec<SourcePolicy>,
    boundary: Option<SourcePolicy>,
    resource_policy: Option<SourcePolicy>,
    levels: Vec<Vec<Arc<Policy>>>,
    resources: Vec<String>,
    owner: Option<AccountId>,
    caller: SupposedCaller,
    given: Given,
}

impl Stage {
    fn set(scenario: Scenario, account: AccountId) -> Result<Self, SimulationDefect> {
        let Scenario { held, documents, boundary, levels, resources, owner, context, .. } =
            scenario;
        let Held { mut identity, boundary: stored, levels: controls, caller: holder, .. } = held;
        identity.extend(input_policies(documents)?);
        let parse = |name: &str, text, parse: fn(&str) -> Result<Policy, Malformed>| {
            SourcePolicy::parse(name.to_owned(), text, parse)
        };
        let boundary = match boundary {
            Some(text) => {
                let name = "PermissionsBoundaryPolicyInputList.1";
                Some(parse(name, text, Policy::identity_policy)?)
            }
            None => stored,
        };
        let resource_policy = scenario
            .resource_policy
            .map(|text| parse("ResourcePolicy", text, Policy::resource_policy))
            .transpose()?;
        let caller = scenario.caller.or(holder).unwrap_or_else(|| SupposedCaller::nobody(account));
        let mut given = Given::new(context);
        if let Some(arn) = &caller.arn {
            given.imply(of_caller(&caller.principal, arn.clone()));
        }
        let levels = controls.into_iter().map(Ok).chain(input_levels(levels));
        let levels = levels.collect::<Result<_, _>>()?;
        Ok(Self { identity, boundary, resource_policy, levels, resources, owner, caller, given })
    }

    fn play(&self, action: &str, resource: &str, now: Timestamp) -> Finding {
        let mut parts = resource.splitn(6, ':').skip(3);
        let region = parts.next().and_then(|text| text.parse::<Region>().ok());
        let account = parts.next().and_then(|text| text.parse().ok());
        let owner = account.or(self.owner).or_else(|| self.caller.principal.account());
        let request = of_request(action, region, owner, now);
        let facts = Scene { given: &self.given, tags: &self.caller.tags, request };
        let compiled: Vec<&Policy> = self.identity.iter().map(|source| &*source.policy).collect();
        let levels: Vec<Vec<&Policy>> = self
            .levels
            .iter()
            .map(|level| level.iter().map(|policy| &**policy).collect())
            .collect();
        let sources = Sources {
            key_policy: self.resource_policy.as_ref().map(|source| &*source.policy),
            identity: &compiled,
            boundary: self.boundary.as_ref().map(|source| &*source.policy),
            service_control: &levels.iter().map(Vec::as_slice).collect::<Vec<_>>(),
            ..Sources::default()
        };
        let principal = &self.caller.principal;
        let simulated =
            simulate(&Hypothesis { principal, action, resource, owner }, &sources, &facts);
        self.finding(resource, simulated)
    }

    fn finding(&self, resource: &str, simulated: Simulated) -> Finding {
        let allowed = |opinion: Option<Opinion>| opinion.map(|found| found == Opinion::Allowed);
        let by_organization = allowed(simulated.service_control);
        let source = |site: &Site| match site.kind {
            PolicyKind::Identity => self.identity.get(site.policy),
            PolicyKind::Boundary => self.boundary.as_ref(),
            _ => self.resource_policy.as_ref(),
        };
        let mut matched: Vec<Matched> = Vec::with_capacity(simulated.matched.len());
        for site in &simulated.matched {
            matched.extend(source(site).map(|source| source.matched(site)));
        }
        let ends = by_organization == Some(false);
        let details = (simulated.is_cross_account && !ends).then(|| {
            let kinds = [
                (IAM_POLICY, Some(simulated.identity)),
                (RESOURCE_POLICY, simulated.resource),
                (BOUNDARY_POLICY, simulated.boundary),
            ];
            kinds.into_iter().filter_map(|(kind, opinion)| Some((kind, opinion?))).collect()
        });
        Finding {
            resource: resource.to_owned(),
            decision: simulated.decision,
            details,
            matched,
            missing: simulated.missing.into_values().collect(),
            by_organization,
            by_boundary: allowed(simulated.boundary),
        }
    }
}

/// The condition keys that the policies ask for, as they are first written; sorted.
///
/// # Errors
/// [`SimulationDefect::Document`].
pub(crate) fn context_keys(
    held: Held,
    documents: Vec<String>,
) -> Result<Vec<String>, SimulationDefect> {
    let mut policies = held.identity;
    policies.extend(held.boundary);
    // Whoever asks what a document needs may bring the policy of a resource, too.
    for (at, text) in documents.into_iter().enumerate() {
        let either = |text: &str| {
            Policy::identity_policy(text)
                .or_else(|why| Policy::resource_policy(text).map_err(|_| why))
        };
        policies.push(SourcePolicy::parse(input_name(at), text, either)?);
    }
    let mut keys = BTreeMap::new();
    for source in &policies {
        for (key, name) in source.policy.context_keys() {
            keys.entry(key.to_owned()).or_insert_with(|| name.to_owned());
        }
    }
    Ok(keys.into_values().collect())
}

fn input_name(at: usize) -> String {
    format!("PolicyInputList.{}", at + 1)
}

fn input_policies(documents: Vec<String>) -> Result<Vec<SourcePolicy>, SimulationDefect> {
    let numbered = documents.into_iter().enumerate();
    let parse = |(at, text)| SourcePolicy::parse(input_name(at), text, Policy::identity_policy);
    numbered.map(parse).collect()
}

fn input_levels(
    levels: Vec<Vec<String>>,
) -> impl Iterator<Item = Result<Vec<Arc<Policy>>, SimulationDefect>> {
    levels.into_iter().enumerate().map(|(at, documents)| {
        let name = format!("OrderedOrganizationPolicyInputList.{}", at + 1);
        let parse = |text| SourcePolicy::parse(name.clone(), text, Policy::identity_policy);
        documents.into_iter().map(|text| Ok(parse(text)?.policy)).collect()
    })
}

/// What is known of one supposed request.
struct Scene<'a> {
    given: &'a Given,
    tags: &'a [Tag],
    request: Vec<Implied>,
}

impl Facts for Scene<'_> {
    fn fact(&self, key: &str) -> Option<Fact<'_>> {
        let of_request = || {
            let (_, value) = self.request.iter().find(|(name, _)| *name == key)?;
            Some(Fact::One(value.as_str().into()))
        };
        let of_tags = || {
            let name = key.strip_prefix("aws:principaltag/")?;
            Fact::named(self.tags.iter().map(Tag::pair), name)
        };
        self.given.value(key).or_else(of_request).or_else(of_tags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(documents: &[&str], resources: usize) -> Scenario {
        Scenario {
            held: Held::default(),
            documents: documents.iter().map(|text| (*text).to_owned()).collect(),
            boundary: None,
            levels: Vec::new(),
            actions: Vec::new(),
            resources: vec!["*".to_owned(); resources],
            resource_policy: None,
            owner: None,
            caller: None,
            context: Vec::new(),
        }
    }

    fn run(scenario: Scenario) -> Result<Vec<ActionFindings>, SimulationDefect> {
        let actions = vec!["s3:GetObject".to_owned()];
        scenario.run(actions, AccountId::INITIAL, Timestamp::from_millis(0))
    }

    #[test]
    fn work_and_answer_are_bounded() {
        let long = " ".repeat(100_000);
        assert_eq!(scenario(&["{}"], 1).actions_at_once(), Ok(10_000));
        assert_eq!(scenario(&["{}"], 500).actions_at_once(), Ok(20));
        assert_eq!(scenario(&[&long], 500).actions_at_once().unwrap(), 1);
        let too_much = scenario(&[&long, &long], 500).actions_at_once();
        assert_eq!(too_much, Err(SimulationDefect::TooLarge));
        let statement = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
        let many = format!(r#"{{"Statement":[{}]}}"#, vec![statement; 1001].join(","));
        assert_eq!(run(scenario(&[&many], 19)).unwrap().len(), 1);
        assert!(matches!(run(scenario(&[&many], 20)), Err(SimulationDefect::TooLarge)));
    }

    #[test]
    fn what_is_no_policy_is_named() {
        let found = run(scenario(&[r#"{"Statement":[]}"#], 1)).map(drop);
        let Err(SimulationDefect::Document(name, _)) = found else { panic!("{found:?}") };
        assert_eq!(name, "PolicyInputList.1");
    }
}
