//! Bodies: read whole, up to a limit and within a time, as JSON objects.

use std::time::Duration;

use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::{HttpRequest, web};
use futures_util::StreamExt as _;
use serde_json::{Map, Value};

use super::problem::Problem;

/// How long a body may take to arrive: 1 MiB at 35 kB/s. Slower senders are told 408 and let go, so that they hold no connection.
const ARRIVAL_MAX: Duration = Duration::from_secs(30);

/// Room made before the first byte arrives: most requests fit, and a lie in `Content-Length` costs no more.
const FIRST_ROOM_BYTES: usize = 1024;

/// Reads the body as a JSON object.
pub(crate) async fn json_object(
    request: &HttpRequest,
    payload: web::Payload,
    bytes_max: usize,
) -> Result<Map<String, Value>, Problem> {
    if !says_json(request) {
        return Err(Problem::not_json());
    }
    let bytes = read(request, payload, bytes_max).await?;
    object(&bytes)
}

/// The same where there may be none, which counts as an object without fields.
pub(crate) async fn json_object_or_none(
    request: &HttpRequest,
    payload: web::Payload,
    bytes_max: usize,
) -> Result<Map<String, Value>, Problem> {
    let bytes = read(request, payload, bytes_max).await?;
    if matches!(bytes.trim_ascii(), b"" | b"null") {
        return Ok(Map::new());
    }
    if !says_json(request) {
        return Err(Problem::not_json());
    }
    object(&bytes)
}

fn object(bytes: &[u8]) -> Result<Map<String, Value>, Problem> {
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Problem::malformed("the body is not a JSON object")),
        Err(error) => Err(Problem::malformed(format!("the body is not JSON: {error}"))),
    }
}

/// Whether the header says `application/json` or another JSON type, whatever its parameters.
fn says_json(request: &HttpRequest) -> bool {
    let Some(text) = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    let essence = text
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

async fn read(request: &HttpRequest, payload: web::Payload, bytes_max: usize) -> Result<Vec<u8>, Problem> {
    let announced = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<usize>().ok());
    if announced.is_some_and(|bytes| bytes > bytes_max) {
        return Err(Problem::too_large(bytes_max));
    }
    let collected = collect(payload, bytes_max);
    tokio::time::timeout(ARRIVAL_MAX, collected)
        .await
        .unwrap_or_else(|_| Err(Problem::too_slow()))
}

async fn collect(mut payload: web::Payload, bytes_max: usize) -> Result<Vec<u8>, Problem> {
    let mut body = Vec::with_capacity(FIRST_ROOM_BYTES);
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| Problem::malformed(format!("the body cannot be read: {error}")))?;
        if body.len() + chunk.len() > bytes_max {
            return Err(Problem::too_large(bytes_max));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
