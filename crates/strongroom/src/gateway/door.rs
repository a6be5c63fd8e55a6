//! Before the gateway: whether there is one. While the server is sealed, every request is told so.

use super::{Course, Gateway, header, response, s3};
use crate::observe::{Ending, Observer};
use arc_swap::ArcSwapOption;
use std::sync::Arc;
use strongroom_crypto::{Entropy, SystemEntropy};
use strongroom_engine::call::RequestId;
use strongroom_protocol::query::Service;
use strongroom_protocol::{json, query};
use strongroom_server::{Handler, Head, Refusal, Request, Response, StatusCode};

/// What a caller of a sealed server is told.
const SEALED: &str = "The server is sealed: an operator must unseal it before it serves requests.";
/// The error code of that; SDKs repeat a request that was answered with its status, 503.
const CODE: &str = "ServiceUnavailableException";

/// The handler of all connections, and where whoever looks on has seen each request.
pub(crate) struct Door {
    gateway: ArcSwapOption<Gateway>,
    observer: Arc<Observer>,
}

impl Door {
    /// A closed one.
    pub(crate) fn new(observer: Arc<Observer>) -> Self {
        Self { gateway: ArcSwapOption::default(), observer }
    }

    /// Lets requests in.
    pub(crate) fn open(&self, gateway: Gateway) {
        self.gateway.store(Some(Arc::new(gateway)));
    }

    /// Lets no more requests in. Those that are in have the engine until they are answered.
    pub(crate) fn close(&self) {
        self.gateway.store(None);
    }
}

impl Handler for Door {
    async fn answer(&self, request: Request) -> Response {
        let course = Course::traced(self.observer.trace(&request.head));
        let gateway = self.gateway.load_full();
        let response = match gateway {
            Some(gateway) => gateway.serve(&request, &course).await,
            None => {
                course.refused(CODE);
                sealed(&request.head)
            }
        };
        let (served, code, status) = (course.served(), course.code(), response.status);
        let id = response.request_id.to_str().unwrap_or_default();
        let ending = Ending { id, served, status, code };
        self.observer.answered(&request.head, &ending, course.into_trace());
        response
    }

    fn refuse(&self, head: &Head, refusal: Refusal) -> Response {
        match self.gateway.load_full() {
            Some(gateway) => gateway.refuse(head, refusal),
            None => sealed(head),
        }
    }

    fn ready(&self) -> Result<(), String> {
        match self.gateway.load_full() {
            Some(gateway) => gateway.ready(),
            None => Err("sealed".to_owned()),
        }
    }
}

/// What a sealed server answers, in the form of the service that is asked.
fn sealed(head: &Head) -> Response {
    let id = request_id();
    let status = StatusCode::SERVICE_UNAVAILABLE.as_u16();
    if s3::is_for_it(head) {
        return s3::unavailable(SEALED, id);
    }
    let is_json = header(head, "x-amz-target").is_some();
    response(
        id,
        if is_json {
            json::error(status, CODE, Some(SEALED))
        } else {
            query::error(Service::Sts, status, CODE.trim_end_matches("Exception"), SEALED, id)
        },
    )
}

/// A fresh identifier; zeros if there is no randomness, for it protects nothing.
fn request_id() -> RequestId {
    let mut bytes = [0; 16];
    let _ = SystemEntropy.fill(&mut bytes);
    let id = strongroom_types::KeyId::from_random(bytes);
    RequestId(*id.parts().1)
}
