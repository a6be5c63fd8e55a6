//! Several keyrings as one: any of them opens what all of them sealed.

use super::{Keyring, Unwrapped, WrapRequest, Wrapped};
use crate::error::{Error, KeyringError, MaterialsFault};
use crate::kms::BoxFuture;
use crate::materials::DecryptionRequest;
use std::sync::Arc;

/// A keyring that makes data keys, and others that wrap them, too.
pub struct MultiKeyring {
    generator: Option<Arc<dyn Keyring>>,
    children: Vec<Arc<dyn Keyring>>,
}

impl MultiKeyring {
    /// Without a generator nothing can be encrypted.
    ///
    /// # Errors
    /// [`MaterialsFault::EmptyKeyring`] for no keyring at all.
    pub fn new(
        generator: Option<Arc<dyn Keyring>>,
        children: Vec<Arc<dyn Keyring>>,
    ) -> Result<Self, Error> {
        if generator.is_none() && children.is_empty() {
            return Err(MaterialsFault::EmptyKeyring.into());
        }
        Ok(Self { generator, children })
    }
}

impl Keyring for MultiKeyring {
    fn wrap<'a>(&'a self, request: WrapRequest<'a>) -> BoxFuture<'a, Result<Wrapped, Error>> {
        Box::pin(async move {
            let mut wrapped = match (&self.generator, request.data_key) {
                (Some(generator), _) => generator.wrap(request).await?,
                (None, Some(data_key)) => {
                    Wrapped { data_key: data_key.clone(), encrypted_data_keys: Vec::new() }
                }
                (None, None) => return Err(MaterialsFault::EmptyKeyring.into()),
            };
            for child in &self.children {
                let data_key = Some(&wrapped.data_key);
                let more = child.wrap(WrapRequest { data_key, ..request }).await?;
                wrapped.encrypted_data_keys.extend(more.encrypted_data_keys);
            }
            Ok(wrapped)
        })
    }

    fn unwrap<'a>(
        &'a self,
        request: &'a DecryptionRequest,
    ) -> BoxFuture<'a, Result<Unwrapped, KeyringError>> {
        Box::pin(async move {
            let mut error = KeyringError::default();
            for keyring in self.generator.iter().chain(&self.children) {
                match keyring.unwrap(request).await {
                    Ok(unwrapped) => return Ok(unwrapped),
                    Err(other) => error.merge(other),
                }
            }
            Err(error)
        })
    }
}
