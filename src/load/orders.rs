//! The requests: drawn from the scenario's demand, written as a client writes them.

use std::sync::Arc;
use std::time::Instant;

use hyper::Method;
use hyper::body::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use skyhaul_actors::command::{DeliveryRequest, PackageSize, Place};
use skyhaul_actors::demand::DemandSource;
use skyhaul_actors::environment::Environment;
use skyhaul_actors::tree::Surroundings;
use skyhaul_engine::time::SimTime;

use super::client::{Client, Target};
use crate::exit::Failure;

/// Virtual time as the service told it.
pub(super) struct VirtualClock {
    asked_at: Instant,
    now: Timestamp,
    /// Virtual seconds a second; 0 where it stands, or where nobody knows.
    speed: f64,
}

/// The part of `/api/simulation` that is needed.
#[derive(Deserialize)]
struct Simulation {
    now: String,
    speed: Option<f64>,
    paused: bool,
}

impl VirtualClock {
    /// Asks the service what time it is. Where the caller may not know, deadlines are left out.
    pub(super) async fn ask(target: &Target) -> Result<Option<Self>, Failure> {
        let answer = Client::new(target)
            .call(Method::GET, "/api/simulation", Bytes::new())
            .await
            .map_err(|error| Failure::try_again(format!("the service does not answer: {error}")))?;
        Ok(Self::read(&answer.body))
    }

    fn read(body: &[u8]) -> Option<Self> {
        let simulation: Simulation = serde_json::from_slice(body).ok()?;
        let speed = simulation.speed.filter(|_| !simulation.paused);
        Some(Self {
            asked_at: Instant::now(),
            now: simulation.now.parse().ok()?,
            speed: speed.unwrap_or_default(),
        })
    }

    /// The time `span_s` virtual seconds from now.
    fn after(&self, span_s: f64) -> Option<Timestamp> {
        let ahead_s = self.asked_at.elapsed().as_secs_f64() * self.speed + span_s;
        let ahead = SignedDuration::try_from_secs_f64(ahead_s).ok()?;
        self.now.checked_add(ahead).ok()
    }
}

/// A scenario's requests, one after the other.
pub(super) struct Orders {
    surroundings: Surroundings,
    source: DemandSource,
    owner: String,
    clock: Option<VirtualClock>,
}

/// A request as `POST /api/deliveryrequests` takes it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Order<'a> {
    owner_id: &'a str,
    pickup_location: String,
    drop_off_location: String,
    deadline: String,
    expedited: bool,
    confirmation_required: &'static str,
    package_info: OrderedPackage<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OrderedPackage<'a> {
    package_id: &'a str,
    size: &'static str,
    weight: f64,
}

impl Orders {
    /// The requests of a world for `owner`.
    pub(super) fn new(environment: Arc<Environment>, owner: String, clock: Option<VirtualClock>) -> Self {
        let source = DemandSource::new(environment.seed);
        Self {
            surroundings: Surroundings::new(environment),
            source,
            owner,
            clock,
        }
    }

    /// The next one's body; empty where the scenario asks for nothing.
    pub(super) fn next(&mut self) -> Bytes {
        let drawn = self.source.draw(&self.surroundings, SimTime::ZERO);
        let written = drawn.and_then(|request| serde_json::to_vec(&self.order(&request)).ok());
        written.unwrap_or_default().into()
    }

    fn order<'a>(&'a self, request: &'a DeliveryRequest) -> Order<'a> {
        let deadline = request.deadline.zip(self.clock.as_ref());
        let deadline = deadline
            .and_then(|(deadline, clock)| clock.after(deadline.since(SimTime::ZERO).as_seconds_f64()));
        Order {
            owner_id: &self.owner,
            pickup_location: written(request.pickup),
            drop_off_location: written(request.dropoff),
            deadline: deadline.map_or_else(String::new, |deadline| deadline.to_string()),
            expedited: request.expedited,
            confirmation_required: "None",
            package_info: OrderedPackage {
                package_id: &request.package.label,
                size: match request.package.size {
                    PackageSize::Small => "Small",
                    PackageSize::Medium => "Medium",
                    PackageSize::Large => "Large",
                },
                weight: request.package.weight.get(),
            },
        }
    }
}

fn written(place: Place) -> String {
    format!("{:.7},{:.7}", place.at.lat(), place.at.lon())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use skyhaul_scenarios::scenario::BuildOptions;

    use super::*;
    use crate::run;

    fn orders(clock: Option<VirtualClock>) -> Orders {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/library/seattle.toml");
        let scenario = run::read(file.as_ref()).expect("a scenario of the library");
        let environment = scenario.environment(BuildOptions::default());
        Orders::new(Arc::new(environment), "me".to_owned(), clock)
    }

    #[test]
    fn are_the_scenarios_own_in_its_order() {
        let (mut one, mut other) = (orders(None), orders(None));
        let bodies: Vec<Bytes> = (0..100).map(|_| one.next()).collect();
        assert!(bodies.iter().all(|body| other.next() == *body));
        let first: Value = serde_json::from_slice(&bodies[0]).expect("JSON");
        assert_eq!(first["ownerId"], "me");
        let place = first["dropOffLocation"].as_str().expect("a place");
        let (lat, lon) = place.split_once(',').expect("two numbers");
        assert!((47.0..48.5).contains(&lat.parse::<f64>().expect("degrees")));
        assert!((-123.5..-121.0).contains(&lon.parse::<f64>().expect("degrees")));
        assert!(bodies.iter().any(|body| *body != bodies[0]));
    }

    #[test]
    fn deadlines_are_told_by_the_services_clock() {
        let told = br#"{"now":"2030-01-01T00:00:00.000Z","speed":60.0,"paused":true,"scenario":"x"}"#;
        let clock = VirtualClock::read(told).expect("a state");
        assert_eq!(
            clock.after(90.5).map(|time| time.to_string()).as_deref(),
            Some("2030-01-01T00:01:30.5Z")
        );
        assert!(VirtualClock::read(br#"{"title":"not allowed"}"#).is_none());
    }
}
