//! Requests to the S3 view.

use crate::Client;
use crate::client::{arrival, borrow};
use strongroom_crypto::SecretBytes;
use strongroom_engine::Unauthenticated;
use strongroom_engine::call::RequestId;
use strongroom_protocol::rest_xml::{self, Answer, Head};
use strongroom_sigv4::{Rules, Signer, SigningKey};

const HOST: &str = "s3.strongroom.test";

/// What S3 answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Answer {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
    /// Identifier of the request: 16 bytes.
    pub request: [u8; 16],
}

impl S3Answer {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The texts of all elements `name`; there must be none of that name within them.
    #[must_use]
    pub fn elements(&self, name: &str) -> Vec<String> {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let text = self.text();
        let pieces = text.split(&open).skip(1);
        pieces.filter_map(|piece| Some(piece.split_once(&close)?.0.to_owned())).collect()
    }

    /// The error code; empty if there is none.
    #[must_use]
    pub fn code(&self) -> String {
        self.elements("Code").pop().unwrap_or_default()
    }

    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }
}

impl Client {
    /// Sends a signed request for `path`, encoded, with a query string and further headers.
    ///
    /// # Panics
    /// When the request cannot be signed.
    pub async fn s3(&self, method: &str, target: &str, more: &[(&str, &str)]) -> S3Answer {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers = vec![
            ("host".to_owned(), HOST.to_owned()),
            ("x-amz-content-sha256".to_owned(), "UNSIGNED-PAYLOAD".to_owned()),
        ];
        headers.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let now = self.engine.now();
        let secret = SecretBytes::new(self.secret.clone().into_bytes());
        let date = now.civil().basic_date();
        let key = SigningKey::derive(&secret, &date, self.region.as_str(), "s3");
        let signer = Signer::new(&self.access_key, self.token.as_deref(), key, Rules::s3());
        let borrowed = borrow(&headers);
        let unsigned = strongroom_sigv4::Request::new(method, path, query, &borrowed, b"")
            .expect("within the limits");
        let added = signer.headers(&unsigned, now).expect("it can be signed");
        headers.extend(added.into_iter().map(|(name, value)| (name.to_owned(), value)));
        let id = self.engine.request_id();
        let Answer { status, content_type, headers, body } =
            self.s3_answer((method, path, query), &headers, id).await;
        let body = body.expose().to_vec();
        S3Answer { status, content_type, headers, body, request: id.0 }
    }

    async fn s3_answer(
        &self,
        (method, path, query): (&str, &str, &str),
        headers: &[(String, String)],
        id: RequestId,
    ) -> Answer {
        let header = |name: &str| {
            headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
        };
        let head = Head {
            method,
            path,
            query,
            range: header("range"),
            if_match: header("if-match"),
            if_none_match: header("if-none-match"),
        };
        let asked = match rest_xml::Request::parse(head) {
            Ok(asked) => asked,
            Err(why) => return rest_xml::error(why.told(), &[], id),
        };
        let headers = borrow(headers);
        let signed = strongroom_sigv4::Request::new(method, path, query, &headers, b"")
            .expect("within the limits");
        let call = match self.engine.authenticate(&signed, "s3", id, arrival()).await {
            Ok(call) => call,
            Err(Unauthenticated::Refused(why)) => {
                let (status, code, text) = why.s3(false);
                return rest_xml::error((status, code, &text), &[], id);
            }
            Err(Unauthenticated::Internal) => {
                return rest_xml::error((500, "InternalError", ""), &[], id);
            }
        };
        let (operation, input) = (asked.operation(), asked.input());
        let done =
            strongroom_trail::service::s3::serve(&self.engine, operation, &call, Ok(input)).await;
        match done {
            Ok(recorded) => rest_xml::render(operation, id, &recorded),
            Err(unrecorded) => rest_xml::render_unrecorded(id, unrecorded),
        }
    }
}
