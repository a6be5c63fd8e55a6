//! `KeyMetadata`, as CreateKey and DescribeKey answer it.

use strongroom_engine::reply::{Out, Reply};
use strongroom_keys::{KeyRecord, MaterialId, MultiRegion};
use strongroom_types::{
    EncapsulationAlgorithm, EncryptionAlgorithm, ExpirationModel, KeyAgreementAlgorithm, KeyArn,
    KeyManager, KeySpec, KeyState, MacAlgorithm, MultiRegionKeyType, Origin, SigningAlgorithm,
    Timestamp,
};

/// The metadata of `record` in `state`, with the members that AWS sends for such a key and no
/// others.
pub(crate) fn key_metadata(record: &KeyRecord, state: KeyState) -> Reply {
    let spec = record.spec.name();
    let model = expiration_model(record, state);
    let reply = Reply::empty()
        .with("AWSAccountId", record.account.to_string())
        .with("KeyId", record.id.to_string())
        .with("Arn", record.arn().to_string())
        .with("CreationDate", record.created)
        .with("Enabled", state == KeyState::Enabled)
        .with("Description", record.description.clone())
        .with("KeyUsage", record.usage.name())
        .with("KeyState", state.name())
        .with_some("DeletionDate", record.deletion)
        .with_some("ValidTo", model.and_then(|_| expiry(record)))
        .with("Origin", record.origin.name())
        .with_some("CustomKeyStoreId", record.store.as_ref().map(|store| store.store.clone()))
        .with_some("CloudHsmClusterId", record.store.as_ref().and_then(|s| s.cluster.clone()))
        .with_some("ExpirationModel", model.map(ExpirationModel::name))
        .with("KeyManager", KeyManager::Customer.name())
        .with("CustomerMasterKeySpec", spec)
        .with("KeySpec", spec);
    with_algorithms(reply, record)
        .with("MultiRegion", record.multi_region.is_some())
        .with_some(
            "MultiRegionConfiguration",
            record.multi_region.as_ref().map(|family| multi_region(record, family)),
        )
        .with_some("PendingDeletionWindowInDays", record.pending_window_days.map(i64::from))
        .with_some("XksKeyConfiguration", xks_key(record))
        .with_some("CurrentKeyMaterialId", current_material(record, state))
}

/// `reply` with the algorithms that the key has, under the name that its usage gives them.
pub(crate) fn with_algorithms(reply: Reply, record: &KeyRecord) -> Reply {
    fn names<T: Copy>(all: &[T], name: fn(T) -> &'static str) -> Option<Out> {
        (!all.is_empty()).then(|| all.iter().map(|one| name(*one).into()).collect())
    }
    let (spec, usage) = (record.spec, record.usage);
    let encryption = names(spec.encryption_algorithms(usage), EncryptionAlgorithm::name);
    let signing = names(spec.signing_algorithms(usage), SigningAlgorithm::name);
    let agreement = names(spec.key_agreement_algorithms(usage), KeyAgreementAlgorithm::name);
    let encapsulation = names(spec.encapsulation_algorithms(), EncapsulationAlgorithm::name);
    reply
        .with_some("EncryptionAlgorithms", encryption)
        .with_some("SigningAlgorithms", signing)
        .with_some("KeyAgreementAlgorithms", agreement)
        .with_some("EncapsulationAlgorithms", encapsulation)
        .with_some("MacAlgorithms", names(spec.mac_algorithms(), MacAlgorithm::name))
}

/// The earliest time at which imported key material expires.
fn expiry(record: &KeyRecord) -> Option<Timestamp> {
    let imports = record.material.iter().filter(|material| material.waiting.is_none());
    imports.filter_map(|material| material.import.as_ref()?.expires).min()
}

/// Of a key that has its imported material; a key that waits for it has no model.
fn expiration_model(record: &KeyRecord, state: KeyState) -> Option<ExpirationModel> {
    let imported = record.origin == Origin::External && record.current().is_some();
    (imported && state != KeyState::PendingImport).then(|| match expiry(record) {
        Some(_) => ExpirationModel::Expires,
        None => ExpirationModel::DoesNotExpire,
    })
}

/// Only symmetric encryption keys tell; a replica does from the moment that it is made.
fn current_material(record: &KeyRecord, state: KeyState) -> Option<String> {
    let tells = record.spec == KeySpec::SymmetricDefault
        && matches!(record.origin, Origin::AwsKms | Origin::External)
        && state != KeyState::Creating;
    let current = record.current().filter(|_| tells);
    current.map(|material| MaterialId::new(material.id).to_string())
}

fn xks_key(record: &KeyRecord) -> Option<Reply> {
    let external = record.origin == Origin::ExternalKeyStore;
    let store = record.store.as_ref().filter(|_| external)?;
    Some(Reply::empty().with("Id", store.name.clone()))
}

fn multi_region(record: &KeyRecord, family: &MultiRegion) -> Reply {
    let key_type = if family.primary == record.region {
        MultiRegionKeyType::Primary
    } else {
        MultiRegionKeyType::Replica
    };
    let related = |region| {
        Reply::empty()
            .with("Arn", KeyArn { region, ..record.arn() }.to_string())
            .with("Region", region.as_str().to_owned())
    };
    Reply::empty()
        .with("MultiRegionKeyType", key_type.name())
        .with("PrimaryKey", related(family.primary))
        .with(
            "ReplicaKeys",
            family.replicas.iter().map(|region| related(*region).into()).collect::<Out>(),
        )
}
