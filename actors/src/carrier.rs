//! Carrier: a third party with vans and bicycles. Quotes, is booked, delivers, and sometimes fails.
//!
//! ```text
//! Book ─► Booked ──PickupDue──► at the pickup ──ParcelLoaded──► on the road ──ArrivalDue──► at the drop-off ──ParcelUnloaded──► done
//!            └─ NoCourier ─► failed                                  └─ ReturnedToPickup ─► failed
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use skyhaul_engine::geo::Position;
use skyhaul_engine::kernel::{Actor, ActorError, Addr, Ctx, Recording, RegionId, RestartPolicy};
use skyhaul_engine::rng::RandomStream;

use crate::delivery::{Delivery, DeliveryMessage};
use crate::event::{AssignmentRefusal, CarrierFailure, Event, Transport};
use crate::ids::{CarrierId, DeliveryId};
use crate::mission::Errand;
use crate::tree::{RESTARTS_OF_ONE, Skyhaul};
use crate::workflow::{Workflow, WorkflowMessage};

pub use self::quote::{Offer, Quote, best_offer, quote, return_price, time_cost, weighted_cost};

use self::quote::road_time;

mod quote;

/// Carriers' random streams are numbered from here.
const RANDOM_STREAMS_FROM: u64 = 100;

/// Those of one region are so far from those of the next: further than any other actors' numbers go.
const RANDOM_STREAMS_APART_BITS: u32 = 40;

/// What a carrier understands. Timers carry the ticket of the booking they were set for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum CarrierMessage {
    /// Bring a parcel.
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
    /// The courier should be at the pickup.
    PickupDue {
        /// For which delivery.
        id: DeliveryId,
        /// Of which booking.
        ticket: u64,
    },
    /// The parcel is in.
    ParcelLoaded {
        /// Of which delivery.
        delivery: DeliveryId,
    },
    /// The courier should be at the drop-off.
    ArrivalDue {
        /// For which delivery.
        id: DeliveryId,
        /// Of which booking.
        ticket: u64,
    },
    /// The parcel is out.
    ParcelUnloaded {
        /// Of which delivery.
        delivery: DeliveryId,
    },
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
}

/// A booking.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Booking {
    ticket: u64,
    delivery: Addr<Delivery>,
    errand: Errand,
    /// What will go wrong, drawn when it was booked.
    fails: Option<CarrierFailure>,
}

/// A third party that brings parcels.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Carrier {
    id: CarrierId,
    bookings: BTreeMap<DeliveryId, Booking>,
    next_ticket: u64,
    random: RandomStream,
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
            random: RandomStream::new(seed, office + RANDOM_STREAMS_FROM + u64::from(id.0)),
        }
    }

    /// How many bookings it has.
    #[must_use]
    pub fn view(&self) -> usize {
        self.bookings.len()
    }

    const fn by(&self) -> Transport {
        Transport::Carrier(self.id)
    }
}

impl Actor for Carrier {
    type System = Skyhaul;
    type Message = CarrierMessage;
    const RESTART: RestartPolicy = RESTARTS_OF_ONE;
    const RECORDING: Recording = Recording::Log;

    fn handle(&mut self, message: CarrierMessage, ctx: &mut Ctx<'_, Skyhaul>) -> Result<(), ActorError> {
        match message {
            CarrierMessage::Book { consignment } => self.on_book(&consignment, ctx),
            CarrierMessage::Cancel { id, workflow } => self.on_cancel(id, workflow, ctx),
            CarrierMessage::PickupDue { id, ticket } => self.on_pickup_due(id, ticket, ctx),
            CarrierMessage::ParcelLoaded { delivery } => self.on_parcel_loaded(delivery, ctx),
            CarrierMessage::ArrivalDue { id, ticket } => self.on_arrival_due(id, ticket, ctx),
            CarrierMessage::ParcelUnloaded { delivery } => {
                self.bookings.remove(&delivery);
            }
        }
        Ok(())
    }

