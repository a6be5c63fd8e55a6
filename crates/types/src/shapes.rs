//! The shapes of the KMS API that requests use, each defined once. A test compares them with the
//! public API model.

use crate::shape::Kind::{Blob, Boolean, Integer, List, Map, Name, Structure, Text};
use crate::shape::Visibility::{Open, Withheld};
use crate::shape::{Field, Pattern, Shape, optional, required};
use crate::{KeySpec, KeyUsage, Origin};

const UNBOUNDED: usize = usize::MAX;

const fn open(model: &'static str, kind: crate::shape::Kind) -> Shape {
    Shape { model, kind, visibility: Open }
}

/// Key id, key ARN, alias name or alias ARN.
pub const KEY_ID: Shape = open("KeyIdType", Text { min: 1, max: 2048, pattern: None });
/// Alias name, prefix included.
pub const ALIAS_NAME: Shape =
    open("AliasNameType", Text { min: 1, max: 256, pattern: Some(&ALIAS_PATTERN) });
/// Description of a key.
pub const DESCRIPTION: Shape = open("DescriptionType", Text { min: 0, max: 8192, pattern: None });
/// What to encrypt.
pub const PLAINTEXT: Shape =
    Shape { model: "PlaintextType", kind: Blob { min: 1, max: 4096 }, visibility: Withheld };
/// A ciphertext blob.
pub const CIPHERTEXT: Shape =
    Shape { model: "CiphertextType", kind: Blob { min: 1, max: 6144 }, visibility: Withheld };
