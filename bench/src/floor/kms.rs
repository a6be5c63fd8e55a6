//! The least that a key service does: it verifies the signature, reads and writes JSON, and uses
//! one key of each kind. There are no keys to find, no policy, no state, no audit and no disk.

use crate::clock;
use crate::endpoint::Credentials;
use crate::terminal::Failure;
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, RSA_PSS_SHA256, RsaKeyPair,
};
use base64_simd::STANDARD;
use hyper::http::request::Parts;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};
use strongroom_crypto::{Entropy, SecretBytes, SystemEntropy};
use strongroom_sigv4::{Request, Rules, SigningKey, claim};

/// Bytes of a data key, and of the answer to GenerateRandom.
const RANDOM: usize = 32;

/// The service.
pub(crate) struct Kms {
    credentials: Credentials,
    key: RandomizedNonceKey,
    p256: EcdsaKeyPair,
    rsa: RsaKeyPair,
    /// The signing key of the day that it is kept with.
    signing: Mutex<Option<(String, Arc<SigningKey>)>>,
}

/// What a request may have; other members are skipped.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input<'a> {
    #[serde(borrow, default)]
    key_id: Cow<'a, str>,
    #[serde(borrow, default)]
    plaintext: Cow<'a, str>,
    #[serde(borrow, default)]
    ciphertext_blob: Cow<'a, str>,
    #[serde(borrow, default)]
    message: Cow<'a, str>,
    #[serde(borrow, default)]
    signing_algorithm: Cow<'a, str>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Output<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    key_metadata: Option<KeyMetadata<'a>>,
    #[serde(skip_serializing_if = "str::is_empty")]
    key_id: &'a str,
    #[serde(skip_serializing_if = "String::is_empty")]
    plaintext: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    ciphertext_blob: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    signature: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct KeyMetadata<'a> {
    key_id: &'a str,
    enabled: bool,
    key_state: &'a str,
    key_usage: &'a str,
    key_spec: &'a str,
    origin: &'a str,
}

