//! Demand: the requests that come by themselves, as one actor with its own random stream, so that it is part of every replay.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use skyhaul_engine::geo::Position;
use skyhaul_engine::kernel::{Actor, ActorError, Ctx, RestartPolicy};
use skyhaul_engine::rng::RandomStream;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::Kilograms;
use uuid::{Builder, Uuid};

use crate::atlas;
use crate::command::{ConfirmationKind, DeliveryRequest, PackageRecord, PackageSize, Place};
use crate::environment::{Demand, DemandStream, Environment, Pickups, Places, TraceRequest};
use crate::ids::DeliveryId;
use crate::ingestion::IngestionMessage;
use crate::tree::{RESTARTS_OF_ONE, Skyhaul, Surroundings};

/// Who owns the requests that come by themselves.
pub const OWNER: &str = "background";

/// Draws outside the area, or too heavy, are drawn again this often.
const DRAWS_MAX: usize = 32;

/// The lightest parcel, kg: an envelope.
const WEIGHT_MIN_KG: f64 = 0.05;

/// After a request that could not be made, the next is tried this much later.
const PAUSE: SimDuration = SimDuration::from_mins(1);

/// The number of its random stream.
const RANDOM_STREAM: u64 = 1;

/// What the demand understands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum DemandMessage {
    /// Begin.
    StartDue,
    /// A request may come, now or as soon as word of it can be in any region.
    RequestDue {
        /// Of which plan.
        generation: u32,
    },
    /// The plan is another from now on.
    PlanChanged,
}

/// The requests that come by themselves: a Poisson stream by thinning (Lewis, Shedler 1979), or a trace.
///
/// Where there are several regions it makes each request so early that word of it is in the region of its pickup at the instant it is for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DemandSource {
    random: RandomStream,
    requested: u64,
    /// Counts the plans; timers of earlier ones are void.
    generation: u32,
}

impl DemandSource {
    /// A source that has made no request yet.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            random: RandomStream::new(seed, RANDOM_STREAM),
            requested: 0,
            generation: 0,
        }
    }

    /// The next request as it would be made at `now`, of whatever world is asked: for whoever sends the plan's requests from outside. A trace begins
    /// anew at its end, each deadline as long after its request as before. `None` where nothing is asked for.
    pub fn draw(&mut self, surroundings: &Surroundings, now: SimTime) -> Option<DeliveryRequest> {
        let request = match surroundings.environment.demand.as_ref()? {
            Demand::Stream(stream) => self.draw_request(stream, surroundings, now),
            Demand::Trace(trace) => {
                let turn = usize::try_from(self.requested).unwrap_or_default();
                let next = trace.get(turn.checked_rem(trace.len())?)?;
                let deadline = next.deadline.map(|deadline| now + deadline.since(next.at));
                DeliveryRequest {
                    deadline,
                    ..self.traced(next, now)
                }
            }
        };
        self.requested += 1;
        Some(request)
    }

    /// How many requests it has made.
    #[must_use]
    pub const fn view(&self) -> u64 {
        self.requested
    }
}

impl Actor for DemandSource {
    type System = Skyhaul;
    type Message = DemandMessage;
    const RESTART: RestartPolicy = RESTARTS_OF_ONE;

    fn handle(&mut self, message: DemandMessage, ctx: &mut Ctx<'_, Skyhaul>) -> Result<(), ActorError> {
        let surroundings = ctx.shared_arc();
        let environment = &*surroundings.environment;
        match message {
            DemandMessage::StartDue => self.on_start_due(environment, ctx),
            DemandMessage::RequestDue { generation } if generation == self.generation => {
                self.on_request_due(environment, ctx);
            }
            DemandMessage::RequestDue { .. } => {}
            DemandMessage::PlanChanged => self.on_plan_changed(environment, ctx),
        }
        Ok(())
    }

    fn on_given_up(&self, _parked: &DemandMessage, ctx: &mut Ctx<'_, Skyhaul>) {
        let generation = self.generation;
        ctx.send_in(PAUSE, ctx.me::<Self>(), DemandMessage::RequestDue { generation });
    }

