//! Requests of the Query protocol, to IAM and STS.

use crate::client::{arrival, borrow};
use crate::{Answer, Client};
use std::fmt::Write as _;
use strongroom_crypto::SecretBytes;
use strongroom_engine::Unauthenticated;
use strongroom_protocol::query::{self, Form, Service};
use strongroom_protocol::route::{self, FORM_CONTENT_TYPE, Head, Route};
use strongroom_protocol::{Rendered, json};
use strongroom_sigv4::{Rules, Signer, SigningKey};

const HOST: &str = "iam.strongroom.test";

impl Client {
    /// Calls `action` of `service` (`iam` or `sts`) and awaits the answer.
    ///
    /// # Panics
    /// When the request cannot be signed.
    pub async fn query(
        &self,
        service: &'static str,
        action: &str,
        parameters: &[(String, String)],
    ) -> Answer {
        let version = if service == "iam" { "2010-05-08" } else { "2011-06-15" };
        let mut body = format!("Action={action}&Version={version}");
        for (name, value) in parameters {
            let _ = write!(body, "&{name}={}", encode(value));
        }
        let body = body.into_bytes();
        let mut headers = vec![
            ("host".to_owned(), HOST.to_owned()),
            ("content-type".to_owned(), FORM_CONTENT_TYPE.to_owned()),
        ];
        let now = self.engine.now();
        let secret = SecretBytes::new(self.secret.clone().into_bytes());
        let date = now.civil().basic_date();
        let key = SigningKey::derive(&secret, &date, self.region.as_str(), service);
        let signer = Signer::new(&self.access_key, self.token.as_deref(), key, Rules::new(service));
        let borrowed = borrow(&headers);
        let unsigned = strongroom_sigv4::Request::new("POST", "/", "", &borrowed, &body)
            .expect("within the limits");
        let added = signer.headers(&unsigned, now).expect("it can be signed");
        headers.extend(added.into_iter().map(|(name, value)| (name.to_owned(), value)));
        let id = self.engine.request_id();
        let Rendered { status, body, .. } = self.answered(&headers, &body, id).await;
        Answer { status, body: body.expose().to_vec(), request: id.0 }
    }

    async fn answered(
        &self,
        headers: &[(String, String)],
        body: &[u8],
        id: strongroom_engine::call::RequestId,
    ) -> Rendered {
        let head = Head {
            method: "POST",
            path: "/",
            query: "",
            content_type: FORM_CONTENT_TYPE,
            target: None,
        };
        let (service, row) = match route::route(head, body) {
            Ok(Route::Iam(name)) => (Service::Iam, strongroom_iam::iam_demands(name)),
            Ok(Route::Sts(name)) => (Service::Sts, strongroom_iam::sts_demands(name)),
            _ => return json::error(400, "UnknownOperationException", None),
        };
        let headers = borrow(headers);
        let signed = strongroom_sigv4::Request::new("POST", "/", "", &headers, body)
            .expect("within the limits");
        let call = match self.engine.authenticate(&signed, row.service, id, arrival()).await {
            Ok(call) => call,
            Err(Unauthenticated::Refused(why)) => {
                let (status, code) = (why.status_query(), why.code_query());
                self.engine.record_unverified(&signed, row, (&why, code), id, &arrival()).await;
                return query::error(service, status, code, &why.message(), id);
            }
            Err(Unauthenticated::Internal) => {
                return query::error(service, 500, "InternalFailure", "", id);
            }
        };
        let input = Form::parse(body).expect("few parameters").into_input();
        let (operation, done) = match route::route(head, body) {
            Ok(Route::Iam(name)) => {
                (name.name(), strongroom_iam::serve_iam(&self.engine, name, &call, Ok(input)).await)
            }
            Ok(Route::Sts(name)) => {
                (name.name(), strongroom_iam::serve_sts(&self.engine, name, &call, Ok(input)).await)
            }
            _ => return json::error(400, "UnknownOperationException", None),
        };
        match done {
            Ok(recorded) => query::render(service, operation, id, &recorded),
            Err(unrecorded) => query::render_unrecorded(service, id, unrecorded),
        }
    }
}

fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

impl Answer {
    /// The text of the first element `name` of an answer in XML; empty if there is none.
    #[must_use]
    pub fn element(&self, name: &str) -> String {
        let text = self.text();
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let inner = text.split_once(&open).and_then(|(_, rest)| rest.split_once(&close));
        let inner = inner.map(|(inner, _)| inner.to_owned()).unwrap_or_default();
        inner
            .replace("&quot;", "\"")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&")
    }
}
