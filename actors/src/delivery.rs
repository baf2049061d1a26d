//! Delivery: one request, from asked to ended. It decides what may still change, one message after another.
//!
//! ```text
//! Open ──► Waiting ◄──TransportLost── Assigned ──PackagePickedUp──► Carried ──PackageDroppedOff──► Ended
//!             │                          │                                          │                ▲
//!             └────Cancel, Abandon───────┴──► Ended                            Unconfirmed ──Confirm─┘
//! ```

use serde::{Deserialize, Serialize};
use skyhaul_engine::geo::Position;
use skyhaul_engine::kernel::{Actor, ActorError, Addr, Ctx, RestartPolicy};
use skyhaul_engine::time::SimTime;

use crate::bearer::Bearer;
use crate::command::{ConfirmationKind, DeliveryRequest, Place, RescheduleChanges};
use crate::drone::DroneMessage;
use crate::event::{CancelReason, ChangeRefusal, Event};
use crate::ids::{CommandId, DeliveryId};
use crate::package::{Package, PackageMessage};
use crate::tree::{RESTARTS_OF_MANY, Skyhaul};
use crate::workflow::{Workflow, WorkflowMessage};

/// What a delivery understands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum DeliveryMessage {
    /// Step 2 of the saga: be there.
    Open,
    /// A client wants it no more.
    Cancel {
        /// The command that asked.
        command: Option<CommandId>,
    },
    /// A client wants it otherwise.
    Reschedule {
        /// The command that asked.
        command: Option<CommandId>,
        /// What changes.
        changes: RescheduleChanges,
    },
    /// Its client wants another drone.
    Release {
        /// The command that asked.
        command: Option<CommandId>,
    },
    /// Its receiver gave something.
    Confirm {
        /// What.
        kind: ConfirmationKind,
    },
    /// Its receiver has had as long as one has.
    ConfirmationDue,
    /// Someone is on the way.
    TransportAssigned {
        /// Who.
        by: Bearer,
    },
    /// Who was on the way no longer is.
    TransportReleased {
        /// Who.
        by: Bearer,
    },
    /// Someone stands at the pickup, ready to take the parcel.
    TransportAtPickup {
        /// Who.
        by: Bearer,
    },
    /// Someone stands at the drop-off, ready to hand the parcel over.
    TransportAtDropoff {
        /// Who.
        by: Bearer,
        /// Where.
        at: Position,
    },
    /// The parcel arrived.
    PackageDroppedOff {
        /// With whom.
        by: Bearer,
    },
    /// Who had it failed.
    TransportLost {
        /// Who.
        by: Bearer,
        /// Where the parcel lies, where it had been picked up.
        parcel_at: Option<Position>,
    },
    /// The parcel's actor is gone.
    PackageLost,
    /// The workflow found no way.
    Abandon {
        /// Why.
        reason: CancelReason,
    },
    /// All is done.
    Close,
}

/// How far a delivery has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeliveryProgress {
    /// Nobody is on the way.
    Waiting,
    /// Someone is on the way to the parcel.
    Assigned(Bearer),
    /// Someone has the parcel.
    Carried(Bearer),
    /// The parcel arrived; what its receiver must give is awaited.
    Unconfirmed(Bearer),
    /// Completed or cancelled.
    Ended,
}

/// One request, from asked to ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Delivery {
    id: DeliveryId,
    pickup: Place,
    dropoff: Place,
    pickup_at: SimTime,
    deadline: Option<SimTime>,
    /// What its receiver must give, and has not given yet.
    confirmation: ConfirmationKind,
    progress: DeliveryProgress,
    package: Addr<Package>,
    workflow: Addr<Workflow>,
}

impl Delivery {
    /// A delivery as asked for.
    #[must_use]
    pub fn new(request: &DeliveryRequest, package: Addr<Package>, workflow: Addr<Workflow>) -> Self {
        Self {
            id: request.delivery,
            pickup: request.pickup,
            dropoff: request.dropoff,
            pickup_at: request.pickup_at,
            deadline: request.deadline,
            confirmation: request.confirmation,
            progress: DeliveryProgress::Waiting,
            package,
            workflow,
        }
    }

    /// How far it has come.
    #[must_use]
    pub const fn view(&self) -> DeliveryProgress {
        self.progress
    }
}

impl Actor for Delivery {
    type System = Skyhaul;
    type Message = DeliveryMessage;
    const RESTART: RestartPolicy = RESTARTS_OF_MANY;

