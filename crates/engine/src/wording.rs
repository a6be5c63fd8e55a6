//! The texts of refusals, in AWS's words: clients match on them. `None` where AWS sends none.

mod identity;
mod key_store;
mod object;
mod trail;

use crate::refusal::{
    GrantDefect, ImportDefect, Invalid, KeyStoreDefect, Limit, MaterialDefect, Missing,
    PendingRotation, Refusal, TagDefect, Unsupported,
};
use strongroom_keys::StateRefusal;
use strongroom_policy::{Malformed, Problem};
use strongroom_types::KeySpec;

impl Refusal {
    /// The message, if AWS sends one for this refusal.
    #[must_use]
    pub fn message(&self) -> Option<String> {
        Some(match self {
            Self::InvalidCiphertext
            | Self::InvalidMac
            | Self::InvalidPublicKey
            | Self::InvalidSignature
            | Self::Unsupported(Unsupported::NoPublicKey | Unsupported::NotRotated)
            | Self::UnknownOperation => return None,
            Self::AccessDenied { message } => message.clone(),
            Self::AlreadyExists(alias) => format!("An alias with the name {alias} already exists"),
            Self::Disabled(key) => format!("{key} is disabled."),
            Self::DryRun => {
                "The request would have succeeded, but the DryRun option is set.".to_owned()
            }
            Self::ExpiredImportToken => "The import token has expired.".to_owned(),
            Self::IncorrectKeyMaterial(defect) => incorrect_material(*defect),
            Self::InvalidImportToken => {
                "The import token is invalid or belongs to a different KMS key.".to_owned()
            }
            Self::NothingToRotate(key) => {
                format!("No available key material pending rotation for the key: {key}.")
            }
            Self::ReplicaExists(key) => format!("A key with the ARN {key} already exists"),
            Self::NoSuchRegion(text) => format!("The Region {text} is not supported"),
            Self::NoSuchReplica(key) => format!("Key '{key}' does not exist"),
            Self::NotPrimary(key) => format!("{key} is not a multi-region primary key."),
            Self::PendingRotation(pending) => pending_rotation(pending),
            Self::IncorrectKey => "The key ID in the request does not identify a CMK that can \
                                   perform this operation."
                .to_owned(),
            Self::ReservedAlias => "Aliases that begin with \"alias/aws/\" are reserved".to_owned(),
            Self::InvalidArn(text) => format!("Invalid arn {text}"),
            Self::InvalidGrantId => "Invalid grant ID.".to_owned(),
            Self::Grant(defect) => grant(defect),
            Self::InvalidGrantToken => "Invalid grant token.".to_owned(),
            Self::IncompatibleAlgorithm { algorithm, spec } => {
                format!("Algorithm {algorithm} is incompatible with key spec {spec}.")
            }
            Self::InvalidKeyUsage { key, usage, operation } => {
                format!("{key} key usage is {usage} which is not valid for {operation}.")
            }
            Self::AsymmetricDataKey => {
                "You cannot generate a data key with an asymmetric CMK".to_owned()
            }
            Self::Origin { key, origin } => {
                format!("{key} origin is {origin} which is not valid for this operation.")
            }
            Self::InvalidMarker => "Invalid marker.".to_owned(),
            Self::InvalidState { key, why } => format!("{key} {}.", state(*why)),
            Self::LimitExceeded(limit) => exceeded(*limit),
            Self::MalformedPolicy(message) | Self::Serialization(message) => message.clone(),
            Self::NotFound(missing) => not_found(missing),
            Self::KeyStore(refusal) => key_store::message(refusal),
            Self::Tag(defect) => tag(*defect).to_owned(),
            Self::Unsupported(what) => unsupported(*what),
            Self::Validation(invalid) => validation(invalid),
            Self::Constraint(_, text) => text.clone(),
            Self::Identity(defect) => identity::message(defect),
            Self::Object(refusal) => object::message(refusal),
            Self::Trail(refusal) => trail::message(refusal),
            Self::Throttled => "You have exceeded the rate at which you may call KMS. Reduce the \
                                frequency of your calls."
                .to_owned(),
            Self::Internal => "An internal error occurred. The request can be retried.".to_owned(),
        })
    }
}