impl Kms {
    /// A service with a random key, for the caller with `credentials`.
    pub(crate) fn new(credentials: Credentials) -> Result<Self, Failure> {
        let failed = |why: &dyn Display| Failure::of("the floor's key", why);
        let mut bytes = [0; 32];
        SystemEntropy.fill(&mut bytes).map_err(|why| failed(&why))?;
        let key = RandomizedNonceKey::new(&AES_256_GCM, &bytes).map_err(|why| failed(&why))?;
        let p256 = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING);
        let p256 = p256.map_err(|why| failed(&why))?;
        let rsa = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|why| failed(&why))?;
        Ok(Self { credentials, key, p256, rsa, signing: Mutex::new(None) })
    }

    /// Answers a request: the body of the response, of an error if it is one.
    pub(crate) fn answer(&self, head: &Parts, body: &[u8]) -> Result<Vec<u8>, String> {
        self.verify(head, body)?;
        let target = head.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
        let operation = target.and_then(|target| target.strip_prefix("TrentService."));
        let input: Input<'_> = serde_json::from_slice(body).map_err(text)?;
        let key_id = &*input.key_id;
        let output = match operation {
            Some("Encrypt") => {
                let plaintext = STANDARD.decode_to_vec(&*input.plaintext).map_err(text)?;
                Output { key_id, ciphertext_blob: self.seal(plaintext)?, ..Output::default() }
            }
            Some("Decrypt") => {
                let plaintext = self.open(&input.ciphertext_blob)?;
                Output { key_id: "key", plaintext, ..Output::default() }
            }
            Some("GenerateDataKey") => {
                let data_key = random()?;
                let plaintext = STANDARD.encode_to_string(&data_key);
                Output {
                    key_id,
                    plaintext,
                    ciphertext_blob: self.seal(data_key)?,
                    ..Output::default()
                }
            }
            Some("Sign") => {
                let signature = self.sign(&input.message, &input.signing_algorithm)?;
                Output { key_id, signature, ..Output::default() }
            }
            Some("GenerateRandom") => {
                Output { plaintext: STANDARD.encode_to_string(random()?), ..Output::default() }
            }
            Some("CreateKey") => metadata("00000000-0000-0000-0000-000000000000"),
            Some("DescribeKey") => metadata(key_id),
            _ => return Err("the floor does not know this operation".to_owned()),
        };
        serde_json::to_vec(&output).map_err(text)
    }

    fn verify(&self, head: &Parts, body: &[u8]) -> Result<(), String> {
        let headers: Vec<(&str, &[u8])> =
            head.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let (path, query) = (head.uri.path(), head.uri.query().unwrap_or_default());
        let request = Request::new(head.method.as_str(), path, query, &headers, body)
            .map_err(|why| why.message())?;
        let claim =
            claim(&request, Rules::new("kms"), clock::timestamp()).map_err(|why| why.message())?;
        if claim.access_key_id() != self.credentials.access_key_id {
            return Err("the floor does not know this access key".to_owned());
        }
        let key = self.signing_key(claim.date());
        claim.verify(&key).map(drop).map_err(|why| why.message())
    }

    /// The key for `date`, derived once a day.
    fn signing_key(&self, date: &str) -> Arc<SigningKey> {
        let mut kept = self.signing.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some((day, key)) if day == date => Arc::clone(key),
            _ => {
                let secret = self.credentials.secret_access_key.clone().into_bytes();
                let region = &self.credentials.region;
                let key = SigningKey::derive(&SecretBytes::new(secret), date, region, "kms");
                let key = Arc::new(key);
                *kept = Some((date.to_owned(), Arc::clone(&key)));
                key
            }
        }
    }

    /// Nonce ‖ ciphertext ‖ tag, in base64.
    fn seal(&self, mut data: Vec<u8>) -> Result<String, String> {
        let (nonce, tag) =
            self.key.seal_in_place_separate_tag(Aad::empty(), &mut data).map_err(text)?;
        let blob = [nonce.as_ref().as_slice(), &data, tag.as_ref()].concat();
        Ok(STANDARD.encode_to_string(blob))
    }

    /// A signature of the message, which is hashed even if it is a digest: 32 bytes cost next to nothing.
    fn sign(&self, message: &str, algorithm: &str) -> Result<String, String> {
        let message = STANDARD.decode_to_vec(message).map_err(text)?;
        let random = SystemRandom::new();
        if algorithm == "ECDSA_SHA_256" {
            let signature = self.p256.sign(&random, &message).map_err(text)?;
            return Ok(STANDARD.encode_to_string(signature));
        }
        let mut signature = vec![0; self.rsa.public_modulus_len()];
        self.rsa.sign(&RSA_PSS_SHA256, &random, &message, &mut signature).map_err(text)?;
        Ok(STANDARD.encode_to_string(signature))
    }

    /// What [`Kms::seal`] was given, in base64.
    fn open(&self, blob: &str) -> Result<String, String> {
        let mut blob = STANDARD.decode_to_vec(blob).map_err(text)?;
        let (nonce, sealed) = blob.split_at_mut_checked(NONCE_LEN).ok_or("too short")?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(text)?;
        let plaintext = self.key.open_in_place(nonce, Aad::empty(), sealed).map_err(text)?;
        Ok(STANDARD.encode_to_string(plaintext))
    }
}

fn metadata(key_id: &str) -> Output<'_> {
    let key_metadata = KeyMetadata {
        key_id,
        enabled: true,
        key_state: "Enabled",
        key_usage: "ENCRYPT_DECRYPT",
        key_spec: "SYMMETRIC_DEFAULT",
        origin: "AWS_KMS",
    };
    Output { key_metadata: Some(key_metadata), ..Output::default() }
}

fn random() -> Result<Vec<u8>, String> {
    let mut bytes = vec![0; RANDOM];
    SystemEntropy.fill(&mut bytes).map_err(text)?;
    Ok(bytes)
}

fn text(why: impl Display) -> String {
    why.to_string()
}