    fn shown(&self) -> String {
        format!("{:?}", self.view())
    }
}

impl DemandSource {
    fn on_start_due(&mut self, environment: &Environment, ctx: &mut Ctx<'_, Skyhaul>) {
        match &environment.demand {
            None => {}
            Some(Demand::Stream(stream)) => self.wait(stream, ctx),
            Some(Demand::Trace(_)) => self.on_trace_due(environment, ctx),
        }
    }

    fn on_request_due(&mut self, environment: &Environment, ctx: &mut Ctx<'_, Skyhaul>) {
        match &environment.demand {
            None => {}
            Some(Demand::Stream(stream)) => self.on_stream_due(stream, environment, ctx),
            Some(Demand::Trace(_)) => self.on_trace_due(environment, ctx),
        }
    }

    /// Begins the new plan here: what a trace asked for earlier is not asked for again.
    fn on_plan_changed(&mut self, environment: &Environment, ctx: &mut Ctx<'_, Skyhaul>) {
        self.generation += 1;
        if let Some(Demand::Trace(trace)) = &environment.demand {
            let said_until = ctx.now() + lead(ctx);
            self.requested = trace.partition_point(|request| request.at <= said_until) as u64;
        }
        self.on_start_due(environment, ctx);
    }

    /// A request may come: it does with the share that the present hour has of the busiest one.
    fn on_stream_due(
        &mut self,
        stream: &DemandStream,
        environment: &Environment,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        let at = ctx.now() + lead(ctx);
        let share = stream.hourly[environment.epoch.local_hour(at)] / busiest(stream);
        if self.random.chance(share) {
            let request = self.draw_request(stream, ctx.shared(), at);
            self.request(at, request, ctx);
        }
        self.wait(stream, ctx);
    }

    fn wait(&mut self, stream: &DemandStream, ctx: &mut Ctx<'_, Skyhaul>) {
        let rate_per_s = stream.requests_per_day * busiest(stream) / 3_600.0;
        if rate_per_s > 0.0 {
            let gap = SimDuration::from_seconds_f64(self.random.exponential(1.0 / rate_per_s));
            ctx.send_in(
                gap.max(SimDuration::from_micros(1)),
                ctx.me::<Self>(),
                DemandMessage::RequestDue {
                    generation: self.generation,
                },
            );
        }
    }

    /// Makes all requests of the trace that are due, and waits for the next.
    fn on_trace_due(&mut self, environment: &Environment, ctx: &mut Ctx<'_, Skyhaul>) {
        let Some(Demand::Trace(trace)) = &environment.demand else {
            return;
        };
        while let Some(next) = trace.get(usize::try_from(self.requested).unwrap_or(usize::MAX)) {
            let at = ctx.now() + lead(ctx);
            if next.at > at {
                let due = next.at - lead(ctx);
                let generation = self.generation;
                ctx.send_at(due, ctx.me::<Self>(), DemandMessage::RequestDue { generation });
                return;
            }
            let request = self.traced(next, at);
            self.request(at, request, ctx);
        }
    }

    /// A request of a trace, made at `at`.
    fn traced(&mut self, next: &TraceRequest, at: SimTime) -> DeliveryRequest {
        DeliveryRequest {
            expedited: next.expedited,
            deadline: next.deadline,
            ..self.write_request(next.pickup, next.dropoff, next.weight, at)
        }
    }

    /// Has the request taken in at `at`.
    fn request(&mut self, at: SimTime, request: DeliveryRequest, ctx: &mut Ctx<'_, Skyhaul>) {
        self.requested += 1;
        let request = Arc::new(request);
        let region = ctx.shared().atlas.region_of(request.pickup.at);
        let message = IngestionMessage::RequestDelivery { request };
        ctx.send_at(at, atlas::ingestion(region), message);
    }

