//! The public signing vectors, read from the published source of the crate `aws-sigv4`: each is
//! signed and verified in the header form and in the query form, and its intermediate texts are
//! compared.
//!
//! Two of the forty directories, `double-*`, have no context and no query form; they have tests of
//! their own below.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where something is not as expected"
)]

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use strongroom_crypto::SecretBytes;
use strongroom_sigv4::{AuthError, Form, PathForm, Request, Rules, Signer, SigningKey, claim};
use strongroom_types::Timestamp;

const TOKEN_HEADER: &str = "x-amz-security-token";

/// Where the vectors of `AWS4-HMAC-SHA256` are.
fn suite() -> PathBuf {
    // Only what this machine's target needs has been downloaded.
    let version = Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--filter-platform", host])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "aws-sigv4").unwrap();
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    manifest.parent().unwrap().join("aws-signing-test-suite/v4")
}

/// A request as the vectors write it.
#[derive(Clone)]
struct Message {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, Vec<u8>)>,
    body: String,
}

impl Message {
    fn read(file: &Path) -> Self {
        let text = fs::read_to_string(file).unwrap();
        let (head, body) = text.split_once("\n\n").unwrap_or((text.trim_end_matches('\n'), ""));
        // A line that begins with a blank continues the one before (RFC 9112 §5.2).
        let head = head.replace("\n ", "  ");
        let mut lines = head.lines();
        let line = lines.next().unwrap();
        let line = line.strip_suffix(" HTTP/1.1").unwrap_or(line);
        let (method, target) = line.split_once(' ').unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_ascii_lowercase(), value.as_bytes().to_vec())
        });
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: headers.collect(),
            body: body.to_owned(),
        }
    }

    fn with<T>(&self, run: impl FnOnce(&Request<'_>) -> T) -> T {
        let headers: Vec<(&str, &[u8])> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        run(&Request::new(&self.method, &self.path, &self.query, &headers, self.body.as_bytes())
            .unwrap())
    }

    fn add(&mut self, name: &str, value: &str) {
        self.headers.push((name.to_owned(), value.as_bytes().to_vec()));
    }

    fn header(&self, name: &str) -> String {
        let header = self.headers.iter().find(|(given, _)| given == name);
        String::from_utf8(header.unwrap().1.clone()).unwrap()
    }

    fn remove_header(&mut self, name: &str) {
        self.headers.retain(|(given, _)| given != name);
    }

    fn remove_parameter(&mut self, name: &str) {
        let kept = self.query.split('&').filter(|pair| pair.split('=').next() != Some(name));
        self.query = kept.collect::<Vec<_>>().join("&");
    }

    /// Everything, with headers and parameters in an order that does not matter.
    fn sorted(&self) -> impl PartialEq + std::fmt::Debug + use<> {
        let mut headers: Vec<String> = self
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value)))
            .collect();
        headers.sort_by(|a, b| a.split(':').next().cmp(&b.split(':').next()));
        let mut query: Vec<String> = self.query.split('&').map(str::to_owned).collect();
        query.sort();
        (self.method.clone(), self.path.clone(), query, headers, self.body.clone())
    }
}

/// One directory of the suite that has a context.
struct Vector {
    directory: PathBuf,
    context: Value,
}

impl Vector {
    fn open(directory: &Path) -> Option<Self> {
        let context = fs::read_to_string(directory.join("context.json")).ok()?;
        Some(Self {
            directory: directory.to_owned(),
            context: serde_json::from_str(&context).unwrap(),
        })
    }

    fn text(&self, file: &str) -> String {
        fs::read_to_string(self.directory.join(file)).unwrap()
    }

    fn message(&self, file: &str) -> Message {
        Message::read(&self.directory.join(file))
    }

    /// The request to sign. That of `get-space-normalized` has its space encoded, unlike the
    /// signed request and the canonical request beside it (and unlike its twin for SigV4A), which
    /// are of the request with a bare space.
    fn unsigned(&self) -> Message {
        let mut message = self.message("request.txt");
        if self.directory.ends_with("get-space-normalized") {
            assert_eq!(message.path, "/example%20space/");
            message.path = "/example space/".to_owned();
        }
        message
    }

