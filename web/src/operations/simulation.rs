//! The simulation under an operator's hand: its state, pause, resume, step and speed, what was parked, and who did what.

use std::fmt::Display;

use actix_web::http::Method;
use actix_web::web::{Data, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value};
use skyhaul_engine::time::SimDuration;
use skyhaul_scenarios::duration::parse_duration;
use skyhaul_telemetry::clock::Speed;
use utoipa::ToSchema;

use super::Operations;
use super::shown::{ActionsResponse, DeadLettersResponse, ParkedResponse, SimulationResponse};
use crate::gateway::caller::Caller;
use crate::http::body;
use crate::http::endpoint::Endpoint;
use crate::http::problem::Problem;

use crate::http::query::Query;
use crate::http::schema::{SpanSaid, SpeedSaid};
use crate::ports::simulation::{Control, ControlError, Progress};

/// The largest body of a control: many times the longest one that means anything.
const BODY_BYTES_MAX: usize = 1_024;

/// The longest step: a day, as much as a world that was away makes up for at a restart.
const STEP_MAX: SimDuration = SimDuration::from_mins(24 * 60);

/// The endpoints.
pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(
            Endpoint::new("/api/simulation")
                .on(Method::GET, get_simulation)
                .done(),
        )
        .service(
            Endpoint::new("/api/simulation/pause")
                .on(Method::POST, pause)
                .done(),
        )
        .service(
            Endpoint::new("/api/simulation/resume")
                .on(Method::POST, resume)
                .done(),
        )
        .service(
            Endpoint::new("/api/simulation/step")
                .on(Method::POST, step)
                .done(),
        )
        .service(
            Endpoint::new("/api/simulation/speed")
                .on(Method::POST, set_speed)
                .done(),
        )
        .service(
            Endpoint::new("/api/simulation/parked")
                .on(Method::GET, list_parked)
                .done(),
        )
        .service(
            Endpoint::new("/api/simulation/dead-letters")
                .on(Method::GET, list_dead_letters)
                .done(),
        )
        .service(
            Endpoint::new("/api/simulation/actions")
                .on(Method::GET, list_actions)
                .done(),
        );
}

/// By how much a paused world goes on.
#[derive(Debug, ToSchema)]
#[expect(
    dead_code,
    reason = "describes the body; its field is read by hand, so that a problem names it"
)]
pub(crate) struct StepRequest {
    /// To when something is next due, where nothing is said.
    #[schema(value_type = Option<SpanSaid>)]
    by: Option<String>,
}

/// How fast virtual time runs.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct SetSpeedRequest {
    /// Virtual seconds a wall second.
    #[schema(value_type = SpeedSaid)]
    factor: String,
}

/// How the world runs: virtual time, its speed, how far the engine lags and why, and the engine's inside.
#[utoipa::path(get, path = "/api/simulation", tag = "Operations", responses((status = 200, description = "The state", body = SimulationResponse)))]
pub(crate) async fn get_simulation(service: Data<Operations>) -> HttpResponse {
    HttpResponse::Ok().json(SimulationResponse::new(&service))
}

