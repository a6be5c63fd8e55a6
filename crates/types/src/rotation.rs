//! Rotation of key material, by the names of the KMS API model.

use crate::names::named;

named! {
    /// Why key material was rotated.
    RotationType { Automatic = "AUTOMATIC", OnDemand = "ON_DEMAND", }
}

named! {
    /// The part that key material plays in its key.
    KeyMaterialState {
        NonCurrent = "NON_CURRENT", Current = "CURRENT", PendingRotation = "PENDING_ROTATION",
        PendingMultiRegionImportAndRotation = "PENDING_MULTI_REGION_IMPORT_AND_ROTATION",
    }
}

named! {
    /// What ListKeyRotations lists.
    IncludeKeyMaterial { AllKeyMaterial = "ALL_KEY_MATERIAL", RotationsOnly = "ROTATIONS_ONLY", }
}
