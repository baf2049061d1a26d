//! Scheduler: gives each request the able drone that reaches its pickup first; else lets it wait, else refuses it.
//!
//! ```text
//! AssignDrone ─► an idle drone can ──► assigned ──ErrandDone──► forgotten
//!             ├► only busy ones can ─► waiting ──DroneReady──► assigned
//!             │                           ├──────WaitDue─────► refused
//!             │                           └─a carrier costs less► refused
//!             └► none ever can ──────► refused (its workflow turns to a carrier)
//! ```
//!
//! There is one in each region. While a request waits, neighbours are asked for a drone of theirs ([`lending`]); it is refused only where no
//! region's drone ever can.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use skyhaul_engine::kernel::{Actor, ActorError, Addr, Ctx, Recording, RegionId, RestartPolicy};
use skyhaul_engine::time::{SimDuration, SimTime};

use crate::bearer::Bearer;
use crate::delivery::DeliveryMessage;
use crate::dispatch::Pace;
use crate::drone::{Drone, DroneErrand, DroneMessage};
use crate::environment::{Environment, FleetSpec, Sabotage};
use crate::event::{AssignmentRefusal, Event, ReleaseReason};
use crate::ids::{DeliveryId, DepotId, DroneId};
use crate::mission::{Errand, MissionEstimate};
use crate::tree::{RESTARTS_OF_ONE, Skyhaul};
use crate::workflow::{CostLimit, Workflow, WorkflowMessage};

use self::batch::Batching;
use self::enquiry::Wish;
use self::fleet::{Choice, Fleet, Prospect};
use self::handing::Handing;
use self::lending::Lending;
use self::neighbours::Question;
use self::reassign::Delay;
use self::rebalancing::Balance;
use self::waiting::{Waiting, Whose};

pub use self::coming::Coming;
pub use self::couriers::Couriers;
pub use self::giving_back::GIVEN_BACK_MAX;
pub use self::handing::HandingMessage;
pub use self::message::{CarriersSaid, Order, SchedulerMessage};
pub use self::rebalancing::may_rebalance;

mod batch;
mod coming;
mod couriers;
pub mod enquiry;
mod fleet;
mod giving_back;
mod grounding;
pub mod handing;
pub mod lending;
mod loss;
mod message;
mod neighbours;
mod reassign;
mod rebalancing;
mod reviewing;
mod rezoning;
mod waiting;
mod weathering;
mod weighing;

/// How many waiting requests a drone that became ready is tried against. A drone that can serve none of the first 64 is too small for
/// what waits; it stays idle for the next request.
const WAITING_SCANNED_MAX: usize = 64;

/// What must come after all that was said before is said so much later: an instant has an order of its own.
const AFTER_LAST_WORD: SimDuration = SimDuration::from_micros(1);

/// How many requests may wait. Beyond it a request is refused at once and goes to a carrier, as it would after a hopeless wait.
const WAITING_MAX: usize = 100_000;

/// A drone's delivery.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Assignment {
    drone: DroneId,
    order: Order,
    /// When the drone has the parcel, as far as is known.
    eta_pickup: SimTime,
}

/// Gives requests to drones.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Scheduler {
    fleet: Fleet,
    waiting: Waiting,
    assigned: BTreeMap<DeliveryId, Assignment>,
    lending: Lending,
    batching: Batching,
    balance: Balance,
    handing: Handing,
    couriers: Couriers,
    /// When the weather next grounds a depot or releases it.
    weather_due: BTreeMap<DepotId, SimTime>,
    /// When those that wait are looked at next, where any does.
    review_due: Option<SimTime>,
}

/// What is seen of a scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchedulerView {
    /// Drones that stand ready.
    pub idle: usize,
    /// Requests that wait.
    pub waiting: usize,
    /// Requests that have a drone, of this region or another.
    pub assigned: usize,
    /// Drones that serve a neighbour's request, or are kept for one.
    pub lent: usize,
}

impl Scheduler {
    /// A scheduler to whom all drones of its region are ready.
    #[must_use]
    pub fn new(environment: &Environment, region: RegionId) -> Self {
        Self {
            fleet: Fleet::new(environment, region),
            waiting: Waiting::default(),
            assigned: BTreeMap::new(),
            lending: Lending::default(),
            batching: Batching::default(),
            balance: Balance::default(),
            handing: Handing::default(),
            couriers: Couriers::default(),
            weather_due: BTreeMap::new(),
            review_due: None,
        }
    }

