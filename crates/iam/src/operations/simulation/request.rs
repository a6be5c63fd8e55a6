//! What simulations have in common of their input.

use crate::operations::page::page;
use strongroom_engine::NamedPrincipal;
use strongroom_engine::decode::Values;
use strongroom_engine::hypothesis::{ContextEntry, asker};
use strongroom_engine::pages::PageRequest;
use strongroom_engine::refusal::{IdentityDefect, Refusal, SimulationDefect};
use strongroom_engine::simulation::{Exclusion, Held, PolicyClass, Scenario, SupposedCaller};
use strongroom_types::{AccountId, EntityReference};

/// The members that both simulations have.
pub(super) struct Request {
    documents: Vec<String>,
    boundary: Option<String>,
    actions: Vec<String>,
    resources: Vec<String>,
    resource_policy: Option<String>,
    owner: Option<AccountId>,
    caller: Option<SupposedCaller>,
    context: Vec<ContextEntry>,
    page: PageRequest,
}

impl Request {
    /// Takes them out of the checked members. `has_caller` says whether there is somebody who asks
    /// if the request names nobody.
    pub(super) fn read(values: &mut Values, has_caller: bool) -> Result<Self, Refusal> {
        if values.has("ResourceHandlingOption") {
            return Err(refused(SimulationDefect::Scenario));
        }
        let actions: Vec<String> = values.need("ActionNames")?;
        if let Some(wrong) = actions.iter().find(|name| !is_action(name)) {
            return Err(refused(SimulationDefect::Action(wrong.clone())));
        }
        let mut boundaries = values.take::<Vec<String>>("PermissionsBoundaryPolicyInputList");
        if boundaries.as_ref().is_some_and(|list| list.len() > 1) {
            return Err(refused(SimulationDefect::Boundaries));
        }
        let resources = resources(values)?;
        let resource_policy: Option<String> = values.take("ResourcePolicy");
        let caller = values.take::<String>("CallerArn").map(caller).transpose()?;
        if resource_policy.is_some() && caller.is_none() && !has_caller {
            return Err(refused(SimulationDefect::NoCaller));
        }
        if resource_policy.is_some() && resources.iter().any(|arn| arn == "*") {
            return Err(refused(SimulationDefect::NoResource));
        }
        Ok(Self {
            documents: documents(values),
            boundary: boundaries.as_mut().and_then(Vec::pop),
            actions,
            resources,
            resource_policy,
            owner: values.take::<String>("ResourceOwner").map(owner).transpose()?,
            caller,
            context: context(values)?,
            page: page(values)?,
        })
    }

    /// The scenario with the policies that are stored, and the page that is asked for.
    pub(super) fn into_scenario(
        self,
        held: Held,
        levels: Vec<Vec<String>>,
    ) -> (Scenario, PageRequest) {
        let Self { documents, boundary, actions, resources, resource_policy, .. } = self;
        let Self { owner, caller, context, page, .. } = self;
        let scenario = Scenario {
            held,
            documents,
            boundary,
            levels,
            actions,
            resources,
            resource_policy,
            owner,
            caller,
            context,
        };
        (scenario, page)
    }
}

/// The documents of further policies.
pub(super) fn documents(values: &mut Values) -> Vec<String> {
    values.take("PolicyInputList").unwrap_or_default()
}

/// The policies to leave out.
pub(super) fn exclusions(values: &mut Values) -> Result<Vec<Exclusion>, Refusal> {
    let given = values.take::<Vec<Values>>("PolicyExclusionList").unwrap_or_default();
    let read = |members| exclusion(members).ok_or(refused(SimulationDefect::Exclusion));
    given.into_iter().map(read).collect()
}

/// One of three members, and no other.
fn exclusion(mut members: Values) -> Option<Exclusion> {
    let class = members.take::<String>("PolicyType");
    let arn = members.take::<String>("PolicyArn");
    let inline = members.take::<Values>("InlinePolicyIdentifier");
    match (class, arn, inline) {
        (Some(name), None, None) => PolicyClass::parse(&name).map(Exclusion::Class),
        (None, Some(arn), None) => Exclusion::managed(arn),
        (None, None, Some(mut inline)) => Exclusion::inline(
            inline.take("PolicyName")?,
            inline.name("AttachmentType")?,
            inline.take("AttachmentName")?,
        ),
        _ => None,
    }
}

