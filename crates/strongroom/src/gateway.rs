//! From the transport to the engine and back: route, authenticate, parse, serve, render.

mod course;
mod door;
mod s3;
#[cfg(test)]
mod tests;
#[cfg(any(test, fuzzing))]
pub(crate) mod whole;

pub(crate) use door::Door;

use course::Course;
use std::sync::Arc;
use std::time::Duration;
use strongroom_crypto::SecretBytes;
use strongroom_engine::call::{Arrival, Call, RequestId};
use strongroom_engine::demands::Demands;
use strongroom_engine::wire::Node;
use strongroom_engine::{Engine, Unauthenticated};
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
/// The code of a failure of the server's own, in the Query protocol.
const QUERY_INTERNAL: &str = "InternalFailure";

/// The service behind the transport.
pub(crate) struct Gateway {
    pub(crate) engine: Arc<Engine>,
}

impl Handler for Gateway {
    /// Without anybody who looks on; see [`Door`].
    async fn answer(&self, request: Request) -> Response {
        self.serve(&request, &Course::default()).await
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
    /// Answers a request, and notes how it went.
    async fn serve(&self, request: &Request, course: &Course) -> Response {
        let id = self.engine.request_id();
        if s3::is_for_it(&request.head) {
            return Box::pin(self.s3(request, id, course)).await;
        }
        let rendered = self.rendered(request, id, course).await;
        Response { delay: course.delay(), ..response(id, rendered) }
    }

    async fn rendered(&self, request: &Request, id: RequestId, course: &Course) -> Rendered {
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
                course.is_for(name);
                let (service, demands) = (json::Service::Kms, strongroom_kms::demands(name));
                let call = match self.authenticate(request, demands, id, course).await {
                    Ok(call) => call,
                    Err(why) => return unauthenticated_json(service, &why, course),
                };
                let input = json::parse(request.body.expose());
                let served = strongroom_kms::serve(&self.engine, name, &call, input).await;
                match course.of(service.internal(), served) {
                    Ok(recorded) => json::render(&recorded),
                    Err(unrecorded) => json::render_unrecorded(unrecorded),
                }
            }
            Ok(Route::CloudTrail(name)) => {
                Box::pin(self.cloudtrail(name, request, id, course)).await
            }
            Ok(Route::Iam(name)) => {
                course.is_for(name);
                let call = match self.authenticate(request, iam_demands(name), id, course).await {
                    Ok(call) => call,
                    Err(why) => return unauthenticated_query(Service::Iam, &why, id, course),
                };
                let input = Ok(form(request));
                let served = Box::pin(strongroom_iam::serve_iam(&self.engine, name, &call, input));
                match course.of(QUERY_INTERNAL, served.await) {
                    Ok(recorded) => query::render(Service::Iam, name.name(), id, &recorded),
                    Err(unrecorded) => query::render_unrecorded(Service::Iam, id, unrecorded),
                }
            }
            Ok(Route::Sts(name)) => {
                course.is_for(name);
                let call = match Box::pin(self.sts_call(name, request, id, course)).await {
                    Ok(call) => call,
                    Err(refused) => return refused,
                };
                let input = Ok(form(request));
                let served = Box::pin(strongroom_iam::serve_sts(&self.engine, name, &call, input));
                match course.of(QUERY_INTERNAL, served.await) {
                    Ok(recorded) => query::render(Service::Sts, name.name(), id, &recorded),
                    Err(unrecorded) => query::render_unrecorded(Service::Sts, id, unrecorded),
                }
            }
            Err(why) => unroutable(&why, id, course),
        }
    }

    async fn cloudtrail(
        &self,
        name: CloudTrailOperation,
        request: &Request,
        id: RequestId,
        course: &Course,
    ) -> Rendered {
        course.is_for(name);
        let service = json::Service::CloudTrail;
        let call = match self.authenticate(request, cloudtrail_demands(name), id, course).await {
            Ok(call) => call,
            Err(why) => return unauthenticated_json(service, &why, course),
        };
        let input = json::parse(request.body.expose());
        let served = serve_cloudtrail(&self.engine, name, &call, input).await;
        match course.of(service.internal(), served) {
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
        course: &Course,
    ) -> Result<Call, Rendered> {
        if name != StsOperation::AssumeRoleWithWebIdentity {
            let call = self.authenticate(request, sts_demands(name), id, course).await;
            return call.map_err(|why| unauthenticated_query(Service::Sts, &why, id, course));
        }
        let form = parameters(request);
        let value = |name: &str| form.as_ref().and_then(|form| form.value(name));
        let (role, token) = (value("RoleArn"), value("WebIdentityToken"));
        let origin = arrival(&request.head);
        let mut call = self.engine.authenticate_web_identity(role, token, id, origin).await;
        if let Ok(call) = &mut call {
            course.authenticated(call);
        }
        call.map_err(|refusal| {
            course.refused(refusal.code().name());
            query::refused(Service::Sts, &refusal, id)
        })
    }

    /// Who makes the request, for the operation that `demands` is the row of. If the credentials
    /// are refused, their account's trail tells of it.
    async fn authenticate(
        &self,
        request: &Request,
        demands: &'static Demands,
        id: RequestId,
        course: &Course,
    ) -> Result<Call, Unauthenticated> {
        let head = &request.head;
        let headers: Vec<(&str, &[u8])> =
            head.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let method = head.method.as_str();
        let body = request.body.expose();
        let signed = Signed::new(method, head.path(), head.query(), &headers, body)
            .map_err(Unauthenticated::Refused)?;
        let mut call = self.engine.authenticate(&signed, demands.service, id, arrival(head)).await;
        if let Ok(call) = &mut call {
            course.authenticated(call);
        }
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

fn unauthenticated_json(
    service: json::Service,
    why: &Unauthenticated,
    course: &Course,
) -> Rendered {
    match why {
        Unauthenticated::Refused(why) => {
            course.refused(why.code_json());
            json::error(why.status_json(), why.code_json(), auth_message(why).as_deref())
        }
        Unauthenticated::Internal => {
            course.refused(service.internal());
            json::error(500, service.internal(), None)
        }
    }
}

fn unauthenticated_query(
    service: Service,
    why: &Unauthenticated,
    id: RequestId,
    course: &Course,
) -> Rendered {
    match why {
        Unauthenticated::Refused(why) => {
            course.refused(why.code_query());
            query::error(service, why.status_query(), why.code_query(), &why.message(), id)
        }
        Unauthenticated::Internal => {
            course.refused(QUERY_INTERNAL);
            query::error(service, 500, QUERY_INTERNAL, "", id)
        }
    }
}

fn auth_message(why: &AuthError) -> Option<String> {
    Some(why.message()).filter(|text| !text.is_empty())
}

fn unroutable(why: &Unroutable, id: RequestId, course: &Course) -> Rendered {
    let query = |code, text: &str| {
        course.refused(code);
        query::error(Service::Sts, 400, code, text, id)
    };
    match why {
        Unroutable::UnknownOperation => {
            let code = "UnknownOperationException";
            course.refused(code);
            json::error(400, code, None)
        }
        Unroutable::MalformedForm => {
            query("MalformedQueryString", "The form has too many parameters")
        }
        Unroutable::MissingAction => query("MissingAction", "The request is missing an action"),
        Unroutable::InvalidAction { action, version } => {
            let text = format!("Could not find operation {action} for version {version}");
            query("InvalidAction", &text)
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
