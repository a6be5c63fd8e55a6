//! `KeyMetadata`, as CreateKey and DescribeKey answer it.

use strongroom_engine::reply::{Out, Reply};
use strongroom_keys::{KeyRecord, MaterialId, MultiRegion};
use strongroom_types::{
    EncryptionAlgorithm, KeyArn, KeyManager, KeySpec, KeyState, KeyUsage, MultiRegionKeyType,
};

/// The metadata of `record`, with the members that AWS sends for such a key and no others.
pub(crate) fn key_metadata(record: &KeyRecord) -> Reply {
    let spec = record.spec.name();
    let algorithms = (record.usage == KeyUsage::EncryptDecrypt)
        .then(|| Out::List(vec![EncryptionAlgorithm::SymmetricDefault.name().into()]));
    let current = (record.spec == KeySpec::SymmetricDefault)
        .then(|| record.material.last().map(|m| MaterialId::new(m.id).to_string()))
        .flatten();
    Reply::empty()
        .with("AWSAccountId", record.account.to_string())
        .with("KeyId", record.id.to_string())
        .with("Arn", record.arn().to_string())
        .with("CreationDate", record.created)
        .with("Enabled", record.state == KeyState::Enabled)
        .with("Description", record.description.clone())
        .with("KeyUsage", record.usage.name())
        .with("KeyState", record.state.name())
        .with_some("DeletionDate", record.deletion)
        .with("Origin", record.origin.name())
        .with("KeyManager", KeyManager::Customer.name())
        .with("CustomerMasterKeySpec", spec)
        .with("KeySpec", spec)
        .with_some("EncryptionAlgorithms", algorithms)
        .with("MultiRegion", record.multi_region.is_some())
        .with_some(
            "MultiRegionConfiguration",
            record.multi_region.as_ref().map(|family| multi_region(record, family)),
        )
        .with_some("CurrentKeyMaterialId", current)
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