    fn draw_request(
        &mut self,
        stream: &DemandStream,
        surroundings: &Surroundings,
        now: SimTime,
    ) -> DeliveryRequest {
        let environment = &*surroundings.environment;
        let dropoff = self.draw_place(&stream.dropoffs, environment);
        let pickup = match &stream.pickups {
            Pickups::Depots => {
                let nearest = surroundings.atlas.nearest_depot(dropoff);
                nearest.map_or(dropoff, |depot| environment.depot(depot).at)
            }
            Pickups::Places(places) => self.draw_place(places, environment),
        };
        let weight = self.draw_weight(stream);
        let expedited = self.random.chance(stream.expedited);
        DeliveryRequest {
            expedited,
            deadline: stream.deadline.map(|span| now + span),
            ..self.write_request(pickup, dropoff, weight, now)
        }
    }

    fn draw_place(&mut self, places: &Places, environment: &Environment) -> Position {
        let area = &environment.area;
        let mut place = area.centre;
        for _ in 0..DRAWS_MAX {
            place = match places {
                Places::Uniform => self.scatter(area.centre, area.radius_m, environment),
                Places::Weighted(listed) => {
                    let total = listed.last().map_or(0.0, |last| last.cumulative_weight);
                    let drawn = self.random.unit() * total;
                    let index = listed.partition_point(|listed| listed.cumulative_weight <= drawn);
                    let Some(middle) = listed.get(index) else { continue };
                    self.scatter(middle.at, middle.spread_m, environment)
                }
            };
            if area.contains(place) {
                return place;
            }
        }
        if area.contains(place) { place } else { area.centre }
    }

    /// A point of a disc, every part of it alike.
    fn scatter(&mut self, centre: Position, radius_m: f64, environment: &Environment) -> Position {
        let distance = radius_m * self.random.unit().sqrt();
        let angle = self.random.unit() * std::f64::consts::TAU;
        let plane = environment.plane();
        let (x, y) = plane.to_xy(centre);
        plane.to_position((x + distance * libm::cos(angle), y + distance * libm::sin(angle)))
    }

    fn draw_weight(&mut self, stream: &DemandStream) -> Kilograms {
        let drawn = (0..DRAWS_MAX)
            .map(|_| self.random.exponential(stream.weight_mean_kg))
            .find(|weight| *weight <= stream.weight_max_kg)
            .unwrap_or(stream.weight_max_kg);
        Kilograms::new(drawn.max(WEIGHT_MIN_KG.min(stream.weight_max_kg)))
    }

    fn write_request(
        &mut self,
        pickup: Position,
        dropoff: Position,
        weight: Kilograms,
        now: SimTime,
    ) -> DeliveryRequest {
        DeliveryRequest {
            delivery: self.mint_id(),
            owner: OWNER.to_owned(),
            account: None,
            pickup: Place::on_ground(pickup),
            dropoff: Place::on_ground(dropoff),
            pickup_at: now,
            deadline: None,
            expedited: false,
            confirmation: ConfirmationKind::None,
            package: PackageRecord {
                label: format!("parcel-{}", self.requested),
                owner: None,
                size: size_of(weight),
                weight,
                tag: None,
            },
            idempotency: None,
        }
    }

    /// A version 4 UUID from its own stream.
    fn mint_id(&mut self) -> DeliveryId {
        let bits = (u128::from(self.random.bits()) << 64) | u128::from(self.random.bits());
        let uuid: Uuid = Builder::from_random_bytes(bits.to_be_bytes()).into_uuid();
        DeliveryId(uuid.as_u128())
    }
}

/// How long before its instant a request is made.
fn lead(ctx: &Ctx<'_, Skyhaul>) -> SimDuration {
    let cut = ctx.shared().atlas.cut();
    if cut.count > 1 {
        cut.lookahead
    } else {
        SimDuration::ZERO
    }
}

/// The greatest share that an hour has of the day's requests.
fn busiest(stream: &DemandStream) -> f64 {
    stream.hourly.iter().copied().fold(0.0, f64::max)
}

/// The size class that parcels of this mass usually have.
fn size_of(weight: Kilograms) -> PackageSize {
    match weight.milli() {
        ..=1_000 => PackageSize::Small,
        1_001..=5_000 => PackageSize::Medium,
        _ => PackageSize::Large,
    }
}