const fn state(why: StateRefusal) -> &'static str {
    match why {
        StateRefusal::Disabled => "is disabled",
        StateRefusal::PendingDeletion => "is pending deletion",
        StateRefusal::PendingImport => "is pending import",
        StateRefusal::PendingReplicaDeletion => "is pending replica deletion",
        StateRefusal::Unavailable => "is unavailable",
        StateRefusal::Creating => "is creating",
        StateRefusal::Updating => "is updating",
        StateRefusal::NotPendingDeletion => "is not pending deletion",
    }
}

fn not_found(missing: &Missing) -> String {
    match missing {
        Missing::Key(key) => format!("Key '{key}' does not exist"),
        Missing::KeyId(text) => format!("Invalid keyId '{text}'"),
        Missing::KeyIdInArn(text) => format!("Invalid keyId {text}"),
        Missing::Arn(text) => format!("Invalid arn {text}"),
        Missing::Region(region) => format!("Invalid arn {region}"),
        Missing::Alias(alias) => format!("Alias {alias} is not found."),
        Missing::Grant => "Grant ID is not found.".to_owned(),
        Missing::Policy => "No such policy exists".to_owned(),
        Missing::Material(id, key) => format!("Key material '{id}' does not exist in key {key}"),
    }
}

fn pending_rotation(pending: &PendingRotation) -> String {
    let PendingRotation { key, new, pending } = pending;
    format!(
        "New key material (id: {new}) cannot be imported into KMS key {key}, because another key \
         material (id: {pending}) is pending rotation."
    )
}

fn incorrect_material(defect: MaterialDefect) -> String {
    match defect {
        MaterialDefect::Form(spec) => {
            format!("The key material is not valid for key spec {spec}.")
        }
        MaterialDefect::Known(id) => {
            format!("The key material (id: {id}) is already associated with the KMS key.")
        }
        MaterialDefect::Unknown(id) => {
            format!("The key material (id: {id}) is not associated with the KMS key.")
        }
        MaterialDefect::OtherThanNamed(id) => {
            format!("The key material (id: {id}) does not match KeyMaterialId.")
        }
    }
}

fn import(defect: ImportDefect) -> String {
    match defect {
        ImportDefect::ExpiryMissing => {
            "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES".to_owned()
        }
        ImportDefect::ExpiryGiven => "The parameter ValidTo cannot be specified for a key with an \
                                      expiration model of KEY_MATERIAL_DOES_NOT_EXPIRE"
            .to_owned(),
        ImportDefect::ExpiryPast => "ValidTo must be in the future".to_owned(),
        ImportDefect::ExpiryFar => "ValidTo must be within 365 days".to_owned(),
        ImportDefect::Wrapping(algorithm, key, spec) => format!(
            "Wrapping algorithm {algorithm} and wrapping key spec {key} cannot be used to import \
             a {spec} key."
        ),
        ImportDefect::NewNamed => {
            "KeyMaterialId cannot be specified when ImportType is NEW_KEY_MATERIAL".to_owned()
        }
        ImportDefect::SymmetricOnly(member) => {
            format!("{member} can be specified for symmetric encryption KMS keys only")
        }
    }
}

fn key_store_request(defect: KeyStoreDefect) -> String {
    match defect {
        KeyStoreDefect::Missing(member) => {
            format!("{member} is required for this type of custom key store")
        }
        KeyStoreDefect::Superfluous(member) => {
            format!("{member} cannot be specified for this type of custom key store")
        }
        KeyStoreDefect::TwoNames => {
            "You can specify either CustomKeyStoreId or CustomKeyStoreName, but not both."
                .to_owned()
        }
        KeyStoreDefect::Nothing => "There is nothing to update".to_owned(),
        KeyStoreDefect::Origin(origin) => format!(
            "The combination of CustomKeyStoreId, XksKeyId and Origin {origin} is not valid"
        ),
        KeyStoreDefect::Kind(origin) => {
            format!("Origin {origin} is not valid for this type of custom key store")
        }
    }
}

