//! [CreateKey](https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html): makes a key.

use crate::metadata::key_metadata;
use crate::operations::tags::rules::{checked_tags, request_tag, tagging};
use crate::table::{OperationName, demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::{Invalid, KeyStoreDefect, Refusal, Unsupported};
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{Account, AdmittedAccount};
use strongroom_engine::work::{KeyDraft, KeySource, Work};
use strongroom_engine::{Fact, Operation, Role};
use strongroom_types::{KeySpec, KeyUsage, Origin, Tag};

pub(crate) struct CreateKey {
    spec: KeySpec,
    usage: KeyUsage,
    origin: Origin,
    source: KeySource,
    description: String,
    policy: Option<String>,
    bypass: Option<bool>,
    tags: Vec<Tag>,
    multi_region: bool,
}

impl Operation for CreateKey {
    type Target = Account;
    const DEMANDS: &'static Demands = demands(OperationName::CreateKey);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let (spec, usage) = spec_and_usage(&mut values)?;
        let multi_region = values.take("MultiRegion").unwrap_or(false);
        let origin = values.name("Origin").unwrap_or(Origin::AwsKms);
        let store = values.take("CustomKeyStoreId");
        let source = source(origin, spec, store, values.take("XksKeyId"))?;
        if matches!(source, KeySource::InStore { .. }) {
            fits_key_stores(spec, multi_region)?;
        }
        Ok(Self {
            spec,
            usage,
            origin,
            source,
            description: values.take("Description").unwrap_or_default(),
            policy: values.take("Policy"),
            bypass: values.take("BypassPolicyLockoutSafetyCheck"),
            tags: checked_tags(values.take("Tags").unwrap_or_default())?,
            multi_region,
        })
    }

    fn target(&self) -> Result<Account, Refusal> {
        Ok(Account { also: tagging(&self.tags), multi_region: self.multi_region })
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        let truth = |value: bool| if value { "true" } else { "false" };
        let text = match key {
            "kms:keyspec" | "kms:customermasterkeyspec" => self.spec.name(),
            "kms:keyusage" | "kms:customermasterkeyusage" => self.usage.name(),
            "kms:keyorigin" => self.origin.name(),
            "kms:multiregion" => truth(self.multi_region),
            "kms:multiregionkeytype" if self.multi_region => "PRIMARY",
            "kms:bypasspolicylockoutsafetycheck" => truth(self.bypass?),
            _ => return request_tag(&self.tags, key),
        };
        Some(Fact::One(text.into()))
    }

    async fn run(self, account: AdmittedAccount, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let draft = KeyDraft {
            spec: self.spec,
            usage: self.usage,
            source: self.source,
            description: self.description,
            policy: self.policy,
            bypass_lockout_check: self.bypass.unwrap_or(false),
            tags: self.tags,
            multi_region: self.multi_region,
        };
        let record = work.create_key(&account, draft).await?;
        Ok(Reply::empty().with("KeyMetadata", key_metadata(&record, record.state_at(work.now()))))
    }
}

/// The spec, by either of its two names, and a usage that such keys have.
fn spec_and_usage(values: &mut Values) -> Result<(KeySpec, KeyUsage), Refusal> {
    let spec = values.name::<KeySpec>("KeySpec");
    let spec = match (spec, values.name::<KeySpec>("CustomerMasterKeySpec")) {
        (Some(_), Some(_)) => return Err(Refusal::Validation(Invalid::TwoSpecs)),
        (Some(spec), None) | (None, Some(spec)) => spec,
        (None, None) => KeySpec::SymmetricDefault,
    };
    let usage = match values.name::<KeyUsage>("KeyUsage") {
        Some(usage) => usage,
        None if spec == KeySpec::SymmetricDefault => KeyUsage::EncryptDecrypt,
        None => return Err(Refusal::Validation(Invalid::UsageMissing)),
    };
    if !spec.usages().contains(&usage) {
        return Err(Refusal::Validation(Invalid::UsageOfSpec(usage, spec)));
    }
    Ok((spec, usage))
}

