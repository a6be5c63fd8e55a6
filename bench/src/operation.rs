//! What is asked of a server.

use crate::subjects::Subject;
use std::fmt;
use std::str::FromStr;

/// An operation of the KMS API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    CreateKey,
    Decrypt,
    DescribeKey,
    Encrypt,
    GenerateDataKey,
    GenerateRandom,
}

impl Operation {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CreateKey => "CreateKey",
            Self::Decrypt => "Decrypt",
            Self::DescribeKey => "DescribeKey",
            Self::Encrypt => "Encrypt",
            Self::GenerateDataKey => "GenerateDataKey",
            Self::GenerateRandom => "GenerateRandom",
        }
    }

    /// The request's body, about `subject`.
    pub(crate) fn body(self, subject: &Subject) -> String {
        let Subject { key_id, plaintext, ciphertext } = subject;
        match self {
            Self::CreateKey => r#"{"Description":"benchmark"}"#.to_owned(),
            Self::Decrypt => format!(r#"{{"CiphertextBlob":"{ciphertext}"}}"#),
            Self::DescribeKey => format!(r#"{{"KeyId":"{key_id}"}}"#),
            Self::Encrypt => format!(r#"{{"KeyId":"{key_id}","Plaintext":"{plaintext}"}}"#),
            Self::GenerateDataKey => format!(r#"{{"KeyId":"{key_id}","KeySpec":"AES_256"}}"#),
            Self::GenerateRandom => r#"{"NumberOfBytes":32}"#.to_owned(),
        }
    }
}

/// Requests that are measured together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Workload {
    /// One operation alone.
    One(Operation),
    /// Of ten requests five Decrypt, two Encrypt, two GenerateDataKey and one DescribeKey: data is
    /// read more often than it is written.
    Mix,
}

impl Workload {
    /// The operations in the order in which they are sent, over and over.
    pub(crate) fn cycle(self) -> Vec<Operation> {
        use Operation::{Decrypt, DescribeKey, Encrypt, GenerateDataKey};
        match self {
            Self::One(operation) => vec![operation],
            Self::Mix => [
                [Decrypt, Encrypt, Decrypt, GenerateDataKey, Decrypt],
                [Decrypt, Encrypt, DescribeKey, GenerateDataKey, Decrypt],
            ]
            .concat(),
        }
    }
}

/// The name on the command line.
impl FromStr for Workload {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let operation = match text {
            "create-key" => Operation::CreateKey,
            "decrypt" => Operation::Decrypt,
            "describe-key" => Operation::DescribeKey,
            "encrypt" => Operation::Encrypt,
            "generate-data-key" => Operation::GenerateDataKey,
            "generate-random" => Operation::GenerateRandom,
            "mix" => return Ok(Self::Mix),
            other => return Err(format!("`{other}` is none of the operations that are measured")),
        };
        Ok(Self::One(operation))
    }
}

/// The title in the report.
impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(Operation::Encrypt) => f.write_str("Encrypt (1 KiB)"),
            Self::One(Operation::Decrypt) => f.write_str("Decrypt (1 KiB)"),
            Self::One(operation) => f.write_str(operation.name()),
            Self::Mix => f.write_str(
                "Mix (50 % Decrypt, 20 % Encrypt, 20 % GenerateDataKey, 10 % DescribeKey)",
            ),
        }
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
        let subject =
            Subject { key_id: text("k"), plaintext: text("AAAA"), ciphertext: text("BBBB") };
        for (operation, members) in [
            (Operation::CreateKey, &["Description"][..]),
            (Operation::Decrypt, &["CiphertextBlob"]),
            (Operation::DescribeKey, &["KeyId"]),
            (Operation::Encrypt, &["KeyId", "Plaintext"]),
            (Operation::GenerateDataKey, &["KeyId", "KeySpec"]),
            (Operation::GenerateRandom, &["NumberOfBytes"]),
        ] {
            let body: serde_json::Value = serde_json::from_str(&operation.body(&subject)).unwrap();
            let given: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(given, members, "{}", operation.name());
        }
    }

    #[test]
    fn each_workload_has_a_name() {
        assert_eq!("encrypt".parse(), Ok(Workload::One(Operation::Encrypt)));
        assert_eq!("mix".parse(), Ok(Workload::Mix));
        assert!("Encrypt".parse::<Workload>().is_err());
    }
}
