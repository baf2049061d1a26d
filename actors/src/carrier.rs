//! Carrier: a third party with vans and bicycles. Quotes, is booked, delivers, and sometimes fails.
//!
//! ```text
//! RequestQuote ─► a quote, or none
//! Book ─► booked ──AtPickup──► at the pickup ──ParcelLoaded──► on the road ──AtDropoff──► at the drop-off ──ParcelUnloaded──► done
//!            └─ NotComing ─► failed                                  └─ Returned ─► failed
//! ```
//!
//! What its couriers report comes as such reports do: some twice, some after later ones. Each counts once, and only while nothing later was
//! heard of the same booking ([`StatusUpdate`]).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use skyhaul_engine::geo::Position;
use skyhaul_engine::kernel::{Actor, ActorError, Addr, Ctx, Recording, RegionId, RestartPolicy};
use skyhaul_engine::rng::RandomStream;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::Usd;

use crate::atlas;
use crate::bearer::Bearer;
use crate::delivery::{Delivery, DeliveryMessage};
use crate::environment::Environment;
use crate::event::{AssignmentRefusal, CarrierFailure, CourierStatus, Event};
use crate::ids::{CarrierId, DeliveryId};
use crate::mission::Errand;
use crate::scheduler::SchedulerMessage;
use crate::tree::{RESTARTS_OF_ONE, Skyhaul};
use crate::workflow::{CostLimit, Workflow, WorkflowMessage};

pub use self::quote::{
    Offer, Quote, best_offer, courier_free_at, quote, return_price, time_cost, weighted_cost,
};

use self::quote::road_time;

mod quote;

/// How many parcels may wait for each courier. Beyond it a carrier quotes nothing: it would come after an hour or more.
const QUEUED_PER_COURIER_MAX: usize = 4;

/// How many bookings a carrier has in a region at most, however many couriers: as many as requests may wait for drones. Beyond it, it
/// quotes nothing.
const BOOKINGS_MAX: usize = 100_000;

/// A report that comes late or again does so within this span: longer than most bookings take, so that it also meets later ones.
const REPORT_DELAY_MAX_S: f64 = 3_600.0;

/// Carriers' random streams are numbered from here, and those by which their couriers' reports go astray from there.
const RANDOM_STREAMS_FROM: u64 = 100;
const REPORT_STREAMS_FROM: u64 = 1_000_000;

/// Those of one region are so far from those of the next: further than any other actors' numbers go.
const RANDOM_STREAMS_APART_BITS: u32 = 40;

/// What a carrier understands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum CarrierMessage {
    /// Say what it would cost, and when it would come.
    RequestQuote {
        /// What.
        request: Box<QuoteRequest>,
    },
    /// Bring a parcel: the quote is accepted.
    Book {
        /// Which.
        consignment: Box<Consignment>,
    },
    /// Forget about it.
    Cancel {
        /// Which.
        id: DeliveryId,
        /// Who is told.
        workflow: Addr<Workflow>,
    },
    /// A courier reports.
    CourierReported {
        /// What.
        update: StatusUpdate,
    },
    /// The parcel is in.
    ParcelLoaded {
        /// Of which delivery.
        delivery: DeliveryId,
    },
    /// The parcel is out.
    ParcelUnloaded {
        /// Of which delivery.
        delivery: DeliveryId,
    },
}

/// What a quote is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuoteRequest {
    /// Who is answered.
    pub workflow: Addr<Workflow>,
    /// Which of its questions this is.
    pub generation: u32,
    /// What is carried from where to where.
    pub errand: Errand,
}

/// A courier's report about a booking. Reports come once or more, in any order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusUpdate {
    /// About which delivery.
    pub id: DeliveryId,
    /// About which booking of it: one that is over, and booked anew, has another.
    pub ticket: u64,
    /// How far it has come; a report of an earlier status than one that was heard is late.
    pub status: CourierStatus,
}

/// What a carrier is asked to bring.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Consignment {
    /// Of which delivery.
    pub id: DeliveryId,
    /// Its actor.
    pub delivery: Addr<Delivery>,
    /// Who is told.
    pub workflow: Addr<Workflow>,
    /// What is carried from where to where.
    pub errand: Errand,
    /// Why no drone has it.
    pub reason: AssignmentRefusal,
    /// Whether it goes before others.
    pub is_expedited: bool,
    /// What it may come to, where others had its couriers first: the next best offer.
    pub cost_max: Option<Usd>,
    /// What it may come to, where waiting for a drone would else cost less.
    pub limit: Option<CostLimit>,
}

