//! Workflow: sees one request through, as a saga of three steps, each with its undo ([`saga`]).
//!
//! | step | done by | undone by |
//! |---|---|---|
//! | open the package | [`PackageMessage::Open`] | [`PackageMessage::Close`] |
//! | open the delivery | [`DeliveryMessage::Open`] | [`DeliveryMessage::Close`] |
//! | book a transport: a drone, else a carrier | [`SchedulerMessage::AssignDrone`], [`CarrierMessage::Book`] | [`SchedulerMessage::ReleaseDelivery`], [`CarrierMessage::Cancel`] |

use serde::{Deserialize, Serialize};
use skyhaul_engine::geo::Position;
use skyhaul_engine::kernel::{Actor, ActorError, Addr, Ctx, RestartPolicy};
use skyhaul_engine::time::{SimDuration, SimTime};

use crate::atlas;
use crate::carrier::{CarrierMessage, Offer, Quote};
use crate::delivery::{Delivery, DeliveryMessage};
use crate::event::{AssignmentRefusal, CancelReason, Event, ReleaseReason};
use crate::ids::{CarrierId, DeliveryId};
use crate::ingestion::IngestionMessage;
use crate::mission::Errand;
use crate::package::{Package, PackageMessage};
use crate::scheduler::{CarriersSaid, Order, SchedulerMessage};
use crate::tree::{RESTARTS_OF_MANY, Skyhaul};

use self::saga::{Input, Output, State, Step, advance};

pub use self::limit::CostLimit;

mod carriers;
mod limit;
pub mod saga;

/// How often a transport may fail before a delivery is given up: a parcel that five drones or carriers could not bring needs a person.
const ATTEMPTS_MAX: u8 = 5;

/// How long a request goes on asking for a drone that could come, and for a carrier each time it has waited, before it is given up
/// ([`CancelReason::WaitedTooLong`]): who has waited through all hours of a day is not helped by another one.
const ASKS_FOR: SimDuration = SimDuration::from_mins(24 * 60);

/// What a workflow understands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum WorkflowMessage {
    /// Begin.
    Start,
    /// Step 1 is done.
    PackageOpened,
    /// Step 2 is done.
    DeliveryOpened,
    /// The time before which the parcel must not be fetched has come.
    PickupDue {
        /// Of which booking.
        generation: u32,
    },
    /// A drone has it: step 3 is done.
    DroneAssigned,
    /// No drone takes it.
    DroneRefused {
        /// Why.
        reason: AssignmentRefusal,
        /// Up to what a carrier has it, where there is a limit.
        limit: Option<Box<CostLimit>>,
    },
    /// A carrier answers a question for a quote.
    QuoteGiven {
        /// Which.
        carrier: CarrierId,
        /// Which question.
        generation: u32,
        /// What it asks; `None` where it does not take it.
        quote: Option<Quote>,
    },
    /// A carrier has it: step 3 is done.
    CarrierBooked,
    /// The carrier does not take it.
    CarrierRefused {
        /// Which.
        carrier: CarrierId,
    },
    /// Step 3 is undone.
    TransportReleased,
    /// Who had it failed.
    TransportLost {
        /// Where the parcel is now.
        pickup: Position,
    },
    /// Its client wants it otherwise.
    DeliveryRescheduled {
        /// Where the parcel is.
        pickup: Position,
        /// Where it goes.
        dropoff: Position,
        /// Not before this.
        pickup_at: SimTime,
        /// There by this.
        deadline: Option<SimTime>,
    },
    /// It was cancelled, or its actor is gone.
    DeliveryCancelled,
    /// It arrived.
    DeliveryCompleted,
}

/// With whom a transport is booked, or being booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Booking {
    /// With nobody: the time has not come.
    Deferred,
    /// With the scheduler.
    Scheduler,
    /// With carriers, whose quotes are awaited because no drone takes it.
    Quoting(AssignmentRefusal),
    /// With a carrier, because no drone takes it.
    Carrier(CarrierId, AssignmentRefusal),
}

/// Sees one request through.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Workflow {
    id: DeliveryId,
    delivery: Addr<Delivery>,
    package: Addr<Package>,
    errand: Errand,
    pickup_at: SimTime,
    deadline: Option<SimTime>,
    is_expedited: bool,
    /// When a drone was first asked for.
    asked_at: Option<SimTime>,
    /// When it last went back to wait for one because no carrier took it.
    went_back_at: Option<SimTime>,
    /// What carriers have said to it.
    carriers: CarriersSaid,
    /// Whether drones gave it back so often that only carriers are asked.
    is_for_carriers: bool,
    state: State,
    /// The step at which it stood when it was given up, and the first that is undone.
    given_up_at: Option<(Step, Step)>,
    booking: Booking,
    generation: u32,
    attempts: u8,
    /// Carriers that have not answered yet.
    quotes_awaited: u16,
    /// What carriers offer, the best one last.
    offers: Vec<Offer>,
    /// What they must offer less than.
    limit: Option<Box<CostLimit>>,
}

