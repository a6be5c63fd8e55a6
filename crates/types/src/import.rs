//! Import of key material, by the names of the KMS API model.

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
