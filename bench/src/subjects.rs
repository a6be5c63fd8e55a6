//! What requests are about: keys made before the measurement, plaintexts and ciphertexts.

use crate::connection::Connection;
use crate::endpoint::Endpoint;
use crate::operation::{Operation, Workload};
use crate::requests::{self, Message};
use crate::terminal::Failure;
use serde_json::Value;
use strongroom_crypto::{Entropy, SystemEntropy};

/// Bytes of a plaintext.
const PLAINTEXT: usize = 1024;

/// A key, and what is asked with it.
#[derive(Clone, Default)]
pub(crate) struct Subject {
    pub(crate) key_id: String,
    /// The name of an alias of the key.
    pub(crate) alias: String,
    /// In base64.
    pub(crate) plaintext: String,
    /// What was answered before: the plaintext's ciphertext, or a signature.
    pub(crate) answer: String,
    /// Further members of Encrypt and Decrypt, with a comma before each.
    pub(crate) context: String,
}

impl Subject {
    /// One that no server knows, for a server that does not look.
    pub(crate) fn imaginary() -> Result<Self, Failure> {
        let key_id = "00000000-0000-0000-0000-000000000000".to_owned();
        let plaintext = plaintext()?;
        Ok(Self { key_id, answer: plaintext.clone(), plaintext, ..Self::default() })
    }

    /// The key `key_id` with a plaintext.
    pub(crate) fn of(key_id: &str) -> Result<Self, Failure> {
        Ok(Self { key_id: key_id.to_owned(), plaintext: plaintext()?, ..Self::default() })
    }
}

/// Makes what `workload` is about at `endpoint`: `count` keys of its kind, and what has to be asked
/// before it with each.
pub(crate) async fn prepare(
    endpoint: &Endpoint,
    workload: Workload,
    count: u32,
) -> Result<Vec<Subject>, Failure> {
    let operation = workload.demanding();
    let mut asker = Asker::open(endpoint).await?;
    let mut subjects = Vec::new();
    for _ in 0..count {
        let mut subject = Subject { plaintext: plaintext()?, ..Subject::default() };
        if let Some(key) = operation.key() {
            subject.key_id = asker.key(key).await?;
        }
        if operation == Operation::ListGrants {
            subject.key_id = asker.key(("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")).await?;
        }
        if operation == Operation::DescribeAlias {
            subject.alias = format!("alias/{}", subject.key_id);
            asker.alias(&subject).await?;
        }
        if let Some((before, pointer)) = operation.before() {
            subject.answer =
                asker.text(&Message::of(before, &subject), before.name(), pointer).await?;
        }
        subjects.push(subject);
    }
    Ok(subjects)
}

/// A connection for what is asked once.
pub(crate) struct Asker {
    connection: Connection,
    endpoint: Endpoint,
}

impl Asker {
    pub(crate) async fn open(endpoint: &Endpoint) -> Result<Self, Failure> {
        let connection = Connection::open(endpoint).await;
        let connection = connection.map_err(|why| Failure::of(&endpoint.authority, why))?;
        Ok(Self { connection, endpoint: endpoint.clone() })
    }

    /// A new key's id.
    pub(crate) async fn key(&mut self, (spec, usage): (&str, &str)) -> Result<String, Failure> {
        let body = format!(r#"{{"KeySpec":"{spec}","KeyUsage":"{usage}"}}"#);
        self.text(&Message::kms("CreateKey", body), "CreateKey", "/KeyMetadata/KeyId").await
    }

    async fn alias(&mut self, subject: &Subject) -> Result<(), Failure> {
        let Subject { key_id, alias, .. } = subject;
        let body = format!(r#"{{"AliasName":"{alias}","TargetKeyId":"{key_id}"}}"#);
        self.ask(&Message::kms("CreateAlias", body)).await.map(drop)
    }

    /// The answer to `message`, which must be 200; `None` if it has no JSON.
    pub(crate) async fn ask(&mut self, message: &Message) -> Result<Option<Value>, Failure> {
        let request = requests::one(&self.endpoint, message)?;
        self.send(message.name, &request).await
    }

    /// The same of a request that is signed.
    pub(crate) async fn send(
        &mut self,
        name: &str,
        request: &[u8],
    ) -> Result<Option<Value>, Failure> {
        let failed = |why: &dyn std::fmt::Display| Failure::of(name, why);
        let response = self.connection.exchange(request).await.map_err(|why| failed(&why))?;
        match response.status {
            200 => Ok(serde_json::from_slice(response.body).ok()),
            status => {
                let body = String::from_utf8_lossy(response.body);
                Err(failed(&format_args!("{status} {body}")))
            }
        }
    }

    /// The text at `pointer` (RFC 6901) of the answer.
    async fn text(
        &mut self,
        message: &Message,
        name: &str,
        pointer: &str,
    ) -> Result<String, Failure> {
        let answer = self.ask(message).await?;
        let text = answer.as_ref().and_then(|answer| answer.pointer(pointer)?.as_str());
        text.map(str::to_owned).ok_or_else(|| Failure::of(name, format!("no {pointer}")))
    }
}

fn plaintext() -> Result<String, Failure> {
    let mut bytes = [0; PLAINTEXT];
    SystemEntropy.fill(&mut bytes).map_err(|why| Failure::new(why.to_string()))?;
    Ok(base64_simd::STANDARD.encode_to_string(bytes))
}
