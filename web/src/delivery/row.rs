//! Rows of the delivery store. What does not change is shared by the versions of a row.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use skyhaul_actors::command::{Channel, ConfirmationKind, DeliveryRequest, PackageRecord, Place};
use skyhaul_actors::event::{
    AssignmentRefusal, CancelReason, CarrierFailure, Leg, LegPurpose, ReleaseReason, Waypoint,
};
use skyhaul_actors::ids::{CarrierId, DeliveryId, DroneId};
use skyhaul_actors::stage::Stage;
use skyhaul_actors::workflow::saga::Step;
use skyhaul_engine::geo::Position;
use skyhaul_engine::time::SimTime;
use skyhaul_engine::units::Metres;

use crate::http::fields::Named;
use crate::http::schema::Said;
use crate::store::Key;

/// Tables whose rows are looked up, and not listed.
pub(crate) const LOOKED_UP: &[u8] = &[DELIVERIES];

const DELIVERIES: u8 = b'd';
pub(super) const BY_TIME: u8 = b't';
pub(super) const BY_OWNER: u8 = b'o';
pub(super) const OPEN: u8 = b'p';
const COUNTS: u8 = b'm';
const CONFIRMATIONS: u8 = b'c';
const BLOBS: u8 = b'b';
const ERASING: u8 = b'e';
const CAUSES: u8 = b'x';
const FAILURES: u8 = b'f';
const LINKS: u8 = b'l';
const TRACES: u8 = b'r';

/// A delivery as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct DeliveryRow {
    /// Who asked.
    pub(crate) owner: Arc<str>,
    /// The owner's account, where it is known.
    pub(crate) account: Option<String>,
    /// Where the parcel is fetched.
    pub(crate) pickup: Place,
    /// Where it goes.
    pub(crate) dropoff: Place,
    /// Not before this.
    pub(crate) pickup_at: SimTime,
    /// By when it should arrive.
    pub(crate) deadline: Option<SimTime>,
    /// Whether it goes before others.
    pub(crate) expedited: bool,
    /// What the receiver must give.
    pub(crate) confirmation: ConfirmationKind,
    /// When it was asked for.
    pub(crate) requested_at: SimTime,
    /// The event that told of it: its place among all.
    pub(crate) number: u64,
    /// How far it has come.
    pub(crate) stage: Stage,
    /// The drone that has it, or brought it.
    pub(crate) drone: Option<DroneId>,
    /// Why no drone has it, where none has.
    pub(crate) refusal: Option<AssignmentRefusal>,
    /// The carrier that has it, or brought it.
    pub(crate) carrier: Option<CarrierId>,
    /// Where the parcel was put down last.
    pub(crate) parcel_at: Place,
    /// When it is, or was, picked up; `None` before anyone has estimated it.
    pub(crate) pickup_eta: Option<SimTime>,
    /// When it arrives, or arrived.
    pub(crate) delivery_eta: Option<SimTime>,
    /// When the parcel was put down where it goes; it may wait there for what its receiver must give.
    pub(crate) arrived_at: Option<SimTime>,
    /// Who is told of it.
    pub(crate) told: Vec<Subscription>,
    /// What is carried, as long as it may be asked for anew.
    pub(crate) package: Option<Arc<PackageRecord>>,
    /// Its changes of stage, and what was flown for it.
    pub(crate) story: Story,
}

/// What brings a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// A drone of the fleet.
    Drone,
    /// A carrier.
    Carrier,
}

/// How it may be written.
pub(crate) type BySaid = Said<By>;

impl Named for By {
    const ALL: &'static [Self] = &[Self::Drone, Self::Carrier];

    fn name(self) -> &'static str {
        match self {
            Self::Drone => "drone",
            Self::Carrier => "carrier",
        }
    }
}

/// Somebody who is told of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subscription {
    /// The event that told of it: its number among all.
    pub(crate) number: u64,
    /// Stands for who it is.
    pub(crate) contact: u128,
    /// On which ways.
    pub(crate) channels: Vec<Channel>,
}

