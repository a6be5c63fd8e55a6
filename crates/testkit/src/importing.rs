//! Key material on its way into a key.

use crate::{Kit, base64};
use serde_json::{Value, json};
use strongroom_crypto::SystemEntropy;
use strongroom_crypto::key_wrap::{Wrapping, wrap};
use strongroom_types::KeyArn;

impl Kit {
    /// An ImportKeyMaterial request that brings `material` to `key`, not to expire: its input.
    ///
    /// # Panics
    /// When the server gives no wrapping key, or the material does not fit RSAES-OAEP.
    #[must_use]
    #[track_caller]
    pub fn wrapped(&self, key: &KeyArn, material: &[u8]) -> Value {
        let input = json!({"KeyId": key.to_string(), "WrappingAlgorithm": "RSAES_OAEP_SHA_256",
                           "WrappingKeySpec": "RSA_2048"});
        let parameters = self.call("GetParametersForImport", &input).ok();
        let public_key = parameters.bytes("PublicKey");
        let wrapped = wrap(&SystemEntropy, &public_key, Wrapping::OaepSha256, material);
        json!({"KeyId": key.to_string(), "ImportToken": parameters.string("ImportToken"),
               "EncryptedKeyMaterial": base64(&wrapped.expect("it fits")),
               "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"})
    }

    /// Imports `material` into `key`, not to expire.
    ///
    /// # Panics
    /// When it is refused.
    #[track_caller]
    pub fn import(&self, key: &KeyArn, material: &[u8]) {
        let _ = self.call("ImportKeyMaterial", &self.wrapped(key, material)).ok();
    }
}