    fn on_given_up(&self, parked: &CarrierMessage, ctx: &mut Ctx<'_, Skyhaul>) {
        match parked {
            CarrierMessage::Book { consignment } => {
                let carrier = self.id;
                ctx.send(consignment.workflow, WorkflowMessage::CarrierRefused { carrier });
            }
            CarrierMessage::Cancel { workflow, .. } => {
                ctx.send(*workflow, WorkflowMessage::TransportReleased);
            }
            CarrierMessage::PickupDue { id, .. }
            | CarrierMessage::ParcelLoaded { delivery: id }
            | CarrierMessage::ArrivalDue { id, .. } => {
                if let Some(booking) = self.bookings.get(id) {
                    let (by, parcel_at) = (self.by(), Some(booking.errand.pickup));
                    ctx.send(booking.delivery, DeliveryMessage::TransportLost { by, parcel_at });
                }
            }
            CarrierMessage::ParcelUnloaded { .. } => {}
        }
    }

    fn shown(&self) -> String {
        format!("{:?}", self.view())
    }
}

impl Carrier {
    fn on_book(&mut self, consignment: &Consignment, ctx: &mut Ctx<'_, Skyhaul>) {
        let surroundings = ctx.shared_arc();
        let environment = &*surroundings.environment;
        let carrier = self.id;
        let Some(quote) = quote(environment, carrier, &consignment.errand, ctx.now()) else {
            ctx.send(consignment.workflow, WorkflowMessage::CarrierRefused { carrier });
            return;
        };
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        let booking = Booking {
            ticket,
            delivery: consignment.delivery,
            errand: consignment.errand,
            fails: self.draw_failure(environment.carrier(carrier).failure),
        };
        let id = consignment.id;
        self.bookings.insert(id, booking);
        ctx.emit(Event::CarrierBooked {
            delivery: id,
            carrier,
            price: quote.price,
            eta_pickup: quote.eta_pickup,
            eta_dropoff: quote.eta_dropoff,
            reason: consignment.reason,
        });
        ctx.send(
            consignment.delivery,
            DeliveryMessage::TransportAssigned { by: self.by() },
        );
        ctx.send(consignment.workflow, WorkflowMessage::CarrierBooked);
        ctx.send_at(
            quote.eta_pickup,
            ctx.me::<Self>(),
            CarrierMessage::PickupDue { id, ticket },
        );
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

    fn on_pickup_due(&mut self, id: DeliveryId, ticket: u64, ctx: &mut Ctx<'_, Skyhaul>) {
        let Some(booking) = self.booked(id, ticket) else {
            return;
        };
        let (delivery, pickup) = (booking.delivery, booking.errand.pickup);
        if booking.fails == Some(CarrierFailure::NoCourier) {
            self.fail(id, CarrierFailure::NoCourier, None, pickup, ctx);
        } else {
            ctx.send(delivery, DeliveryMessage::TransportAtPickup { by: self.by() });
        }
    }

    fn on_parcel_loaded(&mut self, id: DeliveryId, ctx: &mut Ctx<'_, Skyhaul>) {
        let Some(booking) = self.bookings.get(&id) else {
            return;
        };
        let surroundings = ctx.shared_arc();
        let distance_m = booking.errand.pickup.distance_m(booking.errand.dropoff);
        let road = road_time(surroundings.environment.carrier(self.id), distance_m);
        let ticket = booking.ticket;
        ctx.send_in(road, ctx.me::<Self>(), CarrierMessage::ArrivalDue { id, ticket });
    }

    fn on_arrival_due(&mut self, id: DeliveryId, ticket: u64, ctx: &mut Ctx<'_, Skyhaul>) {
        let Some(booking) = self.booked(id, ticket) else {
            return;
        };
        let (delivery, errand) = (booking.delivery, booking.errand);
        if booking.fails == Some(CarrierFailure::ReturnedToPickup) {
            let back = Some(errand.pickup);
            self.fail(id, CarrierFailure::ReturnedToPickup, back, errand.pickup, ctx);
        } else {
            let (by, at) = (self.by(), errand.dropoff);
            ctx.send(delivery, DeliveryMessage::TransportAtDropoff { by, at });
        }
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
            ctx.emit(Event::CarrierFailed {
                delivery: id,
                carrier: self.id,
                reason,
                at,
            });
            let by = self.by();
            ctx.send(booking.delivery, DeliveryMessage::TransportLost { by, parcel_at });
        }
    }

    fn booked(&self, id: DeliveryId, ticket: u64) -> Option<&Booking> {
        self.bookings.get(&id).filter(|booking| booking.ticket == ticket)
    }
}
