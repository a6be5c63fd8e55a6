//! The KMS of the command line: one client a Region, over the same credentials.

use super::exit::{Cause, Ended};
use crate::cli::KmsArguments;
use crate::environment;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use strongroom_client::{Given, Kms as Client, KmsError as ClientError, Settings, Terms};
use strongroom_envelope::{
    BoxFuture, Decrypt, DecryptedKey, Encrypt, EncryptedUnder, EncryptionContext, GenerateDataKey,
    GeneratedDataKey, Kms, KmsError,
};

/// Most Regions that are asked. Our choice: a message names keys of few.
const MAX_REGIONS: usize = 64;

/// The KMS that options and environment point at.
pub(super) struct Port {
    settings: Settings,
    clients: Mutex<HashMap<Option<String>, Arc<Client>>>,
    /// Why one could not be asked, the last time that it was so on each thread: one works on one job.
    unasked: Mutex<HashMap<ThreadId, String>>,
}

impl Port {
    pub(super) fn find(arguments: &KmsArguments) -> Result<Self, Ended> {
        let given = Given {
            region: arguments.region.clone(),
            endpoint: arguments.endpoint_url.clone(),
            profile: arguments.profile.clone(),
            ca_file: arguments.ca_bundle.clone(),
            allow_plain_http: arguments.insecure_plain_http,
        };
        let settings = Settings::find(&given, &environment::of_aws());
        let settings = settings.map_err(|why| Ended::of(Cause::Kms, "no kms can be asked", why))?;
        Ok(Self { settings, clients: Mutex::default(), unasked: Mutex::default() })
    }

    /// Why a KMS could not be asked on this thread, if so, since this was called last.
    pub(super) fn unasked(&self) -> Option<String> {
        let own = thread::current().id();
        self.unasked.lock().unwrap_or_else(PoisonError::into_inner).remove(&own)
    }

    /// The partition of the Region that is found, if one is.
    pub(super) fn partition(&self) -> Option<&'static str> {
        self.settings.region().map(|region| region.partition())
    }

    /// The client of a Region.
    fn client(&self, region: Option<&str>) -> Result<Arc<Client>, KmsError> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let name = region.map(str::to_owned);
        if let Some(client) = clients.get(&name) {
            return Ok(client.clone());
        }
        let unknown = || KmsError::new("Region", "the key's ARN names no region that there can be");
        if clients.len() >= MAX_REGIONS {
            return Err(unknown());
        }
        let parsed = region.map(|name| name.parse().map_err(|()| unknown())).transpose()?;
        let client = self.settings.kms(parsed).map_err(|why| self.not_asked(&why))?;
        let client = Arc::new(client);
        clients.insert(name, client.clone());
        Ok(client)
    }

    fn not_asked(&self, why: &dyn std::fmt::Display) -> KmsError {
        let why = why.to_string();
        let mut unasked = self.unasked.lock().unwrap_or_else(PoisonError::into_inner);
        unasked.insert(thread::current().id(), why.clone());
        KmsError::new("NotAsked", &why)
    }

    fn meaning(&self, client: &Client, why: &ClientError) -> KmsError {
        match why {
            ClientError::Refused(fault) => {
                let code = if fault.code.is_empty() { "Refused" } else { fault.code.as_str() };
                KmsError::new(code, &fault.message)
            }
            other => {
                let at = client.endpoint().authority();
                self.not_asked(&format_args!("kms at {at}: {other}"))
            }
        }
    }
}

fn pairs(context: &EncryptionContext) -> Vec<(&str, &str)> {
    context.pairs().collect()
}

impl Kms for Port {
    fn generate_data_key<'a>(
        &'a self,
        request: GenerateDataKey<'a>,
    ) -> BoxFuture<'a, Result<GeneratedDataKey, KmsError>> {
        Box::pin(async move {
            let client = self.client(request.region)?;
            let context = pairs(request.context);
            let terms = Terms { context: &context, grant_tokens: request.grant_tokens };
            let made =
                client.generate_data_key(request.key_id, request.number_of_bytes, terms).await;
            let made = made.map_err(|why| self.meaning(&client, &why))?;
            let (plaintext, ciphertext) = (made.plaintext, made.ciphertext);
            Ok(GeneratedDataKey { key_arn: made.key, plaintext, ciphertext })
        })
    }

    fn encrypt<'a>(
        &'a self,
        request: Encrypt<'a>,
    ) -> BoxFuture<'a, Result<EncryptedUnder, KmsError>> {
        Box::pin(async move {
            let client = self.client(request.region)?;
            let context = pairs(request.context);
            let terms = Terms { context: &context, grant_tokens: request.grant_tokens };
            let encrypted = client.encrypt(request.key_id, request.plaintext, terms).await;
            let encrypted = encrypted.map_err(|why| self.meaning(&client, &why))?;
            Ok(EncryptedUnder { key_arn: encrypted.key, ciphertext: encrypted.ciphertext })
        })
    }

    fn decrypt<'a>(
        &'a self,
        request: Decrypt<'a>,
    ) -> BoxFuture<'a, Result<DecryptedKey, KmsError>> {
        Box::pin(async move {
            let client = self.client(request.region)?;
            let context = pairs(request.context);
            let terms = Terms { context: &context, grant_tokens: request.grant_tokens };
            let opened = client.decrypt(Some(request.key_id), request.ciphertext, terms).await;
            let opened = opened.map_err(|why| self.meaning(&client, &why))?;
            Ok(DecryptedKey { key_arn: opened.key, plaintext: opened.plaintext })
        })
    }
}
