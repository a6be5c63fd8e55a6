//! Buckets elsewhere, against a server that stores what it is put and checks what is signed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use strongroom_crypto::SecretBytes;
use strongroom_engine::ports::archive::{NoArchive, Objects};
use strongroom_keystores::{BucketConfiguration, Buckets, ConfigurationError};
use strongroom_sigv4::{Request, Rules, SigningKey, claim};
use strongroom_types::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const SECRET: &str = "the-secret-of-the-bucket";

type Headers = Vec<(String, String)>;

/// A bucket `there`, by key: headers and content.
#[derive(Default)]
struct Stub {
    objects: Mutex<BTreeMap<String, (Headers, Vec<u8>)>>,
    /// What it answers instead, if anything: the whole response.
    instead: Mutex<Option<String>>,
}

impl Stub {
    async fn start() -> (Arc<Self>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let stub = Arc::new(Self::default());
        let serving = stub.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        (stub, endpoint)
    }

    async fn serve(self: Arc<Self>, mut stream: TcpStream) {
        let mut buffer = Vec::new();
        loop {
            let end = loop {
                if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                    break at;
                }
                let mut chunk = [0; 4096];
                match stream.read(&mut chunk).await {
                    Ok(0) | Err(_) => return,
                    Ok(count) => buffer.extend_from_slice(&chunk[..count]),
                }
            };
            let head = String::from_utf8(buffer[..end].to_vec()).unwrap();
            let mut lines = head.split("\r\n");
            let mut first = lines.next().unwrap().split(' ');
            let (method, target) = (first.next().unwrap(), first.next().unwrap());
            let headers: Headers = lines
                .map(|line| line.split_once(": ").unwrap())
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect();
            let length = headers.iter().find(|(name, _)| name == "content-length");
            let length: usize = length.map_or(0, |(_, value)| value.parse().unwrap());
            while buffer.len() < end + 4 + length {
                let mut chunk = [0; 4096];
                let count = stream.read(&mut chunk).await.unwrap();
                buffer.extend_from_slice(&chunk[..count]);
            }
            let body = buffer[end + 4..end + 4 + length].to_vec();
            buffer.drain(..end + 4 + length);
            let answer = self.answer(method, target, headers, body);
            if stream.write_all(&answer).await.is_err() {
                return;
            }
        }
    }

    fn answer(&self, method: &str, target: &str, headers: Headers, body: Vec<u8>) -> Vec<u8> {
        if let Some(instead) = &*self.instead.lock().unwrap() {
            return instead.clone().into_bytes();
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        verify((method, path, query), &headers, &body);
        let mut objects = self.objects.lock().unwrap();
        let key = path.strip_prefix("/there/").unwrap().replace("%2B", "+").replace("%3D", "=");
        match (method, key.as_str()) {
            ("PUT", key) => {
                objects.insert(key.to_owned(), (headers, body));
                response("200 OK", "", b"")
            }
            ("GET", "") => response("200 OK", "", listing(&objects, query).as_bytes()),
            ("GET", key) => match objects.get(key) {
                Some((headers, body)) => {
                    let mut told = "Last-Modified: Sun, 22 Nov 2026 06:37:05 GMT\r\n".to_owned();
                    for (name, value) in
                        headers.iter().filter(|(n, _)| n.starts_with("x-amz-meta-"))
                    {
                        write!(told, "{name}: {value}\r\n").unwrap();
                    }
                    response("200 OK", &told, body)
                }
                None => response("404 Not Found", "", b"<Error><Code>NoSuchKey</Code></Error>"),
            },
            _ => panic!("{method} {path}"),
        }
    }
}

fn response(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// The signature is good, and of the content that came.
fn verify((method, path, query): (&str, &str, &str), headers: &Headers, body: &[u8]) {
    let borrowed: Vec<(&str, &[u8])> =
        headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let request = Request::new(method, path, query, &borrowed, body).unwrap();
    let date = headers.iter().find(|(name, _)| name == "x-amz-date").unwrap();
    let claim = claim(&request, Rules::s3(), Timestamp::parse_basic(&date.1).unwrap()).unwrap();
    assert_eq!((claim.access_key_id(), claim.region().as_str()), ("AKIATHERE", "eu-west-2"));
    let secret = SecretBytes::new(SECRET.as_bytes().to_vec());
    let key = SigningKey::derive(&secret, claim.date(), "eu-west-2", "s3");
    claim.verify(&key).unwrap();
}

/// At most two keys a page, however many are asked for.
fn listing(objects: &BTreeMap<String, (Headers, Vec<u8>)>, query: &str) -> String {
    let value = |name: &str| {
        let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap());
        let found = pairs.filter(|(given, _)| *given == name).map(|(_, value)| value).next();
        found.unwrap_or_default().replace("%2F", "/").replace("%2B", "+").replace("%3D", "=")
    };
    let (prefix, after) = (value("prefix"), value("start-after"));
    let most = value("max-keys").parse::<usize>().unwrap().min(2);
    let found: Vec<_> =
        objects.iter().filter(|(key, _)| key.starts_with(&prefix) && **key > after).collect();
    let mut xml = format!("<ListBucketResult><IsTruncated>{}</IsTruncated>", found.len() > most);
    for (key, (_, body)) in found.into_iter().take(most) {
        let key = key.replace('+', "%2B").replace('=', "%3D");
        write!(
            xml,
            "<Contents><Key>{key}</Key><LastModified>2026-11-22T06:37:05.000Z</LastModified>\
             <Size>{}</Size></Contents>",
            body.len()
        )
        .unwrap();
    }
    xml + "</ListBucketResult>"
}

