//! Problems: every answer that is not a success, as RFC 9457 `application/problem+json`.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use tracing::{error, warn};
use utoipa::ToSchema;

use crate::ports::{StoreError, SubmitError};
use crate::reasons::NoDroneReason;

/// The media type of a problem.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// After how many seconds a client may try again when too much waits: a group commit takes milliseconds, a spike seconds.
const RETRY_SOON_S: u32 = 1;

/// After how many seconds a client may try again when the disk is full or the service starts.
const RETRY_LATER_S: u32 = 5;

/// What went wrong with a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// Which kind of problem, as a URI.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The kind in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is wrong this time.
    detail: String,
    /// Reasons by field, where fields are wrong.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    errors: BTreeMap<String, Vec<String>>,
    /// Why no drone has it, or would, where that is what is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<NoDroneReason>,
    /// Headers that go with it.
    #[serde(skip)]
    headers: Vec<(HeaderName, String)>,
}

impl Problem {
    fn new(status: StatusCode, kind: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind,
            title,
            status: status.as_u16(),
            detail: detail.into(),
            ..Self::default()
        }
    }

    /// The request cannot be understood.
    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "urn:skyhaul:problem:malformed",
            "The request cannot be understood",
            detail,
        )
    }

    /// Some fields are missing or of the wrong type.
    pub(crate) fn malformed_fields(errors: BTreeMap<String, Vec<String>>) -> Self {
        Self::malformed(told(&errors)).with_errors(errors)
    }

    /// Some fields hold impossible values.
    pub(crate) fn impossible_fields(errors: BTreeMap<String, Vec<String>>) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "urn:skyhaul:problem:impossible",
            "The request holds a value that cannot be",
            told(&errors),
        )
        .with_errors(errors)
    }

    /// One field holds an impossible value.
    pub(crate) fn impossible(field: &str, reason: impl Into<String>) -> Self {
        Self::impossible_fields(BTreeMap::from([(field.to_owned(), vec![reason.into()])]))
    }

    /// Nobody knows who asks.
    pub(crate) fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "urn:skyhaul:problem:key",
            "A key is needed",
            detail,
        )
        .with_header(WWW_AUTHENTICATE, "Bearer realm=\"skyhaul\"")
    }

    /// Whoever asks may not.
    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "urn:skyhaul:problem:forbidden",
            "You may not do this",
            detail,
        )
    }

    /// Whoever asks does so too often; may ask again after `wait`.
    pub(crate) fn too_many(wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "urn:skyhaul:problem:rate",
            "There are too many requests",
            "ask again after the seconds that Retry-After says",
        )
        .with_header(RETRY_AFTER, seconds.to_string())
    }

    /// There is no such thing.
    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "urn:skyhaul:problem:not-found",
            "There is no such thing",
            detail,
        )
    }

    /// The thing is there, and does not do this.
    pub(crate) fn method_not_allowed(allowed: &str) -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "urn:skyhaul:problem:method",
            "The method is not allowed here",
            format!("allowed here: {allowed}"),
        )
        .with_header(ALLOW, allowed)
    }

    /// What is asked does not fit the state of things.
    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "urn:skyhaul:problem:conflict",
            "The request does not fit the state of things",
            detail,
        )
    }

    /// No drone does what is asked, for this reason.
    pub(crate) fn refused(detail: impl Into<String>, reason: NoDroneReason) -> Self {
        Self {
            reason: Some(reason),
            ..Self::conflict(detail)
        }
    }

    /// The thing is not as whoever asks believes.
    pub(crate) fn stale(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::PRECONDITION_FAILED,
            "urn:skyhaul:problem:stale",
            "The thing is not as you believe",
            detail,
        )
    }

    /// The body did not come within its time.
    pub(crate) fn too_slow() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "urn:skyhaul:problem:slow",
            "The request took too long to arrive",
            "the body did not arrive in time",
        )
    }

    /// The body is larger than it may be.
    pub(crate) fn too_large(max: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "urn:skyhaul:problem:large",
            "The request is too large",
            format!("the body is larger than {max} bytes"),
        )
    }

    /// The body is not JSON by its header.
    pub(crate) fn not_json() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "urn:skyhaul:problem:media-type",
            "The body's type is not supported",
            "send `Content-Type: application/json`",
        )
    }

    /// The service cannot do it now.
    pub(crate) fn unavailable(detail: impl Into<String>, retry_after_s: u32) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "urn:skyhaul:problem:unavailable",
            "The service cannot do this now",
            detail,
        )
        .with_header(RETRY_AFTER, retry_after_s.to_string())
    }

    /// Too much waits already.
    pub(crate) fn saturated() -> Self {
        SubmitError::Saturated.into()
    }

    fn with_header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn with_errors(mut self, errors: BTreeMap<String, Vec<String>>) -> Self {
        self.errors = errors;
        self
    }
}

/// All reasons in one line.
fn told(errors: &BTreeMap<String, Vec<String>>) -> String {
    let reasons: Vec<String> = errors
        .iter()
        .flat_map(|(field, reasons)| reasons.iter().map(move |reason| format!("{field}: {reason}")))
        .collect();
    reasons.join("; ")
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.title, self.status, self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        for (name, value) in &self.headers {
            response.insert_header((name.clone(), value.as_str()));
        }
        match serde_json::to_string(self) {
            Ok(body) => response.content_type(PROBLEM_JSON).body(body),
            Err(_) => response.finish(),
        }
    }
}

impl From<SubmitError> for Problem {
    fn from(refusal: SubmitError) -> Self {
        let retry_after_s = match refusal {
            SubmitError::Saturated => RETRY_SOON_S,
            SubmitError::DiskFull | SubmitError::Unavailable | SubmitError::NotReady => RETRY_LATER_S,
        };
        warn!(%refusal, "a command was not taken");
        Self::unavailable(refusal.to_string(), retry_after_s)
    }
}

impl From<StoreError> for Problem {
    /// The cause is logged, not sent.
    fn from(failure: StoreError) -> Self {
        error!(%failure, "a store failed");
        Self::unavailable(
            "the service cannot read or write its store at the moment",
            RETRY_LATER_S,
        )
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;
    use serde_json::{Value, json};

    use super::*;

    async fn shown(problem: &Problem) -> (u16, Value) {
        let response = problem.error_response();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body())
            .await
            .expect("bodies of problems are whole");
        (status, serde_json::from_slice(&body).expect("problems are JSON"))
    }

    #[actix_web::test]
    async fn a_problem_names_each_field_and_its_reasons() {
        let (status, body) = shown(&Problem::impossible("weight", "is negative")).await;
        assert_eq!(status, 422);
        assert_eq!(
            body,
            json!({
                "type": "urn:skyhaul:problem:impossible",
                "title": "The request holds a value that cannot be",
                "status": 422,
                "detail": "weight: is negative",
                "errors": {"weight": ["is negative"]},
            })
        );
    }

    #[actix_web::test]
    async fn a_full_disk_asks_to_come_back_later_and_hides_its_cause() {
        let response = Problem::from(SubmitError::DiskFull).error_response();
        assert_eq!(response.status().as_u16(), 503);
        assert_eq!(response.headers().get("Retry-After").expect("is there"), "5");
        let failed = StoreError {
            store: "delivery",
            reason: "a path".to_owned(),
        };
        let (status, body) = shown(&Problem::from(failed)).await;
        assert_eq!(status, 503);
        assert!(!body.to_string().contains("a path"));
    }
}