impl Workflow {
    /// A workflow that has not begun.
    #[must_use]
    pub fn new(
        order: &crate::command::DeliveryRequest,
        delivery: Addr<Delivery>,
        package: Addr<Package>,
    ) -> Self {
        Self {
            id: order.delivery,
            delivery,
            package,
            errand: Errand {
                pickup: order.pickup.at,
                dropoff: order.dropoff.at,
                weight: order.package.weight,
            },
            pickup_at: order.pickup_at,
            deadline: order.deadline,
            is_expedited: order.expedited,
            asked_at: None,
            went_back_at: None,
            carriers: CarriersSaid::Nothing,
            is_for_carriers: false,
            state: State::START,
            given_up_at: None,
            booking: Booking::Deferred,
            generation: 0,
            attempts: 0,
            quotes_awaited: 0,
            offers: Vec::new(),
            limit: None,
        }
    }

    /// How far it has come.
    #[must_use]
    pub const fn view(&self) -> State {
        self.state
    }
}

impl Actor for Workflow {
    type System = Skyhaul;
    type Message = WorkflowMessage;
    const RESTART: RestartPolicy = RESTARTS_OF_MANY;

    fn handle(&mut self, message: WorkflowMessage, ctx: &mut Ctx<'_, Skyhaul>) -> Result<(), ActorError> {
        match message {
            WorkflowMessage::Start => self.carry_out(Output::Do(Step::OpenPackage), ctx),
            WorkflowMessage::PackageOpened => self.take(Input::Done(Step::OpenPackage), ctx),
            WorkflowMessage::DeliveryOpened => self.take(Input::Done(Step::OpenDelivery), ctx),
            WorkflowMessage::PickupDue { generation } => self.on_pickup_due(generation, ctx),
            WorkflowMessage::DroneAssigned | WorkflowMessage::CarrierBooked => {
                self.take(Input::Done(Step::BookTransport), ctx);
            }
            WorkflowMessage::DroneRefused { reason, limit } => self.on_drone_refused(reason, limit, ctx),
            WorkflowMessage::QuoteGiven {
                carrier,
                generation,
                quote,
            } => self.on_quote_given(carrier, generation, quote, ctx),
            WorkflowMessage::CarrierRefused { carrier } => self.on_carrier_refused(carrier, ctx),
            WorkflowMessage::TransportReleased => self.take(Input::Undone(Step::BookTransport), ctx),
            WorkflowMessage::TransportLost { pickup } => self.on_transport_lost(pickup, ctx),
            WorkflowMessage::DeliveryRescheduled {
                pickup,
                dropoff,
                pickup_at,
                deadline,
            } => {
                (self.pickup_at, self.deadline) = (pickup_at, deadline);
                self.on_delivery_rescheduled(pickup, dropoff, ctx);
            }
            WorkflowMessage::DeliveryCancelled => self.take(Input::Abandoned, ctx),
            WorkflowMessage::DeliveryCompleted => self.on_delivery_completed(ctx),
        }
        Ok(())
    }

    fn on_given_up(&self, _parked: &WorkflowMessage, ctx: &mut Ctx<'_, Skyhaul>) {
        self.release(ReleaseReason::Cancelled, ctx);
        ctx.emit(Event::WorkflowUndone {
            delivery: self.id,
            step: self.state.step(),
            undone: Step::from_last(Step::BookTransport),
        });
        let reason = CancelReason::AttemptsExhausted;
        ctx.send(self.delivery, DeliveryMessage::Abandon { reason });
        self.close(ctx);
        // Nobody may ask for a delivery of this name before a neighbour's drone has let go of it.
        let settled_in = ctx.shared().atlas.round_trip();
        self.announce_ended(settled_in, ctx);
    }

    fn shown(&self) -> String {
        format!("{:?}", self.view())
    }
}

impl Workflow {
    /// Hands the input to the saga and carries out what it answers.
    fn take(&mut self, input: Input, ctx: &mut Ctx<'_, Skyhaul>) {
        let (state, output) = advance(self.state, input);
        if let State::Undoing(first) = state
            && !matches!(self.state, State::Undoing(_))
        {
            self.given_up_at = Some((self.state.step(), first));
        }
        self.state = state;
        if let Some(output) = output {
            self.carry_out(output, ctx);
        }
    }

    fn carry_out(&mut self, output: Output, ctx: &mut Ctx<'_, Skyhaul>) {
        let workflow = ctx.me::<Self>();
        match output {
            Output::Do(Step::OpenPackage) => {
                ctx.send(self.package, PackageMessage::Open { workflow });
            }
            Output::Do(Step::OpenDelivery) => ctx.send(self.delivery, DeliveryMessage::Open),
            Output::Do(Step::BookTransport) => self.book(ctx),
            Output::Undo(Step::BookTransport) => {
                let reason = if self.state == State::Rebooking {
                    ReleaseReason::Rescheduled
                } else {
                    ReleaseReason::Cancelled
                };
                self.release(reason, ctx);
            }
            Output::Undo(step @ Step::OpenDelivery) => {
                ctx.send(self.delivery, DeliveryMessage::Close);
                self.take(Input::Undone(step), ctx);
            }
            Output::Undo(step @ Step::OpenPackage) => {
                ctx.send(self.package, PackageMessage::Close);
                self.take(Input::Undone(step), ctx);
            }
            Output::End => {
                self.announce_undone(ctx);
                self.announce_ended(SimDuration::ZERO, ctx);
                ctx.stop();
            }
        }
    }