    fn at(&self) -> Timestamp {
        let text = self.context["timestamp"].as_str().unwrap().replace(['-', ':'], "");
        Timestamp::parse_basic(&text).unwrap()
    }

    fn rules(&self) -> Rules {
        assert_eq!(self.context["service"], "service");
        let path = if self.context["normalize"].as_bool().unwrap() {
            PathForm::Normalised
        } else {
            PathForm::Verbatim
        };
        Rules { path, ..Rules::new("service") }
    }

    fn key(&self) -> SigningKey {
        let secret = self.context["credentials"]["secret_access_key"].as_str().unwrap();
        key(
            secret,
            &self.at().civil().basic_date(),
            self.context["region"].as_str().unwrap(),
            "service",
        )
    }

    fn token(&self) -> Option<&str> {
        self.context["credentials"]["token"].as_str()
    }

    /// Whether the session token is added to the request after signing.
    fn token_is_unsigned(&self) -> bool {
        self.context["omit_session_token"].as_bool().unwrap_or(false)
    }

    fn signer(&self) -> Signer {
        let token = self.token().filter(|_| !self.token_is_unsigned());
        Signer::new(
            self.context["credentials"]["access_key_id"].as_str().unwrap(),
            token,
            self.key(),
            self.rules(),
        )
    }

    fn expires(&self) -> u32 {
        u32::try_from(self.context["expiration_in_seconds"].as_u64().unwrap()).unwrap()
    }

    fn sign_in_header(&self) {
        let mut message = self.unsigned();
        if self.context["sign_body"].as_bool().unwrap() {
            let hash = strongroom_crypto::hash::hex(&strongroom_crypto::hash::sha256(
                message.body.as_bytes(),
            ));
            message.add("x-amz-content-sha256", &hash);
        }
        let added = message.with(|request| self.signer().headers(request, self.at())).unwrap();
        let authorization = &added.last().unwrap().1;
        assert!(
            authorization.ends_with(&format!("Signature={}", self.text("header-signature.txt")))
        );
        added.iter().for_each(|(name, value)| message.add(name, value));
        if self.token_is_unsigned() {
            message.add(TOKEN_HEADER, self.token().unwrap());
        }
        assert_eq!(message.sorted(), self.message("header-signed-request.txt").sorted());
    }

    fn sign_in_query(&self) {
        let mut message = self.unsigned();
        let sign = |request: &Request<'_>| {
            self.signer().presigned_query(request, self.at(), self.expires())
        };
        message.query = message.with(sign).unwrap();
        assert!(
            message
                .query
                .ends_with(&format!("X-Amz-Signature={}", self.text("query-signature.txt")))
        );
        let mut expected = self.message("query-signed-request.txt");
        if self.token_is_unsigned() {
            expected.remove_parameter("X-Amz-Security-Token");
        }
        assert_eq!(message.sorted(), expected.sorted());
    }

    /// Verifies the signed request of the `form` (`header` or `query`).
    fn verify(&self, form: &str) {
        let mut message = self.message(&format!("{form}-signed-request.txt"));
        if self.token_is_unsigned() {
            // What is not signed does not count here; without it the request is good.
            let refused = message
                .with(|request| claim(request, self.rules(), self.at())?.verify(&self.key()));
            match (form, refused.unwrap_err()) {
                ("header", AuthError::Unsigned { header }) => {
                    assert_eq!(header, format!("'{TOKEN_HEADER}'"))
                }
                ("query", AuthError::SignatureMismatch) => {}
                (_, error) => panic!("{error}"),
            }
            message.remove_header(TOKEN_HEADER);
            message.remove_parameter("X-Amz-Security-Token");
        }
        message.with(|request| {
            let claim = claim(request, self.rules(), self.at()).unwrap();
            let canonical = String::from_utf8(claim.canonical_request().unwrap()).unwrap();
            assert_eq!(canonical, self.text(&format!("{form}-canonical-request.txt")));
            let string = String::from_utf8(claim.string_to_sign().unwrap()).unwrap();
            assert_eq!(string, self.text(&format!("{form}-string-to-sign.txt")));
            let verified = claim.verify(&self.key()).unwrap();
            assert_eq!(verified.access_key_id(), self.context["credentials"]["access_key_id"]);
            assert_eq!(verified.region().as_str(), self.context["region"]);
            assert_eq!(
                verified.session_token(),
                self.token().filter(|_| !self.token_is_unsigned())
            );
            assert_eq!(verified.signed_at(), self.at());
            let expected = if form == "query" {
                Form::Presigned { expires_seconds: Some(self.expires()) }
            } else {
                Form::Header
            };
            assert_eq!(verified.form(), expected);
        });
    }
}

