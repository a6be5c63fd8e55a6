//! Signed requests, ready to be sent.
//!
//! Signatures of equal requests made in one second are equal, and a signature is good for five
//! minutes. So each request is signed ahead, every half minute, and sent many times: the generator
//! spends nothing on signing, while the server verifies each request anew.

use crate::clock;
use crate::endpoint::Endpoint;
use crate::operation::{Operation, Workload};
use crate::subjects::Subject;
use crate::terminal::Failure;
use std::rc::Rc;
use std::time::{Duration, Instant};
use strongroom_crypto::SecretBytes;
use strongroom_sigv4::{Request, Rules, Signer, SigningKey};
use strongroom_types::Timestamp;

/// How long a signature is used.
const FRESH: Duration = Duration::from_secs(30);

/// The requests of one workload, in turn.
pub(crate) struct Requests {
    endpoint: Endpoint,
    bodies: Vec<(Operation, String)>,
    signed: Vec<Rc<[u8]>>,
    signed_at: Option<Instant>,
    next: usize,
}

impl Requests {
    /// Goes round `subjects`, and round the workload's operations with each.
    pub(crate) fn new(endpoint: &Endpoint, workload: Workload, subjects: &[Subject]) -> Self {
        let bodies = subjects
            .iter()
            .flat_map(|subject| {
                workload.cycle().into_iter().map(|operation| (operation, operation.body(subject)))
            })
            .collect();
        let endpoint = endpoint.clone();
        Self { endpoint, bodies, signed: Vec::new(), signed_at: None, next: 0 }
    }

    /// The next request: head and body.
    pub(crate) fn next(&mut self, now: Instant) -> Result<Rc<[u8]>, Failure> {
        if self.signed_at.is_none_or(|at| now.saturating_duration_since(at) > FRESH) {
            self.sign_all(clock::timestamp())?;
            self.signed_at = Some(now);
        }
        let request = self.signed.get(self.next).or_else(|| self.signed.first());
        self.next = (self.next + 1) % self.signed.len().max(1);
        request.cloned().ok_or_else(|| Failure::new("there is nothing to ask"))
    }

    fn sign_all(&mut self, at: Timestamp) -> Result<(), Failure> {
        let signer = signer(&self.endpoint, at);
        let authority = &self.endpoint.authority;
        let sign = |(operation, body): &(Operation, String)| {
            signed(&signer, authority, *operation, body, at)
        };
        self.signed = self.bodies.iter().map(sign).collect::<Result<_, _>>()?;
        Ok(())
    }
}

/// One request, signed now.
pub(crate) fn one(
    endpoint: &Endpoint,
    operation: Operation,
    subject: &Subject,
) -> Result<Rc<[u8]>, Failure> {
    let at = clock::timestamp();
    let signer = signer(endpoint, at);
    signed(&signer, &endpoint.authority, operation, &operation.body(subject), at)
}

fn signer(endpoint: &Endpoint, at: Timestamp) -> Signer {
    let credentials = &endpoint.credentials;
    let secret = SecretBytes::new(credentials.secret_access_key.clone().into_bytes());
    let key = SigningKey::derive(&secret, &at.civil().basic_date(), &credentials.region, "kms");
    Signer::new(&credentials.access_key_id, None, key, Rules::new("kms"))
}

/// Head and body, with the header fields that AWS's SDKs send.
fn signed(
    signer: &Signer,
    authority: &str,
    operation: Operation,
    body: &str,
    at: Timestamp,
) -> Result<Rc<[u8]>, Failure> {
    use std::fmt::Write;
    const CONTENT_TYPE: &str = "application/x-amz-json-1.1";
    let failed = |why: &dyn std::fmt::Debug| Failure::new(format!("signing failed: {why:?}"));
    let target = format!("TrentService.{}", operation.name());
    let headers = [
        ("content-type", CONTENT_TYPE.as_bytes()),
        ("host", authority.as_bytes()),
        ("x-amz-target", target.as_bytes()),
    ];
    let request = Request::new("POST", "/", "", &headers, body.as_bytes());
    let added =
        request.and_then(|request| signer.headers(&request, at)).map_err(|why| failed(&why))?;
    let mut text = format!(
        "POST / HTTP/1.1\r\nHost: {authority}\r\nAccept-Encoding: identity\r\n\
         Content-Type: {CONTENT_TYPE}\r\nX-Amz-Target: {target}\r\n\
         User-Agent: strongroom-bench\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in added {
        write!(text, "{name}: {value}\r\n").map_err(|why| failed(&why))?;
    }
    text.extend(["\r\n", body]);
    Ok(text.into_bytes().into())
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
        let bytes = one(&endpoint(), Operation::DescribeKey, &subject).unwrap();
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
