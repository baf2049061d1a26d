//! Package: the parcel of one delivery, in one place at a time (PK-1).
//!
//! ```text
//! Lying ──PickUp──► Carried ──DropOff──► Delivered
//!   ▲                 │
//!   └─────PutDown─────┘
//! ```

use serde::{Deserialize, Serialize};
use skyhaul_engine::geo::Position;
use skyhaul_engine::kernel::{Actor, ActorError, Addr, Ctx, RestartPolicy};

use crate::atlas;
use crate::bearer::Bearer;
use crate::carrier::CarrierMessage;
use crate::delivery::{Delivery, DeliveryMessage};
use crate::drone::DroneMessage;
use crate::event::Event;
use crate::ids::DeliveryId;
use crate::scheduler::SchedulerMessage;
use crate::tree::{RESTARTS_OF_MANY, Skyhaul};
use crate::workflow::{Workflow, WorkflowMessage};

/// What a package understands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum PackageMessage {
    /// Step 1 of the saga: be there.
    Open {
        /// Who is told.
        workflow: Addr<Workflow>,
    },
    /// Leave the place where it lies.
    PickUp {
        /// With whom.
        by: Bearer,
    },
    /// Arrive.
    DropOff {
        /// With whom.
        by: Bearer,
        /// Where.
        at: Position,
    },
    /// Lie elsewhere than was thought.
    Move {
        /// Where.
        at: Position,
    },
    /// Lie somewhere again, because who carried it could not go on.
    PutDown {
        /// Where.
        at: Position,
    },
    /// The delivery ended.
    Close,
}

/// Where a package is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum PackagePlace {
    /// On the ground.
    Lying(Position),
    /// With someone.
    Carried(Bearer),
    /// Where it was to go.
    Delivered(Position),
}

/// The parcel of one delivery.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Package {
    id: DeliveryId,
    place: PackagePlace,
    delivery: Addr<Delivery>,
}

impl Package {
    /// A parcel that lies at its pickup.
    #[must_use]
    pub const fn new(id: DeliveryId, at: Position, delivery: Addr<Delivery>) -> Self {
        Self {
            id,
            place: PackagePlace::Lying(at),
            delivery,
        }
    }

    /// Where it is.
    #[must_use]
    pub const fn view(&self) -> PackagePlace {
        self.place
    }
}

impl Actor for Package {
    type System = Skyhaul;
    type Message = PackageMessage;
    const RESTART: RestartPolicy = RESTARTS_OF_MANY;

    fn handle(&mut self, message: PackageMessage, ctx: &mut Ctx<'_, Skyhaul>) -> Result<(), ActorError> {
        match message {
            PackageMessage::Open { workflow } => ctx.send(workflow, WorkflowMessage::PackageOpened),
            PackageMessage::PickUp { by } => self.on_pick_up(by, ctx),
            PackageMessage::DropOff { by, at } => self.on_drop_off(by, at, ctx),
            PackageMessage::Move { at } => self.on_move(at),
            PackageMessage::PutDown { at } => self.on_put_down(at),
            PackageMessage::Close => ctx.stop(),
        }
        Ok(())
    }

    fn on_given_up(&self, _parked: &PackageMessage, ctx: &mut Ctx<'_, Skyhaul>) {
        ctx.send(self.delivery, DeliveryMessage::PackageLost);
    }

    fn shown(&self) -> String {
        format!("{:?}", self.view())
    }
}

impl Package {
    fn on_pick_up(&mut self, by: Bearer, ctx: &mut Ctx<'_, Skyhaul>) {
        let PackagePlace::Lying(at) = self.place else {
            return;
        };
        self.place = PackagePlace::Carried(by);
        ctx.emit(Event::PackagePickedUp {
            delivery: self.id,
            by: by.transport(),
            at,
        });
        match by {
            Bearer::Drone(_, drone) => {
                ctx.send(drone, DroneMessage::ParcelLoaded { delivery: self.id });
            }
            Bearer::Carrier(id) => {
                let carrier = atlas::carrier(ctx.region(), id);
                ctx.send(carrier, CarrierMessage::ParcelLoaded { delivery: self.id });
            }
        }
    }

    fn on_drop_off(&mut self, by: Bearer, at: Position, ctx: &mut Ctx<'_, Skyhaul>) {
        if self.place != PackagePlace::Carried(by) {
            return;
        }
        self.place = PackagePlace::Delivered(at);
        ctx.emit(Event::PackageDroppedOff {
            delivery: self.id,
            by: by.transport(),
            at,
        });
        ctx.send(self.delivery, DeliveryMessage::PackageDroppedOff { by });
        match by {
            Bearer::Drone(_, drone) => {
                let delivery = self.id;
                let scheduler = atlas::scheduler(ctx.region());
                ctx.send(scheduler, SchedulerMessage::ErrandDone { delivery });
                ctx.send(drone, DroneMessage::ParcelUnloaded { delivery });
            }
            Bearer::Carrier(id) => {
                let carrier = atlas::carrier(ctx.region(), id);
                ctx.send(carrier, CarrierMessage::ParcelUnloaded { delivery: self.id });
            }
        }
    }

    fn on_move(&mut self, at: Position) {
        if matches!(self.place, PackagePlace::Lying(_)) {
            self.place = PackagePlace::Lying(at);
        }
    }

    fn on_put_down(&mut self, at: Position) {
        if matches!(self.place, PackagePlace::Carried(_)) {
            self.place = PackagePlace::Lying(at);
        }
    }
}