fn key(secret: &str, date: &str, region: &str, service: &str) -> SigningKey {
    SigningKey::derive(&SecretBytes::new(secret.as_bytes().to_vec()), date, region, service)
}

#[test]
fn every_vector_in_both_forms() {
    let (mut directories, mut vectors, mut with_token, mut unsigned_token) = (0, 0, 0, 0);
    for entry in fs::read_dir(suite()).unwrap() {
        let directory = entry.unwrap().path();
        directories += 1;
        let Some(vector) = Vector::open(&directory) else {
            let name = directory.file_name().unwrap().to_str().unwrap();
            assert!(
                ["double-encode-path", "double-url-encode"].contains(&name),
                "{name} has no context"
            );
            continue;
        };
        println_name(&directory);
        vector.sign_in_header();
        vector.sign_in_query();
        vector.verify("header");
        vector.verify("query");
        vectors += 1;
        with_token += usize::from(vector.token().is_some());
        unsigned_token += usize::from(vector.token_is_unsigned());
    }
    assert_eq!((directories, vectors, with_token, unsigned_token), (40, 38, 3, 1));
}

/// Names the vector that a failure is about; the test harness shows it only then.
#[expect(clippy::disallowed_macros, reason = "the harness captures it")]
fn println_name(directory: &Path) {
    println!("{}", directory.display());
}

/// Its files were made at different times: the signed request has one date, the canonical request
/// another. So the request is signed here at the canonical one's time.
#[test]
fn double_encode_path() {
    let directory = suite().join("double-encode-path");
    let at = Timestamp::parse_basic("20210511T154045Z").unwrap();
    let mut message = Message::read(&directory.join("request.txt"));
    message.remove_header("x-amz-date");
    let key = || key("secret", "20210511", "us-east-1", "service");
    let signer = Signer::new("AKIDEXAMPLE", None, key(), Rules::new("service"));
    let added = message.with(|request| signer.headers(request, at)).unwrap();
    added.iter().for_each(|(name, value)| message.add(name, value));
    message.with(|request| {
        let claim = claim(request, Rules::new("service"), at).unwrap();
        let expected = fs::read_to_string(directory.join("header-canonical-request.txt")).unwrap();
        assert_eq!(String::from_utf8(claim.canonical_request().unwrap()).unwrap(), expected);
        assert!(claim.verify(&key()).is_ok());
    });
}

#[test]
fn double_url_encode() {
    let directory = suite().join("double-url-encode");
    let at = Timestamp::parse_basic("20210511T154045Z").unwrap();
    let rules = Rules::new("lambda");
    let signed = Message::read(&directory.join("header-signed-request.txt"));
    signed.with(|request| {
        let claim = claim(request, rules, at).unwrap();
        let text = |file: &str| fs::read_to_string(directory.join(file)).unwrap();
        assert_eq!(
            String::from_utf8(claim.canonical_request().unwrap()).unwrap(),
            text("header-canonical-request.txt")
        );
        let string = String::from_utf8(claim.string_to_sign().unwrap()).unwrap();
        assert_eq!(string, text("header-string-to-sign.txt").trim_end());
        let key =
            key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20210511", "us-east-2", "lambda");
        assert!(claim.verify(&key).is_ok(), "{}", signed.header("authorization"));
    });
}