    fn handle(&mut self, message: DeliveryMessage, ctx: &mut Ctx<'_, Skyhaul>) -> Result<(), ActorError> {
        match message {
            DeliveryMessage::Open => ctx.send(self.workflow, WorkflowMessage::DeliveryOpened),
            DeliveryMessage::Cancel { command } => self.on_cancel(command, ctx),
            DeliveryMessage::Reschedule { command, changes } => self.on_reschedule(command, &changes, ctx),
            DeliveryMessage::Release { command } => self.on_release(command, ctx),
            DeliveryMessage::Confirm { kind } => self.on_confirm(kind, ctx),
            DeliveryMessage::ConfirmationDue => self.on_confirmation_due(ctx),
            DeliveryMessage::TransportAssigned { by } => self.on_transport_assigned(by),
            DeliveryMessage::TransportReleased { by } => self.on_transport_released(by),
            DeliveryMessage::TransportAtPickup { by } => self.on_transport_at_pickup(by, ctx),
            DeliveryMessage::TransportAtDropoff { by, at } => self.on_transport_at_dropoff(by, at, ctx),
            DeliveryMessage::PackageDroppedOff { by } => self.on_package_dropped_off(by, ctx),
            DeliveryMessage::TransportLost { by, parcel_at } => self.on_transport_lost(by, parcel_at, ctx),
            DeliveryMessage::PackageLost => self.on_abandon(CancelReason::AttemptsExhausted, ctx),
            DeliveryMessage::Abandon { reason } => self.on_abandon(reason, ctx),
            DeliveryMessage::Close => ctx.stop(),
        }
        Ok(())
    }

    fn on_given_up(&self, _parked: &DeliveryMessage, ctx: &mut Ctx<'_, Skyhaul>) {
        if self.progress != DeliveryProgress::Ended {
            self.announce_cancelled(None, CancelReason::AttemptsExhausted, ctx);
        }
    }

    fn shown(&self) -> String {
        format!("{:?}", self.view())
    }
}

impl Delivery {
    fn on_cancel(&mut self, command: Option<CommandId>, ctx: &mut Ctx<'_, Skyhaul>) {
        match self.change_refusal() {
            None => {
                self.progress = DeliveryProgress::Ended;
                self.announce_cancelled(command, CancelReason::Requested, ctx);
            }
            Some(reason) => ctx.emit(Event::DeliveryCancelRefused {
                delivery: self.id,
                command,
                reason,
            }),
        }
    }

    fn on_reschedule(
        &mut self,
        command: Option<CommandId>,
        changes: &RescheduleChanges,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        if let Some(reason) = self.change_refusal() {
            ctx.emit(Event::DeliveryRescheduleRefused {
                delivery: self.id,
                command,
                reason,
            });
            return;
        }
        let moves = self.moves(changes, ctx.now());
        self.pickup = changes.pickup.unwrap_or(self.pickup);
        self.dropoff = changes.dropoff.unwrap_or(self.dropoff);
        self.pickup_at = changes.pickup_at.unwrap_or(self.pickup_at);
        self.deadline = changes.deadline.unwrap_or(self.deadline);
        let keeps_transport = !moves && self.progress != DeliveryProgress::Waiting;
        ctx.emit(Event::DeliveryRescheduled {
            delivery: self.id,
            command,
            pickup: self.pickup,
            dropoff: self.dropoff,
            pickup_at: self.pickup_at,
            deadline: self.deadline,
            keeps_transport,
        });
        if moves {
            self.progress = DeliveryProgress::Waiting;
            self.book_anew(ctx);
        }
    }

    /// Whether the changes are such that transport is to be booked anew.
    fn moves(&self, changes: &RescheduleChanges, now: SimTime) -> bool {
        let is_later = |at: SimTime| at != self.pickup_at && at.max(self.pickup_at) > now;
        changes.pickup.is_some_and(|pickup| pickup != self.pickup)
            || changes.dropoff.is_some_and(|dropoff| dropoff != self.dropoff)
            || changes.pickup_at.is_some_and(is_later)
    }

    fn book_anew(&self, ctx: &mut Ctx<'_, Skyhaul>) {
        let at = self.pickup.at;
        ctx.send(self.package, PackageMessage::Move { at });
        let message = WorkflowMessage::DeliveryRescheduled {
            pickup: self.pickup.at,
            dropoff: self.dropoff.at,
            pickup_at: self.pickup_at,
            deadline: self.deadline,
        };
        ctx.send(self.workflow, message);
    }

    /// Has the drone that is on the way give it back. The drone decides: it may be about to take the parcel.
    fn on_release(&mut self, command: Option<CommandId>, ctx: &mut Ctx<'_, Skyhaul>) {
        let delivery = self.id;
        if let DeliveryProgress::Assigned(Bearer::Drone(_, drone)) = self.progress {
            ctx.send(drone, DroneMessage::GiveBack { delivery, command });
            return;
        }
        let reason = self.change_refusal().unwrap_or(ChangeRefusal::NoDrone);
        ctx.emit(Event::DeliveryReleaseRefused {
            delivery,
            command,
            reason,
        });
    }