/// A booking.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Booking {
    ticket: u64,
    delivery: Addr<Delivery>,
    errand: Errand,
    price: Usd,
    /// When its courier should be free again.
    until: SimTime,
    /// The furthest status that was reported.
    heard: Option<CourierStatus>,
    /// What will go wrong, drawn when it was booked.
    fails: Option<CarrierFailure>,
}

/// A third party that brings parcels.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Carrier {
    id: CarrierId,
    bookings: BTreeMap<DeliveryId, Booking>,
    next_ticket: u64,
    /// What dispatch was last told of when a courier is free for one parcel more.
    said_free_at: SimTime,
    random: RandomStream,
    /// By which reports go astray: apart, so that nothing else depends on it.
    astray: RandomStream,
}

impl Carrier {
    /// A carrier's office in a region, without bookings.
    #[must_use]
    pub fn new(id: CarrierId, region: RegionId, seed: u64) -> Self {
        let office = u64::from(region.0) << RANDOM_STREAMS_APART_BITS;
        Self {
            id,
            bookings: BTreeMap::new(),
            next_ticket: 0,
            said_free_at: SimTime::ZERO,
            random: RandomStream::new(seed, office + RANDOM_STREAMS_FROM + u64::from(id.0)),
            astray: RandomStream::new(seed, office + REPORT_STREAMS_FROM + u64::from(id.0)),
        }
    }

    /// How many bookings it has.
    #[must_use]
    pub fn view(&self) -> usize {
        self.bookings.len()
    }

    const fn by(&self) -> Bearer {
        Bearer::Carrier(self.id)
    }
}

impl Actor for Carrier {
    type System = Skyhaul;
    type Message = CarrierMessage;
    const RESTART: RestartPolicy = RESTARTS_OF_ONE;
    const RECORDING: Recording = Recording::Log;

    fn handle(&mut self, message: CarrierMessage, ctx: &mut Ctx<'_, Skyhaul>) -> Result<(), ActorError> {
        match message {
            CarrierMessage::RequestQuote { request } => self.on_request_quote(&request, ctx),
            CarrierMessage::Book { consignment } => self.on_book(&consignment, ctx),
            CarrierMessage::Cancel { id, workflow } => self.on_cancel(id, workflow, ctx),
            CarrierMessage::CourierReported { update } => self.on_courier_reported(update, ctx),
            CarrierMessage::ParcelLoaded { delivery } => self.on_parcel_loaded(delivery, ctx),
            CarrierMessage::ParcelUnloaded { delivery } => {
                self.bookings.remove(&delivery);
            }
        }
        self.say_free(ctx);
        Ok(())
    }

    fn on_given_up(&self, parked: &CarrierMessage, ctx: &mut Ctx<'_, Skyhaul>) {
        match parked {
            CarrierMessage::RequestQuote { request } => self.answer(request, None, ctx),
            CarrierMessage::Book { consignment } => {
                let carrier = self.id;
                ctx.send(consignment.workflow, WorkflowMessage::CarrierRefused { carrier });
            }
            CarrierMessage::Cancel { workflow, .. } => {
                ctx.send(*workflow, WorkflowMessage::TransportReleased);
            }
            CarrierMessage::CourierReported { update } => {
                // News may be missed, and so may what is known already.
                let is_heard = self.news(update).is_some() && !update.status.is_news();
                self.give_up(update.id, is_heard, ctx);
            }
            CarrierMessage::ParcelLoaded { delivery } => self.give_up(*delivery, true, ctx),
            CarrierMessage::ParcelUnloaded { .. } => {}
        }
    }

    fn shown(&self) -> String {
        format!("{:?}", self.view())
    }
}

impl Carrier {
    fn on_request_quote(&self, request: &QuoteRequest, ctx: &mut Ctx<'_, Skyhaul>) {
        let surroundings = ctx.shared_arc();
        let quote = self.quote(&request.errand, &surroundings.environment, ctx.now());
        self.answer(request, quote, ctx);
    }

    fn answer(&self, request: &QuoteRequest, quote: Option<Quote>, ctx: &mut Ctx<'_, Skyhaul>) {
        let message = WorkflowMessage::QuoteGiven {
            carrier: self.id,
            generation: request.generation,
            quote,
        };
        ctx.send(request.workflow, message);
    }

    /// What it asks for an errand, given what is booked already.
    fn quote(&self, errand: &Errand, environment: &Environment, now: SimTime) -> Option<Quote> {
        let free_at = self.free_at(environment, now)?;
        quote(environment, self.id, errand, free_at)
    }