/// Encryption context.
pub const ENCRYPTION_CONTEXT: Shape = open("EncryptionContextType", Map);
/// Grant tokens.
pub const GRANT_TOKENS: Shape = Shape {
    model: "GrantTokenList",
    kind: List { member: &GRANT_TOKEN, min: 0, max: 10 },
    visibility: Withheld,
};
const GRANT_TOKEN: Shape = Shape {
    model: "GrantTokenType",
    kind: Text { min: 1, max: 8192, pattern: None },
    visibility: Withheld,
};
/// Algorithm of Encrypt and Decrypt, in the order of AWS's error text.
pub const ENCRYPTION_ALGORITHM: Shape = open(
    "EncryptionAlgorithmSpec",
    Name(&["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "SM2PKE", "SYMMETRIC_DEFAULT"]),
);
/// A member that may be true, false or absent.
pub const NULLABLE_BOOLEAN: Shape = open("NullableBooleanType", Boolean);
/// A member that is true or false.
pub const BOOLEAN: Shape = open("BooleanType", Boolean);
/// How a dry run treats the ciphertext.
pub const DRY_RUN_MODIFIERS: Shape =
    open("DryRunModifierList", List { member: &DRY_RUN_MODIFIER, min: 0, max: UNBOUNDED });
const DRY_RUN_MODIFIER: Shape = open("DryRunModifierType", Name(&["IGNORE_CIPHERTEXT"]));
/// Attestation document and algorithm of a Nitro enclave.
pub const RECIPIENT: Shape = open("RecipientInfo", Structure(RECIPIENT_FIELDS));
const RECIPIENT_FIELDS: &[Field] = &[
    optional("KeyEncryptionAlgorithm", &KEY_ENCRYPTION_MECHANISM),
    optional("AttestationDocument", &ATTESTATION_DOCUMENT),
];
const KEY_ENCRYPTION_MECHANISM: Shape =
    open("KeyEncryptionMechanism", Name(&["RSAES_OAEP_SHA_256"]));
const ATTESTATION_DOCUMENT: Shape = Shape {
    model: "AttestationDocumentType",
    kind: Blob { min: 1, max: 262_144 },
    visibility: Withheld,
};
/// Length of random bytes or of a data key.
pub const NUMBER_OF_BYTES: Shape = open("NumberOfBytesType", Integer { min: 1, max: 1024 });
/// Kind of data key.
pub const DATA_KEY_SPEC: Shape = open("DataKeySpec", Name(&["AES_256", "AES_128"]));
/// Page length.
pub const LIMIT: Shape = open("LimitType", Integer { min: 1, max: 1000 });
/// Page marker.
pub const MARKER: Shape =
    open("MarkerType", Text { min: 1, max: 1024, pattern: Some(&LATIN_PATTERN) });
/// Whose keys ListKeys shows.
pub const RESOURCE_OWNERS: Shape =
    open("ResourceOwnersList", List { member: &RESOURCE_OWNER, min: 1, max: 2 });
const RESOURCE_OWNER: Shape = open("ResourceOwnerType", Name(&["SELF", "OTHER_ACCOUNTS_VIA_RAM"]));
/// Waiting period before deletion; the API further restricts it to 7–30.
pub const PENDING_WINDOW: Shape = open("PendingWindowInDaysType", Integer { min: 1, max: 365 });
/// Name of a key policy.
pub const POLICY_NAME: Shape =
    open("PolicyNameType", Text { min: 1, max: 128, pattern: Some(&WORD_PATTERN) });
/// Text of a key policy.
pub const POLICY: Shape =
    open("PolicyType", Text { min: 1, max: 131_072, pattern: Some(&POLICY_PATTERN) });
/// Type of key material.
pub const KEY_SPEC: Shape = open("KeySpec", Name(KeySpec::NAMES));
/// The deprecated twin of [`KEY_SPEC`], which stops at SM2.
pub const CUSTOMER_MASTER_KEY_SPEC: Shape = open(
    "CustomerMasterKeySpec",
    Name(&[
        "RSA_2048",
        "RSA_3072",
        "RSA_4096",
        "ECC_NIST_P256",
        "ECC_NIST_P384",
        "ECC_NIST_P521",
        "ECC_SECG_P256K1",
        "SYMMETRIC_DEFAULT",
        "HMAC_224",
        "HMAC_256",
        "HMAC_384",
        "HMAC_512",
        "SM2",
    ]),
);
/// What a key is for.
pub const KEY_USAGE: Shape = open("KeyUsageType", Name(KeyUsage::NAMES));
/// Where key material comes from.
pub const ORIGIN: Shape = open("OriginType", Name(Origin::NAMES));
/// Identifier of a custom key store.
pub const CUSTOM_KEY_STORE_ID: Shape =
    open("CustomKeyStoreIdType", Text { min: 1, max: 64, pattern: None });
/// Identifier of a key in an external key manager.
pub const XKS_KEY_ID: Shape =
    open("XksKeyIdType", Text { min: 1, max: 128, pattern: Some(&XKS_KEY_ID_PATTERN) });
/// Tags.
pub const TAGS: Shape = open("TagList", List { member: &TAG, min: 0, max: UNBOUNDED });
const TAG: Shape = open("Tag", Structure(TAG_FIELDS));
/// The members of a tag.
pub const TAG_FIELDS: &[Field] = &[required("TagKey", &TAG_KEY), required("TagValue", &TAG_VALUE)];
const TAG_KEY: Shape = open("TagKeyType", Text { min: 1, max: 128, pattern: None });
const TAG_VALUE: Shape = open("TagValueType", Text { min: 0, max: 256, pattern: None });
/// Keys of tags.
pub const TAG_KEYS: Shape = open("TagKeyList", List { member: &TAG_KEY, min: 0, max: UNBOUNDED });

const ALIAS_PATTERN: Pattern = Pattern {
    text: "^[a-zA-Z0-9:/_-]+$",
    allows: |c| c.is_ascii_alphanumeric() || matches!(c, ':' | '/' | '_' | '-'),
};
const XKS_KEY_ID_PATTERN: Pattern = Pattern {
    text: "^[a-zA-Z0-9-_.]+$",
    allows: |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'),
};
const WORD_PATTERN: Pattern =
    Pattern { text: "[\\w]+", allows: |c| c.is_ascii_alphanumeric() || c == '_' };
const LATIN_PATTERN: Pattern =
    Pattern { text: "[\\u0020-\\u00FF]*", allows: |c| matches!(c, '\u{20}'..='\u{ff}') };
const POLICY_PATTERN: Pattern = Pattern {
    text: "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+",
    allows: |c| matches!(c, '\u{9}' | '\u{a}' | '\u{d}' | '\u{20}'..='\u{ff}'),
};