    fn on_confirm(&mut self, kind: ConfirmationKind, ctx: &mut Ctx<'_, Skyhaul>) {
        if kind != self.confirmation {
            return;
        }
        self.confirmation = ConfirmationKind::None;
        if let DeliveryProgress::Unconfirmed(by) = self.progress {
            self.complete(by, ctx);
        }
    }

    fn on_confirmation_due(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        if let DeliveryProgress::Unconfirmed(by) = self.progress {
            ctx.emit(Event::ConfirmationMissed { delivery: self.id });
            self.complete(by, ctx);
        }
    }

    fn complete(&mut self, by: Bearer, ctx: &mut Ctx<'_, Skyhaul>) {
        self.progress = DeliveryProgress::Ended;
        ctx.emit(Event::DeliveryCompleted {
            delivery: self.id,
            by: by.transport(),
        });
        ctx.send(self.workflow, WorkflowMessage::DeliveryCompleted);
    }

    fn on_transport_assigned(&mut self, by: Bearer) {
        if self.progress == DeliveryProgress::Waiting {
            self.progress = DeliveryProgress::Assigned(by);
        }
    }

    fn on_transport_released(&mut self, by: Bearer) {
        if self.progress == DeliveryProgress::Assigned(by) {
            self.progress = DeliveryProgress::Waiting;
        }
    }

    fn on_transport_at_pickup(&mut self, by: Bearer, ctx: &mut Ctx<'_, Skyhaul>) {
        if self.progress == DeliveryProgress::Assigned(by) {
            self.progress = DeliveryProgress::Carried(by);
            ctx.send(self.package, PackageMessage::PickUp { by });
        }
    }

    fn on_transport_at_dropoff(&mut self, by: Bearer, at: Position, ctx: &mut Ctx<'_, Skyhaul>) {
        if self.progress == DeliveryProgress::Carried(by) {
            ctx.send(self.package, PackageMessage::DropOff { by, at });
        }
    }

    fn on_package_dropped_off(&mut self, by: Bearer, ctx: &mut Ctx<'_, Skyhaul>) {
        if self.progress != DeliveryProgress::Carried(by) {
            return;
        }
        if self.confirmation == ConfirmationKind::None {
            self.complete(by, ctx);
            return;
        }
        self.progress = DeliveryProgress::Unconfirmed(by);
        let until = ctx.now() + ctx.shared().environment.dispatch.confirmation_wait;
        ctx.emit(Event::ConfirmationAwaited {
            delivery: self.id,
            until,
        });
        ctx.send_at(until, ctx.me::<Self>(), DeliveryMessage::ConfirmationDue);
    }

    fn on_transport_lost(&mut self, by: Bearer, parcel_at: Option<Position>, ctx: &mut Ctx<'_, Skyhaul>) {
        let parcel_at = match self.progress {
            DeliveryProgress::Assigned(with) if with == by => parcel_at,
            // Lost between taking the parcel and knowing it: the parcel lies where it was.
            DeliveryProgress::Carried(with) if with == by => parcel_at.or(Some(self.pickup.at)),
            _ => return,
        };
        self.progress = DeliveryProgress::Waiting;
        if let Some(at) = parcel_at {
            self.pickup = Place::on_ground(at);
            ctx.send(self.package, PackageMessage::PutDown { at });
        }
        let pickup = self.pickup.at;
        ctx.send(self.workflow, WorkflowMessage::TransportLost { pickup });
    }

    fn on_abandon(&mut self, reason: CancelReason, ctx: &mut Ctx<'_, Skyhaul>) {
        match self.progress {
            DeliveryProgress::Ended => {}
            // The parcel is there.
            DeliveryProgress::Unconfirmed(by) => self.complete(by, ctx),
            DeliveryProgress::Waiting | DeliveryProgress::Assigned(_) | DeliveryProgress::Carried(_) => {
                self.progress = DeliveryProgress::Ended;
                self.announce_cancelled(None, reason, ctx);
            }
        }
    }

    /// Why a client may no longer change it, if so.
    const fn change_refusal(&self) -> Option<ChangeRefusal> {
        match self.progress {
            DeliveryProgress::Waiting | DeliveryProgress::Assigned(_) => None,
            DeliveryProgress::Carried(_) | DeliveryProgress::Unconfirmed(_) => Some(ChangeRefusal::PickedUp),
            DeliveryProgress::Ended => Some(ChangeRefusal::Unknown),
        }
    }

    fn announce_cancelled(
        &self,
        command: Option<CommandId>,
        reason: CancelReason,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        ctx.emit(Event::DeliveryCancelled {
            delivery: self.id,
            command,
            reason,
        });
        ctx.send(self.workflow, WorkflowMessage::DeliveryCancelled);
    }
}
