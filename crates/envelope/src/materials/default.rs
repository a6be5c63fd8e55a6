//! Fresh materials for each message, from a keyring.

use super::{
    DecryptionMaterials, DecryptionRequest, EncryptionMaterials, EncryptionRequest,
    MaterialsManager,
};
use crate::error::{Error, MaterialsFault};
use crate::keyring::{Keyring, WrapRequest};
use crate::kms::BoxFuture;
use crate::signature::public_key;
use std::sync::Arc;
use strongroom_crypto::Entropy;
use strongroom_crypto::stream_signature::StreamSigningKey;

/// Asks a keyring for each message.
pub struct DefaultManager {
    keyring: Arc<dyn Keyring>,
    entropy: Arc<dyn Entropy>,
}

impl DefaultManager {
    /// A manager of what `keyring` gives.
    #[must_use]
    pub fn new(keyring: Arc<dyn Keyring>, entropy: Arc<dyn Entropy>) -> Self {
        Self { keyring, entropy }
    }

    async fn encryption(
        &self,
        request: EncryptionRequest<'_>,
    ) -> Result<EncryptionMaterials, Error> {
        request.context.check_unreserved()?;
        let suite = request.suite;
        let signing_key = match suite.curve() {
            Some(curve) => Some(StreamSigningKey::generate(curve).map_err(|_| Error::Failed)?),
            None => None,
        };
        let context = match &signing_key {
            Some(key) => {
                let point = key.public_point().map_err(|_| Error::Failed)?;
                request.context.with_public_key(&point)
            }
            None => request.context.clone(),
        };
        let entropy = self.entropy.as_ref();
        let wrap = WrapRequest { suite, context: &context, data_key: None, entropy };
        let wrapped = self.keyring.wrap(wrap).await?;
        if wrapped.encrypted_data_keys.is_empty() {
            return Err(MaterialsFault::NothingWrapped.into());
        }
        Ok(EncryptionMaterials {
            suite,
            context,
            data_key: wrapped.data_key,
            encrypted_data_keys: wrapped.encrypted_data_keys,
            signing_key,
        })
    }

    async fn decryption(&self, request: &DecryptionRequest) -> Result<DecryptionMaterials, Error> {
        let verification_key = public_key(request.suite, &request.context)?;
        let unwrapped = self.keyring.unwrap(request).await?;
        let (data_key, encrypted) = (unwrapped.data_key, unwrapped.encrypted);
        Ok(DecryptionMaterials { data_key, verification_key, encrypted })
    }
}

impl MaterialsManager for DefaultManager {
    fn encryption_materials<'a>(
        &'a self,
        request: EncryptionRequest<'a>,
    ) -> BoxFuture<'a, Result<EncryptionMaterials, Error>> {
        Box::pin(self.encryption(request))
    }

    fn decryption_materials<'a>(
        &'a self,
        request: &'a DecryptionRequest,
    ) -> BoxFuture<'a, Result<DecryptionMaterials, Error>> {
        Box::pin(self.decryption(request))
    }
}
