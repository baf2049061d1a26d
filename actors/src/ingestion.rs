//! Ingestion: takes what is asked, from outside and from the background demand, and starts or reaches the delivery it is about.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use skyhaul_engine::kernel::{Actor, ActorError, Addr, Ctx, Recording, RegionId, RestartPolicy};

use crate::atlas;
use crate::command::{Command, ConfirmationRecord, DeliveryRequest, Operation, RescheduleChanges};
use crate::delivery::{Delivery, DeliveryMessage};
use crate::environment::Zone;
use crate::event::{CancelReason, ChangeRefusal, Event, GroundingReason, ZoneRefusal};
use crate::ids::{CommandId, DeliveryId};
use crate::package::Package;
use crate::scheduler::SchedulerMessage;
use crate::trace::CommandTrace;
use crate::tree::{RESTARTS_OF_ONE, Skyhaul};
use crate::workflow::{Workflow, WorkflowMessage};
use crate::zoning::ZoneChange;

/// The region that answers where none knows a delivery.
const FIRST: RegionId = RegionId(0);

/// What ingestion understands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum IngestionMessage {
    /// Something is asked from outside.
    TakeCommand {
        /// By which journal record.
        id: CommandId,
        /// What.
        command: Box<Command>,
    },
    /// Something that was asked from outside is not carried out.
    TurnDownCommand {
        /// By which journal record.
        id: CommandId,
        /// What.
        command: Box<Command>,
    },
    /// Something is asked about a delivery that lives nobody knows where: in every region at once.
    TakeChange {
        /// By which journal record.
        id: CommandId,
        /// What.
        command: Box<Command>,
    },
    /// Whether a delivery that was sought lives in a region: for the first one, which answers where none knows it.
    DeliverySought {
        /// By which journal record.
        id: CommandId,
        /// Whether it lives there.
        is_here: bool,
    },
    /// The background demand wants a parcel carried.
    RequestDelivery {
        /// Which.
        request: Arc<DeliveryRequest>,
    },
    /// Something becomes of the zones: in every region at once.
    ZonesChanged {
        /// By which journal record, where it was not planned.
        command: Option<CommandId>,
        /// What.
        change: Box<ZoneChange>,
    },
    /// A delivery left the engine.
    DeliveryEnded {
        /// Which.
        delivery: DeliveryId,
    },
    /// A command belongs to a trace.
    NoteTrace {
        /// By which journal record.
        id: CommandId,
        /// To which.
        trace: Box<CommandTrace>,
    },
}

/// Knows the deliveries of its region that have not ended.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Ingestion {
    open: BTreeMap<DeliveryId, Addr<Delivery>>,
    /// Changes of deliveries that are being sought, in the first region; each is gone a message's delay later.
    sought: BTreeMap<CommandId, Search>,
}

/// A search for a delivery through all regions.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Search {
    command: Command,
    /// Regions that have not answered.
    awaited: u16,
    is_found: bool,
}

impl Ingestion {
    /// The deliveries that have not ended.
    #[must_use]
    pub fn view(&self) -> usize {
        self.open.len()
    }
}

impl Actor for Ingestion {
    type System = Skyhaul;
    type Message = IngestionMessage;
    const RESTART: RestartPolicy = RESTARTS_OF_ONE;
    const RECORDING: Recording = Recording::Log;

    fn handle(&mut self, message: IngestionMessage, ctx: &mut Ctx<'_, Skyhaul>) -> Result<(), ActorError> {
        match message {
            IngestionMessage::TakeCommand { id, command } => self.on_take_command(id, *command, ctx),
            IngestionMessage::TurnDownCommand { id, command } => {
                self.turn_down(id, &command, CancelReason::Quarantined, ctx);
            }
            IngestionMessage::TakeChange { id, command } => self.on_take_change(id, *command, ctx),
            IngestionMessage::DeliverySought { id, is_here } => self.on_delivery_sought(id, is_here, ctx),
            IngestionMessage::RequestDelivery { request } => self.on_request_delivery(None, &request, ctx),
            IngestionMessage::ZonesChanged { command, change } => on_zones_changed(command, &change, ctx),
            IngestionMessage::DeliveryEnded { delivery } => {
                self.open.remove(&delivery);
            }
            IngestionMessage::NoteTrace { id, trace } => say_traced(id, *trace, ctx),
        }
        Ok(())
    }

