//! What is asked of a server.

use crate::subjects::Subject;
use std::fmt;
use std::str::FromStr;

/// An operation, with what it is about where that decides what it costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    CreateKey,
    CreateRsa4096,
    Decrypt,
    DescribeAlias,
    DescribeKey,
    Encrypt,
    GenerateDataKey,
    GenerateMac,
    GenerateRandom,
    ListAliases,
    ListGrants,
    ListKeys,
    ListUsers,
    ReEncrypt,
    SignP256,
    SignRsa2048,
    SignRsa4096,
    VerifyP256,
    VerifyRsa2048,
}

/// Every operation with its name on the command line.
const NAMES: [(&str, Operation); 19] = [
    ("create-key", Operation::CreateKey),
    ("create-rsa-4096-key", Operation::CreateRsa4096),
    ("decrypt", Operation::Decrypt),
    ("describe-alias", Operation::DescribeAlias),
    ("describe-key", Operation::DescribeKey),
    ("encrypt", Operation::Encrypt),
    ("generate-data-key", Operation::GenerateDataKey),
    ("generate-mac", Operation::GenerateMac),
    ("generate-random", Operation::GenerateRandom),
    ("list-aliases", Operation::ListAliases),
    ("list-grants", Operation::ListGrants),
    ("list-keys", Operation::ListKeys),
    ("list-users", Operation::ListUsers),
    ("re-encrypt", Operation::ReEncrypt),
    ("sign-ecc-p256", Operation::SignP256),
    ("sign-rsa-2048", Operation::SignRsa2048),
    ("sign-rsa-4096", Operation::SignRsa4096),
    ("verify-ecc-p256", Operation::VerifyP256),
    ("verify-rsa-2048", Operation::VerifyRsa2048),
];