/// The documents of service control policies, level by level.
pub(super) fn levels(values: &mut Values) -> Result<Vec<Vec<String>>, Refusal> {
    let given = values.take::<Vec<Values>>("OrderedOrganizationPolicyInputList");
    let level = |(at, mut members): (usize, Values)| {
        let documents: Vec<String> =
            members.take("ServiceControlPolicyInputList").unwrap_or_default();
        let empty = SimulationDefect::EmptyLevel(at + 1);
        if documents.is_empty() { Err(refused(empty)) } else { Ok(documents) }
    };
    given.unwrap_or_default().into_iter().enumerate().map(level).collect()
}

fn refused(defect: SimulationDefect) -> Refusal {
    Refusal::Identity(IdentityDefect::Simulation(defect))
}

/// `service:Name`, of any service: which actions there are is not known. Wildcards stand in
/// policies only.
fn is_action(name: &str) -> bool {
    let part = |part: &str| {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        !part.is_empty() && part.bytes().all(allowed)
    };
    name.split_once(':').is_some_and(|(service, name)| part(service) && part(name))
}

fn resources(values: &mut Values) -> Result<Vec<String>, Refusal> {
    let given = values.take::<Vec<String>>("ResourceArns").unwrap_or_default();
    if given.is_empty() {
        return Ok(vec!["*".to_owned()]);
    }
    let is_arn = |text: &str| text.starts_with("arn:") && text.split(':').count() >= 6;
    match given.iter().find(|text| *text != "*" && !is_arn(text)) {
        Some(wrong) => Err(refused(SimulationDefect::Resource(wrong.clone()))),
        None => Ok(given),
    }
}

/// The ARN of a user, role or group; a group calls nobody, but it is of an account.
fn caller(arn: String) -> Result<SupposedCaller, Refusal> {
    let named = NamedPrincipal::parse_arn(&arn).map(|(_, name)| name);
    let named = named
        .filter(|name| matches!(name, NamedPrincipal::User { .. } | NamedPrincipal::Role { .. }));
    if let Some(principal) = named.and_then(|name| asker(name, "")) {
        return Ok(SupposedCaller { principal, arn: Some(arn), tags: Vec::new() });
    }
    let group = EntityReference::parse(&arn).filter(|found| found.kind == "group");
    match group.and_then(|found| found.account) {
        Some(account) => Ok(SupposedCaller::nobody(account)),
        None => Err(refused(SimulationDefect::Entity(arn))),
    }
}

/// The account of a root user's ARN.
fn owner(arn: String) -> Result<AccountId, Refusal> {
    match NamedPrincipal::parse_arn(&arn) {
        Some((_, NamedPrincipal::Account { account })) => Ok(account),
        _ => Err(refused(SimulationDefect::Owner(arn))),
    }
}

fn context(values: &mut Values) -> Result<Vec<ContextEntry>, Refusal> {
    let given = values.take::<Vec<Values>>("ContextEntries").unwrap_or_default();
    let entry = |mut members: Values| {
        let key = members.take::<String>("ContextKeyName").unwrap_or_default();
        let kind = members.take::<String>("ContextKeyType").unwrap_or_default();
        let values = members.take("ContextKeyValues").unwrap_or_default();
        ContextEntry { key, values, is_list: kind.ends_with("List") }
    };
    Ok(given.into_iter().map(entry).filter(|entry| !entry.key.is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_of_any_service() {
        for good in ["kms:Decrypt", "s3:GetObject", "lex-v2:X_1"] {
            assert!(is_action(good), "{good}");
        }
        for bad in ["*", "kms", "kms:", ":Decrypt", "kms:*", "kms:De?", "a:b:c", "kms:De crypt"] {
            assert!(!is_action(bad), "{bad}");
        }
    }

    #[test]
    fn callers_are_users_roles_and_groups() {
        let arn = |rest: &str| caller(format!("arn:aws:iam::111122223333:{rest}"));
        assert!(arn("user/a/ann").unwrap().arn.is_some());
        assert!(arn("role/ops").unwrap().arn.is_some());
        assert!(arn("group/staff").unwrap().arn.is_none());
        for bad in ["root", "policy/use"] {
            assert!(arn(bad).is_err(), "{bad}");
        }
        for bad in ["*", "111122223333", "arn:aws:sts::111122223333:assumed-role/ops/s"] {
            assert!(caller(bad.to_owned()).is_err(), "{bad}");
        }
        assert!(owner("arn:aws:iam::111122223333:root".to_owned()).is_ok());
        assert!(owner("111122223333".to_owned()).is_err());
    }
}
