//! From the transport to the engine and back: route, authenticate, parse, serve, render.

mod door;
mod s3;
#[cfg(test)]
mod tests;
#[cfg(any(test, fuzzing))]
pub(crate) mod whole;

pub(crate) use door::Door;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use strongroom_crypto::SecretBytes;
use strongroom_engine::call::{Arrival, Call, RequestId};
use strongroom_engine::demands::Demands;
use strongroom_engine::ledger::{Recorded, Unrecorded};
use strongroom_engine::refusal::Refusal as EngineRefusal;
use strongroom_engine::wire::Node;
use strongroom_engine::{Engine, Outcome, Unauthenticated};
use strongroom_iam::{StsOperation, iam_demands, sts_demands};
use strongroom_protocol::query::{Form, Service};
use strongroom_protocol::route::{self, Route, Unroutable};
use strongroom_protocol::{Rendered, json, query};
use strongroom_server::{
    Handler, Head, HeaderName, HeaderValue, Refusal, Request, Response, StatusCode,
};
use strongroom_sigv4::{AuthError, Request as Signed};
use strongroom_trail::service::cloudtrail::{
    CloudTrailOperation, cloudtrail_demands, serve_cloudtrail,
};
use strongroom_types::text::StackText;

/// CloudTrail keeps at most 1 KiB of a user agent.
const MAX_USER_AGENT: usize = 1024;
/// How long the answer to a request beyond a quota takes. Our choice: less than AWS's clients wait
/// until they ask again, and long enough that the connections of one client, asking without a
/// pause, cost the server little.
const THROTTLED_ANSWER: Duration = Duration::from_millis(100);

/// The service behind the transport.
pub(crate) struct Gateway {
    pub(crate) engine: Arc<Engine>,
}

impl Handler for Gateway {
    async fn answer(&self, request: Request) -> Response {
        let id = self.engine.request_id();
        if s3::is_for_it(&request.head) {
            return Box::pin(self.s3(&request, id)).await;
        }
        let pace = Pace::default();
        let rendered = self.rendered(&request, id, &pace).await;
        Response { delay: pace.delay(), ..response(id, rendered) }
    }

    fn refuse(&self, head: &Head, refusal: Refusal) -> Response {
        let id = self.engine.request_id();
        if s3::is_for_it(head) {
            return s3::refused(refusal, id);
        }
        let status = refusal.status().as_u16();
        let text = refusal.to_string();
        let code = match refusal {
            Refusal::BodyTooLarge { .. } => "RequestEntityTooLargeException",
            Refusal::BodyTooSlow => "RequestTimeoutException",
        };
        let is_json = header(head, "x-amz-target").is_some();
        response(
            id,
            if is_json {
                json::error(status, code, Some(&text))
            } else {
                query::error(Service::Sts, status, code.trim_end_matches("Exception"), &text, id)
            },
        )
    }

    fn ready(&self) -> Result<(), String> {
        match self.engine.failure() {
            None => Ok(()),
            Some(_) => Err("nothing can be recorded; see the server's log".to_owned()),
        }
    }
}

