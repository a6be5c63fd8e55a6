//! The client against a server that answers as it is told.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};
use std::time::Duration;
use strongroom_client::{
    Configuration, ConnectionError, Credentials, CredentialsSource, Endpoint, Kms, KmsError,
    Retries, Terms, tls,
};
use strongroom_crypto::SecretBytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with a request.
#[derive(Clone)]
enum Told {
    Answer(u16, &'static str),
    HangUp,
    Silence,
    Garbage,
    /// The start of an answer, and then the end of the connection.
    Half,
    /// The same, and the connection is reset.
    HalfAndReset,
}
use Told::{Answer, Garbage, Half, HalfAndReset, HangUp, Silence};

const GOOD: &str = r#"{"KeyId":"arn:aws:kms:eu-west-2:111122223333:key/k","Plaintext":"AAEC",
    "CiphertextBlob":"Y2lwaGVy"}"#;

/// A server, and the requests that it has heard.
struct Server {
    endpoint: Endpoint,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// It does one after another of these, and then stays silent.
    async fn start(told: Vec<Told>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (script, log) = (Arc::new(Mutex::new(told.into_iter())), heard.clone());
        #[allow(clippy::disallowed_methods, reason = "a test's own server")]
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (script, log) = (script.clone(), log.clone());
                tokio::spawn(serve(stream, script, log));
            }
        });
        let endpoint = Endpoint::parse(&format!("http://127.0.0.1:{port}")).unwrap();
        Self { endpoint, heard }
    }

    fn client(&self, attempts: u32) -> Kms {
        let credentials = Credentials {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_access_key: Arc::new(SecretBytes::new(b"secret".to_vec())),
            session_token: Some("token".to_owned()),
        };
        let base = Duration::from_millis(2);
        Kms::new(Configuration {
            endpoint: self.endpoint.clone(),
            region: "eu-west-2".to_owned(),
            credentials: Arc::new(CredentialsSource::fixed(credentials)),
            tls: tls::client(None).unwrap(),
            deadline: Duration::from_millis(300),
            retries: Retries { attempts, base, cap: base * 4, total: Duration::from_secs(20) },
        })
    }

    fn count(&self) -> usize {
        self.heard.lock().unwrap().len()
    }
}

async fn serve(
    mut stream: TcpStream,
    script: Arc<Mutex<std::vec::IntoIter<Told>>>,
    log: Arc<Mutex<Vec<String>>>,
) {
    while let Some(request) = heard(&mut stream).await {
        log.lock().unwrap().push(request);
        let told = script.lock().unwrap().next();
        match told {
            Some(Answer(status, body)) => {
                let head = format!(
                    "HTTP/1.1 {status} x\r\ncontent-length: {}\r\nx-amzn-requestid: r-1\r\n\r\n",
                    body.len()
                );
                stream.write_all((head + body).as_bytes()).await.unwrap();
            }
            Some(HangUp) => return,
            Some(told @ (Half | HalfAndReset)) => {
                let half = b"HTTP/1.1 200 x\r\ncontent-length: 100\r\n\r\n{";
                stream.write_all(half).await.unwrap();
                if matches!(told, HalfAndReset) {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    stream.set_zero_linger().unwrap();
                }
                return;
            }
            Some(Garbage) => stream.write_all(b"hello, world\r\n\r\n").await.unwrap(),
            Some(Silence) | None => tokio::time::sleep(Duration::from_secs(60)).await,
        }
    }
}

/// A whole request.
async fn heard(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let mut part = [0; 4096];
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&part[..count]),
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.to_lowercase();
        let length = length.split("content-length: ").nth(1).and_then(|it| it.lines().next());
        if body.len() >= length.and_then(|digits| digits.parse().ok()).unwrap_or(0) {
            return Some(text);
        }
    }
}

