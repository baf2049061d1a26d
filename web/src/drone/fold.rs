//! The drone scheduler's store: who has each delivery, and what each owner's deliveries took by month.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use skyhaul_actors::event::{AssignmentRefusal, CancelReason, Event, Leg};
use skyhaul_actors::ids::{DeliveryId, DroneId};
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::SimTime;

use super::past::Past;
use crate::calendar::Calendar;
use crate::inbox::{Inbox, Reader};
use crate::ports::StoreError;
use crate::store::{Fold, Key, Rows};

const TRANSPORTS: u8 = b't';
const METRES: u8 = b'm';
const HOURS: u8 = b'h';

/// Who has a delivery.
pub(super) fn transport_row(id: DeliveryId) -> Key {
    Key::of(TRANSPORTS).delivery(id)
}

/// Millimetres flown for an owner in a month.
pub(super) fn metres_row(owner: &str, month: (u16, u8)) -> Key {
    Key::of(METRES).text(owner).month(month)
}

/// Microseconds for which drones had an owner's deliveries in a month.
pub(super) fn hours_row(owner: &str, month: (u16, u8)) -> Key {
    Key::of(HOURS).text(owner).month(month)
}

/// Who has, or had, a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Transport {
    /// Nobody yet.
    None,
    /// A drone.
    Drone(DroneId),
    /// A carrier, because no drone took it.
    Carrier(AssignmentRefusal),
    /// Nobody ever: it was cancelled.
    Cancelled(CancelReason),
}

/// A delivery and who has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct TransportRow {
    /// Whose it is.
    pub(super) owner: Arc<str>,
    /// Who has it.
    pub(super) by: Transport,
    /// Since when a drone has it.
    pub(super) since: Option<SimTime>,
}

/// Folds events into the drone scheduler's store.
pub(super) struct DroneFold {
    inbox: Arc<Inbox>,
    calendar: Calendar,
    past: Arc<Past>,
}

impl DroneFold {
    /// A fold that tells `inbox` what is in the store, and `past` what was flown.
    pub(super) fn new(inbox: Arc<Inbox>, calendar: Calendar, past: Arc<Past>) -> Self {
        Self {
            inbox,
            calendar,
            past,
        }
    }
}

impl Fold for DroneFold {
    const NAME: &'static str = "drone";

    const LOOKED_UP: &'static [u8] = &[TRANSPORTS];

    fn fold(&self, event: &Numbered<Event>, rows: &mut Rows<'_>) -> Result<(), StoreError> {
        rows.note_ending(event)?;
        let at = event.at;
        match &event.event {
            Event::DeliveryRequested { request, .. } => {
                let row = TransportRow {
                    owner: request.owner.as_str().into(),
                    by: Transport::None,
                    since: None,
                };
                rows.put_new(transport_row(request.delivery), row);
                Ok(())
            }
            Event::DroneAssigned { delivery, drone, .. } => {
                self.hand(*delivery, Transport::Drone(*drone), at, rows)
            }
            Event::DroneReleased { delivery, .. } | Event::CarrierFailed { delivery, .. } => {
                self.hand(*delivery, Transport::None, at, rows)
            }
            Event::CarrierBooked { delivery, reason, .. } => {
                self.hand(*delivery, Transport::Carrier(*reason), at, rows)
            }
            Event::DeliveryCancelled { delivery, reason, .. } => {
                self.hand(*delivery, Transport::Cancelled(*reason), at, rows)
            }
            Event::PackageDroppedOff { delivery, .. } | Event::DeliveryCompleted { delivery, .. } => {
                self.complete(*delivery, at, rows)
            }
            Event::LegStarted(_) | Event::LegEnded { .. } | Event::DroneFailed { .. } => {
                self.count_metres(event, rows)
            }
            _ => Ok(()),
        }
    }

    fn save(&self, rows: &mut Rows<'_>) -> Result<(), StoreError> {
        self.past.flights().save(rows)
    }

    fn forget(&self, before: SimTime, rows: &mut Rows<'_>) -> Result<(), StoreError> {
        for id in rows.take_endings(before)? {
            rows.delete(transport_row(id));
        }
        Ok(())
    }

    fn committed(&self, events: &[Numbered<Event>]) {
        self.past.flights().taken(events);
        self.inbox.requests_projected(events, Reader::Drone);
    }
}

impl DroneFold {
    /// Hands a delivery to someone; the time for which a drone had it is counted.
    fn hand(
        &self,
        id: DeliveryId,
        by: Transport,
        at: SimTime,
        rows: &mut Rows<'_>,
    ) -> Result<(), StoreError> {
        self.change(id, at, rows, |row| {
            if !matches!(row.by, Transport::Cancelled(_)) {
                row.by = by;
            }
            row.since = matches!(by, Transport::Drone(_)).then_some(at);
        })
    }

    /// The parcel arrived; who brought it stays known.
    fn complete(&self, id: DeliveryId, at: SimTime, rows: &mut Rows<'_>) -> Result<(), StoreError> {
        self.change(id, at, rows, |row| row.since = None)
    }

    /// Changes who has a delivery, and counts the time for which a drone had it before.
    fn change(
        &self,
        id: DeliveryId,
        at: SimTime,
        rows: &mut Rows<'_>,
        change: impl FnOnce(&mut TransportRow),
    ) -> Result<(), StoreError> {
        let mut had = None;
        rows.change(transport_row(id), |row: &mut TransportRow| {
            had = row.since.map(|since| (Arc::clone(&row.owner), since));
            change(row);
        })?;
        let Some((owner, since)) = had else { return Ok(()) };
        let micros = i64::try_from(at.since(since).micros()).unwrap_or(i64::MAX);
        rows.add(hours_row(&owner, self.calendar.month(at)), micros)
    }

    /// Notes what is flown, and counts what was flown for a delivery.
    fn count_metres(&self, event: &Numbered<Event>, rows: &mut Rows<'_>) -> Result<(), StoreError> {
        let ended = self.past.flights().take(event).cloned();
        let Some((id, flown)) = ended.and_then(|flown| Some((flown.leg.delivery?, flown))) else {
            return Ok(());
        };
        let Some(owner) = rows.get::<TransportRow>(&transport_row(id))?.map(|row| row.owner) else {
            return Ok(());
        };
        let month = self.calendar.month(event.at);
        rows.add(metres_row(&owner, month), millimetres_flown(&flown.leg, event.at))
    }
}

/// What was flown of a leg by a time: all of it, or the share of the time where it ended early.
fn millimetres_flown(leg: &Leg, at: SimTime) -> i64 {
    let (whole, flown) = (leg.arrives().since(leg.departs()), at.since(leg.departs()));
    let millimetres = leg.distance.milli();
    if flown >= whole {
        return millimetres;
    }
    let share = i128::from(millimetres) * i128::from(flown.micros()) / i128::from(whole.micros());
    i64::try_from(share).unwrap_or(millimetres)
}