    fn on_given_up(&self, parked: &IngestionMessage, ctx: &mut Ctx<'_, Skyhaul>) {
        match parked {
            IngestionMessage::TakeCommand { id, command }
            | IngestionMessage::TurnDownCommand { id, command } => {
                self.turn_down(*id, command, CancelReason::AttemptsExhausted, ctx);
            }
            IngestionMessage::TakeChange { id, command } if ctx.region() == FIRST => {
                self.turn_down(*id, command, CancelReason::AttemptsExhausted, ctx);
            }
            IngestionMessage::TakeChange { id, .. } => say_sought(*id, false, ctx),
            IngestionMessage::RequestDelivery { request } => {
                turn_down_request(None, request, CancelReason::AttemptsExhausted, ctx);
            }
            IngestionMessage::ZonesChanged { command, change } => on_zones_changed(*command, change, ctx),
            IngestionMessage::NoteTrace { id, trace } => say_traced(*id, **trace, ctx),
            IngestionMessage::DeliverySought { .. } | IngestionMessage::DeliveryEnded { .. } => {}
        }
    }

    fn shown(&self) -> String {
        format!("{:?}", self.view())
    }
}

impl Ingestion {
    fn on_take_command(&mut self, id: CommandId, command: Command, ctx: &mut Ctx<'_, Skyhaul>) {
        match command {
            Command::RequestDelivery(request) => self.on_request_delivery(Some(id), &Arc::new(request), ctx),
            Command::CancelDelivery { delivery } => self.on_cancel_delivery(id, delivery, ctx),
            Command::RescheduleDelivery { delivery, changes } => {
                self.on_reschedule_delivery(id, delivery, changes, ctx);
            }
            Command::RecordPackage(package) => ctx.emit(Event::PackageRecorded {
                command: Some(id),
                package,
            }),
            Command::RecordConfirmation(confirmation) => self.on_record_confirmation(id, confirmation, ctx),
            Command::ReleaseDelivery { delivery } => self.on_release_delivery(id, delivery, ctx),
            Command::RetryDelivery { delivery, request } => {
                ctx.emit(Event::DeliveryRetried {
                    delivery,
                    command: Some(id),
                    by: request.delivery,
                });
                self.on_request_delivery(Some(id), &Arc::new(*request), ctx);
            }
            // Decided on before they came here: their `ZonesChanged` goes to every region.
            Command::DeclareZone { .. } | Command::LiftZone { .. } => {}
            Command::RecallDrone { drone } => {
                tell_scheduler(SchedulerMessage::RecallDrone { drone }, ctx);
            }
            Command::GroundDepot { depot } => {
                let reason = GroundingReason::Operator;
                tell_scheduler(SchedulerMessage::GroundDepot { depot, reason }, ctx);
            }
            Command::ReleaseDepot { depot } => {
                let reason = GroundingReason::Operator;
                tell_scheduler(SchedulerMessage::ReleaseDepot { depot, reason }, ctx);
            }
            Command::RequestNotification(request) => ctx.emit(Event::NotificationRequested {
                command: Some(id),
                request,
            }),
            Command::ChangeAccount(record) => ctx.emit(Event::AccountChanged {
                command: Some(id),
                record: Box::new(record),
            }),
            Command::Operate(operation) => say_operated(id, *operation, ctx),
            Command::Traced(traced) => self.on_take_command(id, traced.command, ctx),
            // Nothing in the world follows from it.
            Command::AcknowledgeAlert { .. } | Command::ErasePerson { .. } => {}
        }
    }

    /// Changes the delivery where it lives here, and tells the first region whether it does.
    fn on_take_change(&mut self, id: CommandId, command: Command, ctx: &mut Ctx<'_, Skyhaul>) {
        let is_here = command
            .names()
            .is_some_and(|delivery| self.open.contains_key(&delivery));
        if ctx.region() == FIRST {
            let search = Search {
                command: command.clone(),
                awaited: ctx.shared().atlas.cut().count - 1,
                is_found: is_here,
            };
            self.sought.insert(id, search);
        } else {
            say_sought(id, is_here, ctx);
        }
        if is_here {
            self.on_take_command(id, command, ctx);
        }
    }

