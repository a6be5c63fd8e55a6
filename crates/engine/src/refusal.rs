//! Why a request was refused: a variant per AWS error code, carrying what its text needs.
//! The texts are in [`crate::wording`].

mod key_store;
mod object;
mod trail;

pub use crate::identity::defect::{
    Conflict, IdentityDefect, Quota, SimulationDefect, WebIdentityDefect,
};
pub use key_store::{ExternalKeyDefect, KeyStoreRefusal};
pub use object::ObjectRefusal;
pub use trail::{SelectorDefect, TrailRefusal};

use strongroom_keys::{MaterialId, StateRefusal};
use strongroom_types::{
    AliasArn, EncryptionAlgorithm, ErrorCode, GrantOperation, KeyArn, KeySpec, KeyUsage,
    MessageType, Origin, Region, SigningAlgorithm, WrappingAlgorithm, WrappingKeySpec,
};

/// A request's refusal, as the caller is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The policies do not allow it; the text says which kind of policy decided.
    AccessDenied {
        /// AWS's sentence, made by `policy`.
        message: String,
    },
    /// An alias of that name exists.
    AlreadyExists(AliasArn),
    /// The key is disabled.
    Disabled(KeyArn),
    /// It would have succeeded, but was only a question.
    DryRun,
    /// The import token's time is over.
    ExpiredImportToken,
    /// The key named is not the one that made the ciphertext.
    IncorrectKey,
    /// Key material that is not, or not here, to be imported.
    IncorrectKeyMaterial(MaterialDefect),
    /// An alias name that AWS reserves.
    ReservedAlias,
    /// Not an ARN of the service, as written.
    InvalidArn(String),
    /// A data key cannot be encrypted under an asymmetric key.
    AsymmetricDataKey,
    /// A key with imported key material of which none waits for a rotation.
    NothingToRotate(KeyArn),
    /// A key that is in its Region already.
    ReplicaExists(KeyArn),
    /// A text that names no Region.
    NoSuchRegion(String),
    /// A Region in which no replica of the key is.
    NoSuchReplica(KeyArn),
    /// What only the primary key of a multi-Region key does.
    NotPrimary(KeyArn),
    /// The MAC is not that of the message.
    InvalidMac,
    /// A public key that is none of the key's curve.
    InvalidPublicKey,
    /// The signature is not that of the message.
    InvalidSignature,
    /// The key's material comes from where this is not done.
    Origin {
        /// The key.
        key: KeyArn,
        /// Where it comes from.
        origin: Origin,
    },
    /// The ciphertext, or its encryption context, is not what was encrypted.
    InvalidCiphertext,
    /// A text that is no grant id.
    InvalidGrantId,
    /// What a grant cannot be.
    Grant(GrantDefect),
    /// A grant token that names no grant.
    InvalidGrantToken,
    /// The key's spec does not have the algorithm.
    IncompatibleAlgorithm {
        /// What was asked for.
        algorithm: &'static str,
        /// What the key is.
        spec: KeySpec,
    },
    /// The key is not for this.
    InvalidKeyUsage {
        /// The key.
        key: KeyArn,
        /// What it is for.
        usage: KeyUsage,
        /// What it was asked for, in AWS's word (an operation, or its direction).
        operation: &'static str,
    },
    /// A token that was not made for importing into this key.
    InvalidImportToken,
    /// A custom key store, or what is in one.
    KeyStore(KeyStoreRefusal),
    /// A page marker that this query did not return.
    InvalidMarker,
    /// The key's state does not admit the operation.
    InvalidState {
        /// The key.
        key: KeyArn,
        /// Why not.
        why: StateRefusal,
    },
    /// A quota is used up.
    LimitExceeded(Limit),
    /// The policy document is malformed, or would lock its author out.
    MalformedPolicy(String),
    /// New key material, while other material waits for a rotation.
    PendingRotation(Box<PendingRotation>),
    /// What was named does not exist.
    NotFound(Missing),
    /// The body does not parse, or a member has the wrong type.
    Serialization(String),
    /// A tag breaks a rule.
    Tag(TagDefect),
    /// AWS knows it, this server (or this key) does not do it.
    Unsupported(Unsupported),
    /// No operation of that name.
    UnknownOperation,
    /// The input breaks a constraint.
    Validation(Invalid),
    /// A constraint of the model that is broken and has an error of its own: the code and the text.
    Constraint(ErrorCode, String),
    /// What IAM or STS refuses.
    Identity(IdentityDefect),
    /// What S3 refuses.
    Object(ObjectRefusal),
    /// What CloudTrail refuses.
    Trail(TrailRefusal),
    /// More requests than a quota admits.
    Throttled,
    /// The server failed; the log has more under the request's id.
    Internal,
}

