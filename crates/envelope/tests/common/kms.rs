//! A key service in the test's own memory.

use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use strongroom_crypto::SecretBytes;
use strongroom_envelope::{
    BoxFuture, Decrypt, DecryptedKey, Encrypt, EncryptedUnder, EncryptionContext, GenerateDataKey,
    GeneratedDataKey, Kms, KmsError,
};

/// Keeps what it encrypts in a table. Identifiers that are not known fail as in KMS.
#[derive(Default)]
pub(crate) struct MemoryKms {
    /// What identifiers stand for: each ARN for itself, aliases for ARNs.
    pub(crate) keys: Mutex<HashMap<String, String>>,
    /// Decrypts whatever it is asked with.
    pub(crate) is_lying: AtomicBool,
    pub(crate) disabled: Mutex<BTreeSet<String>>,
    sealed: Mutex<Vec<(String, EncryptionContext, Vec<u8>)>>,
    /// The requests, as operation, key and Region.
    pub(crate) log: Mutex<Vec<String>>,
}

impl MemoryKms {
    pub(crate) fn new(keys: &[(&str, &str)]) -> Self {
        let keys = keys.iter().map(|(id, arn)| ((*id).to_owned(), (*arn).to_owned())).collect();
        Self { keys: Mutex::new(keys), ..Self::default() }
    }

    pub(crate) fn requests(&self) -> usize {
        self.log.lock().unwrap().len()
    }

    fn find(&self, operation: &str, id: &str, region: Option<&str>) -> Result<String, KmsError> {
        let line = format!("{operation} {id} {}", region.unwrap_or("-"));
        self.log.lock().unwrap().push(line);
        let keys = self.keys.lock().unwrap();
        let arn = keys.get(id).ok_or_else(|| KmsError::new("NotFoundException", "no such key"))?;
        if self.disabled.lock().unwrap().contains(arn) {
            return Err(KmsError::new("DisabledException", "it is disabled"));
        }
        Ok(arn.clone())
    }

    fn seal(&self, arn: &str, context: &EncryptionContext, plaintext: &[u8]) -> Vec<u8> {
        let mut sealed = self.sealed.lock().unwrap();
        sealed.push((arn.to_owned(), context.clone(), plaintext.to_vec()));
        u32::try_from(sealed.len() - 1).unwrap().to_be_bytes().to_vec()
    }
}

impl Kms for MemoryKms {
    fn generate_data_key<'a>(
        &'a self,
        request: GenerateDataKey<'a>,
    ) -> BoxFuture<'a, Result<GeneratedDataKey, KmsError>> {
        Box::pin(async move {
            let key_arn = self.find("GenerateDataKey", request.key_id, request.region)?;
            let plaintext = vec![self.requests() as u8; request.number_of_bytes];
            let ciphertext = self.seal(&key_arn, request.context, &plaintext);
            Ok(GeneratedDataKey { key_arn, plaintext: SecretBytes::new(plaintext), ciphertext })
        })
    }

    fn encrypt<'a>(
        &'a self,
        request: Encrypt<'a>,
    ) -> BoxFuture<'a, Result<EncryptedUnder, KmsError>> {
        Box::pin(async move {
            let key_arn = self.find("Encrypt", request.key_id, request.region)?;
            let ciphertext = self.seal(&key_arn, request.context, request.plaintext.expose());
            Ok(EncryptedUnder { key_arn, ciphertext })
        })
    }

    fn decrypt<'a>(
        &'a self,
        request: Decrypt<'a>,
    ) -> BoxFuture<'a, Result<DecryptedKey, KmsError>> {
        Box::pin(async move {
            let key_arn = self.find("Decrypt", request.key_id, request.region)?;
            let at: [u8; 4] = request.ciphertext.try_into().unwrap();
            let sealed = self.sealed.lock().unwrap();
            let (arn, context, plaintext) = &sealed[u32::from_be_bytes(at) as usize];
            // Related multi-Region keys have the same material.
            let id = |arn: &str| arn.rsplit('/').next().unwrap().to_owned();
            let lies = self.is_lying.load(Ordering::Relaxed);
            if !lies && (context != request.context || id(arn) != id(&key_arn)) {
                return Err(KmsError::new("InvalidCiphertextException", ""));
            }
            Ok(DecryptedKey { key_arn, plaintext: SecretBytes::new(plaintext.clone()) })
        })
    }
}