    /// What it has to do.
    #[must_use]
    pub fn view(&self) -> SchedulerView {
        SchedulerView {
            idle: self.fleet.ready(),
            waiting: self.waiting.len(),
            assigned: self.assigned.len() + self.lending.borrowed(),
            lent: self.lending.lent(),
        }
    }
}

impl Actor for Scheduler {
    type System = Skyhaul;
    type Message = SchedulerMessage;
    const RESTART: RestartPolicy = RESTARTS_OF_ONE;
    const RECORDING: Recording = Recording::Log;

    fn handle(&mut self, message: SchedulerMessage, ctx: &mut Ctx<'_, Skyhaul>) -> Result<(), ActorError> {
        match message {
            SchedulerMessage::AssignDrone { order } => self.on_assign_drone(*order, ctx),
            SchedulerMessage::ReleaseDelivery { id, workflow, reason } => {
                self.on_release_delivery(id, workflow, reason, ctx);
            }
            SchedulerMessage::FleetJoined {
                first,
                fleet,
                settled,
            } => self.on_fleet_joined(first, &fleet, &settled, ctx),
            SchedulerMessage::DroneReady { drone } => self.on_drone_ready(drone, ctx),
            SchedulerMessage::DroneComing { drone, coming } => self.on_drone_coming(drone, *coming, ctx),
            SchedulerMessage::DroneOutOfReach { drone } => {
                self.batching.coming.remove(&drone);
            }
            SchedulerMessage::RebalanceDue { at } => self.on_rebalance_due(at, ctx),
            SchedulerMessage::RepositionRefused { drone, home } => {
                self.on_reposition_refused(drone, home, ctx);
            }
            SchedulerMessage::BatchDue { at } => self.on_batch_due(at, ctx),
            SchedulerMessage::ReviewDue { at } => self.on_review_due(at, ctx),
            SchedulerMessage::ErrandDone { delivery } => self.on_errand_done(delivery, ctx),
            SchedulerMessage::ErrandRefused {
                drone,
                delivery,
                reason,
            } => self.on_errand_refused(drone, delivery, reason, ctx),
            SchedulerMessage::RecallDrone { drone } => self.on_recall_drone(drone, ctx),
            SchedulerMessage::GroundDepot { depot, reason } => self.on_ground_depot(depot, reason, ctx),
            SchedulerMessage::ReleaseDepot { depot, reason } => self.on_release_depot(depot, reason, ctx),
            SchedulerMessage::WeatherDue { depot, is_new_plan } => {
                self.on_weather_due(depot, is_new_plan, ctx);
            }
            SchedulerMessage::AirspaceChanged => self.on_airspace_changed(ctx),
            SchedulerMessage::DroneDelayed {
                drone,
                delivery,
                eta_pickup,
                eta_dropoff,
            } => {
                let delay = Delay {
                    drone,
                    delivery,
                    eta_pickup,
                    eta_dropoff,
                };
                self.on_drone_delayed(delay, ctx);
            }
            SchedulerMessage::DroneLost {
                drone,
                parcel_at,
                is_gone,
            } => self.on_drone_lost(drone, parcel_at, is_gone, ctx),
            SchedulerMessage::DroneGone { drone, at, parcel_at } => {
                self.on_drone_gone(drone, at, parcel_at, ctx);
            }
            SchedulerMessage::LossDue { drone, at, parcel_at } => self.on_loss_due(drone, at, parcel_at, ctx),
            SchedulerMessage::Lending(message) => self.on_lending(*message, ctx),
            SchedulerMessage::Handing(message) => self.on_handing(*message, ctx),
            SchedulerMessage::CourierFree { carrier, free_at } => self.couriers.note(carrier, free_at),
            SchedulerMessage::WaitDue { id, ticket } => self.on_wait_due(id, ticket, ctx),
        }
        Ok(())
    }

    fn on_given_up(&self, parked: &SchedulerMessage, ctx: &mut Ctx<'_, Skyhaul>) {
        match parked {
            SchedulerMessage::AssignDrone { order } => refuse(order, AssignmentRefusal::NobodyCan, ctx),
            SchedulerMessage::ReleaseDelivery { workflow, .. } => {
                ctx.send(*workflow, WorkflowMessage::TransportReleased);
            }
            SchedulerMessage::WeatherDue { depot, .. } => Self::look_at_weather_again(*depot, ctx),
            SchedulerMessage::Lending(message) => self.answer_for(message, ctx),
            SchedulerMessage::Handing(message) => Self::hear_again(message, ctx),
            _ => {}
        }
    }

    fn shown(&self) -> String {
        format!("{:?}", self.view())
    }
}