impl Gateway {
    async fn rendered(&self, request: &Request, id: RequestId, pace: &Pace) -> Rendered {
        let head = &request.head;
        let routed = route::Head {
            method: head.method.as_str(),
            path: head.path(),
            query: head.query(),
            content_type: header(head, "content-type").unwrap_or_default(),
            target: header(head, "x-amz-target"),
        };
        match route::route(routed, request.body.expose()) {
            Ok(Route::Kms(name)) => {
                let call = match self.authenticate(request, strongroom_kms::demands(name), id).await
                {
                    Ok(call) => call,
                    Err(why) => return unauthenticated_json(json::Service::Kms, &why),
                };
                let input = json::parse(request.body.expose());
                match pace.of(strongroom_kms::serve(&self.engine, name, &call, input).await) {
                    Ok(recorded) => json::render(&recorded),
                    Err(unrecorded) => json::render_unrecorded(unrecorded),
                }
            }
            Ok(Route::CloudTrail(name)) => Box::pin(self.cloudtrail(name, request, id, pace)).await,
            Ok(Route::Iam(name)) => {
                let call = match self.authenticate(request, iam_demands(name), id).await {
                    Ok(call) => call,
                    Err(why) => return unauthenticated_query(Service::Iam, &why, id),
                };
                let input = Ok(form(request));
                match pace
                    .of(Box::pin(strongroom_iam::serve_iam(&self.engine, name, &call, input)).await)
                {
                    Ok(recorded) => query::render(Service::Iam, name.name(), id, &recorded),
                    Err(unrecorded) => query::render_unrecorded(Service::Iam, id, unrecorded),
                }
            }
            Ok(Route::Sts(name)) => {
                let call = match Box::pin(self.sts_call(name, request, id)).await {
                    Ok(call) => call,
                    Err(refused) => return refused,
                };
                let input = Ok(form(request));
                match pace
                    .of(Box::pin(strongroom_iam::serve_sts(&self.engine, name, &call, input)).await)
                {
                    Ok(recorded) => query::render(Service::Sts, name.name(), id, &recorded),
                    Err(unrecorded) => query::render_unrecorded(Service::Sts, id, unrecorded),
                }
            }
            Err(why) => unroutable(&why, id),
        }
    }

    async fn cloudtrail(
        &self,
        name: CloudTrailOperation,
        request: &Request,
        id: RequestId,
        pace: &Pace,
    ) -> Rendered {
        let service = json::Service::CloudTrail;
        let call = match self.authenticate(request, cloudtrail_demands(name), id).await {
            Ok(call) => call,
            Err(why) => return unauthenticated_json(service, &why),
        };
        let input = json::parse(request.body.expose());
        match pace.of(serve_cloudtrail(&self.engine, name, &call, input).await) {
            Ok(recorded) => json::render_of(service, &recorded),
            Err(unrecorded) => json::render_unrecorded_of(service, unrecorded),
        }
    }

    /// The call that a request to STS is. One operation is not signed: an identity provider
    /// vouches for who asks.
    async fn sts_call(
        &self,
        name: StsOperation,
        request: &Request,
        id: RequestId,
    ) -> Result<Call, Rendered> {
        if name != StsOperation::AssumeRoleWithWebIdentity {
            let call = self.authenticate(request, sts_demands(name), id).await;
            return call.map_err(|why| unauthenticated_query(Service::Sts, &why, id));
        }
        let form = parameters(request);
        let value = |name: &str| form.as_ref().and_then(|form| form.value(name));
        let (role, token) = (value("RoleArn"), value("WebIdentityToken"));
        let origin = arrival(&request.head);
        let call = self.engine.authenticate_web_identity(role, token, id, origin).await;
        call.map_err(|refusal| query::refused(Service::Sts, &refusal, id))
    }

    /// Who makes the request, for the operation that `demands` is the row of. If the credentials
    /// are refused, their account's trail tells of it.
    async fn authenticate(
        &self,
        request: &Request,
        demands: &'static Demands,
        id: RequestId,
    ) -> Result<Call, Unauthenticated> {
        let head = &request.head;
        let headers: Vec<(&str, &[u8])> =
            head.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let method = head.method.as_str();
        let body = request.body.expose();
        let signed = Signed::new(method, head.path(), head.query(), &headers, body)
            .map_err(Unauthenticated::Refused)?;
        let call = self.engine.authenticate(&signed, demands.service, id, arrival(head)).await;
        if let Err(Unauthenticated::Refused(why)) = &call {
            let is_query = matches!(demands.service, "iam" | "sts");
            let code = if is_query { why.code_query() } else { why.code_json() };
            let origin = arrival(head);
            let told = self.engine.record_unverified(&signed, demands, (why, code), id, &origin);
            Box::pin(told).await;
        }
        call
    }
}

/// How soon a request is answered: late, if it was refused because a quota was used up. Who asks on
/// and on, whatever the answer, asks no more often than this and its connections let it.
#[derive(Default)]
struct Pace(AtomicBool);

