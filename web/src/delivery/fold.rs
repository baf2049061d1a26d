//! The delivery store: every delivery, its history, its legs, and what is needed to list and to count.

use std::sync::Arc;

use skyhaul_actors::command::{DeliveryRequest, Place};
use skyhaul_actors::event::Event;
use skyhaul_actors::ids::DeliveryId;
use skyhaul_actors::stage::Stage;
use skyhaul_engine::geo::Position;
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::SimTime;

use super::index::Index;
use super::row::{
    CauseRow, ConfirmationRow, DeliveryRow, FailureRow, LOOKED_UP, MilestoneRow, cause_rows,
    confirmation_rows, count_row, delivery_row, failure_row,
};
use super::{erasure, failure, forget};
use crate::calendar::Calendar;
use crate::inbox::{Inbox, Reader};
use crate::notification::fold as notification;
use crate::ports::StoreError;
use crate::store::{Fold, Rows};
use crate::trace::kept::on_traced;

/// Folds events into the delivery store.
pub(crate) struct DeliveryFold {
    inbox: Arc<Inbox>,
    calendar: Calendar,
}

impl DeliveryFold {
    /// A fold that tells `inbox` what is in the store.
    pub(crate) fn new(inbox: Arc<Inbox>, calendar: Calendar) -> Self {
        Self { inbox, calendar }
    }
}

impl Fold for DeliveryFold {
    const NAME: &'static str = "delivery";

    const LOOKED_UP: &'static [u8] = LOOKED_UP;

    fn fold(&self, event: &Numbered<Event>, rows: &mut Rows<'_>) -> Result<(), StoreError> {
        match &event.event {
            Event::DeliveryRequested { request, .. } => self.on_requested(request, event, rows)?,
            Event::DeliveryQueued {
                delivery,
                eta_pickup,
                eta_dropoff,
            } => change(*delivery, rows, |row| {
                (row.refusal, row.carrier) = (None, None);
                row.expect((*eta_pickup, *eta_dropoff));
            })?,
            Event::CarrierBooked {
                delivery,
                carrier,
                eta_pickup,
                eta_dropoff,
                ..
            } => change(*delivery, rows, |row| {
                row.carrier = Some(*carrier);
                row.expect((*eta_pickup, *eta_dropoff));
            })?,
            Event::DroneAssigned {
                delivery,
                drone,
                eta_pickup,
                eta_dropoff,
            } => change(*delivery, rows, |row| {
                (row.drone, row.refusal, row.carrier) = (Some(*drone), None, None);
                row.expect((*eta_pickup, *eta_dropoff));
            })?,
            Event::DroneDelayed {
                delivery,
                eta_pickup,
                eta_dropoff,
                ..
            } => change(*delivery, rows, |row| {
                row.pickup_eta = eta_pickup.or(row.pickup_eta);
                row.delivery_eta = Some(*eta_dropoff);
            })?,
            Event::DroneAssignmentRefused { delivery, reason } => {
                change(*delivery, rows, |row| row.refusal = Some(*reason))?;
            }
            Event::DroneReleased {
                delivery,
                drone,
                reason,
            } => {
                let cause = CauseRow::Released(*reason);
                rows.put(cause_rows(*delivery).number(event.number), &cause)?;
                change(*delivery, rows, |row| {
                    row.drone = row.drone.filter(|had| had != drone);
                })?;
            }
            Event::CarrierFailed {
                delivery, at, reason, ..
            } => {
                let cause = CauseRow::CarrierFailed(*reason);
                rows.put(cause_rows(*delivery).number(event.number), &cause)?;
                change(*delivery, rows, |row| {
                    (row.refusal, row.carrier) = (None, None);
                    row.put_down(*at);
                })?;
            }
            Event::PackagePickedUp { delivery, at, .. } => change(*delivery, rows, |row| {
                row.put_down(*at);
                row.pickup_eta = Some(event.at);
            })?,
            Event::PackageDroppedOff { delivery, at, .. } => change(*delivery, rows, |row| {
                row.put_down(*at);
                row.delivery_eta = Some(event.at);
                row.arrived_at = Some(event.at);
            })?,
            Event::DeliveryRescheduled {
                delivery,
                pickup,
                dropoff,
                pickup_at,
                deadline,
                ..
            } => change(*delivery, rows, |row| {
                (row.pickup, row.parcel_at, row.dropoff) = (*pickup, *pickup, *dropoff);
                (row.pickup_at, row.deadline) = (*pickup_at, *deadline);
                (row.refusal, row.carrier) = (None, None);
            })?,
            Event::DeliveryCompleted { delivery, .. } => change(*delivery, rows, |row| row.package = None)?,
            Event::DeliveryCancelled { delivery, reason, .. } => {
                failure::on_cancelled(*delivery, *reason, rows)?;
            }
            Event::WorkflowUndone {
                delivery,
                step,
                undone,
            } => failure::on_undone(*delivery, *step, undone, rows)?,
            Event::DeliveryRetried { delivery, by, .. } => {
                rows.change(failure_row(*delivery), |row: &mut FailureRow| {
                    row.retried_as = Some(*by);
                })?;
                change(*delivery, rows, |row| row.package = None)?;
            }
            Event::LegStarted(leg) => {
                if let Some(delivery) = leg.delivery {
                    change(delivery, rows, |row| row.story.begin(leg))?;
                }
            }
            Event::LegEnded {
                drone,
                delivery: Some(delivery),
                at,
                ..
            } => change(*delivery, rows, |row| row.story.end(*drone, event.at, *at))?,
            Event::OperatorActed { operation, .. } => erasure::on_operated(&operation.command, rows)?,
            Event::CommandTraced { trace, .. } => on_traced(trace, rows)?,
            Event::NotificationRequested { request, .. } => notification::on_requested(request, event, rows)?,
            Event::ConfirmationRecorded { confirmation, .. } => {
                let row = ConfirmationRow {
                    kind: confirmation.kind,
                    given_at_unix_micros: confirmation.given_at_unix_micros,
                    taken_at: event.at,
                    place: confirmation.place,
                    blob_digest: confirmation.blob_digest,
                    blob_bytes: confirmation.blob_bytes,
                };
                rows.put(
                    confirmation_rows(confirmation.delivery).number(event.number),
                    &row,
                )?;
            }
            _ => {}
        }
        rows.note_ending(event)?;
        self.enter_stage(event, rows)
    }

