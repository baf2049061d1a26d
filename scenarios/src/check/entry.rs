//! A line of the event log as a stranger reads it: from its JSON alone, into types of the reader's own. A field whose name begins with `_`
//! is read so that its absence shows.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};

use super::geometry::Point;

/// Microseconds of virtual time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Micros(pub(super) i64);

/// Thousandths of the unit that the field's name ends in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Milli(pub(super) i64);

/// A name or identity.
pub(super) type Name<'a> = Cow<'a, str>;

/// A line.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) seq: u64,
    pub(super) t: Micros,
    pub(super) what: What<'a>,
}

/// What a line says, as far as a checker asks.
#[derive(Debug)]
pub(super) enum What<'a> {
    ZoneDeclared(ZoneDeclared<'a>),
    ZoneLifted(ZoneLifted<'a>),
    DroneCommissioned(DroneCommissioned<'a>),
    DeliveryRequested(DeliveryRequested<'a>),
    DroneAssigned(DroneAssigned<'a>),
    DroneReleased(DroneReleased<'a>),
    DroneAssignmentRefused(Refused<'a>),
    CarrierBooked(CarrierBooked<'a>),
    CarrierFailed(CarrierFailed<'a>),
    LegStarted(LegStarted<'a>),
    LegEnded(LegEnded<'a>),
    PackagePickedUp(Handover<'a>),
    PackageDroppedOff(Handover<'a>),
    DeliveryRescheduled(DeliveryRescheduled<'a>),
    ConfirmationAwaited(ConfirmationAwaited<'a>),
    DeliveryCompleted(DeliveryCompleted<'a>),
    DeliveryCancelled(Refused<'a>),
    ChargeStarted(Charge<'a>),
    ChargeEnded(Charge<'a>),
    DroneFailed(DroneFailed<'a>),
    DroneRecovered(DroneRecovered<'a>),
    DroneMoved(DroneMoved<'a>),
    LinkLost(LinkChange<'a>),
    LinkRestored(LinkChange<'a>),
    FleetGrounded(Grounding<'a>),
    FleetReleased(Grounding<'a>),
    RunEnded(RunEnded<'a>),
    /// Of a type on which no invariant rests.
    Other,
}

#[derive(Deserialize)]
struct Head<'a> {
    seq: u64,
    t: Micros,
    #[serde(rename = "type", borrow)]
    kind: Name<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ZoneDeclared<'a> {
    #[serde(borrow)]
    pub(super) zone: Name<'a>,
    /// Latitude, longitude, radius in metres.
    pub(super) circle: Option<(f64, f64, f64)>,
    pub(super) polygon: Option<Vec<Point>>,
    pub(super) from_t: Option<Micros>,
    pub(super) to_t: Option<Micros>,
    pub(super) floor_m: Option<f64>,
    pub(super) ceiling_m: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ZoneLifted<'a> {
    #[serde(borrow)]
    pub(super) zone: Name<'a>,
}

#[derive(Debug, PartialEq, Deserialize)]
pub(super) struct DroneCommissioned<'a> {
    #[serde(borrow)]
    pub(super) drone: Name<'a>,
    pub(super) at: Point,
    pub(super) battery_wh: Milli,
    pub(super) capacity_wh: Milli,
    pub(super) reserve_wh: Milli,
    pub(super) payload_max_kg: Milli,
    pub(super) speed_max_mps: f64,
    #[serde(borrow)]
    pub(super) depot: Name<'a>,
    #[serde(borrow)]
    aircraft: Name<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct DeliveryRequested<'a> {
    #[serde(borrow)]
    pub(super) delivery: Name<'a>,
    pub(super) pickup: Point,
    pub(super) dropoff: Point,
    pub(super) weight_kg: Milli,
    #[serde(rename = "package", borrow)]
    _package: Name<'a>,
    #[serde(rename = "owner", borrow)]
    _owner: Name<'a>,
    #[serde(rename = "expedited")]
    _expedited: bool,
    #[serde(rename = "deadline_t")]
    _deadline_t: Option<Micros>,
}

#[derive(Debug, Deserialize)]
pub(super) struct DroneAssigned<'a> {
    #[serde(borrow)]
    pub(super) delivery: Name<'a>,
    #[serde(borrow)]
    pub(super) drone: Name<'a>,
    #[serde(rename = "eta_pickup_t")]
    _eta_pickup_t: Micros,
    #[serde(rename = "eta_dropoff_t")]
    _eta_dropoff_t: Micros,
}

#[derive(Debug, Deserialize)]
pub(super) struct DroneReleased<'a> {
    #[serde(borrow)]
    pub(super) delivery: Name<'a>,
    #[serde(borrow)]
    pub(super) drone: Name<'a>,
    #[serde(borrow)]
    pub(super) reason: Name<'a>,
}

/// A delivery that will not be, or not by drone.
#[derive(Debug, Deserialize)]
pub(super) struct Refused<'a> {
    #[serde(borrow)]
    pub(super) delivery: Name<'a>,
    #[serde(borrow)]
    pub(super) reason: Name<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Grounding<'a> {
    #[serde(borrow)]
    pub(super) depot: Name<'a>,
    #[serde(borrow)]
    pub(super) reason: Name<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct CarrierBooked<'a> {
    #[serde(borrow)]
    pub(super) delivery: Name<'a>,
    #[serde(borrow)]
    pub(super) carrier: Name<'a>,
    #[serde(rename = "price_usd")]
    _price_usd: f64,
    #[serde(rename = "eta_dropoff_t")]
    _eta_dropoff_t: Micros,
    #[serde(rename = "reason", borrow)]
    _reason: Name<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct CarrierFailed<'a> {
    #[serde(borrow)]
    pub(super) delivery: Name<'a>,
    #[serde(borrow)]
    pub(super) carrier: Name<'a>,
    pub(super) at: Point,
    #[serde(rename = "reason", borrow)]
    _reason: Name<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Purpose {
    Pickup,
    Dropoff,
    Return,
    Reposition,
    Divert,
}

#[derive(Debug, Deserialize)]
pub(super) struct LegStarted<'a> {
    #[serde(borrow)]
    pub(super) drone: Name<'a>,
    #[serde(borrow)]
    pub(super) delivery: Option<Name<'a>>,
    pub(super) purpose: Purpose,
    pub(super) path: Vec<Point>,
    pub(super) path_t: Vec<Micros>,
    /// Where zones have floors or ceilings: how high each point lies.
    pub(super) height_m: Option<Vec<f64>>,
    pub(super) arrives_t: Micros,
    pub(super) distance_m: f64,
    pub(super) payload_kg: Milli,
    pub(super) energy_wh: Milli,
    pub(super) battery_wh: Milli,
}

#[derive(Debug, Deserialize)]
pub(super) struct LegEnded<'a> {
    #[serde(borrow)]
    pub(super) drone: Name<'a>,
    #[serde(borrow)]
    pub(super) delivery: Option<Name<'a>>,
    pub(super) at: Point,
    pub(super) battery_wh: Milli,
}

#[derive(Debug, Deserialize)]
pub(super) struct Handover<'a> {
    #[serde(borrow)]
    pub(super) delivery: Name<'a>,
    #[serde(borrow)]
    pub(super) drone: Option<Name<'a>>,
    #[serde(borrow)]
    pub(super) carrier: Option<Name<'a>>,
    pub(super) at: Point,
    #[serde(rename = "package", borrow)]
    _package: Name<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ConfirmationAwaited<'a> {
    #[serde(borrow)]
    pub(super) delivery: Name<'a>,
    pub(super) until_t: Micros,
}

#[derive(Debug, Deserialize)]
pub(super) struct DeliveryRescheduled<'a> {
    #[serde(borrow)]
    pub(super) delivery: Name<'a>,
    pub(super) pickup: Point,
    pub(super) dropoff: Point,
    #[serde(rename = "deadline_t")]
    _deadline_t: Option<Micros>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum By {
    Drone,
    Carrier,
}

#[derive(Debug, Deserialize)]
pub(super) struct DeliveryCompleted<'a> {
    #[serde(borrow)]
    pub(super) delivery: Name<'a>,
    pub(super) by: By,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ChargeKind {
    Swap,
    Charge,
}

#[derive(Debug, Deserialize)]
pub(super) struct Charge<'a> {
    #[serde(borrow)]
    pub(super) drone: Name<'a>,
    pub(super) battery_wh: Milli,
    #[serde(rename = "depot", borrow)]
    _depot: Name<'a>,
    #[serde(rename = "kind")]
    _kind: ChargeKind,
}

#[derive(Debug, Deserialize)]
pub(super) struct DroneFailed<'a> {
    #[serde(borrow)]
    pub(super) drone: Name<'a>,
    pub(super) at: Point,
    #[serde(rename = "reason", borrow)]
    _reason: Name<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct DroneRecovered<'a> {
    #[serde(borrow)]
    pub(super) drone: Name<'a>,
    pub(super) at: Point,
    pub(super) battery_wh: Milli,
}

#[derive(Debug, Deserialize)]
pub(super) struct DroneMoved<'a> {
    #[serde(borrow)]
    pub(super) drone: Name<'a>,
    #[serde(borrow)]
    pub(super) depot: Name<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct LinkChange<'a> {
    #[serde(borrow)]
    pub(super) drone: Name<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RunEnded<'a> {
    #[serde(borrow)]
    pub(super) digest: Name<'a>,
    #[serde(rename = "state_digest", borrow)]
    _state_digest: Name<'a>,
}

impl<'a> Entry<'a> {
    /// Reads a line.
    pub(super) fn read(line: &'a [u8]) -> serde_json::Result<Self> {
        let Head { seq, t, kind } = serde_json::from_slice(line)?;
        let what = match &*kind {
            "ZoneLifted" => What::ZoneLifted(serde_json::from_slice(line)?),
            "ZoneDeclared" => What::ZoneDeclared(serde_json::from_slice(line)?),
            "DroneCommissioned" => What::DroneCommissioned(serde_json::from_slice(line)?),
            "DeliveryRequested" => What::DeliveryRequested(serde_json::from_slice(line)?),
            "DroneAssigned" => What::DroneAssigned(serde_json::from_slice(line)?),
            "DroneReleased" => What::DroneReleased(serde_json::from_slice(line)?),
            "DroneAssignmentRefused" => What::DroneAssignmentRefused(serde_json::from_slice(line)?),
            "CarrierBooked" => What::CarrierBooked(serde_json::from_slice(line)?),
            "CarrierFailed" => What::CarrierFailed(serde_json::from_slice(line)?),
            "LegStarted" => What::LegStarted(serde_json::from_slice(line)?),
            "LegEnded" => What::LegEnded(serde_json::from_slice(line)?),
            "PackagePickedUp" => What::PackagePickedUp(serde_json::from_slice(line)?),
            "PackageDroppedOff" => What::PackageDroppedOff(serde_json::from_slice(line)?),
            "DeliveryRescheduled" => What::DeliveryRescheduled(serde_json::from_slice(line)?),
            "ConfirmationAwaited" => What::ConfirmationAwaited(serde_json::from_slice(line)?),
            "DeliveryCompleted" => What::DeliveryCompleted(serde_json::from_slice(line)?),
            "DeliveryCancelled" => What::DeliveryCancelled(serde_json::from_slice(line)?),
            "ChargeStarted" => What::ChargeStarted(serde_json::from_slice(line)?),
            "ChargeEnded" => What::ChargeEnded(serde_json::from_slice(line)?),
            "DroneFailed" => What::DroneFailed(serde_json::from_slice(line)?),
            "DroneRecovered" => What::DroneRecovered(serde_json::from_slice(line)?),
            "DroneMoved" => What::DroneMoved(serde_json::from_slice(line)?),
            "LinkLost" => What::LinkLost(serde_json::from_slice(line)?),
            "LinkRestored" => What::LinkRestored(serde_json::from_slice(line)?),
            "FleetGrounded" => What::FleetGrounded(serde_json::from_slice(line)?),
            "FleetReleased" => What::FleetReleased(serde_json::from_slice(line)?),
            "RunEnded" => What::RunEnded(serde_json::from_slice(line)?),
            _ => What::Other,
        };
        Ok(Self { seq, t, what })
    }
}

impl What<'_> {
    /// The drone of which it says something, but that it was commissioned.
    pub(super) fn drone(&self) -> Option<&str> {
        let name = match self {
            Self::DroneAssigned(assigned) => &assigned.drone,
            Self::DroneReleased(released) => &released.drone,
            Self::LegStarted(leg) => &leg.drone,
            Self::LegEnded(leg) => &leg.drone,
            Self::PackagePickedUp(handover) | Self::PackageDroppedOff(handover) => handover.drone.as_ref()?,
            Self::ChargeStarted(charge) | Self::ChargeEnded(charge) => &charge.drone,
            Self::DroneFailed(failed) => &failed.drone,
            Self::DroneRecovered(recovered) => &recovered.drone,
            Self::DroneMoved(moved) => &moved.drone,
            Self::LinkLost(change) | Self::LinkRestored(change) => &change.drone,
            _ => return None,
        };
        Some(name)
    }
}

impl DroneCommissioned<'_> {
    /// The same of a drone of that name.
    pub(super) fn called(&self, drone: String) -> DroneCommissioned<'static> {
        DroneCommissioned {
            drone: Name::Owned(drone),
            depot: Name::Owned(self.depot.to_string()),
            aircraft: Name::Owned(self.aircraft.to_string()),
            ..*self
        }
    }
}

impl LegStarted<'_> {
    /// Whether places and times belong together and the times never fall; only then can it be followed.
    pub(super) fn is_well_formed(&self) -> bool {
        self.path.len() >= 2
            && self.path.len() == self.path_t.len()
            && self
                .height_m
                .as_ref()
                .is_none_or(|heights| heights.len() == self.path.len())
            && self.path_t.is_sorted()
            && self.path_t.last() == Some(&self.arrives_t)
    }
}

impl Micros {
    pub(super) fn seconds(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

impl Milli {
    pub(super) fn unit(self) -> f64 {
        self.0 as f64 / 1e3
    }
}

impl<'de> Deserialize<'de> for Micros {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        f64::deserialize(deserializer).map(|seconds| Self(nearest(seconds * 1e6)))
    }
}

impl<'de> Deserialize<'de> for Milli {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        f64::deserialize(deserializer).map(|units| Self(nearest(units * 1e3)))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "`as` saturates, which is what is wanted"
)]
fn nearest(value: f64) -> i64 {
    value.round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_to_the_last_step() {
        let line = br#"{"seq":3,"t":86399.999999,"type":"LegEnded","drone":"drone-1","delivery":null,"at":[1.5,-2.5],"battery_wh":0.001}"#;
        let entry = Entry::read(line).expect("a line");
        let What::LegEnded(ended) = entry.what else {
            panic!("another type")
        };
        assert_eq!((entry.seq, entry.t), (3, Micros(86_399_999_999)));
        assert_eq!(
            (ended.battery_wh, ended.at),
            (Milli(1), Point { lat: 1.5, lon: -2.5 })
        );
    }

    #[test]
    fn names_the_field_that_is_missing() {
        let line = br#"{"seq":3,"t":1.0,"type":"LegEnded","drone":"drone-1","at":[1.5,-2.5]}"#;
        let error = Entry::read(line).expect_err("no battery");
        assert!(error.to_string().contains("battery_wh"), "{error}");
    }
}