    fn on_delivery_sought(&mut self, id: CommandId, is_here: bool, ctx: &mut Ctx<'_, Skyhaul>) {
        let Some(search) = self.sought.get_mut(&id) else {
            return;
        };
        search.is_found |= is_here;
        search.awaited -= 1;
        if search.awaited == 0
            && let Some(search) = self.sought.remove(&id)
            && !search.is_found
        {
            self.turn_down(id, &search.command, CancelReason::AttemptsExhausted, ctx);
        }
    }

    /// Starts a delivery with its package and its workflow. One that is known already is changed to what is asked now.
    fn on_request_delivery(
        &mut self,
        command: Option<CommandId>,
        request: &Arc<DeliveryRequest>,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        let id = request.delivery;
        if let Some(delivery) = self.open.get(&id) {
            let changes = RescheduleChanges {
                pickup: Some(request.pickup),
                dropoff: Some(request.dropoff),
                deadline: Some(request.deadline),
                pickup_at: Some(request.pickup_at),
            };
            ctx.send(*delivery, DeliveryMessage::Reschedule { command, changes });
            return;
        }
        ctx.emit(Event::DeliveryRequested {
            command,
            request: Arc::clone(request),
        });
        let workflow = ctx.reserve();
        let delivery = ctx.reserve();
        let package = ctx.spawn(Package::new(id, request.pickup.at, delivery));
        ctx.spawn_at(delivery, Delivery::new(request, package, workflow));
        ctx.spawn_at(workflow, Workflow::new(request, delivery, package));
        self.open.insert(id, delivery);
        ctx.send(workflow, WorkflowMessage::Start);
    }

    fn on_cancel_delivery(&mut self, command: CommandId, delivery: DeliveryId, ctx: &mut Ctx<'_, Skyhaul>) {
        let command = Some(command);
        match self.open.get(&delivery) {
            Some(addr) => ctx.send(*addr, DeliveryMessage::Cancel { command }),
            None => ctx.emit(Event::DeliveryCancelRefused {
                delivery,
                command,
                reason: ChangeRefusal::Unknown,
            }),
        }
    }

    fn on_reschedule_delivery(
        &mut self,
        command: CommandId,
        delivery: DeliveryId,
        changes: RescheduleChanges,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        let command = Some(command);
        match self.open.get(&delivery) {
            Some(addr) => ctx.send(*addr, DeliveryMessage::Reschedule { command, changes }),
            None => ctx.emit(Event::DeliveryRescheduleRefused {
                delivery,
                command,
                reason: ChangeRefusal::Unknown,
            }),
        }
    }

    fn on_release_delivery(&mut self, command: CommandId, delivery: DeliveryId, ctx: &mut Ctx<'_, Skyhaul>) {
        let command = Some(command);
        match self.open.get(&delivery) {
            Some(addr) => ctx.send(*addr, DeliveryMessage::Release { command }),
            None => ctx.emit(Event::DeliveryReleaseRefused {
                delivery,
                command,
                reason: ChangeRefusal::Unknown,
            }),
        }
    }

    /// Keeps a confirmation, also of a delivery that has ended; one that waits for it is told.
    fn on_record_confirmation(
        &self,
        command: CommandId,
        confirmation: ConfirmationRecord,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        if let Some(delivery) = self.open.get(&confirmation.delivery) {
            let kind = confirmation.kind;
            ctx.send(*delivery, DeliveryMessage::Confirm { kind });
        }
        ctx.emit(Event::ConfirmationRecorded {
            command: Some(command),
            confirmation,
        });
    }

