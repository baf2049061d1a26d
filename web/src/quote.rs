//! Quotes: by whom a request would be brought, were it asked now, when, and at what price. Nothing is reserved.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::Method;
use actix_web::web::{self, Data, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::Number;
use skyhaul_actors::account::PricePlan;
use skyhaul_actors::carrier::courier_free_at;
use skyhaul_actors::command::DeliveryRequest;
use skyhaul_actors::ids::{AircraftId, CarrierId, DepotId, DroneId};
use skyhaul_actors::mission::Errand;
use skyhaul_actors::scheduler::Couriers;
use skyhaul_actors::scheduler::enquiry::{Answer, Outside, Seen, Standing, Wish, enquire};
use skyhaul_actors::tree::Surroundings;
use skyhaul_engine::kernel::RegionId;
use skyhaul_engine::time::SimTime;
use skyhaul_telemetry::tracks::Tracks;
use skyhaul_telemetry::view::{DroneDuty, DroneState};
use utoipa::ToSchema;

use crate::account::Accounts;
use crate::context::Context;
use crate::gateway::caller::Caller;
use crate::gateway::invoice::InvoiceAmount;
use crate::http::body::json_object;
use crate::http::endpoint::Endpoint;
use crate::http::problem::Problem;
use crate::ingestion::BODY_BYTES_MAX;
use crate::ingestion::request::CreateDeliveryRequest;
use crate::location::Location;
use crate::reasons::{DroneReadiness, NoDroneReason, QuoteReason};

/// For how long a look at the fleet serves all who ask, while drones come and go: putting a hundred thousand of them in order takes a millisecond. A depot
/// that is grounded or released counts at once.
const SEEN_FOR: Duration = Duration::from_millis(50);

/// The service. It keeps nothing but its last look at the fleet.
pub(crate) struct Quotes {
    context: Arc<Context>,
    /// As it is, and as it may be hoped to be later.
    looks: [Mutex<Option<Look>>; 2],
}

/// A look at the fleet.
struct Look {
    taken: Instant,
    /// All before this event was seen.
    next_event: u64,
    seen: Arc<Seen>,
}

/// What a request would come to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct QuotedResponse {
    /// `drone` or `carrier`.
    by: &'static str,
    /// What an invoice would say for it, in dollars: by drone, the miles are those of straight lines from the depot that is nearest.
    #[schema(value_type = Option<f64>)]
    price: Option<Number>,
    /// What the price is made of.
    amount: InvoiceAmount,
    /// When the parcel would be picked up.
    #[serde(rename = "pickupETA")]
    pickup_eta: String,
    /// When it would arrive.
    #[serde(rename = "deliveryETA")]
    delivery_eta: String,
    /// Whether a drone stands ready or has to come free first; else why no drone would bring it.
    reason: QuoteReason,
    /// The carrier that would.
    carrier: Option<String>,
    /// The point that `pickupLocation` stands for.
    pickup: Location,
    /// The point that `dropOffLocation` stands for.
    dropoff: Location,
    /// `placeholder` where a place was derived from a text that names none, as the answer to the request would say.
    #[serde(rename = "locationResolution", skip_serializing_if = "Option::is_none")]
    location_resolution: Option<&'static str>,
    /// Which fields those are: `pickupLocation`, `dropOffLocation`, both or none.
    placeholders: Vec<&'static str>,
}