/// What does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// A key.
    Key(KeyArn),
    /// A text that is no key id.
    KeyId(String),
    /// A text inside an ARN that is no key id.
    KeyIdInArn(String),
    /// An ARN that this operation cannot use.
    Arn(String),
    /// An ARN of another Region.
    Region(Region),
    /// An alias, by the ARN it would have.
    Alias(String),
    /// A key policy other than `default`.
    Policy,
    /// A grant.
    Grant,
    /// Key material of the key.
    Material(MaterialId, KeyArn),
}

/// Key material that is brought, and the other that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PendingRotation {
    /// The key.
    pub key: KeyArn,
    /// What was brought.
    pub new: MaterialId,
    /// What waits.
    pub pending: MaterialId,
}

/// Why key material is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaterialDefect {
    /// It is none of the key's spec.
    Form(KeySpec),
    /// It is brought as new and belongs to the key.
    Known(MaterialId),
    /// It does not belong to the key.
    Unknown(MaterialId),
    /// It is not the one that the request names.
    OtherThanNamed(MaterialId),
}

/// A quota of the service.
///
/// Source: AWS KMS Developer Guide, "Resource quotas".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// So many KMS keys in an account and Region.
    Keys(u64),
    /// So many aliases a key.
    AliasesPerKey(usize),
    /// So many custom key stores in an account and Region.
    KeyStores(usize),
    /// So many grants on a key.
    GrantsPerKey(u32),
    /// 100 kinds of grants on a key to one grantee; a quota of ours.
    GrantKinds,
    /// 25 rotations on demand of a key.
    RotationsOnDemand(KeyArn),
    /// 32,768 bytes of key policy.
    PolicySize,
}

/// What is wrong with the terms of a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrantDefect {
    /// No operation.
    NoOperation,
    /// No operation but CreateGrant.
    OnlyCreateGrant,
    /// An operation that the key does not support.
    Operation(GrantOperation),
    /// Both or neither of two ways to name a party.
    Party(&'static str, &'static str),
    /// A text that is no principal's ARN.
    Arn(String),
    /// The ARN of a principal that is not there.
    Nobody(String),
    /// A constraint on what has no encryption context.
    ContextOfKey(KeySpec),
    /// Two constraints of the encryption context.
    TwoConstraints,
    /// A constraint without pairs.
    NoPairs,
    /// A constraint of more than 8 pairs.
    TooManyPairs(&'static str),
    /// A value in a constraint of more than 384 characters.
    LongValue(&'static str),
    /// Pairs of a constraint whose keys differ only by case.
    KeysCollide,
    /// A grant to a service without what AWS demands of one.
    Service,
    /// A principal of another account than the caller's.
    OtherAccount,
    /// Neither a token, nor a key with a grant id.
    Unnamed,
}

/// What is wrong with tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagDefect {
    /// A key occurs twice in one request.
    Duplicate,
    /// More than 50.
    TooMany,
    /// A key begins with `aws:`.
    Reserved,
    /// A character that tags do not have.
    Invalid,
}