impl Scheduler {
    fn on_assign_drone(&mut self, order: Order, ctx: &mut Ctx<'_, Skyhaul>) {
        self.count_request(&order, ctx);
        match self.pace(ctx) {
            Pace::AtOnce => self.assign_at_once(order, ctx),
            Pace::InBatches(batches) => self.take_into_batch(order, batches, ctx),
        }
    }

    fn assign_at_once(&mut self, order: Order, ctx: &mut Ctx<'_, Skyhaul>) {
        let surroundings = ctx.shared_arc();
        match self.fleet.choose(&order.errand, &surroundings, ctx.now()) {
            Choice::Ready(drone, estimate) => self.assign(order, drone, estimate, ctx),
            Choice::Busy(_) if self.waiting.len() >= WAITING_MAX => {
                refuse(&order, AssignmentRefusal::WaitedTooLong, ctx);
            }
            Choice::Busy(prospect) => {
                let wait = prospect.wait(self.waiting.ahead_of(&order));
                let (id, ticket) = self.queue(order, Whose::Own, prospect, wait, ctx);
                self.begin_seek(id, ticket, ctx);
                self.weigh(id, ticket, ctx);
            }
            Choice::Unable(reason) => self.hope_for_neighbours(order, reason, ctx),
        }
    }

    /// Lets a request that no drone of this region ever can serve wait for a neighbour's, where one could.
    fn hope_for_neighbours(&mut self, order: Order, reason: AssignmentRefusal, ctx: &mut Ctx<'_, Skyhaul>) {
        let surroundings = ctx.shared_arc();
        let Errand { pickup, dropoff, .. } = order.errand;
        if surroundings.airspace.is_closed_for_ever(pickup)
            || surroundings.airspace.is_closed_for_ever(dropoff)
        {
            // Of no fleet's drones may one land there: that is known without asking each.
            refuse(&order, AssignmentRefusal::NoFlyZone, ctx);
            return;
        }
        let question = Question {
            region: ctx.region(),
            errand: &order.errand,
            now: ctx.now(),
            surroundings: &surroundings,
        };
        match self.lending.hope(&question) {
            Ok(_) if self.waiting.len() >= WAITING_MAX => {
                refuse(&order, AssignmentRefusal::WaitedTooLong, ctx);
            }
            Ok(estimate) => {
                let prospect = Prospect::of_one(estimate, ctx.now());
                let (id, ticket) = self.queue(order, Whose::Neighbours, prospect, SimDuration::ZERO, ctx);
                self.begin_seek(id, ticket, ctx);
                self.weigh(id, ticket, ctx);
            }
            Err(elsewhere) => refuse(&order, reason.max(elsewhere), ctx),
        }
    }

    fn queue(
        &mut self,
        order: Order,
        whose: Whose,
        prospect: Prospect,
        wait: SimDuration,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) -> (DeliveryId, u64) {
        let MissionEstimate {
            picked_up_at,
            dropped_off_at,
            ..
        } = prospect.estimate;
        let eta_pickup = picked_up_at + wait;
        let wait_max = ctx.shared().environment.dispatch.wait_max;
        let id = order.id;
        ctx.emit(Event::DeliveryQueued {
            delivery: id,
            eta_pickup,
            eta_dropoff: dropped_off_at + wait,
        });
        let ticket = self.waiting.push(order, whose, prospect, eta_pickup);
        self.arm_review(ctx);
        if ctx.shared().environment.faults.sabotage == Some(Sabotage::ForgetsWaiting) {
            self.waiting.remove(id);
            return (id, ticket);
        }
        ctx.send_in(
            wait_max,
            ctx.me::<Self>(),
            SchedulerMessage::WaitDue { id, ticket },
        );
        (id, ticket)
    }

    fn assign(
        &mut self,
        order: Order,
        drone: DroneId,
        estimate: MissionEstimate,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        let addr = self.fleet.address(drone, &ctx.shared().atlas);
        let by = Bearer::Drone(drone, addr);
        ctx.emit(Event::DroneAssigned {
            delivery: order.id,
            drone,
            eta_pickup: estimate.picked_up_at,
            eta_dropoff: estimate.dropped_off_at,
        });
        ctx.send(order.delivery, DeliveryMessage::TransportAssigned { by });
        ctx.send(order.workflow, WorkflowMessage::DroneAssigned);
        let errand = DroneErrand {
            id: order.id,
            delivery: order.delivery,
            errand: order.errand,
        };
        ctx.send(addr, DroneMessage::AssignErrand { errand });
        self.note_given(drone, ctx);
        let eta_pickup = estimate.picked_up_at;
        let assignment = Assignment {
            drone,
            order,
            eta_pickup,
        };
        self.assigned.insert(assignment.order.id, assignment);
        if ctx.shared().environment.faults.sabotage == Some(Sabotage::GivesTwice) {
            self.fleet.put_back(drone);
        }
    }

