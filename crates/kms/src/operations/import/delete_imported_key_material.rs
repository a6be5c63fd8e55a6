//! [DeleteImportedKeyMaterial](https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteImportedKeyMaterial.html): deletes key material that was imported; the same can be imported again.

use super::named;
use crate::table::{OperationName, demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::OneKey;
use strongroom_engine::work::Work;
use strongroom_keys::MaterialId;

pub(crate) struct DeleteImportedKeyMaterial {
    key: String,
    material: Option<MaterialId>,
}

impl Operation for DeleteImportedKeyMaterial {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::DeleteImportedKeyMaterial);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { key: values.need("KeyId")?, material: values.name("KeyMaterialId") })
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        Ok(OneKey::Named(self.key.clone()))
    }

    async fn run(self, key: AdmittedKey, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let deleted = work.delete_material(&key, self.material).await?;
        Ok(named(key.record(), deleted))
    }
}