fn exceeded(limit: Limit) -> String {
    match limit {
        Limit::Keys(most) => {
            format!("The KMS key quota of the account in this Region is reached: {most} keys")
        }
        Limit::AliasesPerKey(most) => {
            format!("The alias quota of the key is reached: {most} aliases")
        }
        Limit::KeyStores(most) => format!(
            "The custom key store quota of the account in this Region is reached: {most} custom \
             key stores"
        ),
        Limit::PolicySize => "The key policy is larger than 32768 bytes".to_owned(),
        Limit::GrantsPerKey(most) => {
            format!("The grant quota of the key is reached: {most} grants")
        }
        Limit::GrantKinds => {
            "The quota of kinds of grants to one grantee is reached: 100 kinds".to_owned()
        }
        Limit::RotationsOnDemand(key) => format!(
            "The on-demand rotations limit has been reached for the given keyId. No more \
             on-demand rotations can be performed for this key: {key}"
        ),
    }
}

fn grant(defect: &GrantDefect) -> String {
    match defect {
        GrantDefect::NoOperation => "Grants must contain at least one operation.".to_owned(),
        GrantDefect::OnlyCreateGrant => {
            "Grants must not contain only the CreateGrant operation.".to_owned()
        }
        GrantDefect::Operation(operation) => {
            format!("Operation {operation} is not supported by the KMS key of this grant.")
        }
        GrantDefect::Party(one, other) => {
            format!("You must specify either {one} or {other}, but not both.")
        }
        GrantDefect::Arn(text) => format!("Invalid arn {text}"),
        GrantDefect::Nobody(arn) => format!("ARN does not refer to a valid principal: {arn}"),
        GrantDefect::ContextOfKey(spec) => {
            format!("Encryption context grant constraints are not supported for key spec {spec}.")
        }
        GrantDefect::TwoConstraints => "You can specify either EncryptionContextSubset or \
                                        EncryptionContextEquals, but not both."
            .to_owned(),
        GrantDefect::NoPairs => {
            "An encryption context grant constraint must contain at least one pair.".to_owned()
        }
        GrantDefect::TooManyPairs(member) => format!(
            "1 validation error detected: Value at 'constraints.{member}' failed to satisfy \
             constraint: Member must have length less than or equal to 8"
        ),
        GrantDefect::LongValue(member) => format!(
            "1 validation error detected: Value at 'constraints.{member}' failed to satisfy \
             constraint: Map value must satisfy constraint: [Member must have length less than or \
             equal to 384]"
        ),
        GrantDefect::KeysCollide => "The keys of an encryption context grant constraint must \
                                     differ by more than their case."
            .to_owned(),
        GrantDefect::Service => "A grant to an AWS service principal must have a SourceArn \
                                 constraint and a retiring principal."
            .to_owned(),
        GrantDefect::OtherAccount => {
            "The retiring principal must be in the account of the caller.".to_owned()
        }
        GrantDefect::Unnamed => {
            "You must specify either a grant token, or a key ID and a grant ID.".to_owned()
        }
    }
}

const fn tag(defect: TagDefect) -> &'static str {
    match defect {
        TagDefect::Duplicate => "Duplicate tag keys",
        TagDefect::TooMany => "Too many tags",
        TagDefect::Invalid => "Invalid tag",
        TagDefect::Reserved => "Tags beginning with aws: are reserved",
    }
}

fn unsupported(what: Unsupported) -> String {
    match what {
        Unsupported::KeySpec(KeySpec::Sm2) => {
            "KeySpec SM2 is not supported in this Region".to_owned()
        }
        Unsupported::KeySpec(spec) => format!("KeySpec {spec} is not supported by this server"),
        Unsupported::ImportOf(spec) => {
            format!("KeySpec {spec} is not supported for Origin EXTERNAL")
        }
        Unsupported::InKeyStore(what) => {
            format!("{what} is not supported in custom key stores")
        }
        Unsupported::NoPublicKey | Unsupported::NotRotated => String::new(),
        Unsupported::ReplicaRegion(region) => {
            format!("The Region {region} is not in the partition of the primary key")
        }
        Unsupported::PolicyName => "The only valid value of PolicyName is default".to_owned(),
        Unsupported::Wrapping(algorithm) => {
            format!("Wrapping algorithm {algorithm} is not supported")
        }
        Unsupported::ReplicaMaterial(key) => format!(
            "New key material cannot be imported into {key}, which is a multi-Region replica key."
        ),
    }
}

