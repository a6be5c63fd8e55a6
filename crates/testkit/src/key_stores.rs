//! Key stores in memory: an HSM and a proxy that never fail unless told to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use strongroom_crypto::{Entropy, SecretBytes, SecretKey, SystemEntropy, aead};
use strongroom_engine::ports::Boxed;
use strongroom_engine::ports::key_store::{
    ExternalKey, KeyStoreError, KeyStorePlace, KeyStores, Purpose,
};

const LABEL: &str = "key store of the testkit";

/// Key stores whose keys are in memory. A clone is the same stores.
#[derive(Clone, Default)]
pub struct MemoryKeyStores(Arc<Mutex<Stores>>);

#[derive(Default)]
struct Stores {
    keys: BTreeMap<String, [u8; 32]>,
    failing: Option<KeyStoreError>,
    calls: Vec<(&'static str, String)>,
}

impl MemoryKeyStores {
    /// Whatever is asked from now on is answered with `error`.
    pub fn fail(&self, error: Option<KeyStoreError>) {
        self.with(|stores| stores.failing = error);
    }

    /// The names of the keys there are.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.with(|stores| stores.keys.keys().cloned().collect())
    }

    /// Makes a key, as an administrator of the external key manager would.
    ///
    /// # Panics
    /// When there is no entropy.
    pub fn add(&self, name: &str) {
        let mut bytes = [0; 32];
        SystemEntropy.fill(&mut bytes).expect("entropy");
        self.with(|stores| *stores.keys.entry(name.to_owned()).or_insert(bytes));
    }

    /// What was asked: the call, and the operation of the API or the name of the key.
    #[must_use]
    pub fn calls(&self) -> Vec<(&'static str, String)> {
        self.with(|stores| stores.calls.clone())
    }

    fn with<T>(&self, task: impl FnOnce(&mut Stores) -> T) -> T {
        task(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn ask(&self, call: &'static str, about: &str) -> Result<(), KeyStoreError> {
        self.with(|stores| {
            stores.calls.push((call, about.to_owned()));
            stores.failing.clone().map_or(Ok(()), Err)
        })
    }

    fn key(&self, name: &str) -> Result<SecretKey, KeyStoreError> {
        let found = self.with(|stores| stores.keys.get(name).copied());
        found.and_then(|key| SecretKey::from_slice(&key)).ok_or(KeyStoreError::KeyNotFound)
    }

    fn seal(&self, name: &str, aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, KeyStoreError> {
        let (key, mut salt) = (self.key(name)?, [0; aead::SALT_LEN]);
        SystemEntropy.fill(&mut salt).expect("entropy");
        let mut package = salt.to_vec();
        aead::seal_once(&key, LABEL, &salt, aad, plaintext, &mut package).expect("it seals");
        Ok(package)
    }

    fn open(&self, name: &str, aad: &[u8], package: &[u8]) -> Result<SecretBytes, KeyStoreError> {
        let (salt, sealed) = package.split_first_chunk().ok_or(KeyStoreError::Ciphertext)?;
        let opened = aead::open_once(&self.key(name)?, LABEL, salt, aad, sealed);
        opened.map_err(|_| KeyStoreError::Ciphertext)
    }
}

/// What is ready at once.
fn now<'a, T: Send + 'a>(done: Result<T, KeyStoreError>) -> Boxed<'a, Result<T, KeyStoreError>> {
    Box::pin(std::future::ready(done))
}

impl KeyStores for MemoryKeyStores {
    fn check(&self, _: &KeyStorePlace) -> Result<(), KeyStoreError> {
        self.ask("check", "")
    }

    fn connect<'a>(
        &'a self,
        _: &'a KeyStorePlace,
        purpose: &'a Purpose,
    ) -> Boxed<'a, Result<(), KeyStoreError>> {
        now(self.ask("connect", purpose.operation))
    }

    fn disconnect<'a>(&'a self, _: &'a KeyStorePlace) -> Boxed<'a, Result<(), KeyStoreError>> {
        now(self.ask("disconnect", ""))
    }

    fn describe<'a>(
        &'a self,
        _: &'a KeyStorePlace,
        name: &'a str,
        _: &'a Purpose,
    ) -> Boxed<'a, Result<ExternalKey, KeyStoreError>> {
        let usage = ["ENCRYPT", "DECRYPT"].map(str::to_owned).into();
        let key = ExternalKey { spec: "AES_256".to_owned(), usage, enabled: true };
        now(self.ask("describe", name).and_then(|()| self.key(name)).map(|_| key))
    }

    fn create<'a>(
        &'a self,
        _: &'a KeyStorePlace,
        name: &'a str,
    ) -> Boxed<'a, Result<(), KeyStoreError>> {
        now(self.ask("create", name).map(|()| self.add(name)))
    }

    fn destroy<'a>(
        &'a self,
        _: &'a KeyStorePlace,
        name: &'a str,
    ) -> Boxed<'a, Result<(), KeyStoreError>> {
        now(self.ask("destroy", name).map(|()| {
            self.with(|stores| stores.keys.remove(name));
        }))
    }

    fn encrypt<'a>(
        &'a self,
        _: &'a KeyStorePlace,
        name: &'a str,
        associated_data: &'a [u8],
        plaintext: &'a [u8],
        purpose: &'a Purpose,
    ) -> Boxed<'a, Result<Vec<u8>, KeyStoreError>> {
        let asked = self.ask("encrypt", purpose.operation);
        now(asked.and_then(|()| self.seal(name, associated_data, plaintext)))
    }

    fn decrypt<'a>(
        &'a self,
        _: &'a KeyStorePlace,
        name: &'a str,
        associated_data: &'a [u8],
        ciphertext: &'a [u8],
        purpose: &'a Purpose,
    ) -> Boxed<'a, Result<SecretBytes, KeyStoreError>> {
        let asked = self.ask("decrypt", purpose.operation);
        now(asked.and_then(|()| self.open(name, associated_data, ciphertext)))
    }

    fn random<'a>(
        &'a self,
        _: &'a KeyStorePlace,
        len: usize,
    ) -> Boxed<'a, Result<SecretBytes, KeyStoreError>> {
        now(self.ask("random", "").map(|()| SecretBytes::new(vec![0x72; len])))
    }
}