#[tokio::test]
async fn a_request_is_signed_and_says_what_is_asked() {
    let server = Server::start(vec![Answer(200, GOOD), Answer(200, GOOD)]).await;
    let kms = server.client(1);
    let context = [("tenant", "42")];
    let tokens = ["grant".to_owned()];
    let terms = Terms { context: &context, grant_tokens: &tokens };
    let made = kms.generate_data_key("alias/k", 3, terms).await.unwrap();
    assert_eq!(
        (made.plaintext.expose(), made.ciphertext.as_slice()),
        (&[0, 1, 2][..], &b"cipher"[..])
    );
    kms.decrypt(None, b"cipher", Terms::default()).await.unwrap();
    let heard = server.heard.lock().unwrap();
    assert!(heard[0].contains("x-amz-target: TrentService.GenerateDataKey\r\n"));
    assert!(heard[0].contains("x-amz-security-token: token\r\n"));
    assert!(heard[0].contains("/eu-west-2/kms/aws4_request, SignedHeaders="));
    let (_, body) = heard[0].split_once("\r\n\r\n").unwrap();
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    let expected = serde_json::json!({
        "KeyId": "alias/k", "NumberOfBytes": 3, "EncryptionContext": {"tenant": "42"},
        "GrantTokens": ["grant"],
    });
    assert_eq!(body, expected);
    let (_, body) = heard[1].split_once("\r\n\r\n").unwrap();
    assert_eq!(body, r#"{"CiphertextBlob":"Y2lwaGVy"}"#);
}

#[tokio::test]
async fn what_may_pass_is_asked_again() {
    let slow = r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#;
    let down = r#"{"__type":"KMSInternalException"}"#;
    let told = vec![Answer(400, slow), Answer(500, down), HangUp, Silence, Answer(200, GOOD)];
    let server = Server::start(told).await;
    let opened = server.client(6).decrypt(None, b"c", Terms::default()).await.unwrap();
    assert_eq!(opened.plaintext.expose(), [0, 1, 2]);
    // A connection that was kept and is hung up on is no failure of its own: it is tried at once.
    assert!(server.count() >= 5, "{}", server.count());
}

#[tokio::test]
async fn an_answer_that_is_cut_off_is_asked_for_again() {
    let server = Server::start(vec![Half, HalfAndReset, Answer(200, GOOD)]).await;
    let opened = server.client(3).decrypt(None, b"c", Terms::default()).await.unwrap();
    assert_eq!(opened.plaintext.expose(), [0, 1, 2]);
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn a_handshake_that_is_cut_off_is_no_fault_of_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let told = Arc::new(Mutex::new(0));
    let count = told.clone();
    #[allow(clippy::disallowed_methods, reason = "a test's own server")]
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            *count.lock().unwrap() += 1;
            let _ = stream.read(&mut [0; 64]).await;
            if *count.lock().unwrap() > 2 {
                stream.write_all(b"HTTP/1.1 400 this is no tls\r\n\r\n").await.unwrap();
            }
        }
    });
    let endpoint = Endpoint::parse(&format!("https://localhost:{port}")).unwrap();
    let server = Server { endpoint, heard: Arc::default() };
    let failed = server.client(2).describe_key("k").await.err().unwrap();
    assert!(matches!(failed, KmsError::Connection(ConnectionError::Unreachable(_))), "{failed}");
    assert_eq!(*told.lock().unwrap(), 2);
    let failed = server.client(5).describe_key("k").await.err().unwrap();
    assert!(matches!(failed, KmsError::Connection(ConnectionError::Tls(_))), "{failed}");
    assert_eq!(*told.lock().unwrap(), 3);
}

#[tokio::test]
async fn attempts_have_an_end() {
    let down = Answer(503, "");
    let server = Server::start(vec![down; 10]).await;
    let failed = server.client(3).decrypt(None, b"c", Terms::default()).await.err().unwrap();
    assert!(matches!(&failed, KmsError::Failed(fault) if fault.status == 503), "{failed}");
    assert_eq!(server.count(), 3);
    let server = Server::start(vec![]).await;
    let failed = server.client(1).decrypt(None, b"c", Terms::default()).await.err().unwrap();
    assert_eq!(failed, KmsError::TimedOut);
}

#[tokio::test]
async fn a_refusal_is_final_and_in_aws_s_words() {
    let denied = r#"{"__type":"AccessDeniedException","message":"not authorized"}"#;
    let server = Server::start(vec![Answer(400, denied)]).await;
    let refused = server.client(5).encrypt("k", &SecretBytes::new(vec![1]), Terms::default()).await;
    let refused = refused.err().unwrap();
    assert_eq!(refused.to_string(), "AccessDeniedException: not authorized (request r-1)");
    assert!(matches!(refused, KmsError::Refused(_)));
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn answers_that_are_none() {
    let other_length = Answer(200, GOOD);
    let long: &'static str = Box::leak("x".repeat(70_000).into_boxed_str());
    let told = vec![other_length, Answer(200, "{}"), Answer(200, long), Garbage];
    let server = Server::start(told).await;
    let kms = server.client(5);
    let strange = kms.generate_data_key("k", 32, Terms::default()).await.err().unwrap();
    assert!(matches!(strange, KmsError::Strange(_)), "{strange}");
    let strange = kms.decrypt(None, b"c", Terms::default()).await.err().unwrap();
    assert!(matches!(strange, KmsError::Strange(_)), "{strange}");
    for _ in 0..2 {
        let strange = kms.decrypt(None, b"c", Terms::default()).await.err().unwrap();
        let invalid = matches!(&strange, KmsError::Connection(ConnectionError::Invalid(_)));
        assert!(invalid, "{strange}");
    }
}

#[tokio::test]
async fn nobody_there() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let endpoint = Endpoint::parse(&format!("http://127.0.0.1:{port}")).unwrap();
    let server = Server { endpoint, heard: Arc::default() };
    let failed = server.client(3).describe_key("k").await.err().unwrap();
    assert!(matches!(failed, KmsError::Connection(ConnectionError::Unreachable(_))), "{failed}");
}
