//! [ListKeyRotations](https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyRotations.html): the rotations of a key, and its key material.

use super::rules::is_rotated;
use crate::operations::page::page_reply;
use crate::table::{OperationName, demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::pages::{PageRequest, page_request};
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Out;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::OneKey;
use strongroom_engine::work::Work;
use strongroom_keys::{KeyRecord, MaterialId, MaterialRecord};
use strongroom_types::{ExpirationModel, ImportState, IncludeKeyMaterial, Timestamp};

pub(crate) struct ListKeyRotations {
    key: String,
    all: bool,
    page: PageRequest,
}

impl Operation for ListKeyRotations {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::ListKeyRotations);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let page = page_request(values.take("Limit"), values.take("Marker"), 100, 1000)?;
        let included = values.name("IncludeKeyMaterial");
        let all = included == Some(IncludeKeyMaterial::AllKeyMaterial);
        Ok(Self { key: values.need("KeyId")?, all, page })
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        Ok(OneKey::Named(self.key.clone()))
    }

    fn check(&self, key: &AdmittedKey) -> Result<(), Refusal> {
        is_rotated(key.record())
    }

    async fn run(self, key: AdmittedKey, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let (record, now) = (key.record(), work.now());
        // Imported material that expired while it waited is none of the key's any more.
        let known = |own: &&MaterialRecord| own.waiting.is_none() || own.is_present_at(now);
        let listed = |own: &&MaterialRecord| self.all || own.rotation.is_some();
        let items = record.material.iter().filter(known).filter(listed);
        let items: Vec<Out> = items.map(|own| entry(record, own, now).into()).collect();
        let page = work.page_within(&key, items, self.page).await?;
        Ok(page_reply("Rotations", page.items, page.next))
    }
}

/// One key material, with the members that AWS sends for it and no others.
fn entry(record: &KeyRecord, own: &MaterialRecord, now: Timestamp) -> Reply {
    let reply = Reply::empty()
        .with("KeyId", record.arn().to_string())
        .with("KeyMaterialId", MaterialId::new(own.id).to_string())
        .with("KeyMaterialState", record.part_of(own).name())
        .with_some("RotationDate", own.rotation.map(|rotation| rotation.time))
        .with_some("RotationType", own.rotation.map(|rotation| rotation.kind.name()));
    let Some(import) = &own.import else { return reply };
    let present = own.is_present_at(now);
    let state = if present { ImportState::Imported } else { ImportState::PendingImport };
    let model = match import.expires {
        Some(_) => ExpirationModel::Expires,
        None => ExpirationModel::DoesNotExpire,
    };
    reply
        .with_some("KeyMaterialDescription", import.description.clone())
        .with("ImportState", state.name())
        .with_some("ExpirationModel", present.then(|| model.name()))
        .with_some("ValidTo", import.expires.filter(|_| present))
}
