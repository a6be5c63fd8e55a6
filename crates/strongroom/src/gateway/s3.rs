//! S3: paths that name a bucket.

use super::{Course, Gateway, header};
use std::time::Duration;
use strongroom_crypto::SecretBytes;
use strongroom_engine::Unauthenticated;
use strongroom_engine::call::RequestId;
use strongroom_protocol::rest_xml::{self, Answer, Unserved};
use strongroom_server::{Head, HeaderName, HeaderValue, Refusal, Request, Response, StatusCode};

/// The code of a failure of the server's own.
const INTERNAL: &str = "InternalError";

/// Whether a request is for it.
pub(super) fn is_for_it(head: &Head) -> bool {
    rest_xml::Request::is_for_s3(head.path(), header(head, "x-amz-target"))
}

impl Gateway {
    pub(super) async fn s3(&self, request: &Request, id: RequestId, course: &Course) -> Response {
        let head = &request.head;
        let mut answer = self.s3_answer(request, id, course).await;
        // An answer to a HEAD is its headers; those of an error tell nothing of the length.
        if head.method.as_str() == "HEAD" && answer.status >= 400 {
            answer.body = SecretBytes::new(Vec::new());
        }
        Response { delay: course.delay(), ..response(id, answer) }
    }

    async fn s3_answer(&self, request: &Request, id: RequestId, course: &Course) -> Answer {
        let head = &request.head;
        let asked = rest_xml::Request::parse(rest_xml::Head {
            method: head.method.as_str(),
            path: head.path(),
            query: head.query(),
            range: header(head, "range"),
            if_match: header(head, "if-match"),
            if_none_match: header(head, "if-none-match"),
        });
        let asked = match asked {
            Ok(asked) => asked,
            Err(why) => return unserved(why, head, id, course),
        };
        course.is_for(asked.operation());
        let demands = strongroom_trail::service::s3::demands(asked.operation());
        let call = match self.authenticate(request, demands, id, course).await {
            Ok(call) => call,
            Err(why) => return unauthenticated(&why, head, id, course),
        };
        let (operation, input) = (asked.operation(), asked.input());
        let serve = strongroom_trail::service::s3::serve(&self.engine, operation, &call, Ok(input));
        match course.of(INTERNAL, serve.await) {
            Ok(recorded) => rest_xml::render(operation, id, &recorded),
            Err(unrecorded) => rest_xml::render_unrecorded(id, unrecorded),
        }
    }
}

/// The answer to a request whose body the transport would not take.
pub(super) fn refused(refusal: Refusal, id: RequestId) -> Response {
    let told = match refusal {
        Refusal::BodyTooLarge { .. } => {
            (400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
        }
        Refusal::BodyTooSlow => (
            400,
            "RequestTimeout",
            "Your socket connection to the server was not read from or written to within the \
             timeout period.",
        ),
    };
    response(id, rest_xml::error(told, &[], id))
}

/// The answer of a server that is sealed.
pub(super) fn unavailable(text: &str, id: RequestId) -> Response {
    response(id, rest_xml::error((503, "ServiceUnavailable", text), &[], id))
}

fn unserved(why: Unserved, head: &Head, id: RequestId, course: &Course) -> Answer {
    course.refused(why.told().1);
    let method = head.method.as_str();
    let details: &[(&str, &str)] =
        if why == Unserved::Method { &[("Method", method)] } else { &[] };
    let mut answer = rest_xml::error(why.told(), details, id);
    if why == Unserved::Method {
        answer.headers.push(("allow".to_owned(), "GET, HEAD".to_owned()));
    }
    answer
}

fn unauthenticated(why: &Unauthenticated, head: &Head, id: RequestId, course: &Course) -> Answer {
    match why {
        Unauthenticated::Refused(why) => {
            let (status, code, text) = why.s3(head.query().contains("X-Amz-Algorithm"));
            course.refused(code);
            rest_xml::error((status, code, &text), &[], id)
        }
        Unauthenticated::Internal => {
            let text = "We encountered an internal error. Please try again.";
            course.refused(INTERNAL);
            rest_xml::error((500, INTERNAL, text), &[], id)
        }
    }
}

fn response(id: RequestId, answer: Answer) -> Response {
    let Answer { status, content_type, headers, body } = answer;
    let header = |(name, value): (String, String)| {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        Some((name, HeaderValue::from_str(&value).ok()?))
    };
    Response {
        status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        request_id: HeaderValue::from_str(&id.to_string())
            .unwrap_or_else(|_| HeaderValue::from_static("")),
        content_type: HeaderValue::from_static(content_type),
        headers: headers.into_iter().filter_map(header).collect(),
        body,
        delay: Duration::ZERO,
    }
}
