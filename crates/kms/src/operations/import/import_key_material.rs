//! [ImportKeyMaterial](https://docs.aws.amazon.com/kms/latest/APIReference/API_ImportKeyMaterial.html): takes in key material that somebody brings.

use super::named;
use crate::table::{OperationName, demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::refusal::{ImportDefect, Invalid, Refusal};
use strongroom_engine::reply::Reply;
use strongroom_engine::target::OneKey;
use strongroom_engine::work::{BroughtMaterial, Work};
use strongroom_engine::{Fact, Operation, Role};
use strongroom_types::{ExpirationModel, ImportType, KeySpec, Timestamp};

pub(crate) struct ImportKeyMaterial {
    key: String,
    /// As it was given; policies ask whether it was.
    model: Option<ExpirationModel>,
    brought: BroughtMaterial,
}

impl Operation for ImportKeyMaterial {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::ImportKeyMaterial);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let model = values.name("ExpirationModel");
        let expires = values.take("ValidTo");
        let defect = match (model.unwrap_or(ExpirationModel::Expires), expires) {
            (ExpirationModel::Expires, None) => Some(ImportDefect::ExpiryMissing),
            (ExpirationModel::DoesNotExpire, Some(_)) => Some(ImportDefect::ExpiryGiven),
            _ => None,
        };
        if let Some(defect) = defect {
            return Err(invalid(defect));
        }
        let (kind, id) = (values.name("ImportType"), values.name("KeyMaterialId"));
        if kind == Some(ImportType::New) && id.is_some() {
            return Err(invalid(ImportDefect::NewNamed));
        }
        let brought = BroughtMaterial {
            token: values.need("ImportToken")?,
            wrapped: values.need("EncryptedKeyMaterial")?,
            expires,
            kind,
            id,
            description: values.take("KeyMaterialDescription"),
        };
        Ok(Self { key: values.need("KeyId")?, model, brought })
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        Ok(OneKey::Named(self.key.clone()))
    }

    /// Source: AWS KMS Developer Guide, "kms:ExpirationModel": it is absent when the parameter is.
    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        let text = match key {
            "kms:expirationmodel" => self.model?.name().into(),
            "kms:validto" => seconds(self.brought.expires?).into(),
            _ => return None,
        };
        Some(Fact::One(text))
    }

    fn check(&self, key: &AdmittedKey) -> Result<(), Refusal> {
        let BroughtMaterial { kind, id, description, .. } = &self.brought;
        let given = [
            (kind.is_some(), "ImportType"),
            (id.is_some(), "KeyMaterialId"),
            (description.is_some(), "KeyMaterialDescription"),
        ];
        match given.into_iter().find(|(given, _)| *given) {
            Some((_, member)) if key.record().spec != KeySpec::SymmetricDefault => {
                Err(invalid(ImportDefect::SymmetricOnly(member)))
            }
            _ => Ok(()),
        }
    }

    async fn run(self, key: AdmittedKey, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let imported = work.import_material(&key, self.brought).await?;
        Ok(named(key.record(), Some(imported)))
    }
}

fn invalid(defect: ImportDefect) -> Refusal {
    Refusal::Validation(Invalid::Import(defect))
}

/// Seconds since the epoch, as the numeric operators of policies compare it.
fn seconds(time: Timestamp) -> String {
    let millis = time.millis();
    format!("{}.{:03}", millis.div_euclid(1000), millis.rem_euclid(1000))
}