fn validation(invalid: &Invalid) -> String {
    match invalid {
        Invalid::Constraints(broken) => {
            let plural = if broken.len() == 1 { "" } else { "s" };
            let texts = broken.join("; ");
            format!("{} validation error{plural} detected: {texts}", broken.len())
        }
        Invalid::AliasPrefix => "Alias must start with the prefix \"alias/\". Please see \
             https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
            .to_owned(),
        Invalid::AliasCharacters(name) => {
            format!("{name} contains invalid characters for an alias")
        }
        Invalid::AliasTarget => "Aliases must refer to keys. Not aliases".to_owned(),
        Invalid::DataKeyLength => "Please specify either number of bytes or key spec.".to_owned(),
        Invalid::NumberOfBytes => "NumberOfBytes is required.".to_owned(),
        Invalid::CiphertextNull => "CiphertextBlob must not be null".to_owned(),
        Invalid::Null(member) => format!("{member} must not be null"),
        Invalid::UsageOfSpec(usage, spec) => {
            format!("KeyUsage {usage} is not compatible with KeySpec {spec}")
        }
        Invalid::UsageMissing => "You must specify a KeyUsage value for all KMS keys except for \
                                  symmetric encryption keys."
            .to_owned(),
        Invalid::TwoSpecs => {
            "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. \
             CustomerMasterKeySpec is deprecated."
                .to_owned()
        }
        Invalid::PendingWindow => "PendingWindowInDays must be between 7 and 30 days".to_owned(),
        Invalid::PageLimit { asked, most } => format!(
            "1 validation error detected: Value '{asked}' at 'limit' failed to satisfy \
             constraint: Member must have value less than or equal to {most}"
        ),
        Invalid::DigestLength(algorithm) => {
            format!("Digest is invalid length for algorithm {algorithm}.")
        }
        Invalid::MessageType(kind, spec) => {
            format!("Message type {kind} is incompatible with key spec {spec}.")
        }
        Invalid::PlaintextLength { algorithm, spec, max } => format!(
            "Algorithm {algorithm} and key spec {spec} cannot encrypt data larger than {max} bytes."
        ),
        Invalid::Attestation(why) => format!("AttestationDocument is not valid: {why}"),
        Invalid::AsymmetricContext => {
            "EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs."
                .to_owned()
        }
        Invalid::Import(defect) => import(*defect),
        Invalid::KeyStore(defect) => key_store_request(*defect),
        Invalid::DryRunModifier => {
            "DryRunModifiers can be specified only when DryRun is true.".to_owned()
        }
    }
}

/// The text of the `MalformedPolicyDocumentException` for a document that is no policy: AWS's for
/// principals, else the place and what is wrong there.
#[must_use]
pub fn malformed_policy(why: &Malformed) -> String {
    match why.problem() {
        Problem::Principal => {
            "Policy contains a statement with one or more invalid principals.".to_owned()
        }
        _ => why.to_string(),
    }
}

/// The text of the `MalformedPolicyDocumentException` for a policy with an overly permissive
/// condition on `key`.
///
/// Source: AWS KMS Developer Guide, "kms:EncryptionContext:context-key".
#[must_use]
pub fn overly_permissive(key: &str) -> String {
    let (kind, what) = match key.starts_with("kms:") {
        true => ("EncryptionContext: ", "encryption context"),
        false => (" ", "tag"),
    };
    format!(
        "OverlyPermissiveCondition:{kind}Using the ForAllValues set operator with a single-valued \
         condition key matches requests without the specified {what} or with an unspecified \
         {what}. To fix, remove ForAllValues."
    )
}

/// The text of the `MalformedPolicyDocumentException` for a policy that locks its author out.
pub const LOCKED_OUT: &str =
    "The new key policy will not allow you to update the key policy in the future.";