impl Quotes {
    /// The service, which looks at the world as all others do.
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self {
            context,
            looks: Default::default(),
        }
    }

    /// The fleet as it was seen last; whoever has to look keeps the others waiting, who need not then.
    fn seen(&self, now: SimTime, is_later: bool, surroundings: &Surroundings) -> Arc<Seen> {
        let mut look = self.looks[usize::from(is_later)].lock();
        if let Some(look) = look.as_ref().filter(|look| self.is_good(look)) {
            return Arc::clone(&look.seen);
        }
        let next_event = self.context.tracks.read().next_event();
        let seen = Arc::new(Seen::new(self.outside(now, is_later), surroundings));
        *look = Some(Look {
            taken: Instant::now(),
            next_event,
            seen: Arc::clone(&seen),
        });
        seen
    }

    /// Whether it need not be looked again.
    fn is_good(&self, look: &Look) -> bool {
        let tracks = self.context.tracks.read();
        let grounded = tracks.depots().filter(|depot| depot.is_grounded);
        let is_fresh = || {
            look.taken.elapsed() < SEEN_FOR
                && grounded
                    .map(|depot| depot.depot)
                    .eq(look.seen.grounded().iter().copied())
        };
        tracks.next_event() == look.next_event || is_fresh()
    }

    /// The fleet as it is seen now; for what is to be fetched later, as it may be hoped to be then.
    fn outside(&self, now: SimTime, is_later: bool) -> Outside {
        let tracks = self.context.tracks.read();
        let standing = |state| match state {
            DroneState::Idle => Standing::Ready,
            DroneState::Failed => Standing::Gone,
            _ if is_later => Standing::Ready,
            DroneState::ToPickup
            | DroneState::ToDropoff
            | DroneState::Returning
            | DroneState::Charging
            | DroneState::Maintenance => Standing::Away,
        };
        let drones: Vec<DroneDuty> = tracks.duties().collect();
        let waiting = usize::try_from(tracks.stats(now).waiting).unwrap_or(usize::MAX);
        let grounded = tracks.depots().filter(|depot| depot.is_grounded);
        Outside {
            drones: drones.iter().map(|drone| standing(drone.state)).collect(),
            moved: self.moved(&drones),
            grounded: grounded.map(|depot| depot.depot).collect(),
            waiting: if is_later { 0 } else { waiting },
            couriers: if is_later {
                BTreeMap::new()
            } else {
                self.couriers(&tracks, now)
            },
        }
    }

    /// When couriers are free of the carriers that have so many, by region.
    fn couriers(&self, tracks: &Tracks, now: SimTime) -> BTreeMap<RegionId, Couriers> {
        let mut free: BTreeMap<RegionId, Couriers> = BTreeMap::new();
        let carriers = (0..).map(CarrierId).zip(&self.context.environment.carriers);
        let limited = carriers.filter_map(|(carrier, spec)| Some((carrier, spec.couriers?)));
        let limited: BTreeMap<CarrierId, u32> = limited.collect();
        if limited.is_empty() {
            return free;
        }
        let surroundings = self.context.surroundings();
        let mut ends: BTreeMap<(RegionId, CarrierId), Vec<SimTime>> = BTreeMap::new();
        for duty in tracks.with_carriers() {
            let office = (surroundings.atlas.region_of(duty.pickup), duty.carrier);
            ends.entry(office).or_default().push(duty.until);
        }
        for ((region, carrier), ends) in ends {
            if let Some(couriers) = limited.get(&carrier) {
                let free_at = courier_free_at(ends.into_iter(), *couriers as usize, now);
                free.entry(region).or_default().note(carrier, free_at);
            }
        }
        free
    }

    /// The drones that belong to another depot than they did at first.
    fn moved(&self, drones: &[DroneDuty]) -> Vec<(DroneId, AircraftId, DepotId)> {
        let fleets = self.context.environment.fleets.iter();
        let planned = fleets.flat_map(|fleet| std::iter::repeat_n(fleet.depot, fleet.count as usize));
        let homes = drones.iter().zip(planned);
        homes
            .filter(|(drone, planned)| drone.depot != *planned)
            .map(|(drone, _)| (drone.drone, drone.aircraft, drone.depot))
            .collect()
    }

    fn quote(&self, request: &DeliveryRequest, plan: PricePlan) -> Result<QuotedResponse, Problem> {
        let context = &self.context;
        let now = context.clock.now();
        let surroundings = context.surroundings();
        let wish = Wish {
            errand: Errand {
                pickup: request.pickup.at,
                dropoff: request.dropoff.at,
                weight: request.package.weight,
            },
            is_expedited: request.expedited,
            deadline: request.deadline,
            asked_at: now,
        };
        let at = request.pickup_at.max(now);
        let grams = Some(wish.errand.weight.milli());
        let seen = self.seen(now, at > now, &surroundings);
        let (by, millimetres, pickup, dropoff, reason, carrier) =
            match enquire(&wish, &seen, &surroundings, at) {
                Answer::Drone { estimate, wait } => {
                    let reason = if wait.micros() == 0 {
                        DroneReadiness::Ready
                    } else {
                        DroneReadiness::Waits
                    };
                    let (pickup, dropoff) = (estimate.picked_up_at + wait, estimate.dropped_off_at + wait);
                    let millimetres = flown_mm(&wish.errand, &surroundings);
                    (
                        "drone",
                        millimetres,
                        pickup,
                        dropoff,
                        QuoteReason::Drone(reason),
                        None,
                    )
                }
                Answer::Carrier { offer, reason } => {
                    let name = context.environment.carrier(offer.carrier).name.clone();
                    let (pickup, dropoff) = (offer.quote.eta_pickup, offer.quote.eta_dropoff);
                    let reason = QuoteReason::Carrier(reason.into());
                    ("carrier", 0, pickup, dropoff, reason, Some(name))
                }
                Answer::Nobody { reason } => {
                    return Err(Problem::refused(
                        "no carrier takes it, and no drone",
                        NoDroneReason::Refused(reason.into()),
                    ));
                }
            };
        let amount = InvoiceAmount::new(plan, Some(1), grams, Some(millimetres));
        let placeholders = placeholders(request);
        Ok(QuotedResponse {
            by,
            price: amount.total(),
            amount,
            pickup_eta: context.calendar.text(pickup),
            delivery_eta: context.calendar.text(dropoff),
            reason,
            carrier,
            pickup: request.pickup.into(),
            dropoff: request.dropoff.into(),
            location_resolution: (!placeholders.is_empty()).then_some("placeholder"),
            placeholders,
        })
    }
}