impl Pace {
    /// Takes note of how the request ended.
    fn of(
        &self,
        served: Result<Recorded<Outcome>, Unrecorded>,
    ) -> Result<Recorded<Outcome>, Unrecorded> {
        let outcome = served.as_ref().map(Recorded::get);
        if outcome.is_ok_and(|outcome| outcome.as_ref().is_err_and(EngineRefusal::is_throttled)) {
            self.0.store(true, Ordering::Relaxed);
        }
        served
    }

    /// How long the transport holds the answer back: there it costs no other request its turn.
    fn delay(&self) -> Duration {
        if self.0.load(Ordering::Relaxed) { THROTTLED_ANSWER } else { Duration::ZERO }
    }
}

/// The form of a request of the Query protocol. Routing has parsed the same one.
fn parameters(request: &Request) -> Option<Form<'_>> {
    match request.head.method.as_str() {
        "GET" => Form::parse(request.head.query().as_bytes()).ok(),
        _ => Form::parse(request.body.expose()).ok(),
    }
}

/// The input of a request of the Query protocol.
fn form(request: &Request) -> Node<'_> {
    parameters(request).map_or_else(Node::empty, Form::into_input)
}

fn arrival(head: &Head) -> Arrival {
    let mut user_agent = header(head, "user-agent").unwrap_or_default().to_owned();
    // Header values that read as text are ASCII, so any place is a boundary.
    user_agent.truncate(MAX_USER_AGENT);
    Arrival {
        source: head.peer.ip(),
        user_agent,
        tls: head.tls.as_ref().map(|tls| (tls.version, tls.cipher_suite)),
        host: header(head, "host").unwrap_or_default().to_owned(),
    }
}

fn header<'h>(head: &'h Head, name: &str) -> Option<&'h str> {
    head.headers.get(name).and_then(|value| value.to_str().ok())
}

fn unauthenticated_json(service: json::Service, why: &Unauthenticated) -> Rendered {
    match why {
        Unauthenticated::Refused(why) => {
            json::error(why.status_json(), why.code_json(), auth_message(why).as_deref())
        }
        Unauthenticated::Internal => json::error(500, service.internal(), None),
    }
}

fn unauthenticated_query(service: Service, why: &Unauthenticated, id: RequestId) -> Rendered {
    match why {
        Unauthenticated::Refused(why) => {
            query::error(service, why.status_query(), why.code_query(), &why.message(), id)
        }
        Unauthenticated::Internal => query::error(service, 500, "InternalFailure", "", id),
    }
}

fn auth_message(why: &AuthError) -> Option<String> {
    Some(why.message()).filter(|text| !text.is_empty())
}

fn unroutable(why: &Unroutable, id: RequestId) -> Rendered {
    match why {
        Unroutable::UnknownOperation => json::error(400, "UnknownOperationException", None),
        Unroutable::MalformedForm => query::error(
            Service::Sts,
            400,
            "MalformedQueryString",
            "The form has too many parameters",
            id,
        ),
        Unroutable::MissingAction => {
            query::error(Service::Sts, 400, "MissingAction", "The request is missing an action", id)
        }
        Unroutable::InvalidAction { action, version } => {
            let text = format!("Could not find operation {action} for version {version}");
            query::error(Service::Sts, 400, "InvalidAction", &text, id)
        }
    }
}

fn response(id: RequestId, rendered: Rendered) -> Response {
    let Rendered { status, content_type, body } = rendered;
    let body: SecretBytes = body;
    let fixed = |name, value| (HeaderName::from_static(name), HeaderValue::from_static(value));
    Response {
        status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        request_id: StackText::<36>::of(&id)
            .and_then(|id| HeaderValue::from_str(id.as_str()).ok())
            .unwrap_or_else(|| HeaderValue::from_static("")),
        content_type: HeaderValue::from_static(content_type),
        headers: vec![
            fixed("cache-control", "no-cache, no-store, must-revalidate, private"),
            fixed("expires", "0"),
            fixed("pragma", "no-cache"),
        ],
        body,
        delay: Duration::ZERO,
    }
}
