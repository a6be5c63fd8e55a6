//! What grants can permit, by the names of the KMS API model.

use crate::names::named;
use crate::{Action, KeySpec, KeyUsage};

named! {
    /// An operation that a grant permits. ReEncrypt is two: what it does to the source key, and to
    /// the destination key.
    GrantOperation {
        Decrypt = "Decrypt",
        Encrypt = "Encrypt",
        GenerateDataKey = "GenerateDataKey",
        GenerateDataKeyWithoutPlaintext = "GenerateDataKeyWithoutPlaintext",
        ReEncryptFrom = "ReEncryptFrom",
        ReEncryptTo = "ReEncryptTo",
        Sign = "Sign",
        Verify = "Verify",
        GetPublicKey = "GetPublicKey",
        CreateGrant = "CreateGrant",
        RetireGrant = "RetireGrant",
        DescribeKey = "DescribeKey",
        GenerateDataKeyPair = "GenerateDataKeyPair",
        GenerateDataKeyPairWithoutPlaintext = "GenerateDataKeyPairWithoutPlaintext",
        GenerateMac = "GenerateMac",
        VerifyMac = "VerifyMac",
        DeriveSharedSecret = "DeriveSharedSecret",
        Encapsulate = "Encapsulate",
        Decapsulate = "Decapsulate",
    }
}

impl GrantOperation {
    /// The action that policies know it by.
    #[must_use]
    pub const fn action(self) -> Action {
        Action::new(match self {
            Self::Decrypt => "kms:Decrypt",
            Self::Encrypt => "kms:Encrypt",
            Self::GenerateDataKey => "kms:GenerateDataKey",
            Self::GenerateDataKeyWithoutPlaintext => "kms:GenerateDataKeyWithoutPlaintext",
            Self::ReEncryptFrom => "kms:ReEncryptFrom",
            Self::ReEncryptTo => "kms:ReEncryptTo",
            Self::Sign => "kms:Sign",
            Self::Verify => "kms:Verify",
            Self::GetPublicKey => "kms:GetPublicKey",
            Self::CreateGrant => "kms:CreateGrant",
            Self::RetireGrant => "kms:RetireGrant",
            Self::DescribeKey => "kms:DescribeKey",
            Self::GenerateDataKeyPair => "kms:GenerateDataKeyPair",
            Self::GenerateDataKeyPairWithoutPlaintext => "kms:GenerateDataKeyPairWithoutPlaintext",
            Self::GenerateMac => "kms:GenerateMac",
            Self::VerifyMac => "kms:VerifyMac",
            Self::DeriveSharedSecret => "kms:DeriveSharedSecret",
            Self::Encapsulate => "kms:Encapsulate",
            Self::Decapsulate => "kms:Decapsulate",
        })
    }

    /// Whether keys of this spec and `usage` support it, so that a grant on one may name it.
    ///
    /// Source: AWS KMS Developer Guide, "Grant operations" and "Key type reference".
    #[must_use]
    pub const fn fits(self, spec: KeySpec, usage: KeyUsage) -> bool {
        let symmetric = matches!(spec, KeySpec::SymmetricDefault);
        match self {
            Self::CreateGrant | Self::RetireGrant | Self::DescribeKey => true,
            Self::GetPublicKey => spec.is_asymmetric(),
            Self::Decrypt | Self::Encrypt | Self::ReEncryptFrom | Self::ReEncryptTo => {
                matches!(usage, KeyUsage::EncryptDecrypt)
            }
            Self::GenerateDataKey
            | Self::GenerateDataKeyWithoutPlaintext
            | Self::GenerateDataKeyPair
            | Self::GenerateDataKeyPairWithoutPlaintext => symmetric,
            Self::Sign | Self::Verify => matches!(usage, KeyUsage::SignVerify),
            Self::GenerateMac | Self::VerifyMac => matches!(usage, KeyUsage::GenerateVerifyMac),
            Self::DeriveSharedSecret => matches!(usage, KeyUsage::KeyAgreement),
            Self::Encapsulate | Self::Decapsulate => {
                matches!(usage, KeyUsage::EncapsulateDecapsulate)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitting(spec: KeySpec, usage: KeyUsage) -> Vec<&'static str> {
        let fits = |operation: &&GrantOperation| operation.fits(spec, usage);
        GrantOperation::ALL.iter().filter(fits).map(|operation| operation.name()).collect()
    }

    #[test]
    fn an_action_is_the_operation_in_the_service() {
        for operation in GrantOperation::ALL {
            assert_eq!(operation.action().as_str(), format!("kms:{operation}"));
        }
    }

    #[test]
    fn a_key_supports_what_its_usage_is_for() {
        assert_eq!(
            fitting(KeySpec::SymmetricDefault, KeyUsage::EncryptDecrypt),
            [
                "Decrypt",
                "Encrypt",
                "GenerateDataKey",
                "GenerateDataKeyWithoutPlaintext",
                "ReEncryptFrom",
                "ReEncryptTo",
                "CreateGrant",
                "RetireGrant",
                "DescribeKey",
                "GenerateDataKeyPair",
                "GenerateDataKeyPairWithoutPlaintext",
            ]
        );
        let common = ["CreateGrant", "RetireGrant", "DescribeKey"];
        let asymmetric = ["GetPublicKey", "CreateGrant", "RetireGrant", "DescribeKey"];
        assert_eq!(
            fitting(KeySpec::Rsa2048, KeyUsage::EncryptDecrypt),
            [&["Decrypt", "Encrypt", "ReEncryptFrom", "ReEncryptTo"][..], &asymmetric].concat()
        );
        assert_eq!(
            fitting(KeySpec::Rsa2048, KeyUsage::SignVerify),
            [&["Sign", "Verify"][..], &asymmetric].concat()
        );
        assert_eq!(
            fitting(KeySpec::Hmac256, KeyUsage::GenerateVerifyMac),
            [&common[..], &["GenerateMac", "VerifyMac"]].concat()
        );
        assert_eq!(
            fitting(KeySpec::EccNistP256, KeyUsage::KeyAgreement),
            [&asymmetric[..], &["DeriveSharedSecret"]].concat()
        );
        assert_eq!(
            fitting(KeySpec::MlKem768, KeyUsage::EncapsulateDecapsulate),
            [&asymmetric[..], &["Encapsulate", "Decapsulate"]].concat()
        );
    }
}
