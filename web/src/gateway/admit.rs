//! Admission: what is decided before anyone looks at what is asked. From where it comes, how often, and from which pages.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpResponse, ResponseError as _};

use super::Gateway;
use super::guard::address;
use crate::http::problem::Problem;

/// What pages of allowed origins may do.
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");

/// What they may send.
const HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, idempotency-key, if-match, traceparent, tracestate, x-api-key",
);

/// What they may read besides the body.
const EXPOSED: HeaderValue = HeaderValue::from_static("etag, location, retry-after");

/// For how many seconds a browser need not ask again.
const ASK_AGAIN_AFTER: HeaderValue = HeaderValue::from_static("600");

/// Admits a request.
pub(crate) async fn admit<B: MessageBody + 'static>(
    gateway: Data<Gateway>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    if let Err(problem) = gateway.check_address(&request) {
        return Ok(request
            .into_response(problem.error_response())
            .map_into_right_body());
    }
    let origin = gateway.allowed_origin(request.headers());
    if let Some(origin) = &origin
        && is_preflight(&request)
    {
        let mut answer = HttpResponse::NoContent().finish();
        allow(answer.headers_mut(), origin);
        let headers = answer.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, ASK_AGAIN_AFTER);
        return Ok(request.into_response(answer).map_into_right_body());
    }
    let mut answer = next.call(request).await?;
    if let Some(origin) = &origin {
        allow(answer.headers_mut(), origin);
    }
    Ok(answer.map_into_left_body())
}

fn allow(headers: &mut HeaderMap, origin: &HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
}

fn is_preflight(request: &ServiceRequest) -> bool {
    request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

impl Gateway {
    fn check_address(&self, request: &ServiceRequest) -> Result<(), Problem> {
        let Some(address) = address(request.request()) else {
            return Ok(());
        };
        let allowed = &self.settings.allowed_addresses;
        if !allowed.is_empty() && !allowed.iter().any(|range| range.contains(address)) {
            return Err(Problem::forbidden("this address may not call"));
        }
        self.limits.take_address(address).map_err(Problem::too_many)
    }

    /// The page's origin, where its pages may call.
    fn allowed_origin(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(header::ORIGIN)?;
        let allowed = &self.settings.origins;
        let is_allowed = allowed
            .iter()
            .any(|allowed| allowed.as_bytes().eq_ignore_ascii_case(origin.as_bytes()));
        is_allowed.then(|| origin.clone())
    }
}