/// What is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsupported {
    /// Keys of this spec.
    KeySpec(KeySpec),
    /// Imported key material of this spec.
    ImportOf(KeySpec),
    /// Keys of this kind in a custom key store.
    InKeyStore(&'static str),
    /// Policies by other names than `default`.
    PolicyName,
    /// A key that has no public key; AWS says no more.
    NoPublicKey,
    /// Replicas in this Region, which is of another partition.
    ReplicaRegion(Region),
    /// A key whose material is not rotated; AWS says no more.
    NotRotated,
    /// Wrapping keys for this algorithm.
    Wrapping(WrappingAlgorithm),
    /// New key material for a replica key, which takes what its primary key has.
    ReplicaMaterial(KeyArn),
}

/// A constraint that the input breaks, beyond those of the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invalid {
    /// Constraints of the model, all that are broken, each as AWS words it.
    Constraints(Vec<String>),
    /// An alias name without its prefix.
    AliasPrefix,
    /// An alias name with a character that is not allowed.
    AliasCharacters(String),
    /// An alias's target is an alias.
    AliasTarget,
    /// Both or neither of two ways to say a length.
    DataKeyLength,
    /// GenerateRandom without a length.
    NumberOfBytes,
    /// Nothing to decrypt.
    CiphertextNull,
    /// A member that must be there in this combination.
    Null(&'static str),
    /// A usage that keys of the spec do not have.
    UsageOfSpec(KeyUsage, KeySpec),
    /// A spec whose usage must be said.
    UsageMissing,
    /// KeySpec and CustomerMasterKeySpec both given.
    TwoSpecs,
    /// A waiting period outside 7–30 days.
    PendingWindow,
    /// A page length beyond what the operation takes.
    PageLimit {
        /// What was asked for.
        asked: i64,
        /// The most there is.
        most: i64,
    },
    /// A modifier without a dry run.
    DryRunModifier,
    /// A digest of another length than the algorithm's.
    DigestLength(SigningAlgorithm),
    /// A kind of message that keys of the spec do not sign.
    MessageType(MessageType, KeySpec),
    /// More than the algorithm encrypts with a key of the spec.
    PlaintextLength {
        /// The algorithm.
        algorithm: EncryptionAlgorithm,
        /// The key's spec.
        spec: KeySpec,
        /// The most bytes.
        max: usize,
    },
    /// An attestation document that is not believed.
    Attestation(String),
    /// An encryption context for an asymmetric key.
    AsymmetricContext,
    /// An import that cannot be.
    Import(ImportDefect),
    /// A request about a custom key store that cannot be.
    KeyStore(KeyStoreDefect),
}

/// What is wrong with a request to import, beyond the material.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportDefect {
    /// Material that expires, and no word when.
    ExpiryMissing,
    /// Material that does not expire, and when.
    ExpiryGiven,
    /// It would have expired already.
    ExpiryPast,
    /// It would expire after more than 365 days.
    ExpiryFar,
    /// The algorithm and the wrapping key do not wrap such material.
    Wrapping(WrappingAlgorithm, WrappingKeySpec, KeySpec),
    /// New material cannot be named: it has no name yet.
    NewNamed,
    /// A member that is for symmetric encryption keys.
    SymmetricOnly(&'static str),
}