/// The fields of a request whose texts name no place that is known.
fn placeholders(request: &DeliveryRequest) -> Vec<&'static str> {
    let ends = [
        ("pickupLocation", request.pickup),
        ("dropOffLocation", request.dropoff),
    ];
    let derived = ends.into_iter().filter(|(_, place)| place.is_placeholder);
    derived.map(|(field, _)| field).collect()
}

/// Millimetres that a drone flies for an errand, in straight lines.
fn flown_mm(errand: &Errand, surroundings: &Surroundings) -> i64 {
    let depot = surroundings.atlas.nearest_depot(errand.pickup);
    let home = depot.map_or(errand.pickup, |depot| surroundings.environment.depot(depot).at);
    let distance_m = home.distance_m(errand.pickup) + errand.pickup.distance_m(errand.dropoff);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "no distance on earth is near the limit"
    )]
    let millimetres = (distance_m * 1_000.0).round() as i64;
    millimetres
}

/// The endpoint.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config.service(Endpoint::new("/api/quotes").on(Method::POST, quote).done());
}

/// By whom a request would be brought, were it asked now, when, and at what price by the plan of its owner's account. Nothing is reserved.
#[utoipa::path(
    post,
    path = "/api/quotes",
    tag = "Quote",
    request_body = CreateDeliveryRequest,
    responses(
        (status = 200, description = "The quote", body = QuotedResponse),
        (status = 400, description = "It cannot be understood", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "No drone and no carrier would bring it", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "It is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "It is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A value cannot be", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn quote(
    service: Data<Quotes>,
    accounts: Data<Accounts>,
    http: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let body = json_object(&http, payload, BODY_BYTES_MAX).await?;
    let (_, request) = CreateDeliveryRequest::read(&body, &service.context)?;
    let owner = service.context.people.pseudonym(&request.owner)?;
    Caller::of(&http).check_owner(&owner)?;
    let account = accounts.register().of_owner(&owner);
    let plan = account.map(|account| account.plan).unwrap_or_default();
    let quoted = web::block(move || service.quote(&request, plan)).await;
    Ok(HttpResponse::Ok().json(quoted.map_err(|_| Problem::saturated())??))
}
