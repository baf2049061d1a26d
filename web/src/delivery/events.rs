//! Events: a delivery followed by Server-Sent Events (HTML living standard, 9.2), for those who cannot speak WebSocket. The frames are those of the
//! socket's `delivery:{id}`, in JSON.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{self, Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream::unfold;
use skyhaul_telemetry::door::Lease;
use skyhaul_telemetry::following::{Following, News};
use skyhaul_telemetry::frame;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::sleep;
use utoipa::ToSchema;

use super::Delivery;
use crate::change::delivery_id;
use crate::gateway::Gateway;
use crate::gateway::caller::Caller;
use crate::http::problem::Problem;

/// Where a delivery is followed. Pages cannot send headers there, so a key may stand in the address.
pub(crate) const EVENTS: &str = "/api/deliveries/{id}/events";

/// Streams at a time: each looks at its delivery some times a second, which takes a microsecond or two. Whoever comes beyond is answered 503.
pub(super) const STREAMS_MAX: usize = 1_000;

/// Between two looks: a change of stage is told within it.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Looks from one that tells where the parcel is to the next: a second.
const LOOKS_PER_PLACE: u32 = 4;

/// Looks between two at whether the caller may stay: two seconds.
const LOOKS_PER_LEASE: u32 = 8;

/// Looks without news after which a comment keeps the connection open: fifteen seconds, which proxies bear.
const LOOKS_QUIET_MAX: u32 = 60;

/// Looks after which a stream ends and its client comes back by itself: an hour, so that none is left over for ever.
const LOOKS_MAX: u32 = 14_400;

/// How long a client waits before it comes back, as it is told.
const RETRY: &str = "retry: 3000\n\n";

/// A comment, which clients pass over.
const HEARTBEAT: &str = ":\n\n";

/// One stream.
struct Events {
    service: Data<Delivery>,
    following: Following,
    lease: Option<Arc<dyn Lease>>,
    /// The name of the subscription that a socket would have.
    id: String,
    seq: u64,
    looks: Looks,
    is_over: bool,
    _permit: OwnedSemaphorePermit,
}

/// An event of the stream, as its fields are called there.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what is written as text")]
struct EventResponse {
    /// How many stage changes were told by then; left out of a `gap`.
    id: Option<String>,
    /// A frame of the telemetry socket's `delivery:{id}`, as JSON.
    data: String,
}

