//! The store of third-party transportation: the last booking of each delivery that went by carrier.

use serde::{Deserialize, Serialize};
use skyhaul_actors::event::{AssignmentRefusal, CourierStatus, Event, Transport};
use skyhaul_actors::ids::{CarrierId, DeliveryId};
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::SimTime;
use skyhaul_engine::units::Usd;

use crate::ports::StoreError;
use crate::store::{Fold, Key, Rows};

const BOOKINGS: u8 = b'b';

/// The last booking of a delivery.
pub(super) fn booking_row(id: DeliveryId) -> Key {
    Key::of(BOOKINGS).delivery(id)
}

/// A booking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct BookingRow {
    /// With whom.
    pub(super) carrier: CarrierId,
    /// At what price.
    pub(super) price: Usd,
    /// When it is, or was, picked up.
    pub(super) pickup_eta: SimTime,
    /// When it arrives, or arrived.
    pub(super) delivery_eta: SimTime,
    /// Why no drone had it.
    pub(super) reason: AssignmentRefusal,
    /// How far it has come.
    pub(super) state: BookingState,
}

/// How far a booking has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum BookingState {
    /// A courier is to come.
    Booked,
    /// The courier is on the way to the parcel.
    Confirmed,
    /// The courier has the parcel.
    PickedUp,
    /// The parcel arrived.
    Completed,
    /// The carrier could not do it.
    Failed,
    /// The delivery was cancelled, or goes another way.
    Cancelled,
}

/// Folds events into the store of third-party transportation.
pub(super) struct CarrierFold;

impl Fold for CarrierFold {
    const NAME: &'static str = "carrier";

    fn fold(&self, event: &Numbered<Event>, rows: &mut Rows<'_>) -> Result<(), StoreError> {
        rows.note_ending(event)?;
        let at = event.at;
        match &event.event {
            Event::CarrierBooked {
                delivery,
                carrier,
                price,
                eta_pickup,
                eta_dropoff,
                reason,
            } => {
                let row = BookingRow {
                    carrier: *carrier,
                    price: *price,
                    pickup_eta: *eta_pickup,
                    delivery_eta: *eta_dropoff,
                    reason: *reason,
                    state: BookingState::Booked,
                };
                rows.put(booking_row(*delivery), &row)
            }
            Event::CourierReported {
                delivery,
                status: CourierStatus::Confirmed,
                ..
            } => change(*delivery, rows, |row| {
                if row.state == BookingState::Booked {
                    row.state = BookingState::Confirmed;
                }
            }),
            Event::PackagePickedUp {
                delivery,
                by: Transport::Carrier(_),
                ..
            } => change(*delivery, rows, |row| {
                row.state = BookingState::PickedUp;
                row.pickup_eta = at;
            }),
            Event::DeliveryCompleted {
                delivery,
                by: Transport::Carrier(_),
            } => change(*delivery, rows, |row| {
                row.state = BookingState::Completed;
                row.delivery_eta = at;
            }),
            Event::CarrierFailed { delivery, .. } => {
                change(*delivery, rows, |row| row.state = BookingState::Failed)
            }
            Event::DeliveryCancelled { delivery, .. }
            | Event::DroneAssigned { delivery, .. }
            | Event::DeliveryRescheduled {
                delivery,
                keeps_transport: false,
                ..
            } => change(*delivery, rows, |row| {
                if matches!(row.state, BookingState::Booked | BookingState::Confirmed) {
                    row.state = BookingState::Cancelled;
                }
            }),
            _ => Ok(()),
        }
    }

    fn forget(&self, before: SimTime, rows: &mut Rows<'_>) -> Result<(), StoreError> {
        for id in rows.take_endings(before)? {
            rows.delete(booking_row(id));
        }
        Ok(())
    }
}

fn change(
    id: DeliveryId,
    rows: &mut Rows<'_>,
    change: impl FnOnce(&mut BookingRow),
) -> Result<(), StoreError> {
    rows.change(booking_row(id), change)
}