    /// Answers a command that could not be taken in.
    fn turn_down(&self, id: CommandId, command: &Command, reason: CancelReason, ctx: &mut Ctx<'_, Skyhaul>) {
        match command {
            Command::RetryDelivery { delivery, request } => {
                ctx.emit(Event::DeliveryRetried {
                    delivery: *delivery,
                    command: Some(id),
                    by: request.delivery,
                });
                turn_down_request(Some(id), &Arc::new((**request).clone()), reason, ctx);
            }
            Command::ReleaseDelivery { delivery } => ctx.emit(Event::DeliveryReleaseRefused {
                delivery: *delivery,
                command: Some(id),
                reason: ChangeRefusal::Unknown,
            }),
            // Of a delivery that no region knows: it has ended, and may be confirmed all the same.
            Command::RecordConfirmation(confirmation) if reason == CancelReason::AttemptsExhausted => {
                self.on_record_confirmation(id, confirmation.clone(), ctx);
            }
            Command::RequestDelivery(request) if !self.open.contains_key(&request.delivery) => {
                turn_down_request(Some(id), &Arc::new(request.clone()), reason, ctx);
            }
            Command::RequestDelivery(DeliveryRequest { delivery, .. })
            | Command::RescheduleDelivery { delivery, .. } => ctx.emit(Event::DeliveryRescheduleRefused {
                delivery: *delivery,
                command: Some(id),
                reason: ChangeRefusal::Unknown,
            }),
            Command::CancelDelivery { delivery } => ctx.emit(Event::DeliveryCancelRefused {
                delivery: *delivery,
                command: Some(id),
                reason: ChangeRefusal::Unknown,
            }),
            Command::DeclareZone {
                zone: Zone { name, .. },
            }
            | Command::LiftZone { name } => ctx.emit(Event::ZoneChangeRefused {
                command: Some(id),
                zone: name.clone(),
                reason: ZoneRefusal::Quarantined,
            }),
            Command::Operate(operation) => {
                say_operated(id, (**operation).clone(), ctx);
                self.turn_down(id, &operation.command, reason, ctx);
            }
            Command::Traced(traced) => self.turn_down(id, &traced.command, reason, ctx),
            Command::RecordPackage(_)
            | Command::RecordConfirmation(_)
            | Command::RequestNotification(_)
            | Command::RecallDrone { .. }
            | Command::GroundDepot { .. }
            | Command::ReleaseDepot { .. }
            | Command::ChangeAccount(_)
            | Command::AcknowledgeAlert { .. }
            | Command::ErasePerson { .. } => {}
        }
    }
}

/// Says to which trace a command belongs.
fn say_traced(command: CommandId, trace: CommandTrace, ctx: &mut Ctx<'_, Skyhaul>) {
    ctx.emit(Event::CommandTraced { command, trace });
}

/// Says who asked for what. What was asked for is carried out beside it.
fn say_operated(id: CommandId, operation: Operation, ctx: &mut Ctx<'_, Skyhaul>) {
    ctx.emit(Event::OperatorActed {
        command: Some(id),
        operation: Arc::new(operation),
    });
}

fn tell_scheduler(message: SchedulerMessage, ctx: &mut Ctx<'_, Skyhaul>) {
    ctx.send(atlas::scheduler(ctx.region()), message);
}

/// Says what becomes of the zones, in the first region, and has its own scheduler go by it, in each.
fn on_zones_changed(command: Option<CommandId>, change: &ZoneChange, ctx: &mut Ctx<'_, Skyhaul>) {
    let event = match change {
        ZoneChange::Announced { place } => {
            let zone = &ctx.shared().environment.zones[*place as usize];
            if zone.is_over(ctx.now()) {
                return;
            }
            Event::ZoneDeclared {
                command,
                zone: Arc::new(zone.clone()),
            }
        }
        ZoneChange::Declared { zone } => Event::ZoneDeclared {
            command,
            zone: Arc::clone(zone),
        },
        ZoneChange::Lifted { name } => Event::ZoneLifted {
            command,
            zone: name.clone(),
        },
        ZoneChange::Refused { name, reason } => Event::ZoneChangeRefused {
            command,
            zone: name.clone(),
            reason: *reason,
        },
    };
    if ctx.region() == FIRST {
        ctx.emit(event);
    }
    if !matches!(change, ZoneChange::Refused { .. }) {
        tell_scheduler(SchedulerMessage::AirspaceChanged, ctx);
    }
}

/// Tells the first region whether a delivery that is sought lives in this one.
fn say_sought(id: CommandId, is_here: bool, ctx: &mut Ctx<'_, Skyhaul>) {
    let message = IngestionMessage::DeliverySought { id, is_here };
    ctx.send(atlas::ingestion(FIRST), message);
}

/// A request that could not be taken in ends as it begins.
fn turn_down_request(
    command: Option<CommandId>,
    request: &Arc<DeliveryRequest>,
    reason: CancelReason,
    ctx: &mut Ctx<'_, Skyhaul>,
) {
    ctx.emit(Event::DeliveryRequested {
        command,
        request: Arc::clone(request),
    });
    ctx.emit(Event::DeliveryCancelled {
        delivery: request.delivery,
        command: None,
        reason,
    });
}