/// A delivery as it goes on: Server-Sent Events, each a `snapshot`, `delivery` or `gap` as the telemetry socket's `delivery:{id}` has them.
///
/// Stage changes are told each, where the parcel is and when it comes once a second. The stream ends when the delivery does; whoever comes back
/// then is answered 204, so that an `EventSource` stays away. `Last-Event-ID` goes on after what was told. A page, which cannot send headers with an
/// `EventSource`, shows its key as `access_token`.
#[utoipa::path(
    get,
    path = "/api/deliveries/{id}/events",
    tag = "Delivery",
    params(
        ("id" = Uuid, Path, description = "The delivery"),
        ("access_token" = Option<String>, Query, description = "The key, where headers cannot be sent"),
        ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was seen"),
    ),
    responses(
        (status = 200, description = "The events", body = EventResponse, content_type = "text/event-stream"),
        (status = 204, description = "The delivery has ended, and there is nothing more to tell"),
        (status = 404, description = "No delivery has this id", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many follow deliveries", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn follow_delivery(
    service: Data<Delivery>,
    gateway: Data<Gateway>,
    id: web::Path<String>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let id = delivery_id(&id)?;
    let row = service.get(id)?;
    let passed = service.context.tracks.read().milestones(id);
    let seen = last_event_id(&http).filter(|seen| passed.is_some_and(|passed| *seen <= passed));
    if row.stage.is_final() && (passed.is_none() || seen == passed) {
        return Ok(HttpResponse::NoContent().finish());
    }
    let mut response = HttpResponse::Ok();
    response
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-store"));
    if http.method() == Method::HEAD {
        return Ok(response.finish());
    }
    let permit = Arc::clone(&service.streams).try_acquire_owned();
    let permit = permit.map_err(|_| Problem::unavailable("too many follow deliveries", 10))?;
    let events = Events {
        lease: gateway.lease(&Caller::of(&http)),
        following: seen.map_or_else(|| Following::new(id), |seen| Following::after(id, seen)),
        id: format!("delivery:{id}"),
        service,
        seq: 0,
        looks: Looks::default(),
        is_over: false,
        _permit: permit,
    };
    Ok(response.streaming(unfold(events, Events::next)))
}

fn last_event_id(http: &HttpRequest) -> Option<u32> {
    http.headers()
        .get("Last-Event-ID")?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()
}

/// The looks of a stream at its delivery, and what is due at which.
#[derive(Debug, Default)]
struct Looks {
    passed: u32,
    /// Those since something was sent.
    quiet: u32,
}

impl Looks {
    const fn is_first(&self) -> bool {
        self.passed == 0
    }

    const fn tell_place(&self) -> bool {
        self.passed.is_multiple_of(LOOKS_PER_PLACE)
    }

    const fn ask_lease(&self) -> bool {
        self.passed.is_multiple_of(LOOKS_PER_LEASE)
    }

    const fn are_over(&self) -> bool {
        self.passed >= LOOKS_MAX
    }

    /// One passed, with news or without; gives whether a heartbeat is due.
    const fn pass(&mut self, is_quiet: bool) -> bool {
        self.passed += 1;
        self.quiet = if is_quiet { self.quiet + 1 } else { 0 };
        let is_due = self.quiet >= LOOKS_QUIET_MAX;
        if is_due {
            self.quiet = 0;
        }
        is_due
    }
}

impl Events {
    /// Waits for what is to be sent next; `None` where there is no more.
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        loop {
            if self.is_over {
                return None;
            }
            if !self.looks.is_first() {
                sleep(LOOK_EVERY).await;
            }
            let text = self.look();
            if !text.is_empty() {
                return Some((Ok(text.into()), self));
            }
        }
    }

    /// What is new, as text; empty where nothing is.
    fn look(&mut self) -> String {
        let mut text = if self.looks.is_first() {
            RETRY.to_owned()
        } else {
            String::new()
        };
        if self.may_go_on() {
            self.tell(&mut text);
        } else {
            self.is_over = true;
        }
        if self.looks.pass(text.is_empty()) {
            HEARTBEAT.clone_into(&mut text);
        }
        text
    }

    fn may_go_on(&self) -> bool {
        let is_let = !self.looks.ask_lease() || self.lease.as_ref().is_none_or(|lease| lease.holds());
        is_let && !self.looks.are_over() && !self.service.context.readiness.is_draining()
    }

    fn tell(&mut self, text: &mut String) {
        let context = &self.service.context;
        let is_due = self.looks.tell_place();
        let (environment, now) = (&context.environment, context.clock.now());
        let news = self
            .following
            .next(&context.tracks.read(), environment, now, is_due);
        let frames = match news {
            News::Frames(frames) => frames,
            // It was accepted and reaches the tracks soon, or it ended so long ago that they forgot it.
            News::Unknown => {
                self.is_over = self.following.passed().is_some();
                return;
            }
        };
        if frames.missed > 0 {
            let missed = u64::from(frames.missed);
            self.seq += missed;
            put(text, None, &frame::gap(&self.id, missed));
        }
        let mut kind = if frames.is_whole { "snapshot" } else { "delivery" };
        for told in &frames.frames {
            self.seq += 1;
            put(
                text,
                Some(told.passed),
                &frame::numbered(kind, &self.id, self.seq, &told.body),
            );
            self.is_over = told.view.stage.is_final();
            kind = "delivery";
        }
    }
}

/// An event; its id says how many stage changes were told by then.
fn put(text: &mut String, passed: Option<u32>, frame: &str) {
    if let Some(passed) = passed {
        text.push_str(&format!("id: {passed}\n"));
    }
    text.push_str("data: ");
    text.push_str(frame);
    text.push_str("\n\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The looks, of so many, at which a heartbeat is due, where those that `has_news` have some.
    fn heartbeats(count: u32, has_news: impl Fn(u32) -> bool) -> Vec<u32> {
        let mut looks = Looks::default();
        let is_due = |look: &u32| looks.pass(!has_news(*look));
        (1..=count).filter(is_due).collect()
    }

    #[test]
    fn a_heart_beats_each_quarter_of_a_minute_without_news() {
        let quarter = u32::try_from(15_000 / LOOK_EVERY.as_millis()).expect("a few");
        assert_eq!(
            heartbeats(3 * quarter, |_| false),
            [quarter, 2 * quarter, 3 * quarter]
        );
        assert_eq!(heartbeats(2 * quarter, |look| look == 20), [quarter + 20]);
        assert!(heartbeats(9 * quarter, |look| look.is_multiple_of(quarter)).is_empty());
    }

    #[test]
    fn the_place_is_told_once_a_second_the_lease_asked_every_other_and_an_hour_is_enough() {
        let mut looks = Looks::default();
        let mut due = (0, 0);
        while !looks.are_over() {
            due.0 += u32::from(looks.tell_place());
            due.1 += u32::from(looks.ask_lease());
            looks.pass(false);
        }
        assert_eq!(due, (3_600, 1_800));
        assert_eq!(LOOK_EVERY * looks.passed, Duration::from_hours(1));
    }
}
