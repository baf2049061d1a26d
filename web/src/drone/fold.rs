//! The drone scheduler's store: who has each delivery, and what each owner's deliveries took by month.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use skyhaul_actors::event::{Event, Leg};
use skyhaul_actors::ids::{DeliveryId, DroneId};
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::SimTime;

use super::past::Past;
use crate::calendar::Calendar;
use crate::inbox::{Inbox, Reader};
use crate::ports::StoreError;
use crate::store::{Fold, Key, Rows};

const TRANSPORTS: u8 = b't';
const LEGS: u8 = b'l';
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

/// The leg that a drone flies.
fn leg_row(drone: DroneId) -> Key {
    Key::of(LEGS).number(u64::from(drone.0))
}

/// Who has, or had, a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Transport {
    /// Nobody yet.
    None,
    /// A drone.
    Drone(DroneId),
    /// A carrier.
    Carrier,
    /// Nobody ever: it was cancelled.
    Cancelled,
}

/// A delivery and who has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct TransportRow {
    /// Whose it is.
    pub(super) owner: String,
    /// Who has it.
    pub(super) by: Transport,
    /// Since when a drone has it.
    pub(super) since: Option<SimTime>,
}

/// A leg that is being flown for a delivery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct LegRow {
    owner: String,
    departs: SimTime,
    arrives: SimTime,
    millimetres: i64,
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

    fn fold(&self, event: &Numbered<Event>, rows: &mut Rows<'_>) -> Result<(), StoreError> {
        let at = event.at;
        match &event.event {
            Event::DeliveryRequested { request, .. } => {
                let row = TransportRow {
                    owner: request.owner.clone(),
                    by: Transport::None,
                    since: None,
                };
                rows.put(transport_row(request.delivery), &row)
            }
            Event::DroneAssigned { delivery, drone, .. } => {
                self.hand(*delivery, Transport::Drone(*drone), at, rows)
            }
            Event::DroneReleased { delivery, .. } | Event::CarrierFailed { delivery, .. } => {
                self.hand(*delivery, Transport::None, at, rows)
            }
            Event::CarrierBooked { delivery, .. } => self.hand(*delivery, Transport::Carrier, at, rows),
            Event::DeliveryCancelled { delivery, .. } => self.hand(*delivery, Transport::Cancelled, at, rows),
            Event::PackageDroppedOff { delivery, .. } | Event::DeliveryCompleted { delivery, .. } => {
                self.complete(*delivery, at, rows)
            }
            Event::LegStarted(leg) => on_leg_started(leg, rows),
            Event::LegEnded { drone, .. } => self.on_leg_ended(*drone, at, rows),
            _ => Ok(()),
        }
    }

    fn committed(&self, events: &[Numbered<Event>]) {
        self.past.take(events);
        for event in events {
            if let Event::DeliveryRequested { request, .. } = &event.event {
                self.inbox.request_projected(request.delivery, Reader::Drone);
            }
        }
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
        let Some(mut row) = rows.get::<TransportRow>(&transport_row(id))? else {
            return Ok(());
        };
        self.count_hours(&row, at, rows)?;
        row.by = if row.by == Transport::Cancelled {
            row.by
        } else {
            by
        };
        row.since = matches!(by, Transport::Drone(_)).then_some(at);
        rows.put(transport_row(id), &row)
    }

    /// The parcel arrived; who brought it stays known.
    fn complete(&self, id: DeliveryId, at: SimTime, rows: &mut Rows<'_>) -> Result<(), StoreError> {
        let Some(mut row) = rows.get::<TransportRow>(&transport_row(id))? else {
            return Ok(());
        };
        self.count_hours(&row, at, rows)?;
        row.since = None;
        rows.put(transport_row(id), &row)
    }

    fn count_hours(&self, row: &TransportRow, at: SimTime, rows: &mut Rows<'_>) -> Result<(), StoreError> {
        let Some(since) = row.since else {
            return Ok(());
        };
        let micros = i64::try_from(at.since(since).micros()).unwrap_or(i64::MAX);
        rows.add(hours_row(&row.owner, self.calendar.month(at)), micros)
    }

    /// Counts what was flown: all of it, or the share of the time where the leg ended early.
    fn on_leg_ended(&self, drone: DroneId, at: SimTime, rows: &mut Rows<'_>) -> Result<(), StoreError> {
        let Some(leg) = rows.get::<LegRow>(&leg_row(drone))? else {
            return Ok(());
        };
        let (whole, flown) = (leg.arrives.since(leg.departs), at.since(leg.departs));
        let millimetres = if flown >= whole {
            leg.millimetres
        } else {
            let share = i128::from(leg.millimetres) * i128::from(flown.micros()) / i128::from(whole.micros());
            i64::try_from(share).unwrap_or(leg.millimetres)
        };
        rows.add(metres_row(&leg.owner, self.calendar.month(at)), millimetres)?;
        rows.delete(leg_row(drone));
        Ok(())
    }
}

fn on_leg_started(leg: &Leg, rows: &mut Rows<'_>) -> Result<(), StoreError> {
    let Some(id) = leg.delivery else {
        return Ok(());
    };
    let Some(transport) = rows.get::<TransportRow>(&transport_row(id))? else {
        return Ok(());
    };
    let row = LegRow {
        owner: transport.owner,
        departs: leg.departs(),
        arrives: leg.arrives(),
        millimetres: leg.distance.milli(),
    };
    rows.put(leg_row(leg.drone), &row)
}