    /// When it has a courier for one parcel more; `None` where too many wait already.
    fn free_at(&self, environment: &Environment, now: SimTime) -> Option<SimTime> {
        let couriers = environment.carrier(self.id).couriers;
        let Some(couriers) = couriers.and_then(|couriers| usize::try_from(couriers).ok()) else {
            return (self.bookings.len() < BOOKINGS_MAX).then_some(now);
        };
        let busy = self.bookings.values().filter(|booking| booking.until > now);
        let limit = couriers.saturating_mul(1 + QUEUED_PER_COURIER_MAX);
        (busy.count() < limit.min(BOOKINGS_MAX)).then(|| self.courier_free_at(couriers, now))
    }

    fn courier_free_at(&self, couriers: usize, now: SimTime) -> SimTime {
        let ends = self.bookings.values().map(|booking| booking.until);
        courier_free_at(ends, couriers, now)
    }

    /// Tells the region's dispatch when a courier is free, where that is another time than it was told.
    fn say_free(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        let (carrier, now) = (self.id, ctx.now());
        let couriers = ctx.shared().environment.carrier(carrier).couriers;
        let Some(couriers) = couriers.and_then(|couriers| usize::try_from(couriers).ok()) else {
            return;
        };
        let free_at = self.courier_free_at(couriers, now);
        if free_at != self.said_free_at.max(now) {
            self.said_free_at = free_at;
            let message = SchedulerMessage::CourierFree { carrier, free_at };
            ctx.send(atlas::scheduler(ctx.region()), message);
        }
    }

    fn on_book(&mut self, consignment: &Consignment, ctx: &mut Ctx<'_, Skyhaul>) {
        let surroundings = ctx.shared_arc();
        let environment = &*surroundings.environment;
        let carrier = self.id;
        let now = ctx.now();
        let cost =
            |quote: &Quote| weighted_cost(environment.carrier(carrier), quote, consignment.is_expedited, now);
        let quote = self.quote(&consignment.errand, environment, now);
        let quote = quote.filter(|quote| {
            let cost = cost(quote);
            let offer = Offer {
                carrier,
                quote: *quote,
                cost,
            };
            consignment.cost_max.is_none_or(|most| cost <= most)
                && consignment.limit.is_none_or(|limit| limit.allows(&offer, now))
        });
        let Some(quote) = quote else {
            ctx.send(consignment.workflow, WorkflowMessage::CarrierRefused { carrier });
            return;
        };
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        let fails = self.draw_failure(environment.carrier(carrier).failure);
        let id = consignment.id;
        let booking = Booking {
            ticket,
            delivery: consignment.delivery,
            errand: consignment.errand,
            price: quote.price,
            until: quote.eta_dropoff,
            heard: None,
            fails,
        };
        self.bookings.insert(id, booking);
        ctx.emit(Event::CarrierBooked {
            delivery: id,
            carrier,
            price: quote.price,
            eta_pickup: quote.eta_pickup,
            eta_dropoff: quote.eta_dropoff,
            reason: consignment.reason,
        });
        let by = self.by();
        ctx.send(consignment.delivery, DeliveryMessage::TransportAssigned { by });
        ctx.send(consignment.workflow, WorkflowMessage::CarrierBooked);
        let set_out = StatusUpdate {
            id,
            ticket,
            status: CourierStatus::Confirmed,
        };
        self.report_at(ctx.now(), set_out, ctx);
        let arrived = StatusUpdate {
            status: match fails {
                Some(CarrierFailure::NoCourier) => CourierStatus::NotComing,
                _ => CourierStatus::AtPickup,
            },
            ..set_out
        };
        self.report_at(quote.eta_pickup, arrived, ctx);
    }

    fn draw_failure(&mut self, share: f64) -> Option<CarrierFailure> {
        let fails = self.random.chance(share);
        let at_pickup = self.random.chance(0.5);
        fails.then_some(if at_pickup {
            CarrierFailure::NoCourier
        } else {
            CarrierFailure::ReturnedToPickup
        })
    }

    fn on_cancel(&mut self, id: DeliveryId, workflow: Addr<Workflow>, ctx: &mut Ctx<'_, Skyhaul>) {
        if let Some(booking) = self.bookings.remove(&id) {
            ctx.send(
                booking.delivery,
                DeliveryMessage::TransportReleased { by: self.by() },
            );
        }
        ctx.send(workflow, WorkflowMessage::TransportReleased);
    }