/// What is wrong with a request about a custom key store, beyond the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStoreDefect {
    /// A member without which there is no such store.
    Missing(&'static str),
    /// A member that such a store does not have.
    Superfluous(&'static str),
    /// Both of two ways to name one.
    TwoNames,
    /// Nothing to change.
    Nothing,
    /// A key of a custom key store without one, or the reverse.
    Origin(Origin),
    /// A store of the other kind.
    Kind(Origin),
}

impl Refusal {
    /// The error code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::AccessDenied { .. } => ErrorCode::AccessDenied,
            Self::AlreadyExists(_) => ErrorCode::AlreadyExists,
            Self::Disabled(_) => ErrorCode::Disabled,
            Self::DryRun => ErrorCode::DryRunOperation,
            Self::ExpiredImportToken => ErrorCode::ExpiredImportToken,
            Self::IncorrectKey => ErrorCode::IncorrectKey,
            Self::IncorrectKeyMaterial(_) => ErrorCode::IncorrectKeyMaterial,
            Self::InvalidImportToken => ErrorCode::InvalidImportToken,
            Self::KeyStore(refusal) => refusal.code(),
            Self::ReservedAlias => ErrorCode::InvalidAliasName,
            Self::InvalidArn(_) => ErrorCode::InvalidArn,
            Self::InvalidCiphertext => ErrorCode::InvalidCiphertext,
            Self::InvalidGrantId => ErrorCode::InvalidGrantId,
            Self::Grant(GrantDefect::Arn(_) | GrantDefect::Nobody(_)) => ErrorCode::InvalidArn,
            Self::Grant(_) => ErrorCode::Validation,
            Self::InvalidGrantToken => ErrorCode::InvalidGrantToken,
            Self::AsymmetricDataKey
            | Self::IncompatibleAlgorithm { .. }
            | Self::InvalidKeyUsage { .. } => ErrorCode::InvalidKeyUsage,
            Self::InvalidMac => ErrorCode::KmsInvalidMac,
            Self::InvalidSignature => ErrorCode::KmsInvalidSignature,
            Self::Origin { .. } => ErrorCode::UnsupportedOperation,
            Self::InvalidMarker => ErrorCode::InvalidMarker,
            Self::NotPrimary(_) => ErrorCode::UnsupportedOperation,
            Self::ReplicaExists(_) => ErrorCode::AlreadyExists,
            Self::NoSuchReplica(_) => ErrorCode::NotFound,
            Self::NoSuchRegion(_) => ErrorCode::UnsupportedOperation,
            Self::InvalidState { .. } | Self::NothingToRotate(_) | Self::PendingRotation(_) => {
                ErrorCode::KmsInvalidState
            }
            Self::LimitExceeded(_) => ErrorCode::LimitExceeded,
            Self::MalformedPolicy(_) => ErrorCode::MalformedPolicyDocument,
            Self::NotFound(_) => ErrorCode::NotFound,
            Self::Serialization(_) => ErrorCode::Serialization,
            Self::Tag(_) => ErrorCode::Tag,
            Self::Unsupported(_) => ErrorCode::UnsupportedOperation,
            Self::UnknownOperation => ErrorCode::UnknownOperation,
            Self::Validation(_) | Self::InvalidPublicKey => ErrorCode::Validation,
            Self::Constraint(code, _) => *code,
            Self::Identity(defect) => defect.code(),
            Self::Object(refusal) => refusal.code(),
            Self::Trail(refusal) => refusal.code(),
            Self::Throttled => ErrorCode::RequestsThrottled,
            Self::Internal => ErrorCode::KmsInternal,
        }
    }

    /// A key of this origin, in a custom key store of the other kind.
    pub(crate) const fn wrong_store(origin: Origin) -> Self {
        Self::Validation(Invalid::KeyStore(KeyStoreDefect::Kind(origin)))
    }

    /// More requests to the service than a quota admits, as the service says it.
    pub(crate) fn throttled(service: &str) -> Self {
        match service {
            "iam" | "sts" => Self::Identity(IdentityDefect::Throttled),
            "cloudtrail" => Self::Trail(TrailRefusal::Throttled),
            "s3" => Self::Object(ObjectRefusal::SlowDown),
            _ => Self::Throttled,
        }
    }

    /// Whether it says that there were too many requests.
    #[must_use]
    pub const fn is_throttled(&self) -> bool {
        matches!(
            self,
            Self::Throttled
                | Self::Identity(IdentityDefect::Throttled)
                | Self::Trail(TrailRefusal::Throttled)
                | Self::Object(ObjectRefusal::SlowDown)
        )
    }

    /// Whether the fault is the server's or a key store's, not the caller's, and the request may be
    /// tried again.
    #[must_use]
    pub const fn is_fault(&self) -> bool {
        matches!(self.code(), ErrorCode::KmsInternal | ErrorCode::DependencyTimeout)
    }
}
