//! Envelope encryption of data of any size, in the message format of the AWS Encryption SDK.
//!
//! **Architecture invariant:** no sockets, no files and no key service. Data come from a reader or in
//! parts, data keys from the port [`Kms`] or from keys that are given. Nothing of a plaintext is let out
//! before the frame that it stands in is verified.
//!
//! Sources: the AWS Encryption SDK's specification (awslabs/aws-encryption-sdk-specification) and its
//! Developer Guide, "AWS Encryption SDK message format reference" and "algorithms reference".

mod body;
mod context;
mod data_key;
mod decrypt;
mod derived_key;
mod encrypt;
mod error;
mod header;
mod inspect;
mod keyring;
mod kms;
mod materials;
mod pipeline;
mod policy;
mod random_access;
mod rewrap;
mod signature;
mod suite;
mod whole;
mod wiped;

pub use context::{EncryptionContext, RESERVED_PREFIX};
pub use data_key::{DataKey, EncryptedDataKey};
pub use decrypt::{Decryptor, HeaderReader, Opened, UnopenedMessage, decrypt, read_header};
pub use encrypt::{Encryptor, Totals, begin, encrypt};
pub use error::{
    Attempt, Authenticity, Error, FormatError, KeyringError, MaterialsFault, Refusal, StreamError,
};
pub use header::{Content, Header};
pub use inspect::{Inspection, inspect};
pub use keyring::{
    DiscoveryFilter, Keyring, KmsDiscoveryKeyring, KmsKeyring, MultiKeyring, RawAesKeyring,
    RawRsaKeyring, Unwrapped, WrapRequest, Wrapped,
};
pub use kms::{
    BoxFuture, Decrypt, DecryptedKey, Encrypt, EncryptedUnder, GenerateDataKey, GeneratedDataKey,
    Kms, KmsError,
};
pub use materials::{
    CacheLimits, CachingManager, DecryptionMaterials, DecryptionRequest, DefaultManager,
    EncryptionMaterials, EncryptionRequest, KeyCheck, MaterialsManager, MonotonicClock, Purpose,
    SystemMonotonicClock,
};
pub use pipeline::Workers;
pub use policy::{
    CommitmentPolicy, DEFAULT_FRAME_LEN, DEFAULT_MAX_ENCRYPTED_DATA_KEYS, DEFAULT_MAX_FRAME_LEN,
    DecryptOptions, EncryptOptions, SignedMessages,
};
pub use random_access::RandomAccess;
pub use rewrap::{KeepBody, RewrapOptions, Rewrapping};
pub use strongroom_crypto::rsa_encryption::RsaPadding;
pub use suite::Suite;
