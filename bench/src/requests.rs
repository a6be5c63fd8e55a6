//! Signed requests, ready to be sent.
//!
//! Signatures of equal requests made in one second are equal, and a signature is good for five
//! minutes. So each request is signed ahead, every half minute, and sent many times: the generator
//! spends nothing on signing, while the server verifies each request anew. Requests about more keys
//! than can be kept ready are drawn, and signed one by one.

use crate::clock;
use crate::endpoint::Endpoint;
use crate::operation::{Operation, Workload};
use crate::random::Numbers;
use crate::subjects::Subject;
use crate::terminal::Failure;
use std::rc::Rc;
use std::time::{Duration, Instant};
use strongroom_crypto::SecretBytes;
use strongroom_sigv4::{Request, Rules, Signer, SigningKey};
use strongroom_types::Timestamp;

/// How long a signature is used.
const FRESH: Duration = Duration::from_secs(30);

/// What is asked.
pub(crate) struct Message {
    /// The service that it is signed for: `kms`, asked in JSON, or `iam`, asked in forms.
    pub(crate) service: &'static str,
    /// AWS's name of the operation.
    pub(crate) name: &'static str,
    pub(crate) body: String,
}

impl Message {
    /// `operation` about `subject`.
    pub(crate) fn of(operation: Operation, subject: &Subject) -> Self {
        let (service, name) = (operation.service(), operation.name());
        Self { service, name, body: operation.body(subject) }
    }

    /// An operation of KMS.
    pub(crate) fn kms(name: &'static str, body: String) -> Self {
        Self { service: "kms", name, body }
    }

    /// Head and body, with the header fields that AWS's SDKs send.
    fn signed(&self, signers: &Signers, authority: &str) -> Result<Rc<[u8]>, Failure> {
        use std::fmt::Write;
        let failed = |why: &dyn std::fmt::Debug| Failure::new(format!("signing failed: {why:?}"));
        let is_json = self.service == "kms";
        let content_type = if is_json {
            "application/x-amz-json-1.1"
        } else {
            "application/x-www-form-urlencoded"
        };
        let target = format!("TrentService.{}", self.name);
        let mut headers =
            vec![("content-type", content_type.as_bytes()), ("host", authority.as_bytes())];
        let mut text = format!(
            "POST / HTTP/1.1\r\nHost: {authority}\r\nAccept-Encoding: identity\r\n\
             Content-Type: {content_type}\r\nUser-Agent: strongroom-bench\r\n\
             Content-Length: {}\r\n",
            self.body.len()
        );
        if is_json {
            headers.push(("x-amz-target", target.as_bytes()));
            write!(text, "X-Amz-Target: {target}\r\n").map_err(|why| failed(&why))?;
        }
        let request = Request::new("POST", "/", "", &headers, self.body.as_bytes());
        let signer = if is_json { &signers.kms } else { &signers.iam };
        let added = request.and_then(|request| signer.headers(&request, signers.at));
        for (name, value) in added.map_err(|why| failed(&why))? {
            write!(text, "{name}: {value}\r\n").map_err(|why| failed(&why))?;
        }
        text.extend(["\r\n", &self.body]);
        Ok(text.into_bytes().into())
    }
}

/// Who signs, at one time.
struct Signers {
    kms: Signer,
    iam: Signer,
    at: Timestamp,
}

impl Signers {
    fn now(endpoint: &Endpoint) -> Self {
        let at = clock::timestamp();
        let credentials = &endpoint.credentials;
        let signer = |service| {
            let secret = SecretBytes::new(credentials.secret_access_key.clone().into_bytes());
            // Users and roles are of no Region, and signed for one all the same.
            let date = at.civil().basic_date();
            let key = SigningKey::derive(&secret, &date, &credentials.region, service);
            Signer::new(&credentials.access_key_id, None, key, Rules::new(service))
        };
        Self { kms: signer("kms"), iam: signer("iam"), at }
    }
}

/// Signs one message after another.
pub(crate) struct Signing {
    endpoint: Endpoint,
    signers: Signers,
    since: Instant,
}

impl Signing {
    pub(crate) fn new(endpoint: &Endpoint) -> Self {
        let endpoint = endpoint.clone();
        Self { signers: Signers::now(&endpoint), endpoint, since: clock::now() }
    }

    /// Head and body of `message`.
    pub(crate) fn sign(&mut self, message: &Message) -> Result<Rc<[u8]>, Failure> {
        if self.since.elapsed() > FRESH {
            *self = Self::new(&self.endpoint);
        }
        message.signed(&self.signers, &self.endpoint.authority)
    }
}

/// Makes the message of a number.
pub(crate) type Maker = Box<dyn Fn(u64) -> Message>;

/// Where requests come from.
enum Source {
    /// These, in turn.
    Ring { messages: Vec<Message>, signed: Vec<Rc<[u8]>>, next: usize },
    /// Made of numbers drawn at random.
    Drawn { make: Maker, numbers: Numbers, signers: Box<Signers> },
}

