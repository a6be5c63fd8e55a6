//! Algorithms of cryptographic operations and what they apply to, by the names of the KMS API model.

use crate::names::named;
use crate::{KeySpec, KeyUsage};

named! {
    /// Algorithms of Encrypt and Decrypt.
    EncryptionAlgorithm {
        SymmetricDefault = "SYMMETRIC_DEFAULT", RsaesOaepSha1 = "RSAES_OAEP_SHA_1",
        RsaesOaepSha256 = "RSAES_OAEP_SHA_256", Sm2Pke = "SM2PKE",
    }
}

named! {
    /// Algorithms of Sign and Verify.
    SigningAlgorithm {
        RsassaPssSha256 = "RSASSA_PSS_SHA_256", RsassaPssSha384 = "RSASSA_PSS_SHA_384",
        RsassaPssSha512 = "RSASSA_PSS_SHA_512", RsassaPkcs1Sha256 = "RSASSA_PKCS1_V1_5_SHA_256",
        RsassaPkcs1Sha384 = "RSASSA_PKCS1_V1_5_SHA_384",
        RsassaPkcs1Sha512 = "RSASSA_PKCS1_V1_5_SHA_512", EcdsaSha256 = "ECDSA_SHA_256",
        EcdsaSha384 = "ECDSA_SHA_384", EcdsaSha512 = "ECDSA_SHA_512",
        Ed25519Sha512 = "ED25519_SHA_512", Ed25519PhSha512 = "ED25519_PH_SHA_512",
        Sm2Dsa = "SM2DSA", MlDsaShake256 = "ML_DSA_SHAKE_256",
    }
}

named! {
    /// What Sign and Verify are given.
    MessageType {
        /// The message itself, at most 4,096 bytes.
        Raw = "RAW",
        /// Its digest, of the length that the algorithm hashes to.
        Digest = "DIGEST",
        /// The 64-byte representative of FIPS 204, section 6.2, made outside.
        ExternalMu = "EXTERNAL_MU",
    }
}

named! {
    /// Algorithms of GenerateMac and VerifyMac.
    MacAlgorithm {
        HmacSha224 = "HMAC_SHA_224", HmacSha256 = "HMAC_SHA_256", HmacSha384 = "HMAC_SHA_384",
        HmacSha512 = "HMAC_SHA_512",
    }
}

named! {
    /// Algorithms of DeriveSharedSecret.
    KeyAgreementAlgorithm { Ecdh = "ECDH", }
}

named! {
    /// Algorithms of Encapsulate and Decapsulate.
    EncapsulationAlgorithm { MlKem = "ML_KEM", }
}

impl SigningAlgorithm {
    /// Length in bytes of a digest for this algorithm; `None` where it takes none.
    ///
    /// Source: AWS KMS API Reference, `Sign`, member `MessageType`.
    #[must_use]
    pub const fn digest_bytes(self) -> Option<usize> {
        match self {
            Self::RsassaPssSha256 | Self::RsassaPkcs1Sha256 | Self::EcdsaSha256 | Self::Sm2Dsa => {
                Some(32)
            }
            Self::RsassaPssSha384 | Self::RsassaPkcs1Sha384 | Self::EcdsaSha384 => Some(48),
            Self::RsassaPssSha512
            | Self::RsassaPkcs1Sha512
            | Self::EcdsaSha512
            | Self::Ed25519PhSha512 => Some(64),
            Self::Ed25519Sha512 | Self::MlDsaShake256 => None,
        }
    }
}

impl KeySpec {
    /// What keys of this spec and `usage` sign with; empty for other usages.
    ///
    /// Source: AWS KMS Developer Guide, "Key spec reference".
    #[must_use]
    pub const fn signing_algorithms(self, usage: KeyUsage) -> &'static [SigningAlgorithm] {
        use SigningAlgorithm as A;
        if !matches!(usage, KeyUsage::SignVerify) {
            return &[];
        }
        match self {
            Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096 => &[
                A::RsassaPkcs1Sha256,
                A::RsassaPkcs1Sha384,
                A::RsassaPkcs1Sha512,
                A::RsassaPssSha256,
                A::RsassaPssSha384,
                A::RsassaPssSha512,
            ],
            Self::EccNistP256 | Self::EccSecgP256k1 => &[A::EcdsaSha256],
            Self::EccNistP384 => &[A::EcdsaSha384],
            Self::EccNistP521 => &[A::EcdsaSha512],
            Self::EccNistEdwards25519 => &[A::Ed25519Sha512, A::Ed25519PhSha512],
            Self::MlDsa44 | Self::MlDsa65 | Self::MlDsa87 => &[A::MlDsaShake256],
            Self::Sm2 => &[A::Sm2Dsa],
            _ => &[],
        }
    }

    /// What keys of this spec and `usage` encrypt with; empty for other usages.
    #[must_use]
    pub const fn encryption_algorithms(self, usage: KeyUsage) -> &'static [EncryptionAlgorithm] {
        use EncryptionAlgorithm as A;
        match (self, usage) {
            (Self::SymmetricDefault, KeyUsage::EncryptDecrypt) => &[A::SymmetricDefault],
            (Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096, KeyUsage::EncryptDecrypt) => {
                &[A::RsaesOaepSha1, A::RsaesOaepSha256]
            }
            (Self::Sm2, KeyUsage::EncryptDecrypt) => &[A::Sm2Pke],
            _ => &[],
        }
    }

    /// What keys of this spec make MACs with.
    #[must_use]
    pub const fn mac_algorithms(self) -> &'static [MacAlgorithm] {
        match self {
            Self::Hmac224 => &[MacAlgorithm::HmacSha224],
            Self::Hmac256 => &[MacAlgorithm::HmacSha256],
            Self::Hmac384 => &[MacAlgorithm::HmacSha384],
            Self::Hmac512 => &[MacAlgorithm::HmacSha512],
            _ => &[],
        }
    }

    /// What keys of this spec and `usage` agree on secrets with; empty for other usages.
    #[must_use]
    pub const fn key_agreement_algorithms(
        self,
        usage: KeyUsage,
    ) -> &'static [KeyAgreementAlgorithm] {
        if matches!(usage, KeyUsage::KeyAgreement) { &[KeyAgreementAlgorithm::Ecdh] } else { &[] }
    }

    /// What keys of this spec encapsulate with.
    #[must_use]
    pub const fn encapsulation_algorithms(self) -> &'static [EncapsulationAlgorithm] {
        match self {
            Self::MlKem512 | Self::MlKem768 | Self::MlKem1024 => &[EncapsulationAlgorithm::MlKem],
            _ => &[],
        }
    }

    /// Whether key material of this spec may be imported.
    ///
    /// Source: AWS KMS Developer Guide, "Importing key material", which names symmetric, RSA, ECC,
    /// HMAC (and in China SM2) keys.
    #[must_use]
    pub const fn takes_imports(self) -> bool {
        !matches!(
            self,
            Self::MlDsa44
                | Self::MlDsa65
                | Self::MlDsa87
                | Self::MlKem512
                | Self::MlKem768
                | Self::MlKem1024
        )
    }

    /// Whether it is a pair of a private and a public key.
    #[must_use]
    pub const fn is_asymmetric(self) -> bool {
        !matches!(
            self,
            Self::SymmetricDefault | Self::Hmac224 | Self::Hmac256 | Self::Hmac384 | Self::Hmac512
        )
    }
}