/// Where the key's material shall come from; the members that say so must agree.
fn source(
    origin: Origin,
    spec: KeySpec,
    store: Option<String>,
    external: Option<String>,
) -> Result<KeySource, Refusal> {
    match (origin, store, external) {
        (Origin::AwsKms, None, None) => Ok(KeySource::Generated),
        (Origin::External, None, None) if spec.takes_imports() => Ok(KeySource::Imported),
        (Origin::External, None, None) => Err(Refusal::Unsupported(Unsupported::ImportOf(spec))),
        (Origin::AwsCloudHsm, Some(store), None) => {
            Ok(KeySource::InStore { store, external: None })
        }
        (Origin::ExternalKeyStore, Some(store), Some(external)) => {
            Ok(KeySource::InStore { store, external: Some(external) })
        }
        _ => Err(Refusal::Validation(Invalid::KeyStore(KeyStoreDefect::Origin(origin)))),
    }
}

/// Custom key stores have symmetric encryption keys of one Region, and no others.
fn fits_key_stores(spec: KeySpec, multi_region: bool) -> Result<(), Refusal> {
    if spec != KeySpec::SymmetricDefault {
        return Err(Refusal::Unsupported(Unsupported::InKeyStore(spec.name())));
    }
    if multi_region {
        return Err(Refusal::Unsupported(Unsupported::InKeyStore("MultiRegion")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields;
    use strongroom_engine::wire::Node;

    fn text(text: &'static str) -> Node<'static> {
        Node::Text(text.into())
    }

    fn read(members: Vec<(&'static str, Node<'static>)>) -> CreateKey {
        let members = members.into_iter().map(|(name, value)| (name.into(), value)).collect();
        CreateKey::read(Values::check(fields::CREATE_KEY, &Node::Object(members)).unwrap()).unwrap()
    }

    fn one(key: &CreateKey, name: &str) -> Option<String> {
        match key.fact(Role::Only, name) {
            Some(Fact::One(value)) => Some(value.into_owned()),
            _ => None,
        }
    }

    /// Source: Service Authorization Reference, `CreateKey`. Only identity policies are asked.
    #[test]
    fn policies_see_what_shall_be_made() {
        let tag = vec![("TagKey".into(), text("Project")), ("TagValue".into(), text("Alpha"))];
        let asked = read(vec![
            ("KeySpec", text("RSA_2048")),
            ("KeyUsage", text("SIGN_VERIFY")),
            ("Origin", text("EXTERNAL")),
            ("MultiRegion", Node::Boolean(true)),
            ("BypassPolicyLockoutSafetyCheck", Node::Boolean(true)),
            ("Tags", Node::List(vec![Node::Object(tag)])),
        ]);
        let defaults = read(Vec::new());
        for (name, given, default) in [
            ("kms:keyspec", Some("RSA_2048"), Some("SYMMETRIC_DEFAULT")),
            ("kms:customermasterkeyspec", Some("RSA_2048"), Some("SYMMETRIC_DEFAULT")),
            ("kms:keyusage", Some("SIGN_VERIFY"), Some("ENCRYPT_DECRYPT")),
            ("kms:customermasterkeyusage", Some("SIGN_VERIFY"), Some("ENCRYPT_DECRYPT")),
            ("kms:keyorigin", Some("EXTERNAL"), Some("AWS_KMS")),
            ("kms:multiregion", Some("true"), Some("false")),
            ("kms:multiregionkeytype", Some("PRIMARY"), None),
            ("kms:bypasspolicylockoutsafetycheck", Some("true"), None),
            ("aws:requesttag/project", Some("Alpha"), None),
        ] {
            assert_eq!(one(&asked, name).as_deref(), given, "{name}");
            assert_eq!(one(&defaults, name).as_deref(), default, "{name}");
        }
        let keys = asked.fact(Role::Only, "aws:tagkeys");
        assert_eq!(keys, Some(Fact::Many(vec!["Project".into()])));
        assert_eq!(asked.target().unwrap().also.map(|also| also.as_str()), Some("kms:TagResource"));
        assert_eq!(defaults.target().unwrap().also, None);
    }
}
