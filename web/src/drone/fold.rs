//! The drone scheduler's store: who has each delivery, and what each owner's deliveries took by month.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use skyhaul_actors::event::{Event, Leg};
use skyhaul_actors::ids::{DeliveryId, DroneId};
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::SimTime;

use super::flown::{AIRBORNE, AirborneRow, FlightRow, airborne_row, flight_row, since_row};
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
    /// A carrier.
    Carrier,
    /// Nobody ever: it was cancelled.
    Cancelled,
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

    const LOOKED_UP: &'static [u8] = &[TRANSPORTS, AIRBORNE];

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
            Event::CarrierBooked { delivery, .. } => self.hand(*delivery, Transport::Carrier, at, rows),
            Event::DeliveryCancelled { delivery, .. } => self.hand(*delivery, Transport::Cancelled, at, rows),
            Event::PackageDroppedOff { delivery, .. } | Event::DeliveryCompleted { delivery, .. } => {
                self.complete(*delivery, at, rows)
            }
            Event::LegStarted(leg) => self.on_leg_started(leg, event, rows),
            Event::LegEnded { drone, .. } | Event::DroneFailed { drone, .. } => {
                self.end_flight(*drone, event, rows)
            }
            _ => Ok(()),
        }
    }

    fn finish(&self, rows: &mut Rows<'_>) -> Result<(), StoreError> {
        let unkept = self.past.unkept();
        for number in unkept.let_go {
            rows.delete(flight_row(number));
        }
        match unkept.since {
            Some(since) => rows.put(since_row(), &since),
            None => Ok(()),
        }
    }

    fn forget(&self, before: SimTime, rows: &mut Rows<'_>) -> Result<(), StoreError> {
        for id in rows.take_endings(before)? {
            rows.delete(transport_row(id));
        }
        Ok(())
    }

    fn committed(&self, events: &[Numbered<Event>]) {
        self.past.take(events);
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

    fn on_leg_started(
        &self,
        leg: &Arc<Leg>,
        event: &Numbered<Event>,
        rows: &mut Rows<'_>,
    ) -> Result<(), StoreError> {
        self.end_flight(leg.drone, event, rows)?;
        let transport: Option<TransportRow> = match leg.delivery {
            Some(id) => rows.get(&transport_row(id))?,
            None => None,
        };
        let row = AirborneRow {
            owner: transport.map(|transport| transport.owner),
            leg: Arc::clone(leg),
        };
        rows.put(airborne_row(leg.drone), &row)
    }

    /// Keeps what was flown, and counts it for whom it was flown.
    fn end_flight(
        &self,
        drone: DroneId,
        event: &Numbered<Event>,
        rows: &mut Rows<'_>,
    ) -> Result<(), StoreError> {
        let Some(AirborneRow { owner, leg }) = rows.get(&airborne_row(drone))? else {
            return Ok(());
        };
        if let Some(owner) = owner {
            let month = self.calendar.month(event.at);
            rows.add(metres_row(&owner, month), millimetres_flown(&leg, event.at))?;
        }
        rows.delete(airborne_row(drone));
        let ended = event.at;
        rows.put_new(flight_row(event.number), FlightRow { leg, ended });
        Ok(())
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