    /// Has a courier report at `at`. A report may come again; news may come late as well, what waits for an answer is said until it is answered.
    fn report_at(&mut self, at: SimTime, update: StatusUpdate, ctx: &mut Ctx<'_, Skyhaul>) {
        let faults = &ctx.shared_arc().environment.faults;
        let office = ctx.me::<Self>();
        let mut heard_at = at;
        if self.astray.chance(faults.carrier_disorder) && update.status.is_news() {
            heard_at = at + self.draw_delay();
        }
        ctx.send_at(heard_at, office, CarrierMessage::CourierReported { update });
        if self.astray.chance(faults.carrier_duplicate) {
            let again_at = heard_at + self.draw_delay();
            ctx.send_at(again_at, office, CarrierMessage::CourierReported { update });
        }
    }

    fn draw_delay(&mut self) -> SimDuration {
        SimDuration::from_seconds_f64(self.astray.unit() * REPORT_DELAY_MAX_S)
    }

    fn on_courier_reported(&mut self, update: StatusUpdate, ctx: &mut Ctx<'_, Skyhaul>) {
        let Some(booking) = self.news(&update) else {
            return;
        };
        let (delivery, errand, by) = (booking.delivery, booking.errand, self.by());
        let StatusUpdate { id, status, .. } = update;
        if let Some(booking) = self.bookings.get_mut(&id) {
            booking.heard = Some(status);
        }
        match status {
            CourierStatus::Confirmed | CourierStatus::UnderWay => ctx.emit(Event::CourierReported {
                delivery: id,
                carrier: self.id,
                status,
            }),
            CourierStatus::AtPickup => ctx.send(delivery, DeliveryMessage::TransportAtPickup { by }),
            CourierStatus::NotComing => {
                self.fail(id, CarrierFailure::NoCourier, None, errand.pickup, ctx);
            }
            CourierStatus::AtDropoff => {
                let at = errand.dropoff;
                ctx.send(delivery, DeliveryMessage::TransportAtDropoff { by, at });
            }
            CourierStatus::Returned => {
                let back = Some(errand.pickup);
                self.fail(id, CarrierFailure::ReturnedToPickup, back, errand.pickup, ctx);
            }
        }
    }

    /// The booking that a report is about, where it says what was not known.
    fn news(&self, update: &StatusUpdate) -> Option<&Booking> {
        let booking = self.bookings.get(&update.id)?;
        let is_later = booking
            .heard
            .is_none_or(|heard| heard.place() < update.status.place());
        (booking.ticket == update.ticket && is_later).then_some(booking)
    }

    fn on_parcel_loaded(&mut self, id: DeliveryId, ctx: &mut Ctx<'_, Skyhaul>) {
        let Some(booking) = self.bookings.get(&id) else {
            return;
        };
        let surroundings = ctx.shared_arc();
        let distance_m = booking.errand.pickup.distance_m(booking.errand.dropoff);
        let road = road_time(surroundings.environment.carrier(self.id), distance_m);
        let left = StatusUpdate {
            id,
            ticket: booking.ticket,
            status: CourierStatus::UnderWay,
        };
        let arrived = StatusUpdate {
            status: match booking.fails {
                Some(CarrierFailure::ReturnedToPickup) => CourierStatus::Returned,
                _ => CourierStatus::AtDropoff,
            },
            ..left
        };
        self.report_at(ctx.now(), left, ctx);
        self.report_at(ctx.now() + road, arrived, ctx);
    }

    fn fail(
        &mut self,
        id: DeliveryId,
        reason: CarrierFailure,
        parcel_at: Option<Position>,
        at: Position,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        if let Some(booking) = self.bookings.remove(&id) {
            let fee = match reason {
                CarrierFailure::NoCourier => Usd::ZERO,
                CarrierFailure::ReturnedToPickup => return_price(booking.price),
            };
            ctx.emit(Event::CarrierFailed {
                delivery: id,
                carrier: self.id,
                reason,
                at,
                fee,
            });
            let by = self.by();
            ctx.send(booking.delivery, DeliveryMessage::TransportLost { by, parcel_at });
        }
    }

    /// Word of a booking is lost: where it mattered, the transport is.
    fn give_up(&self, id: DeliveryId, it_matters: bool, ctx: &mut Ctx<'_, Skyhaul>) {
        if let Some(booking) = self.bookings.get(&id).filter(|_| it_matters) {
            let (by, parcel_at) = (self.by(), Some(booking.errand.pickup));
            ctx.send(booking.delivery, DeliveryMessage::TransportLost { by, parcel_at });
        }
    }
}