fn configuration(endpoint: &str) -> BucketConfiguration {
    BucketConfiguration {
        endpoint: endpoint.to_owned(),
        region: "eu-west-2".to_owned(),
        access_key_id: "AKIATHERE".to_owned(),
        secret_access_key: Arc::new(SecretBytes::new(SECRET.as_bytes().to_vec())),
        bucket: "there".to_owned(),
        path_style: true,
        ca_file: None,
        deadline: Duration::from_secs(5),
    }
}

fn buckets(configuration: BucketConfiguration) -> Result<Buckets<NoArchive>, ConfigurationError> {
    Buckets::new([("mapped".to_owned(), configuration)].into(), NoArchive)
}

#[tokio::test]
async fn what_is_put_comes_back_and_is_listed() {
    let (stub, endpoint) = Stub::start().await;
    let buckets = buckets(configuration(&endpoint)).unwrap();
    let metadata: BTreeMap<String, String> = [("signature".to_owned(), "0a1b".to_owned())].into();
    let keys = ["a/b.json.gz", "a/c=d+e", "a/f", "b"];
    for key in keys {
        buckets.put("mapped", key, key.as_bytes(), &metadata).await.unwrap();
    }
    let (headers, _) = stub.objects.lock().unwrap()["a/b.json.gz"].clone();
    assert!(headers.contains(&("content-encoding".to_owned(), "gzip".to_owned())));
    for key in keys {
        let found = buckets.get("mapped", key).await.unwrap().unwrap();
        assert_eq!((found.body.as_slice(), &found.metadata), (key.as_bytes(), &metadata));
        assert_eq!(found.modified, Timestamp::from_millis(1_795_329_425_000));
    }
    assert_eq!(buckets.get("mapped", "none").await.unwrap(), None);
    let list = async |prefix, after, limit| {
        let found = buckets.list("mapped", prefix, after, limit).await.unwrap();
        found.into_iter().map(|it| it.key).collect::<Vec<_>>()
    };
    assert_eq!(list("", None, 100).await, keys);
    assert_eq!(list("", None, 3).await, keys[..3]);
    assert_eq!(list("", None, 0).await, <[&str; 0]>::default());
    assert_eq!(list("a/", Some("a/b.json.gz"), 100).await, keys[1..3]);
    assert_eq!(list("c", None, 100).await, <[&str; 0]>::default());
}

#[tokio::test]
async fn only_what_is_mapped_is_elsewhere() {
    let (stub, endpoint) = Stub::start().await;
    let buckets = buckets(configuration(&endpoint)).unwrap();
    assert!(buckets.has_bucket("mapped") && !buckets.has_bucket("there"));
    assert!(buckets.put("other", "a", b"", &BTreeMap::new()).await.is_err());
    for key in ["../there/a", "a?acl", "a%2f", "", "a//b"] {
        assert!(buckets.put("mapped", key, b"", &BTreeMap::new()).await.is_err(), "{key}");
        assert_eq!(buckets.get("mapped", key).await.unwrap(), None, "{key}");
    }
    assert!(stub.objects.lock().unwrap().is_empty());
}

#[tokio::test]
async fn answers_that_are_none_are_errors_that_tell_no_secret() {
    let (stub, endpoint) = Stub::start().await;
    let buckets = buckets(configuration(&endpoint)).unwrap();
    for answer in [
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 41\r\n\r\n<Error><Code>AccessDenied</Code></Error> ",
        "HTTP/1.1 404 Not Found\r\nContent-Length: 41\r\n\r\n<Error><Code>NoSuchBucket</Code></Error> ",
        "HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        "nonsense\r\n\r\n",
    ] {
        *stub.instead.lock().unwrap() = Some(answer.to_owned());
        assert!(buckets.put("mapped", "a", b"", &BTreeMap::new()).await.is_err(), "{answer}");
        let got = buckets.get("mapped", "a").await.unwrap_err().to_string();
        assert!(got.contains("there") && !got.contains(SECRET), "{got}");
        assert!(buckets.list("mapped", "", None, 9).await.is_err(), "{answer}");
    }
    // A page that does not go on is no reason to ask for ever.
    let page = "<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>a</Key><Size>1</Size>\
                <LastModified>2026-11-22T06:37:05.000Z</LastModified></Contents></ListBucketResult>";
    *stub.instead.lock().unwrap() =
        Some(String::from_utf8(response("200 OK", "", page.as_bytes())).unwrap());
    assert!(buckets.list("mapped", "", None, 9).await.is_err());
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let deadline = Duration::from_millis(100);
    let buckets = buckets(BucketConfiguration { deadline, ..configuration(&endpoint) }).unwrap();
    let error = buckets.get("mapped", "a").await.unwrap_err().to_string();
    assert!(error.contains("no answer in time"), "{error}");
    drop(listener);
    assert!(buckets.get("mapped", "a").await.is_err());
}

#[test]
fn what_is_no_bucket_is_not_begun_with() {
    for endpoint in
        ["", "example.com", "ftp://example.com", "https://a/b", "https://a:0", "https://u@a"]
    {
        let refused = buckets(configuration(endpoint));
        assert!(matches!(refused, Err(ConfigurationError::Endpoint(_))), "{endpoint}");
    }
    for bucket in ["", "a/b", "..?"] {
        let named = BucketConfiguration { bucket: bucket.to_owned(), ..configuration("https://a") };
        assert!(matches!(buckets(named), Err(ConfigurationError::Bucket(_))), "{bucket}");
    }
    let none = BucketConfiguration { deadline: Duration::ZERO, ..configuration("https://a") };
    assert!(matches!(buckets(none), Err(ConfigurationError::Deadline)));
    assert!(
        buckets(BucketConfiguration {
            path_style: false,
            ..configuration("https://s3.example.com:9000")
        })
        .is_ok()
    );
}