/// Lets virtual time stand still. Requests are still taken: each takes effect a microsecond after the one before. Where it is paused already,
/// nothing changes.
#[utoipa::path(post, path = "/api/simulation/pause", tag = "Operations", responses(
    (status = 200, description = "It is paused", body = SimulationResponse),
    (status = 503, description = "It could not be recorded", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn pause(service: Data<Operations>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    control(&service, &request, Control::Pause).await
}

/// Lets virtual time go on from where it stands. Where it runs already, nothing changes.
#[utoipa::path(post, path = "/api/simulation/resume", tag = "Operations", responses(
    (status = 200, description = "It runs", body = SimulationResponse),
    (status = 503, description = "It could not be recorded", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn resume(service: Data<Operations>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    control(&service, &request, Control::Resume).await
}

/// Lets a paused world go on: by a span (`"90s"`, `"15m"`, `"1.5h"`, or a number of seconds; at most a day), or, without `by`, to when something is
/// next due in it. A long step answers 202 while it is under way.
#[utoipa::path(post, path = "/api/simulation/step", tag = "Operations",
    request_body(content = Option<StepRequest>, description = "By how much; may be left out", example = json!({"by": "90s"})),
    responses(
        (status = 200, description = "It has gone as far", body = SimulationResponse),
        (status = 202, description = "It is on its way there", body = SimulationResponse),
        (status = 400, description = "`by` is neither a duration nor a number", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It runs: pause it first; or nothing is due", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`by` is zero or longer than a day", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "It could not be recorded", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "It is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "It is not JSON by its header", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn step(
    service: Data<Operations>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let object = body::json_object_or_none(&request, payload, BODY_BYTES_MAX).await?;
    let by = step_by(&object)?;
    control(&service, &request, Control::Step(by)).await
}

/// Sets how fast virtual time runs; where it is paused, how fast it will. It goes on from where it is, without a jump.
#[utoipa::path(post, path = "/api/simulation/speed", tag = "Operations",
    request_body(content = SetSpeedRequest, example = json!({"factor": 60})),
    responses(
        (status = 200, description = "It runs at that speed", body = SimulationResponse),
        (status = 400, description = "`factor` is missing, or neither a number nor `max`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`factor` is not from 0.1 to 1000", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "It could not be recorded", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "It is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "It is not JSON by its header", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn set_speed(
    service: Data<Operations>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let object = body::json_object(&request, payload, BODY_BYTES_MAX).await?;
    let speed = factor(&object)?;
    control(&service, &request, Control::SetSpeed(speed)).await
}

/// Messages that their actors failed on too often, newest first: what the actor was asked, what failed, and how the actor stood. Whoever
/// depended on it was told, and has made it good.
#[utoipa::path(get, path = "/api/simulation/parked", tag = "Operations",
    params(("limit" = Option<usize>, Query, minimum = 1, maximum = 1000, description = "At most so many, 1 to 1000"), ("cursor" = Option<String>, Query, pattern = "^[0-9a-fA-F]{0,16}$", description = "Where the last page ended")),
    responses(
        (status = 200, description = "The messages", body = ParkedResponse),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn list_parked(
    service: Data<Operations>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let query = Query::read(&request)?;
    let (limit, before) = (query.limit(), query.cursor());
    query.check()?;
    let parked = service.simulation.parked();
    Ok(HttpResponse::Ok().json(ParkedResponse::new(
        &parked,
        before,
        limit,
        &service.context.calendar,
    )))
}

/// The latest messages to actors that were gone, newest first. Most are no fault: a delivery that was cancelled hears no more of its drone.
#[utoipa::path(get, path = "/api/simulation/dead-letters", tag = "Operations",
    params(("limit" = Option<usize>, Query, minimum = 1, maximum = 1000, description = "At most so many, 1 to 1000")),
    responses(
        (status = 200, description = "The messages", body = DeadLettersResponse),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn list_dead_letters(
    service: Data<Operations>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let query = Query::read(&request)?;
    let limit = query.limit();
    query.check()?;
    let letters = service.simulation.dead_letters();
    let shown = DeadLettersResponse::new(&letters, limit, &service.context.calendar);
    Ok(HttpResponse::Ok().json(shown))
}

/// What operators did to the pace of time, newest first: what, when by both clocks, and from where.
#[utoipa::path(get, path = "/api/simulation/actions", tag = "Operations",
    params(("limit" = Option<usize>, Query, minimum = 1, maximum = 1000, description = "At most so many, 1 to 1000"), ("cursor" = Option<String>, Query, pattern = "^[0-9a-fA-F]{0,16}$", description = "Where the last page ended")),
    responses(
        (status = 200, description = "The actions", body = ActionsResponse),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn list_actions(
    service: Data<Operations>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let query = Query::read(&request)?;
    let (limit, before) = (query.limit(), query.cursor());
    query.check()?;
    let actions = service.simulation.actions();
    Ok(HttpResponse::Ok().json(ActionsResponse::new(
        &actions,
        before,
        limit,
        &service.context.calendar,
    )))
}

/// Does what is asked, and answers with how the world runs then.
async fn control(
    service: &Operations,
    request: &HttpRequest,
    control: Control,
) -> Result<HttpResponse, Problem> {
    let progress = service
        .simulation
        .control(control, Caller::of(request).name)
        .await?;
    let mut answer = match progress {
        Progress::Done => HttpResponse::Ok(),
        Progress::UnderWay => HttpResponse::Accepted(),
    };
    Ok(answer.json(SimulationResponse::new(service)))
}

/// By how much to step; `None`: to when something is next due.
fn step_by(object: &Map<String, Value>) -> Result<Option<SimDuration>, Problem> {
    let span = match object.get("by") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => parse_duration(text.trim()),
        Some(Value::Number(number)) => number
            .as_f64()
            .filter(|seconds| *seconds >= 0.0)
            .map(SimDuration::from_seconds_f64),
        Some(_) => None,
    };
    let wanted = "must be a duration such as \"90s\", \"15m\" or \"1.5h\", or a number of seconds";
    let span = span.ok_or_else(|| wrong("by", wanted))?;
    if span == SimDuration::ZERO || span > STEP_MAX {
        return Err(Problem::impossible(
            "by",
            "must be more than nothing and at most a day",
        ));
    }
    Ok(Some(span))
}

/// The speed that is asked for.
fn factor(object: &Map<String, Value>) -> Result<Speed, Problem> {
    let text = match object.get("factor") {
        None | Some(Value::Null) => return Err(wrong("factor", "is required")),
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        Some(_) => String::new(),
    };
    match text.parse::<Speed>() {
        Ok(speed) => Ok(speed),
        Err(_) if text.parse::<f64>().is_ok() => {
            Err(Problem::impossible("factor", "must be from 0.1 to 1000"))
        }
        Err(_) => Err(wrong("factor", "must be a number from 0.1 to 1000, or \"max\"")),
    }
}

fn wrong(field: &str, reason: impl Display) -> Problem {
    Problem::malformed_fields([(field.to_owned(), vec![reason.to_string()])].into())
}

impl From<ControlError> for Problem {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::NotPaused | ControlError::NothingDue => Self::conflict(error.to_string()),
            ControlError::NotTaken(refusal) => refusal.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(object) => object,
            other => panic!("{other} is no object"),
        }
    }

    #[test]
    fn a_step_is_a_duration_a_number_of_seconds_or_the_next_event() {
        for (by, seconds) in [
            (json!("90s"), 90),
            (json!("1.5h"), 5_400),
            (json!(60), 60),
            (json!("1d"), 86_400),
        ] {
            let span = step_by(&object(json!({"by": by}))).expect("right");
            assert_eq!(span, Some(SimDuration::from_secs(seconds)), "{by}");
        }
        for next in [json!({}), json!({"by": null})] {
            assert_eq!(step_by(&object(next)).expect("right"), None);
        }
        for (by, status) in [
            (json!("soon"), "400"),
            (json!(-1), "400"),
            (json!([1]), "400"),
            (json!("2d"), "422"),
            (json!(0), "422"),
        ] {
            let told = step_by(&object(json!({"by": by})))
                .expect_err("wrong")
                .to_string();
            assert!(told.contains(status), "{by}: {told}");
        }
    }

    #[test]
    fn a_speed_is_a_number_or_max() {
        assert_eq!(factor(&object(json!({"factor": 0.5}))), Ok(Speed::Times(0.5)));
        assert_eq!(factor(&object(json!({"factor": "60"}))), Ok(Speed::Times(60.0)));
        assert_eq!(factor(&object(json!({"factor": "MAX"}))), Ok(Speed::Max));
        for (body, status) in [
            (json!({}), "400"),
            (json!({"factor": true}), "400"),
            (json!({"factor": "fast"}), "400"),
            (json!({"factor": 0}), "422"),
            (json!({"factor": 1001}), "422"),
        ] {
            let told = factor(&object(body.clone())).expect_err("wrong").to_string();
            assert!(told.contains(status), "{body}: {told}");
        }
    }
}