    fn on_release_delivery(
        &mut self,
        id: DeliveryId,
        workflow: Addr<Workflow>,
        reason: ReleaseReason,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        self.waiting.remove(id);
        if let Some(Assignment { drone, order, .. }) = self.assigned.remove(&id) {
            ctx.emit(Event::DroneReleased {
                delivery: id,
                drone,
                reason,
            });
            let addr = self.fleet.address(drone, &ctx.shared().atlas);
            ctx.send(addr, DroneMessage::ReleaseErrand { delivery: id });
            let by = Bearer::Drone(drone, addr);
            ctx.send(order.delivery, DeliveryMessage::TransportReleased { by });
        } else if self.release_borrowed(id, workflow, reason, ctx) {
            return;
        }
        ctx.send(workflow, WorkflowMessage::TransportReleased);
    }

    fn on_fleet_joined(
        &mut self,
        first: DroneId,
        fleet: &FleetSpec,
        settled: &[(DroneId, Addr<Drone>)],
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        self.fleet.join(first, fleet, settled);
        for drone in (first.0..first.0 + fleet.count).map(DroneId) {
            self.on_drone_ready(drone, ctx);
        }
    }

    fn on_drone_ready(&mut self, drone: DroneId, ctx: &mut Ctx<'_, Skyhaul>) {
        self.batching.coming.remove(&drone);
        self.note_ready(drone, ctx.now());
        match self.pace(ctx) {
            Pace::AtOnce => self.give_or_spare(drone, ctx),
            Pace::InBatches(batches) => self.seat(drone, batches, ctx),
        }
    }

    fn give_or_spare(&mut self, drone: DroneId, ctx: &mut Ctx<'_, Skyhaul>) {
        let surroundings = ctx.shared_arc();
        let now = ctx.now();
        let waiting = self.waiting.queue(Whose::Own).take(WAITING_SCANNED_MAX);
        let able = { waiting }.find_map(|(_, order)| {
            let estimate = self.fleet.assess(drone, &order.errand, &surroundings, now).ok()?;
            Some((order.id, estimate))
        });
        match able.and_then(|(id, estimate)| Some((self.waiting.remove(id)?, estimate))) {
            Some((order, estimate)) => self.assign(order, drone, estimate, ctx),
            None => {
                self.fleet.put_back(drone);
                self.spare_drone(ctx);
            }
        }
    }

    fn on_errand_done(&mut self, delivery: DeliveryId, ctx: &mut Ctx<'_, Skyhaul>) {
        match self.assigned.remove(&delivery) {
            Some(Assignment { drone, order, .. }) => self.home_elsewhere(drone, order.errand.dropoff, ctx),
            None => self.finish_borrowed(delivery, ctx),
        }
    }

    fn on_wait_due(&mut self, id: DeliveryId, ticket: u64, ctx: &mut Ctx<'_, Skyhaul>) {
        if self.waiting.ticket_of(id) == Some(ticket)
            && let Some(order) = self.waiting.remove(id)
        {
            refuse(&order, AssignmentRefusal::WaitedTooLong, ctx);
        }
    }
}

fn refuse(order: &Order, reason: AssignmentRefusal, ctx: &mut Ctx<'_, Skyhaul>) {
    turn_away(order, reason, None, ctx);
}

/// Has a request go by carrier because that costs less than waiting, which comes to so much; it comes back where no carrier does it for less.
fn leave_to_carrier(order: &Order, waiting: i64, ctx: &mut Ctx<'_, Skyhaul>) {
    let limit = CostLimit {
        wish: Wish::from(order),
        cost: waiting,
    };
    turn_away(
        order,
        AssignmentRefusal::CarrierCheaper,
        Some(Box::new(limit)),
        ctx,
    );
}

fn turn_away(
    order: &Order,
    reason: AssignmentRefusal,
    limit: Option<Box<CostLimit>>,
    ctx: &mut Ctx<'_, Skyhaul>,
) {
    ctx.emit(Event::DroneAssignmentRefused {
        delivery: order.id,
        reason,
    });
    ctx.send(order.workflow, WorkflowMessage::DroneRefused { reason, limit });
}