/// The requests of one workload.
pub(crate) struct Requests {
    endpoint: Endpoint,
    source: Source,
    signed_at: Option<Instant>,
}

impl Requests {
    /// Goes round `subjects`, and round the workload's operations with each.
    pub(crate) fn new(endpoint: &Endpoint, workload: Workload, subjects: &[Subject]) -> Self {
        let cycle = workload.cycle();
        let messages = subjects.iter().flat_map(|subject| {
            cycle.iter().map(move |operation| Message::of(*operation, subject))
        });
        Self::ring(endpoint, messages.collect())
    }

    /// Goes round `messages`.
    pub(crate) fn ring(endpoint: &Endpoint, messages: Vec<Message>) -> Self {
        let source = Source::Ring { messages, signed: Vec::new(), next: 0 };
        Self { endpoint: endpoint.clone(), source, signed_at: None }
    }

    /// What `make` makes of numbers that are drawn at random, each signed by itself.
    pub(crate) fn drawn(endpoint: &Endpoint, make: Maker) -> Self {
        let signers = Box::new(Signers::now(endpoint));
        let source = Source::Drawn { make, numbers: Numbers::default(), signers };
        Self { endpoint: endpoint.clone(), source, signed_at: None }
    }

    /// The next request: head and body.
    pub(crate) fn next(&mut self, now: Instant) -> Result<Rc<[u8]>, Failure> {
        if self.signed_at.is_none_or(|at| now.saturating_duration_since(at) > FRESH) {
            self.sign()?;
            self.signed_at = Some(now);
        }
        match &mut self.source {
            Source::Ring { signed, next, .. } => {
                let request = signed.get(*next).or_else(|| signed.first());
                *next = (*next + 1) % signed.len().max(1);
                request.cloned().ok_or_else(|| Failure::new("there is nothing to ask"))
            }
            Source::Drawn { make, numbers, signers } => {
                make(numbers.next()).signed(signers, &self.endpoint.authority)
            }
        }
    }

    fn sign(&mut self) -> Result<(), Failure> {
        let now = Signers::now(&self.endpoint);
        match &mut self.source {
            Source::Ring { messages, signed, .. } => {
                let authority = &self.endpoint.authority;
                let all = messages.iter().map(|message| message.signed(&now, authority));
                *signed = all.collect::<Result<_, _>>()?;
            }
            Source::Drawn { signers, .. } => **signers = now,
        }
        Ok(())
    }
}

/// One request, signed now.
pub(crate) fn one(endpoint: &Endpoint, message: &Message) -> Result<Rc<[u8]>, Failure> {
    message.signed(&Signers::now(endpoint), &endpoint.authority)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::Credentials;

    fn endpoint() -> Endpoint {
        let text = |text: &str| text.to_owned();
        let credentials = Credentials {
            access_key_id: text("AKIAIOSFODNN7EXAMPLE"),
            secret_access_key: text("secret"),
            region: text("us-east-1"),
        };
        Endpoint::new("http://127.0.0.1:1", None, credentials).unwrap()
    }

    #[test]
    fn the_signature_sent_verifies() {
        let subject = Subject { key_id: "k".to_owned(), ..Subject::default() };
        let bytes = one(&endpoint(), &Message::of(Operation::DescribeKey, &subject)).unwrap();
        let mut parsed = [httparse::EMPTY_HEADER; 16];
        let mut request = httparse::Request::new(&mut parsed);
        let head = request.parse(&bytes).unwrap().unwrap();
        let names: Vec<String> =
            request.headers.iter().map(|header| header.name.to_ascii_lowercase()).collect();
        let headers: Vec<(&str, &[u8])> =
            names.iter().map(String::as_str).zip(request.headers.iter().map(|h| h.value)).collect();
        let request = Request::new("POST", "/", "", &headers, &bytes[head..]).unwrap();
        let claim =
            strongroom_sigv4::claim(&request, Rules::new("kms"), clock::timestamp()).unwrap();
        let secret = SecretBytes::new(b"secret".to_vec());
        let key = SigningKey::derive(&secret, claim.date(), "us-east-1", "kms");
        assert!(claim.verify(&key).is_ok());
    }

    #[test]
    fn requests_go_round_and_are_signed_anew_when_old() {
        let subject = |id: &str| Subject { key_id: id.to_owned(), ..Subject::default() };
        let workload = Workload::One(Operation::DescribeKey);
        let mut requests = Requests::new(&endpoint(), workload, &[subject("a"), subject("b")]);
        let now = clock::now();
        let [first, second, third] = [(); 3].map(|()| requests.next(now).unwrap());
        assert_ne!(first, second);
        assert!(Rc::ptr_eq(&first, &third));
        let _ = requests.next(now).unwrap();
        let later = requests.next(now + FRESH + Duration::from_secs(1)).unwrap();
        assert!(!Rc::ptr_eq(&first, &later));
    }
}