impl DeliveryRow {
    /// A delivery that has just been asked for.
    pub(crate) fn requested(request: &DeliveryRequest, at: SimTime, number: u64) -> Self {
        Self {
            owner: request.owner.as_str().into(),
            account: request.account.clone(),
            pickup: request.pickup,
            dropoff: request.dropoff,
            pickup_at: request.pickup_at,
            deadline: request.deadline,
            expedited: request.expedited,
            confirmation: request.confirmation,
            requested_at: at,
            number,
            stage: Stage::Created,
            drone: None,
            refusal: None,
            carrier: None,
            parcel_at: request.pickup,
            pickup_eta: None,
            delivery_eta: None,
            arrived_at: None,
            told: Vec::new(),
            package: Some(Arc::new(request.package.clone())),
            story: Story::default(),
        }
    }

    /// Who has it, or brought it.
    pub(crate) fn by(&self) -> Option<By> {
        match (self.drone, self.carrier) {
            (Some(_), _) => Some(By::Drone),
            (None, Some(_)) => Some(By::Carrier),
            (None, None) => None,
        }
    }

    /// Whether it arrives, or arrived, after its deadline; one that was cancelled is never late.
    pub(crate) fn is_late(&self, now: SimTime) -> bool {
        let is_over = self.stage.is_final() || self.arrived_at.is_some();
        let earliest = if is_over { SimTime::ZERO } else { now };
        let eta = self.delivery_eta.unwrap_or(earliest).max(earliest);
        self.stage != Stage::Cancelled && self.deadline.is_some_and(|deadline| eta > deadline)
    }

    /// Whether a place of it was derived from a text that names none.
    pub(crate) fn is_placeholder(&self) -> bool {
        self.pickup.is_placeholder || self.dropoff.is_placeholder
    }
}

/// Most legs kept of a delivery: two an attempt and a few attempts. Further ones are not kept.
const LEGS_MAX: usize = 32;

/// Most changes of stage kept of a delivery: three an attempt and a good many attempts. Beyond it the oldest but the first go.
const MILESTONES_MAX: usize = 128;

/// What a delivery has come through.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Story {
    /// Its changes of stage, oldest first.
    pub(crate) milestones: Vec<MilestoneRow>,
    /// What was flown for it.
    pub(crate) legs: Vec<LegRow>,
}

impl Story {
    /// It has entered a stage.
    pub(crate) fn reach(&mut self, milestone: MilestoneRow) {
        if self.milestones.len() >= MILESTONES_MAX {
            self.milestones.remove(1);
        }
        self.milestones.push(milestone);
    }

    /// A leg begins.
    pub(crate) fn begin(&mut self, leg: &Leg) {
        if self.legs.len() < LEGS_MAX {
            self.legs.push(LegRow::planned(leg));
        }
    }

    /// The leg that a drone flies ends.
    pub(crate) fn end(&mut self, drone: DroneId, time: SimTime, at: Position) {
        if let Some(last) = self.legs.iter_mut().rev().find(|leg| leg.drone == drone) {
            last.end(time, at);
        }
    }
}

/// A change of stage.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct MilestoneRow {
    /// The event that told of it: its number among all.
    pub(crate) number: u64,
    /// The stage.
    pub(crate) stage: Stage,
    /// When it began.
    pub(crate) at: SimTime,
    /// Where the parcel was.
    pub(crate) parcel_at: Place,
    /// The drone that had it.
    pub(crate) drone: Option<DroneId>,
    /// The carrier that had it.
    pub(crate) carrier: Option<CarrierId>,
}

/// Why a delivery went back to where nobody has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum CauseRow {
    /// Its drone let go of it.
    Released(ReleaseReason),
    /// Its carrier failed.
    CarrierFailed(CarrierFailure),
}

/// How a delivery came to be cancelled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FailureRow {
    /// Why.
    pub(crate) reason: CancelReason,
    /// The step at which its workflow stood; `None` before the workflow has said so.
    pub(crate) step: Option<Step>,
    /// What its workflow undid, in this order.
    pub(crate) undone: Vec<Step>,
    /// The delivery that stands for it now.
    pub(crate) retried_as: Option<DeliveryId>,
}

/// A leg flown for a delivery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct LegRow {
    /// Which drone.
    pub(crate) drone: DroneId,
    /// What for.
    pub(crate) purpose: LegPurpose,
    /// Where it was when. Cut where it ended early.
    pub(crate) path: Arc<Vec<Waypoint>>,
}

