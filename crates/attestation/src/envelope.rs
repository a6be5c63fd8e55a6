//! `CiphertextForRecipient`: a secret in a CMS EnvelopedData (RFC 5652 §6) that one RSA key opens.
//!
//! The form is that of AWS KMS, to the byte but for what is random. Its outer structures have
//! indefinite length, as BER allows and DER does not: the parser of the AWS Nitro Enclaves SDK for
//! C takes them in no other form.

use der::asn1::{Any, Null, ObjectIdentifier, OctetString};
use der::{Decode, Encode, Sequence, Tag};
use spki::{AlgorithmIdentifier, SubjectPublicKeyInfoRef};
use std::fmt;
use strongroom_crypto::{Entropy, EntropyError, SecretKey, cbc, hash, key_wrap};

/// Version of the EnvelopedData and of its KeyTransRecipientInfo, because the recipient is named
/// by a key identifier (§6.1, §6.2.1).
const VERSION: u8 = 2;

const ENVELOPED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.3");
const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const RSAES_OAEP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.7");
const MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const AES256_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.42");

/// Identifier octets of what has indefinite length here.
const SEQUENCE: u8 = 0x30;
const CONTEXT_0: u8 = 0xa0;
const END_OF_CONTENTS: [u8; 2] = [0, 0];

/// Why there is no envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvelopeError {
    /// The recipient's key is not an RSA key of 2048 bits or more in a `SubjectPublicKeyInfo`.
    Recipient,
    /// The random source failed.
    Entropy,
    /// AWS-LC or the encoder refused, which cannot happen.
    Internal,
}

impl fmt::Display for EnvelopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Recipient => "the recipient's key is not an RSA key of 2048 bits or more",
            Self::Entropy => "the random source failed",
            Self::Internal => "the envelope could not be made",
        })
    }
}

impl std::error::Error for EnvelopeError {}

impl From<EntropyError> for EnvelopeError {
    fn from(_: EntropyError) -> Self {
        Self::Entropy
    }
}

impl From<der::Error> for EnvelopeError {
    fn from(_: der::Error) -> Self {
        Self::Internal
    }
}

/// Encrypts `plaintext` to the RSA key of `recipient_spki` (`SubjectPublicKeyInfo`, DER): a fresh
/// AES-256 key under RSAES-OAEP with SHA-256, and the plaintext under that key with AES-256-CBC.
/// The recipient is named by the SHA-256 of `recipient_spki`.
///
/// # Errors
/// [`EnvelopeError`].
pub fn envelop(
    entropy: &dyn Entropy,
    plaintext: &[u8],
    recipient_spki: &[u8],
) -> Result<Vec<u8>, EnvelopeError> {
    // AWS-LC would not mind what follows the key.
    SubjectPublicKeyInfoRef::from_der(recipient_spki).map_err(|_| EnvelopeError::Recipient)?;
    let key = SecretKey::generate(entropy)?;
    let mut iv = [0; cbc::BLOCK_LEN];
    entropy.fill(&mut iv)?;
    let encrypted_key = key_wrap::encrypt_key(recipient_spki, &key);
    let encrypted_key = encrypted_key.map_err(|_| EnvelopeError::Recipient)?;
    let recipient = Recipient {
        version: VERSION,
        key_id: OctetString::new(hash::sha256(recipient_spki).as_slice())?,
        algorithm: oaep_sha256(),
        encrypted_key: OctetString::new(encrypted_key)?,
    };
    let content = cbc::encrypt(&key, &iv, plaintext).map_err(|_| EnvelopeError::Internal)?;
    Ok(content_info(&recipient, &iv, content)?)
}

/// `KeyTransRecipientInfo` (RFC 5652 §6.2.1) whose recipient is a `subjectKeyIdentifier`.
#[derive(Sequence)]
struct Recipient {
    version: u8,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    key_id: OctetString,
    algorithm: AlgorithmIdentifier<OaepParameters>,
    encrypted_key: OctetString,
}

/// `RSAES-OAEP-params` (RFC 4055 §4.1) with the label absent, which means empty.
#[derive(Sequence)]
struct OaepParameters {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    hash: AlgorithmIdentifier<Null>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT")]
    mask: AlgorithmIdentifier<AlgorithmIdentifier<Null>>,
}

fn oaep_sha256() -> AlgorithmIdentifier<OaepParameters> {
    let sha256 = || AlgorithmIdentifier { oid: SHA256, parameters: Some(Null) };
    let mask = AlgorithmIdentifier { oid: MGF1, parameters: Some(sha256()) };
    AlgorithmIdentifier {
        oid: RSAES_OAEP,
        parameters: Some(OaepParameters { hash: sha256(), mask }),
    }
}

/// `ContentInfo` of an `EnvelopedData`.
fn content_info(recipient: &Recipient, iv: &[u8], content: Vec<u8>) -> der::Result<Vec<u8>> {
    // A set of one has one order.
    let recipients = Any::new(Tag::Set, recipient.to_der()?)?;
    let algorithm =
        AlgorithmIdentifier { oid: AES256_CBC, parameters: Some(OctetString::new(iv)?) };
    let content = indefinite(CONTEXT_0, &[&OctetString::new(content)?.to_der()?]);
    let content = indefinite(SEQUENCE, &[&DATA.to_der()?, &algorithm.to_der()?, &content]);
    let enveloped = indefinite(SEQUENCE, &[&VERSION.to_der()?, &recipients.to_der()?, &content]);
    let enveloped = indefinite(CONTEXT_0, &[&enveloped]);
    Ok(indefinite(SEQUENCE, &[&ENVELOPED_DATA.to_der()?, &enveloped]))
}

/// A constructed value of indefinite length (X.690 §8.1.3.6).
fn indefinite(identifier: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut out = vec![identifier, 0x80];
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out.extend_from_slice(&END_OF_CONTENTS);
    out
}
