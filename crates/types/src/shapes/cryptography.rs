//! Plaintexts and ciphertexts, algorithms, data keys, and enclaves that answers are sealed for.

use super::{UNBOUNDED, name, open, withheld};
use crate::shape::Kind::{Blob, Integer, List, Map, Structure};
use crate::shape::{Field, Shape, optional};
use crate::{
    DataKeyPairSpec, EncapsulationAlgorithm, KeyAgreementAlgorithm, MessageType, SigningAlgorithm,
};

/// What to encrypt, to sign or to authenticate.
pub const PLAINTEXT: Shape = withheld("PlaintextType", Blob { min: 1, max: 4096 });
/// A ciphertext blob; in the model also a signature, a MAC, an import token and wrapped key
/// material.
pub const CIPHERTEXT: Shape = withheld("CiphertextType", Blob { min: 1, max: 6144 });
/// A public key, as DER.
pub const PUBLIC_KEY: Shape = withheld("PublicKeyType", Blob { min: 1, max: 8192 });
/// Encryption context.
pub const ENCRYPTION_CONTEXT: Shape = open("EncryptionContextType", Map);
/// Algorithm of Encrypt and Decrypt, in the order of AWS's error text.
pub const ENCRYPTION_ALGORITHM: Shape = name(
    "EncryptionAlgorithmSpec",
    &["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "SM2PKE", "SYMMETRIC_DEFAULT"],
);
/// Algorithm of Sign and Verify.
pub const SIGNING_ALGORITHM: Shape = name("SigningAlgorithmSpec", SigningAlgorithm::NAMES);
/// What Sign and Verify are given.
pub const MESSAGE_TYPE: Shape = name("MessageType", MessageType::NAMES);
/// Algorithm of GenerateMac and VerifyMac, in the order of AWS's error text.
pub const MAC_ALGORITHM: Shape =
    name("MacAlgorithmSpec", &["HMAC_SHA_384", "HMAC_SHA_256", "HMAC_SHA_224", "HMAC_SHA_512"]);
/// Algorithm of DeriveSharedSecret.
pub const KEY_AGREEMENT_ALGORITHM: Shape =
    name("KeyAgreementAlgorithmSpec", KeyAgreementAlgorithm::NAMES);
/// Algorithm of Encapsulate and Decapsulate.
pub const ENCAPSULATION_ALGORITHM: Shape =
    name("EncapsulationAlgorithmSpec", EncapsulationAlgorithm::NAMES);
/// How a dry run treats the ciphertext.
pub const DRY_RUN_MODIFIERS: Shape =
    open("DryRunModifierList", List { member: &DRY_RUN_MODIFIER, min: 0, max: UNBOUNDED });
const DRY_RUN_MODIFIER: Shape = name("DryRunModifierType", &["IGNORE_CIPHERTEXT"]);
/// Attestation document and algorithm of a Nitro enclave.
pub const RECIPIENT: Shape = open("RecipientInfo", Structure(RECIPIENT_FIELDS));
const RECIPIENT_FIELDS: &[Field] = &[
    optional("KeyEncryptionAlgorithm", &KEY_ENCRYPTION_MECHANISM),
    optional("AttestationDocument", &ATTESTATION_DOCUMENT),
];
const KEY_ENCRYPTION_MECHANISM: Shape = name("KeyEncryptionMechanism", &["RSAES_OAEP_SHA_256"]);
const ATTESTATION_DOCUMENT: Shape =
    withheld("AttestationDocumentType", Blob { min: 1, max: 262_144 });
/// Length of random bytes or of a data key.
pub const NUMBER_OF_BYTES: Shape = open("NumberOfBytesType", Integer { min: 1, max: 1024 });
/// Kind of data key.
pub const DATA_KEY_SPEC: Shape = name("DataKeySpec", &["AES_256", "AES_128"]);
/// Kind of data key pair.
pub const DATA_KEY_PAIR_SPEC: Shape = name("DataKeyPairSpec", DataKeyPairSpec::NAMES);