    fn forget(&self, before: SimTime, rows: &mut Rows<'_>) -> Result<(), StoreError> {
        for id in rows.take_endings(before)? {
            forget::forget(id, rows)?;
        }
        erasure::go_on(rows)
    }

    fn committed(&self, events: &[Numbered<Event>]) {
        self.inbox.requests_projected(events, Reader::Delivery);
        for event in events {
            match &event.event {
                Event::DeliveryRescheduled { delivery, .. }
                | Event::DeliveryRescheduleRefused { delivery, .. }
                | Event::DeliveryCancelled { delivery, .. }
                | Event::DeliveryCancelRefused { delivery, .. } => self.inbox.change_projected(*delivery),
                _ => {}
            }
        }
    }
}

impl DeliveryFold {
    fn on_requested(
        &self,
        request: &DeliveryRequest,
        event: &Numbered<Event>,
        rows: &mut Rows<'_>,
    ) -> Result<(), StoreError> {
        let (id, number) = (request.delivery, event.number);
        let mut row = DeliveryRow::requested(request, event.at, number);
        for index in [Index::all(), Index::of(&row.owner), Index::open()] {
            index.add(number, id, rows)?;
        }
        rows.add(count_row(&row.owner, self.calendar.month(event.at)), 1)?;
        row.reach(event);
        rows.put_new(delivery_row(id), row);
        Ok(())
    }

    /// Notes the stage that the event begins, and what follows from that.
    fn enter_stage(&self, event: &Numbered<Event>, rows: &mut Rows<'_>) -> Result<(), StoreError> {
        let Some((id, stage)) = Stage::entered_by(&event.event) else {
            return Ok(());
        };
        let mut entered = None;
        change(id, rows, |row| {
            if !row.stage.is_final() {
                row.stage = stage;
                row.reach(event);
                entered = Some(Entered {
                    number: row.number,
                    cancelled: (stage == Stage::Cancelled).then(|| (row.owner.clone(), row.requested_at)),
                    told: (!row.told.is_empty()).then(|| row.clone()),
                });
            }
        })?;
        let Some(entered) = entered else {
            return Ok(());
        };
        if let Some(row) = entered.told {
            notification::on_stage(id, &row, event, rows)?;
        }
        if stage.is_final() {
            Index::open().remove(entered.number, rows)?;
        }
        if let Some((owner, requested_at)) = entered.cancelled {
            rows.add(count_row(&owner, self.calendar.month(requested_at)), -1)?;
        }
        Ok(())
    }
}

/// What follows from a stage that a delivery has entered.
struct Entered {
    /// The delivery's number.
    number: u64,
    /// Whose it was and when it was asked for, where it was cancelled.
    cancelled: Option<(Arc<str>, SimTime)>,
    /// The delivery, where somebody is told of it.
    told: Option<DeliveryRow>,
}

impl DeliveryRow {
    fn expect(&mut self, (pickup, dropoff): (SimTime, SimTime)) {
        self.pickup_eta = Some(pickup);
        self.delivery_eta = Some(dropoff);
    }

    fn put_down(&mut self, at: Position) {
        self.parcel_at = Place::on_ground(at);
    }

    /// It has entered its stage with this event.
    fn reach(&mut self, event: &Numbered<Event>) {
        self.story.reach(MilestoneRow {
            number: event.number,
            stage: self.stage,
            at: event.at,
            parcel_at: self.parcel_at,
            drone: self.drone,
            carrier: self.carrier,
        });
    }
}

fn change(
    id: DeliveryId,
    rows: &mut Rows<'_>,
    change: impl FnOnce(&mut DeliveryRow),
) -> Result<(), StoreError> {
    rows.change(delivery_row(id), change)
}