impl Operation {
    /// AWS's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CreateKey | Self::CreateRsa4096 => "CreateKey",
            Self::Decrypt => "Decrypt",
            Self::DescribeAlias | Self::DescribeKey => "DescribeKey",
            Self::Encrypt => "Encrypt",
            Self::GenerateDataKey => "GenerateDataKey",
            Self::GenerateMac => "GenerateMac",
            Self::GenerateRandom => "GenerateRandom",
            Self::ListAliases => "ListAliases",
            Self::ListGrants => "ListGrants",
            Self::ListKeys => "ListKeys",
            Self::ListUsers => "ListUsers",
            Self::ReEncrypt => "ReEncrypt",
            Self::SignP256 | Self::SignRsa2048 | Self::SignRsa4096 => "Sign",
            Self::VerifyP256 | Self::VerifyRsa2048 => "Verify",
        }
    }

    /// The service that it is signed for. IAM's is asked in forms, KMS in JSON.
    pub(crate) fn service(self) -> &'static str {
        if self == Self::ListUsers { "iam" } else { "kms" }
    }

    /// `KeySpec` and `KeyUsage` of the keys that it is about; `None` if it needs no key of its own.
    pub(crate) fn key(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::CreateKey | Self::CreateRsa4096 | Self::GenerateRandom => None,
            Self::ListAliases | Self::ListGrants | Self::ListKeys | Self::ListUsers => None,
            Self::GenerateMac => Some(("HMAC_256", "GENERATE_VERIFY_MAC")),
            Self::SignP256 | Self::VerifyP256 => Some(("ECC_NIST_P256", "SIGN_VERIFY")),
            Self::SignRsa2048 | Self::VerifyRsa2048 => Some(("RSA_2048", "SIGN_VERIFY")),
            Self::SignRsa4096 => Some(("RSA_4096", "SIGN_VERIFY")),
            _ => Some(("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")),
        }
    }

    /// What has to be asked once, with the same subject, before this can be: the operation, and the
    /// member of its answer.
    pub(crate) fn before(self) -> Option<(Self, &'static str)> {
        match self {
            Self::Decrypt | Self::ReEncrypt => Some((Self::Encrypt, "/CiphertextBlob")),
            Self::VerifyP256 => Some((Self::SignP256, "/Signature")),
            Self::VerifyRsa2048 => Some((Self::SignRsa2048, "/Signature")),
            _ => None,
        }
    }

    /// The request's body, about `subject`.
    pub(crate) fn body(self, subject: &Subject) -> String {
        let Subject { key_id, alias, plaintext, answer, context } = subject;
        match self {
            Self::CreateKey => r#"{"Description":"benchmark"}"#.to_owned(),
            Self::CreateRsa4096 => r#"{"KeySpec":"RSA_4096","KeyUsage":"SIGN_VERIFY"}"#.to_owned(),
            Self::Decrypt => format!(r#"{{"CiphertextBlob":"{answer}"{context}}}"#),
            Self::DescribeAlias => format!(r#"{{"KeyId":"{alias}"}}"#),
            Self::DescribeKey => format!(r#"{{"KeyId":"{key_id}"}}"#),
            Self::Encrypt => {
                format!(r#"{{"KeyId":"{key_id}","Plaintext":"{plaintext}"{context}}}"#)
            }
            Self::GenerateDataKey => format!(r#"{{"KeyId":"{key_id}","KeySpec":"AES_256"}}"#),
            Self::GenerateMac => format!(
                r#"{{"KeyId":"{key_id}","Message":"{plaintext}","MacAlgorithm":"HMAC_SHA_256"}}"#
            ),
            Self::GenerateRandom => r#"{"NumberOfBytes":32}"#.to_owned(),
            Self::ListAliases | Self::ListKeys => r#"{"Limit":100}"#.to_owned(),
            Self::ListGrants => format!(r#"{{"KeyId":"{key_id}","Limit":100}}"#),
            Self::ListUsers => "Action=ListUsers&Version=2010-05-08&MaxItems=100".to_owned(),
            Self::ReEncrypt => {
                format!(r#"{{"CiphertextBlob":"{answer}","DestinationKeyId":"{key_id}"}}"#)
            }
            Self::SignP256 | Self::SignRsa2048 | Self::SignRsa4096 => format!(
                r#"{{"KeyId":"{key_id}","Message":"{DIGEST}","MessageType":"DIGEST","SigningAlgorithm":"{}"}}"#,
                self.signing_algorithm()
            ),
            Self::VerifyP256 | Self::VerifyRsa2048 => format!(
                r#"{{"KeyId":"{key_id}","Message":"{DIGEST}","MessageType":"DIGEST","Signature":"{answer}","SigningAlgorithm":"{}"}}"#,
                self.signing_algorithm()
            ),
        }
    }

    fn signing_algorithm(self) -> &'static str {
        match self {
            Self::SignP256 | Self::VerifyP256 => "ECDSA_SHA_256",
            _ => "RSASSA_PSS_SHA_256",
        }
    }
}

/// A digest that is signed: 32 bytes.
const DIGEST: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Requests that are measured together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Workload {
    /// One operation alone.
    One(Operation),
    /// Of ten requests five Decrypt, two Encrypt, two GenerateDataKey and one DescribeKey: data is
    /// read more often than it is written.
    Mix,
    /// Sign with RSA_4096 and CreateKey of RSA_4096, by turns: what takes a core for long.
    Rsa4096,
}

impl Workload {
    /// The operations in the order in which they are sent, over and over.
    pub(crate) fn cycle(self) -> Vec<Operation> {
        use Operation::{
            CreateRsa4096, Decrypt, DescribeKey, Encrypt, GenerateDataKey, SignRsa4096,
        };
        match self {
            Self::One(operation) => vec![operation],
            Self::Mix => [
                [Decrypt, Encrypt, Decrypt, GenerateDataKey, Decrypt],
                [Decrypt, Encrypt, DescribeKey, GenerateDataKey, Decrypt],
            ]
            .concat(),
            Self::Rsa4096 => vec![SignRsa4096, CreateRsa4096],
        }
    }

    /// The operation that says what its subjects have to be: of its operations the one that needs
    /// most.
    pub(crate) fn demanding(self) -> Operation {
        match self {
            Self::One(operation) => operation,
            Self::Mix => Operation::Decrypt,
            Self::Rsa4096 => Operation::SignRsa4096,
        }
    }
}

/// The name on the command line.
impl FromStr for Workload {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "mix" => return Ok(Self::Mix),
            "rsa-4096" => return Ok(Self::Rsa4096),
            _ => {}
        }
        let found = NAMES.iter().find(|(name, _)| *name == text);
        found.map(|(_, operation)| Self::One(*operation)).ok_or_else(|| {
            let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
            format!("`{text}` is none of {}, mix, rsa-4096", names.join(", "))
        })
    }
}

/// The title in the report.
impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let detail = match self {
            Self::Mix => {
                return f.write_str(
                    "Mix (50 % Decrypt, 20 % Encrypt, 20 % GenerateDataKey, 10 % DescribeKey)",
                );
            }
            Self::Rsa4096 => return f.write_str("Sign and CreateKey by turns (RSA_4096)"),
            Self::One(Operation::Encrypt) => " (1 KiB)",
            Self::One(Operation::Decrypt) => " (1 KiB)",
            Self::One(Operation::CreateRsa4096) => " (RSA_4096)",
            Self::One(Operation::DescribeAlias) => " (by alias)",
            Self::One(Operation::SignP256 | Operation::VerifyP256) => " (ECC_NIST_P256)",
            Self::One(Operation::SignRsa2048 | Operation::VerifyRsa2048) => " (RSA_2048)",
            Self::One(Operation::SignRsa4096) => " (RSA_4096)",
            Self::One(_) => "",
        };
        write!(f, "{}{detail}", self.demanding().name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mix_is_what_its_title_says() {
        let cycle = Workload::Mix.cycle();
        let count = |name| cycle.iter().filter(|operation| **operation == name).count();
        let counts = [
            Operation::Decrypt,
            Operation::Encrypt,
            Operation::GenerateDataKey,
            Operation::DescribeKey,
        ];
        assert_eq!(counts.map(count), [5, 2, 2, 1]);
    }

    #[test]
    fn bodies_are_json_with_the_members_of_the_api() {
        let text = |text: &str| text.to_owned();
        let subject = Subject {
            key_id: text("k"),
            alias: text("alias/a"),
            plaintext: text("AAAA"),
            answer: text("BBBB"),
            context: text(r#","EncryptionContext":{"a":"b"}"#),
        };
        for (operation, members) in [
            (Operation::CreateKey, &["Description"][..]),
            (Operation::Decrypt, &["CiphertextBlob", "EncryptionContext"]),
            (Operation::DescribeKey, &["KeyId"]),
            (Operation::Encrypt, &["EncryptionContext", "KeyId", "Plaintext"]),
            (Operation::GenerateDataKey, &["KeyId", "KeySpec"]),
            (Operation::GenerateMac, &["KeyId", "MacAlgorithm", "Message"]),
            (Operation::GenerateRandom, &["NumberOfBytes"]),
            (Operation::ListGrants, &["KeyId", "Limit"]),
            (Operation::ReEncrypt, &["CiphertextBlob", "DestinationKeyId"]),
            (Operation::SignP256, &["KeyId", "Message", "MessageType", "SigningAlgorithm"]),
        ] {
            let body: serde_json::Value = serde_json::from_str(&operation.body(&subject)).unwrap();
            let mut given: Vec<&str> =
                body.as_object().unwrap().keys().map(String::as_str).collect();
            given.sort_unstable();
            assert_eq!(given, members, "{}", operation.name());
        }
    }

    #[test]
    fn each_workload_has_a_name() {
        for (name, operation) in NAMES {
            assert_eq!(name.parse(), Ok(Workload::One(operation)));
        }
        assert_eq!("mix".parse(), Ok(Workload::Mix));
        assert!("Encrypt".parse::<Workload>().is_err());
    }
}