impl LegRow {
    /// A leg as it was planned.
    fn planned(leg: &Leg) -> Self {
        Self {
            drone: leg.drone,
            purpose: leg.purpose,
            path: Arc::new(leg.path.clone()),
        }
    }

    /// The leg ended; where that was before its time, the rest of the path was not flown.
    fn end(&mut self, time: SimTime, at: Position) {
        if self.path.last().is_some_and(|last| time < last.time) {
            let path = Arc::make_mut(&mut self.path);
            path.retain(|waypoint| waypoint.time < time);
            let altitude = path.last().map_or(Metres::ZERO, |last| last.altitude);
            path.push(Waypoint { at, altitude, time });
        }
    }
}

/// A receiver's confirmation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ConfirmationRow {
    /// What was given.
    pub(crate) kind: ConfirmationKind,
    /// When it was given, as its sender says: microseconds since 1970.
    pub(crate) given_at_unix_micros: Option<i64>,
    /// When it was taken in.
    pub(crate) taken_at: SimTime,
    /// Where it was given, as its sender says.
    pub(crate) place: Option<Place>,
    /// A digest of what was given.
    pub(crate) blob_digest: [u8; 32],
    /// Its size.
    pub(crate) blob_bytes: u32,
}

/// A link to a delivery that was not revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LinkRow {
    /// Which of the delivery's links it is.
    pub(crate) number: u32,
    /// When it ends, seconds since 1970.
    pub(crate) ends_at_s: u64,
}

/// A delivery.
pub(crate) fn delivery_row(id: DeliveryId) -> Key {
    Key::of(DELIVERIES).delivery(id)
}

/// Why a delivery went back to where nobody has it, by number of event.
pub(crate) fn cause_rows(id: DeliveryId) -> Key {
    Key::of(CAUSES).delivery(id)
}

/// How a delivery came to be cancelled.
pub(crate) fn failure_row(id: DeliveryId) -> Key {
    Key::of(FAILURES).delivery(id)
}

/// How many deliveries an owner asked for in a month and did not cancel.
pub(crate) fn count_row(owner: &str, month: (u16, u8)) -> Key {
    Key::of(COUNTS).text(owner).month(month)
}

/// An owner of whom nothing may be known any more, and the number of the delivery that is looked at next.
pub(crate) fn erasing_row(owner: &str) -> Key {
    erasing_rows().text(owner)
}

/// All such owners.
pub(crate) fn erasing_rows() -> Key {
    Key::of(ERASING)
}

/// All that was given for a delivery.
pub(crate) fn blob_rows(id: DeliveryId) -> Key {
    Key::of(BLOBS).delivery(id)
}

/// All confirmations of a delivery, by number of event.
pub(crate) fn confirmation_rows(id: DeliveryId) -> Key {
    Key::of(CONFIRMATIONS).delivery(id)
}

/// What was given with a confirmation.
pub(crate) fn blob_row(id: DeliveryId, digest: &[u8; 32]) -> Key {
    blob_rows(id).digest(digest)
}

/// A delivery's links, oldest first. No fold writes it.
pub(crate) fn links_row(id: DeliveryId) -> Key {
    Key::of(LINKS).delivery(id)
}

/// The trace of a delivery whose caller named one.
pub(crate) fn trace_row(id: DeliveryId) -> Key {
    Key::of(TRACES).delivery(id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::notification::row::{contact_row, notices, outcome_rows};
    use crate::store::endings::endings;

    #[test]
    fn each_table_of_the_store_has_a_letter_of_its_own() {
        let id = DeliveryId(1);
        let keys = [
            delivery_row(id),
            cause_rows(id),
            failure_row(id),
            links_row(id),
            trace_row(id),
            Key::of(BY_TIME),
            Key::of(BY_OWNER),
            Key::of(OPEN),
            Key::of(COUNTS),
            confirmation_rows(id),
            blob_row(id, &[0; 32]),
            erasing_rows(),
            contact_row(1),
            notices(),
            outcome_rows(id),
            endings(),
        ];
        let letters: BTreeSet<u8> = keys.iter().map(|key| key.bytes()[0]).collect();
        assert_eq!(letters.len(), keys.len(), "{keys:?}");
    }
}