    /// Asks the scheduler for a drone, now or when the time comes.
    fn book(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        self.generation += 1;
        if self.pickup_at > ctx.now() {
            self.booking = Booking::Deferred;
            let generation = self.generation;
            ctx.send_at(
                self.pickup_at,
                ctx.me::<Self>(),
                WorkflowMessage::PickupDue { generation },
            );
        } else {
            self.ask_for_transport(ctx);
        }
    }

    fn on_pickup_due(&mut self, generation: u32, ctx: &mut Ctx<'_, Skyhaul>) {
        if generation == self.generation && self.is_booking() {
            self.ask_for_transport(ctx);
        }
    }

    fn ask_for_transport(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        if self.is_for_carriers {
            self.ask_carriers(AssignmentRefusal::GivenBackTooOften, ctx);
        } else {
            self.ask_scheduler(ctx);
        }
    }

    fn ask_scheduler(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        self.booking = Booking::Scheduler;
        let order = Order {
            id: self.id,
            delivery: self.delivery,
            workflow: ctx.me::<Self>(),
            errand: self.errand,
            is_expedited: self.is_expedited,
            deadline: self.deadline,
            asked_at: *self.asked_at.get_or_insert(ctx.now()),
            carriers: self.carriers,
            given_back: 0,
        };
        let order = Box::new(order);
        let scheduler = atlas::scheduler(ctx.region());
        ctx.send(scheduler, SchedulerMessage::AssignDrone { order });
    }

    fn on_transport_lost(&mut self, pickup: Position, ctx: &mut Ctx<'_, Skyhaul>) {
        self.errand.pickup = pickup;
        self.carriers = CarriersSaid::Nothing;
        self.attempts += 1;
        if self.attempts < ATTEMPTS_MAX {
            self.booking = Booking::Deferred;
            self.take(Input::TransportLost, ctx);
        } else {
            let reason = CancelReason::AttemptsExhausted;
            ctx.send(self.delivery, DeliveryMessage::Abandon { reason });
        }
    }

    fn on_delivery_rescheduled(&mut self, pickup: Position, dropoff: Position, ctx: &mut Ctx<'_, Skyhaul>) {
        self.errand.pickup = pickup;
        self.errand.dropoff = dropoff;
        self.asked_at = None;
        self.carriers = CarriersSaid::Nothing;
        self.is_for_carriers = false;
        self.take(Input::Rescheduled, ctx);
    }

    fn on_delivery_completed(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        self.close(ctx);
        self.take(Input::Delivered, ctx);
    }

    /// Lets go of the transport that is booked, or being booked; who had it answers [`WorkflowMessage::TransportReleased`].
    fn release(&self, reason: ReleaseReason, ctx: &mut Ctx<'_, Skyhaul>) {
        let (id, workflow) = (self.id, ctx.me::<Self>());
        match self.booking {
            Booking::Deferred | Booking::Quoting(_) => {
                ctx.send(workflow, WorkflowMessage::TransportReleased);
            }
            Booking::Scheduler => {
                let message = SchedulerMessage::ReleaseDelivery { id, workflow, reason };
                ctx.send(atlas::scheduler(ctx.region()), message);
            }
            Booking::Carrier(carrier, _) => {
                let carrier = atlas::carrier(ctx.region(), carrier);
                ctx.send(carrier, CarrierMessage::Cancel { id, workflow });
            }
        }
    }

    /// Says what was undone, where it was given up.
    fn announce_undone(&self, ctx: &mut Ctx<'_, Skyhaul>) {
        if let Some((step, first)) = self.given_up_at {
            ctx.emit(Event::WorkflowUndone {
                delivery: self.id,
                step,
                undone: Step::from_last(first),
            });
        }
    }

    fn announce_ended(&self, delay: SimDuration, ctx: &mut Ctx<'_, Skyhaul>) {
        let ingestion = atlas::ingestion(ctx.region());
        let delivery = self.id;
        ctx.send_in(delay, ingestion, IngestionMessage::DeliveryEnded { delivery });
    }

    fn close(&self, ctx: &mut Ctx<'_, Skyhaul>) {
        ctx.send(self.delivery, DeliveryMessage::Close);
        ctx.send(self.package, PackageMessage::Close);
    }

    fn is_underway(&self) -> bool {
        self.state == State::Underway
    }

    fn is_booking(&self) -> bool {
        self.state == State::Doing(Step::BookTransport)
    }
}
