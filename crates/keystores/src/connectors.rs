//! The adapters together, as the engine's port.

use crate::hsm::Hsms;
use crate::xks::Xks;
use crate::{Configuration, ConfigurationError};
use strongroom_crypto::SecretBytes;
use strongroom_engine::ports::Boxed;
use strongroom_engine::ports::key_store::{
    ExternalKey, KeyStoreError, KeyStorePlace, KeyStores, Purpose,
};

/// External key store proxies and HSMs, as configured.
///
/// Its futures need a runtime of tokio with I/O and time.
pub struct Connectors {
    xks: Xks,
    hsms: Hsms,
}

impl Connectors {
    /// Reads the certificates that the configuration names, and starts a thread for each HSM.
    /// Nothing is asked of a key store yet, and no module is loaded.
    ///
    /// # Errors
    /// [`ConfigurationError`].
    pub fn new(configuration: Configuration) -> Result<Self, ConfigurationError> {
        Ok(Self { xks: Xks::new(&configuration.xks)?, hsms: Hsms::new(configuration.hsms)? })
    }
}

impl KeyStores for Connectors {
    fn check(&self, place: &KeyStorePlace) -> Result<(), KeyStoreError> {
        match place {
            KeyStorePlace::Proxy(proxy) => self.xks.check(proxy),
            KeyStorePlace::Hsm(cluster) => self.hsms.find(cluster)?.check(&cluster.trust_anchor),
        }
    }

    fn connect<'a>(
        &'a self,
        place: &'a KeyStorePlace,
        purpose: &'a Purpose,
    ) -> Boxed<'a, Result<(), KeyStoreError>> {
        Box::pin(async move {
            match place {
                KeyStorePlace::Proxy(proxy) => self.xks.connect(proxy, purpose).await,
                KeyStorePlace::Hsm(cluster) => {
                    self.hsms.find(cluster)?.connect(&cluster.password).await
                }
            }
        })
    }

    fn disconnect<'a>(&'a self, place: &'a KeyStorePlace) -> Boxed<'a, Result<(), KeyStoreError>> {
        Box::pin(async move {
            match place {
                KeyStorePlace::Proxy(_) => Ok(()),
                KeyStorePlace::Hsm(cluster) => self.hsms.find(cluster)?.disconnect().await,
            }
        })
    }

    fn describe<'a>(
        &'a self,
        place: &'a KeyStorePlace,
        name: &'a str,
        purpose: &'a Purpose,
    ) -> Boxed<'a, Result<ExternalKey, KeyStoreError>> {
        Box::pin(async move {
            match place {
                KeyStorePlace::Proxy(proxy) => self.xks.describe(proxy, name, purpose).await,
                KeyStorePlace::Hsm(cluster) => {
                    self.hsms.find(cluster)?.describe(&cluster.password, name).await
                }
            }
        })
    }

    fn create<'a>(
        &'a self,
        place: &'a KeyStorePlace,
        name: &'a str,
    ) -> Boxed<'a, Result<(), KeyStoreError>> {
        Box::pin(async move {
            match place {
                KeyStorePlace::Proxy(_) => Err(KeyStoreError::Unsupported),
                KeyStorePlace::Hsm(cluster) => {
                    self.hsms.find(cluster)?.create(&cluster.password, name).await
                }
            }
        })
    }

    fn destroy<'a>(
        &'a self,
        place: &'a KeyStorePlace,
        name: &'a str,
    ) -> Boxed<'a, Result<(), KeyStoreError>> {
        Box::pin(async move {
            match place {
                KeyStorePlace::Proxy(_) => Ok(()),
                KeyStorePlace::Hsm(cluster) => {
                    self.hsms.find(cluster)?.destroy(&cluster.password, name).await
                }
            }
        })
    }

    fn encrypt<'a>(
        &'a self,
        place: &'a KeyStorePlace,
        name: &'a str,
        associated_data: &'a [u8],
        plaintext: &'a [u8],
        purpose: &'a Purpose,
    ) -> Boxed<'a, Result<Vec<u8>, KeyStoreError>> {
        Box::pin(async move {
            match place {
                KeyStorePlace::Proxy(proxy) => {
                    self.xks.encrypt(proxy, name, associated_data, plaintext, purpose).await
                }
                KeyStorePlace::Hsm(cluster) => {
                    let hsm = self.hsms.find(cluster)?;
                    hsm.encrypt(&cluster.password, name, associated_data, plaintext).await
                }
            }
        })
    }

    fn decrypt<'a>(
        &'a self,
        place: &'a KeyStorePlace,
        name: &'a str,
        associated_data: &'a [u8],
        ciphertext: &'a [u8],
        purpose: &'a Purpose,
    ) -> Boxed<'a, Result<SecretBytes, KeyStoreError>> {
        Box::pin(async move {
            match place {
                KeyStorePlace::Proxy(proxy) => {
                    self.xks.decrypt(proxy, name, associated_data, ciphertext, purpose).await
                }
                KeyStorePlace::Hsm(cluster) => {
                    let hsm = self.hsms.find(cluster)?;
                    hsm.decrypt(&cluster.password, name, associated_data, ciphertext).await
                }
            }
        })
    }

    fn random<'a>(
        &'a self,
        place: &'a KeyStorePlace,
        len: usize,
    ) -> Boxed<'a, Result<SecretBytes, KeyStoreError>> {
        Box::pin(async move {
            match place {
                KeyStorePlace::Proxy(_) => Err(KeyStoreError::Unsupported),
                KeyStorePlace::Hsm(cluster) => {
                    self.hsms.find(cluster)?.random(&cluster.password, len).await
                }
            }
        })
    }
}
