//! [CreateGrant](https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html): lets a principal use a key.

use super::party;
use crate::table::{OperationName, demands};
use std::collections::BTreeMap;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::refusal::{GrantDefect, Refusal};
use strongroom_engine::reply::Reply;
use strongroom_engine::target::OneKey;
use strongroom_engine::work::Work;
use strongroom_engine::{Fact, Operation, Role, constraint_fact};
use strongroom_keys::{GrantTerms, Party};
use strongroom_types::{EncryptionContext, GrantOperation, KeySpec};

pub(crate) struct CreateGrant {
    key: String,
    terms: GrantTerms,
}

impl Operation for CreateGrant {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::CreateGrant);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let grantee = party::need(&mut values, "GranteePrincipal", "GranteeServicePrincipal")?;
        let retiring = party::read(&mut values, "RetiringPrincipal", "RetiringServicePrincipal")?;
        let names: Vec<String> = values.need("Operations")?;
        let mut constraints: Option<Values> = values.take("Constraints");
        let terms = GrantTerms {
            grantee,
            retiring,
            operations: operations(&names)?,
            context_subset: context(&mut constraints, &SUBSET)?,
            context_equals: context(&mut constraints, &EQUALS)?,
            source_arn: constraints.as_mut().and_then(|given| given.take("SourceArn")),
            name: values.take("Name"),
            grantee_id: None,
            retiring_id: None,
        };
        agree(&terms)?;
        Ok(Self { key: values.need("KeyId")?, terms })
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        Ok(OneKey::Named(self.key.clone()))
    }

    /// Source: AWS KMS Developer Guide, "AWS KMS condition keys".
    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        let terms = &self.terms;
        let one = |text: Option<&'_ str>| text.map(|text| Fact::One(text.to_owned().into()));
        let retiring = terms.retiring.as_ref();
        match key {
            "kms:grantoperations" => {
                Some(Fact::Many(terms.operations.iter().map(|one| one.name().into()).collect()))
            }
            "kms:granteeprincipal" => one(terms.grantee.principal()),
            "kms:granteeserviceprincipal" => one(terms.grantee.service()),
            "kms:retiringprincipal" => one(retiring.and_then(Party::principal)),
            "kms:retiringserviceprincipal" => one(retiring.and_then(Party::service)),
            "kms:grantconstraintsourcearn" => one(terms.source_arn.as_deref()),
            "kms:grantisforawsresource" => party::for_aws_resource(key),
            _ => constraint_fact(terms, key),
        }
    }

    fn check(&self, key: &AdmittedKey) -> Result<(), Refusal> {
        let record = key.record();
        let fits = |operation: &&GrantOperation| !operation.fits(record.spec, record.usage);
        if let Some(operation) = self.terms.operations.iter().find(fits) {
            return Err(Refusal::Grant(GrantDefect::Operation(*operation)));
        }
        let bound = self.terms.context_subset.is_some() || self.terms.context_equals.is_some();
        if bound && record.spec != KeySpec::SymmetricDefault {
            return Err(Refusal::Grant(GrantDefect::ContextOfKey(record.spec)));
        }
        Ok(())
    }

    async fn rehearse(&self, key: &AdmittedKey, work: &mut Work<'_>) -> Result<(), Refusal> {
        work.rehearse_grant(key, self.terms.clone()).await
    }

    async fn run(self, key: AdmittedKey, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let grant = work.create_grant(&key, self.terms).await?;
        Ok(Reply::empty().with("GrantToken", grant.token).with("GrantId", grant.id))
    }
}

/// The operations, each once.
fn operations(names: &[String]) -> Result<Vec<GrantOperation>, Refusal> {
    let mut operations = Vec::with_capacity(names.len().min(GrantOperation::ALL.len()));
    for name in names {
        // The shape has checked the names.
        let operation = name.parse().map_err(|_| Refusal::Internal)?;
        if !operations.contains(&operation) {
            operations.push(operation);
        }
    }
    match operations.as_slice() {
        [] => Err(Refusal::Grant(GrantDefect::NoOperation)),
        [GrantOperation::CreateGrant] => Err(Refusal::Grant(GrantDefect::OnlyCreateGrant)),
        _ => Ok(operations),
    }
}

/// A member of `GrantConstraints`, and how AWS's texts write it.
type Member = (&'static str, &'static str);

const SUBSET: Member = ("EncryptionContextSubset", "encryptionContextSubset");
const EQUALS: Member = ("EncryptionContextEquals", "encryptionContextEquals");

/// The most pairs of a constraint. Source: AWS KMS API Reference, `GrantConstraints`.
const MAX_PAIRS: usize = 8;
/// The most characters of a value in one. Source: the same.
const MAX_VALUE_CHARACTERS: usize = 384;

/// The pairs of a constraint, of which there must be one.
fn context(
    constraints: &mut Option<Values>,
    (member, shown): &Member,
) -> Result<Option<BTreeMap<String, String>>, Refusal> {
    let given: Option<EncryptionContext> = constraints.as_mut().and_then(|all| all.take(member));
    let Some(given) = given else { return Ok(None) };
    if given.is_empty() {
        return Err(Refusal::Grant(GrantDefect::NoPairs));
    }
    if given.pairs().len() > MAX_PAIRS {
        return Err(Refusal::Grant(GrantDefect::TooManyPairs(shown)));
    }
    if given.pairs().any(|(_, value)| value.chars().count() > MAX_VALUE_CHARACTERS) {
        return Err(Refusal::Grant(GrantDefect::LongValue(shown)));
    }
    if given.pairs().any(|(key, _)| given.values_of(&key.to_lowercase()).count() > 1) {
        return Err(Refusal::Grant(GrantDefect::KeysCollide));
    }
    Ok(Some(given.pairs().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()))
}

/// Refuses terms that contradict each other.
fn agree(terms: &GrantTerms) -> Result<(), Refusal> {
    if terms.context_subset.is_some() && terms.context_equals.is_some() {
        return Err(Refusal::Grant(GrantDefect::TwoConstraints));
    }
    let bound = terms.source_arn.is_some() && terms.retiring.is_some();
    if terms.grantee.service().is_some() && !bound {
        return Err(Refusal::Grant(GrantDefect::Service));
    }
    Ok(())
}
