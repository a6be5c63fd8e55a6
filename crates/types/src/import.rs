//! Import of key material, by the names of the KMS API model.

use crate::KeySpec;
use crate::names::named;

named! {
    /// How key material is wrapped for its way here. [`Self::RsaesPkcs1V15`] is known by name only:
    /// no wrapping key has been made for it since October 2023.
    ///
    /// Source: AWS KMS API Reference, `GetParametersForImport`.
    WrappingAlgorithm {
        RsaesPkcs1V15 = "RSAES_PKCS1_V1_5",
        RsaesOaepSha1 = "RSAES_OAEP_SHA_1",
        RsaesOaepSha256 = "RSAES_OAEP_SHA_256",
        RsaAesKeyWrapSha1 = "RSA_AES_KEY_WRAP_SHA_1",
        RsaAesKeyWrapSha256 = "RSA_AES_KEY_WRAP_SHA_256",
        Sm2Pke = "SM2PKE",
    }
}

named! {
    /// Kinds of wrapping key.
    WrappingKeySpec {
        Rsa2048 = "RSA_2048", Rsa3072 = "RSA_3072", Rsa4096 = "RSA_4096", Sm2 = "SM2",
    }
}

impl WrappingAlgorithm {
    /// Whether it wraps key material of `material` under a wrapping key of `key`. RSAES-OAEP alone
    /// holds too little for an RSA key, and for one on P-521 under the shortest wrapping key;
    /// symmetric key material takes no AES key in between. An SM2 key wraps by SM2PKE only.
    ///
    /// Source: AWS KMS API Reference, `GetParametersForImport`, member `WrappingAlgorithm`.
    #[must_use]
    pub const fn wraps(self, key: WrappingKeySpec, material: KeySpec) -> bool {
        use KeySpec as S;
        let by_rsa = !matches!(key, WrappingKeySpec::Sm2);
        match self {
            Self::RsaesPkcs1V15 => false,
            Self::RsaesOaepSha1 | Self::RsaesOaepSha256 => match material {
                S::Rsa2048 | S::Rsa3072 | S::Rsa4096 => false,
                S::EccNistP521 => {
                    matches!(key, WrappingKeySpec::Rsa3072 | WrappingKeySpec::Rsa4096)
                }
                _ => by_rsa,
            },
            Self::RsaAesKeyWrapSha1 | Self::RsaAesKeyWrapSha256 => {
                by_rsa && material.is_asymmetric()
            }
            Self::Sm2Pke => !by_rsa,
        }
    }
}

impl WrappingKeySpec {
    /// The key spec of the same name.
    #[must_use]
    pub const fn key_spec(self) -> KeySpec {
        match self {
            Self::Rsa2048 => KeySpec::Rsa2048,
            Self::Rsa3072 => KeySpec::Rsa3072,
            Self::Rsa4096 => KeySpec::Rsa4096,
            Self::Sm2 => KeySpec::Sm2,
        }
    }
}

named! {
    /// Whether imported key material has an end.
    ExpirationModel {
        Expires = "KEY_MATERIAL_EXPIRES", DoesNotExpire = "KEY_MATERIAL_DOES_NOT_EXPIRE",
    }
}

named! {
    /// Whether key material that is imported was in the key before.
    ImportType { New = "NEW_KEY_MATERIAL", Existing = "EXISTING_KEY_MATERIAL", }
}

named! {
    /// Whether key material that belongs to a key is there.
    ImportState { Imported = "IMPORTED", PendingImport = "PENDING_IMPORT", }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of AWS's guide, "Select a wrapping algorithm", written down a second time.
    #[test]
    fn what_wraps_what() {
        use WrappingAlgorithm as A;
        use WrappingKeySpec as K;
        for &material in KeySpec::ALL.iter().filter(|spec| spec.takes_imports()) {
            let is_rsa = material.name().starts_with("RSA_");
            let is_pair =
                !material.name().starts_with("HMAC_") && material.name().find("SYMM") != Some(0);
            for &key in K::ALL {
                let by_rsa = key != K::Sm2;
                let too_long = material == KeySpec::EccNistP521 && key == K::Rsa2048;
                for (algorithm, expected) in [
                    (A::RsaesPkcs1V15, false),
                    (A::RsaesOaepSha1, by_rsa && !is_rsa && !too_long),
                    (A::RsaesOaepSha256, by_rsa && !is_rsa && !too_long),
                    (A::RsaAesKeyWrapSha1, by_rsa && is_pair),
                    (A::RsaAesKeyWrapSha256, by_rsa && is_pair),
                    (A::Sm2Pke, !by_rsa),
                ] {
                    let found = algorithm.wraps(key, material);
                    assert_eq!(found, expected, "{algorithm} {key} {material}");
                }
            }
        }
    }
}
