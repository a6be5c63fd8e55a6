//! From an operation's name to its code.

use crate::operations::{
    agreement, aliases, cryptography, data_key_pairs, deletion, grants, import, key_stores, keys,
    macs, multi_region, policies, public_keys, rotation, signing, tags,
};
use crate::table::OperationName as Name;
use strongroom_engine::call::Call;
use strongroom_engine::ledger::{Recorded, Unrecorded};
use strongroom_engine::wire::{Malformed, Node};
use strongroom_engine::{Engine, Outcome};

/// Serves the operation `name`. A name without a line here does not compile.
///
/// # Errors
/// [`Unrecorded`] when the request could not be recorded.
#[expect(clippy::too_many_lines, reason = "one line an operation, and no more")]
pub async fn serve(
    engine: &Engine,
    name: Name,
    call: &Call,
    input: Result<Node<'_>, Malformed>,
) -> Result<Recorded<Outcome>, Unrecorded> {
    match name {
        Name::CancelKeyDeletion => engine.serve::<deletion::CancelKeyDeletion>(call, input).await,
        Name::ConnectCustomKeyStore => {
            engine.serve::<key_stores::ConnectCustomKeyStore>(call, input).await
        }
        Name::CreateAlias => engine.serve::<aliases::CreateAlias>(call, input).await,
        Name::CreateCustomKeyStore => {
            engine.serve::<key_stores::CreateCustomKeyStore>(call, input).await
        }
        Name::CreateGrant => engine.serve::<grants::CreateGrant>(call, input).await,
        Name::CreateKey => engine.serve::<keys::CreateKey>(call, input).await,
        Name::Decapsulate => engine.serve::<agreement::Decapsulate>(call, input).await,
        Name::Decrypt => engine.serve::<cryptography::Decrypt>(call, input).await,
        Name::DeleteAlias => engine.serve::<aliases::DeleteAlias>(call, input).await,
        Name::DeleteCustomKeyStore => {
            engine.serve::<key_stores::DeleteCustomKeyStore>(call, input).await
        }
        Name::DeleteImportedKeyMaterial => {
            engine.serve::<import::DeleteImportedKeyMaterial>(call, input).await
        }
        Name::DeriveSharedSecret => {
            engine.serve::<agreement::DeriveSharedSecret>(call, input).await
        }
        Name::DescribeCustomKeyStores => {
            engine.serve::<key_stores::DescribeCustomKeyStores>(call, input).await
        }
        Name::DescribeKey => engine.serve::<keys::DescribeKey>(call, input).await,
        Name::DisableKey => engine.serve::<keys::DisableKey>(call, input).await,
        Name::DisableKeyRotation => engine.serve::<rotation::DisableKeyRotation>(call, input).await,
        Name::DisconnectCustomKeyStore => {
            engine.serve::<key_stores::DisconnectCustomKeyStore>(call, input).await
        }
        Name::EnableKey => engine.serve::<keys::EnableKey>(call, input).await,
        Name::EnableKeyRotation => engine.serve::<rotation::EnableKeyRotation>(call, input).await,
        Name::Encapsulate => engine.serve::<agreement::Encapsulate>(call, input).await,
        Name::Encrypt => engine.serve::<cryptography::Encrypt>(call, input).await,
        Name::GenerateDataKey => engine.serve::<cryptography::GenerateDataKey>(call, input).await,
        Name::GenerateDataKeyPair => {
            engine.serve::<data_key_pairs::GenerateDataKeyPair>(call, input).await
        }
        Name::GenerateDataKeyPairWithoutPlaintext => {
            engine.serve::<data_key_pairs::GenerateDataKeyPairWithoutPlaintext>(call, input).await
        }
        Name::GenerateDataKeyWithoutPlaintext => {
            engine.serve::<cryptography::GenerateDataKeyWithoutPlaintext>(call, input).await
        }
        Name::GenerateMac => engine.serve::<macs::GenerateMac>(call, input).await,
        Name::GenerateRandom => engine.serve::<cryptography::GenerateRandom>(call, input).await,
        Name::GetKeyLastUsage => engine.serve::<keys::GetKeyLastUsage>(call, input).await,
        Name::GetKeyPolicy => engine.serve::<policies::GetKeyPolicy>(call, input).await,
        Name::GetKeyRotationStatus => {
            engine.serve::<rotation::GetKeyRotationStatus>(call, input).await
        }
        Name::GetParametersForImport => {
            engine.serve::<import::GetParametersForImport>(call, input).await
        }
        Name::GetPublicKey => engine.serve::<public_keys::GetPublicKey>(call, input).await,
        Name::ImportKeyMaterial => engine.serve::<import::ImportKeyMaterial>(call, input).await,
        Name::ListAliases => engine.serve::<aliases::ListAliases>(call, input).await,
        Name::ListGrants => engine.serve::<grants::ListGrants>(call, input).await,
        Name::ListKeyPolicies => engine.serve::<policies::ListKeyPolicies>(call, input).await,
        Name::ListKeyRotations => engine.serve::<rotation::ListKeyRotations>(call, input).await,
        Name::ListKeys => engine.serve::<keys::ListKeys>(call, input).await,
        Name::ListResourceTags => engine.serve::<tags::ListResourceTags>(call, input).await,
        Name::ListRetirableGrants => engine.serve::<grants::ListRetirableGrants>(call, input).await,
        Name::PutKeyPolicy => engine.serve::<policies::PutKeyPolicy>(call, input).await,
        Name::ReEncrypt => engine.serve::<cryptography::ReEncrypt>(call, input).await,
        Name::ReplicateKey => engine.serve::<multi_region::ReplicateKey>(call, input).await,
        Name::RetireGrant => engine.serve::<grants::RetireGrant>(call, input).await,
        Name::RevokeGrant => engine.serve::<grants::RevokeGrant>(call, input).await,
        Name::RotateKeyOnDemand => engine.serve::<rotation::RotateKeyOnDemand>(call, input).await,
        Name::ScheduleKeyDeletion => {
            engine.serve::<deletion::ScheduleKeyDeletion>(call, input).await
        }
        Name::Sign => engine.serve::<signing::Sign>(call, input).await,
        Name::TagResource => engine.serve::<tags::TagResource>(call, input).await,
        Name::UntagResource => engine.serve::<tags::UntagResource>(call, input).await,
        Name::UpdateAlias => engine.serve::<aliases::UpdateAlias>(call, input).await,
        Name::UpdateCustomKeyStore => {
            engine.serve::<key_stores::UpdateCustomKeyStore>(call, input).await
        }
        Name::UpdateKeyDescription => engine.serve::<keys::UpdateKeyDescription>(call, input).await,
        Name::UpdatePrimaryRegion => {
            engine.serve::<multi_region::UpdatePrimaryRegion>(call, input).await
        }
        Name::Verify => engine.serve::<signing::Verify>(call, input).await,
        Name::VerifyMac => engine.serve::<macs::VerifyMac>(call, input).await,
    }
}
