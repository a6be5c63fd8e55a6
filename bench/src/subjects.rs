//! What requests are about: keys made before the measurement, plaintexts and ciphertexts.

use crate::connection::Connection;
use crate::endpoint::Endpoint;
use crate::operation::Operation;
use crate::requests;
use crate::terminal::Failure;
use serde_json::Value;
use strongroom_crypto::{Entropy, SystemEntropy};

/// Bytes of a plaintext.
const PLAINTEXT: usize = 1024;

/// A key, with a plaintext and its ciphertext in base64.
#[derive(Clone, Default)]
pub(crate) struct Subject {
    pub(crate) key_id: String,
    pub(crate) plaintext: String,
    pub(crate) ciphertext: String,
}

impl Subject {
    /// One that no server knows, for a server that does not look.
    pub(crate) fn imaginary() -> Result<Self, Failure> {
        let key_id = "00000000-0000-0000-0000-000000000000".to_owned();
        let plaintext = plaintext()?;
        Ok(Self { key_id, ciphertext: plaintext.clone(), plaintext })
    }
}

/// Makes `count` keys at `endpoint` and encrypts a plaintext under each.
pub(crate) async fn prepare(endpoint: &Endpoint, count: u32) -> Result<Vec<Subject>, Failure> {
    let failed = |why: std::io::Error| Failure::of(&endpoint.authority, why);
    let mut connection = Connection::open(endpoint).await.map_err(failed)?;
    let mut subjects = Vec::new();
    for _ in 0..count {
        let mut subject = Subject { plaintext: plaintext()?, ..Subject::default() };
        subject.key_id =
            ask(&mut connection, endpoint, Operation::CreateKey, &subject, "/KeyMetadata/KeyId")
                .await?;
        subject.ciphertext =
            ask(&mut connection, endpoint, Operation::Encrypt, &subject, "/CiphertextBlob").await?;
        subjects.push(subject);
    }
    Ok(subjects)
}

/// The text at `pointer` (RFC 6901) of the answer.
async fn ask(
    connection: &mut Connection,
    endpoint: &Endpoint,
    operation: Operation,
    subject: &Subject,
    pointer: &str,
) -> Result<String, Failure> {
    let request = requests::one(endpoint, operation, subject)?;
    let failed = |why: &dyn std::fmt::Display| Failure::of(operation.name(), why);
    let response = connection.exchange(&request).await.map_err(|why| failed(&why))?;
    let answer: Option<Value> = serde_json::from_slice(response.body).ok();
    let text = answer.as_ref().and_then(|answer| answer.pointer(pointer)?.as_str());
    match (response.status, text) {
        (200, Some(text)) => Ok(text.to_owned()),
        (status, _) => Err(failed(&format!("{status} {}", String::from_utf8_lossy(response.body)))),
    }
}

fn plaintext() -> Result<String, Failure> {
    let mut bytes = [0; PLAINTEXT];
    SystemEntropy.fill(&mut bytes).map_err(|why| Failure::new(why.to_string()))?;
    Ok(base64_simd::STANDARD.encode_to_string(bytes))
}
