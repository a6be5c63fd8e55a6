//! Somebody who sends signed requests, through routing, authentication, parsing and rendering as
//! the server does it.

use crate::Answer;
use serde_json::Value;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use strongroom_crypto::SecretBytes;
use strongroom_engine::call::{Arrival, RequestId};
use strongroom_engine::{Engine, Unauthenticated};
use strongroom_protocol::route::{self, Head, JSON_CONTENT_TYPE, Route};
use strongroom_protocol::{Rendered, json};
use strongroom_sigv4::{Rules, Signer, SigningKey};
use strongroom_trail::service::cloudtrail::{cloudtrail_demands, serve_cloudtrail};
use strongroom_types::{AccountId, Region};

const HOST: &str = "kms.strongroom.test";

/// Somebody with an access key. A clone is the same person.
#[derive(Clone)]
pub struct Client {
    pub(crate) engine: Arc<Engine>,
    /// The account.
    pub account: AccountId,
    /// The Region that requests are signed for.
    pub region: Region,
    /// The access key's id.
    pub access_key: String,
    /// The secret access key.
    pub secret: String,
    /// The session token, of temporary credentials.
    pub token: Option<String>,
}

/// A request on the wire, to be altered before it is sent.
#[derive(Debug, Clone)]
pub struct Request {
    /// Header names, in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Client {
    /// The signed request that calls `operation`.
    ///
    /// # Panics
    /// When it cannot be signed.
    #[must_use]
    pub fn request(&self, operation: &str, input: &Value) -> Request {
        self.raw_request(operation, input.to_string().into_bytes())
    }

    /// The signed request that calls `operation` with this body, JSON or not.
    ///
    /// # Panics
    /// When it cannot be signed.
    #[must_use]
    pub fn raw_request(&self, operation: &str, body: Vec<u8>) -> Request {
        self.signed("kms", &format!("TrentService.{operation}"), body)
    }

    /// Calls `operation` of CloudTrail and awaits the answer.
    ///
    /// # Panics
    /// When the request cannot be signed.
    pub async fn cloudtrail(&self, operation: &str, input: &Value) -> Answer {
        let target = format!("CloudTrail_20131101.{operation}");
        self.send(&self.signed("cloudtrail", &target, input.to_string().into_bytes())).await
    }

    fn signed(&self, service: &'static str, target: &str, body: Vec<u8>) -> Request {
        let mut headers = vec![
            ("host".to_owned(), HOST.to_owned()),
            ("content-type".to_owned(), JSON_CONTENT_TYPE.to_owned()),
            ("x-amz-target".to_owned(), target.to_owned()),
            ("user-agent".to_owned(), "testkit".to_owned()),
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
        Request { headers, body }
    }

    /// Calls `operation` and awaits the answer.
    pub async fn call(&self, operation: &str, input: &Value) -> Answer {
        self.send(&self.request(operation, input)).await
    }

    /// Sends `request` as it is.
    ///
    /// # Panics
    /// When it is beyond the limits of a request's head.
    pub async fn send(&self, request: &Request) -> Answer {
        let id = self.engine.request_id();
        let Rendered { status, body, .. } = self.rendered(request, id).await;
        Answer { status, body: body.expose().to_vec(), request: id.0 }
    }

    async fn rendered(&self, request: &Request, id: RequestId) -> Rendered {
        let Request { headers, body } = request;
        let header = |name: &str| {
            headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
        };
        let head = Head {
            method: "POST",
            path: "/",
            query: "",
            content_type: header("content-type").unwrap_or_default(),
            target: header("x-amz-target"),
        };
        let (route, service, row) = match route::route(head, body) {
            Ok(Route::Kms(name)) => {
                (Route::Kms(name), json::Service::Kms, strongroom_kms::demands(name))
            }
            Ok(Route::CloudTrail(name)) => {
                (Route::CloudTrail(name), json::Service::CloudTrail, cloudtrail_demands(name))
            }
            _ => return json::error(400, "UnknownOperationException", None),
        };
        let headers = borrow(headers);
        let signed = strongroom_sigv4::Request::new("POST", "/", "", &headers, body)
            .expect("within the limits");
        let call = match self.engine.authenticate(&signed, row.service, id, arrival()).await {
            Ok(call) => call,
            Err(Unauthenticated::Refused(why)) => {
                let told = (&why, why.code_json());
                self.engine.record_unverified(&signed, row, told, id, &arrival()).await;
                return json::error(why.status_json(), why.code_json(), Some(&why.message()));
            }
            Err(Unauthenticated::Internal) => {
                return json::error(500, service.internal(), None);
            }
        };
        let input = json::parse(body);
        let served = match route {
            Route::Kms(name) => strongroom_kms::serve(&self.engine, name, &call, input).await,
            Route::CloudTrail(name) => serve_cloudtrail(&self.engine, name, &call, input).await,
            _ => unreachable!("a JSON service"),
        };
        match served {
            Ok(recorded) => json::render_of(service, &recorded),
            Err(unrecorded) => json::render_unrecorded_of(service, unrecorded),
        }
    }
}

pub(crate) fn borrow(headers: &[(String, String)]) -> Vec<(&str, &[u8])> {
    headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
}

pub(crate) fn arrival() -> Arrival {
    Arrival {
        source: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)),
        user_agent: "testkit".to_owned(),
        tls: Some(("TLSv1.3", "TLS_AES_256_GCM_SHA384")),
        host: HOST.to_owned(),
    }
}
