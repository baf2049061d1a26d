//! Legs as columns.

use skyhaul_actors::environment::Epoch;
use skyhaul_actors::event::{Leg, LegPurpose, Waypoint};
use skyhaul_actors::ids::DeliveryId;

use super::columns::{Columns, millis, signed_steps, steps};
use super::{Stamp, unix_ms};

/// In a leg's word beside its purpose: it has a delivery, the next in the column of those.
const HAS_DELIVERY: u32 = 1 << 8;

/// Battery levels are in milliwatt-hours, as the world counts them.
const MILLI: f64 = 1_000.0;

/// Heights are in decimetres.
const DECI: f64 = 10.0;

/// A purpose's number.
const fn purpose(purpose: LegPurpose) -> u32 {
    match purpose {
        LegPurpose::Pickup => 0,
        LegPurpose::Dropoff => 1,
        LegPurpose::Return => 2,
        LegPurpose::Reposition => 3,
        LegPurpose::Divert => 4,
    }
}

/// A leg as it lies in columns, worked out once for all whom it is told: but for its times, which a frame has relative to its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PackedLeg {
    drone: u32,
    purpose: u32,
    /// Milliseconds since 1970, as the arrival.
    departs_ms: i64,
    arrives_ms: i64,
    battery_at_departure: i32,
    battery_at_arrival: i32,
    delivery: Option<DeliveryId>,
    /// Where its points are.
    first: u32,
    count: u32,
}

/// A point of a leg's path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PackedPoint {
    lat_e7: i32,
    lon_e7: i32,
    after_ms: u32,
    altitude_dm: u16,
}

impl PackedLeg {
    /// Packs a leg; its points are added to others'.
    pub(crate) fn of(leg: &Leg, began: &Epoch, points: &mut Vec<PackedPoint>) -> Self {
        let first = points.len();
        points.extend(leg.path.iter().map(|point| PackedPoint {
            lat_e7: point.at.lat_e7(),
            lon_e7: point.at.lon_e7(),
            after_ms: after_ms(leg, point),
            altitude_dm: steps(point.altitude.get(), DECI),
        }));
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Self {
            drone: leg.drone.0,
            purpose: purpose(leg.purpose) | leg.delivery.map_or(0, |_| HAS_DELIVERY),
            departs_ms: unix_ms(began, leg.departs()),
            arrives_ms: unix_ms(began, leg.arrives()),
            battery_at_departure: signed_steps(leg.battery.get(), MILLI),
            battery_at_arrival: signed_steps((leg.battery - leg.energy).get(), MILLI),
            delivery: leg.delivery,
            first: number(first),
            count: number(leg.path.len()),
        }
    }

    /// Its own among the points that it was packed with.
    pub(crate) fn points<'a>(&self, points: &'a [PackedPoint]) -> &'a [PackedPoint] {
        let first = self.first as usize;
        points.get(first..first + self.count as usize).unwrap_or_default()
    }
}

/// Appends a section of legs.
pub(super) fn put(columns: &mut Columns, stamp: &Stamp, began: &Epoch, legs: &[&Leg]) {
    let mut points = Vec::new();
    let packed: Vec<_> = legs
        .iter()
        .map(|leg| PackedLeg::of(leg, began, &mut points))
        .collect();
    put_packed(columns, stamp, (&packed, &points));
}

/// The same of legs that are packed, and the points of one after the other.
pub(super) fn put_packed(
    columns: &mut Columns,
    stamp: &Stamp,
    (legs, points): (&[PackedLeg], &[PackedPoint]),
) {
    let deliveries = || legs.iter().filter_map(|leg| leg.delivery);
    columns.count(legs.len());
    columns.count(points.len());
    columns.count(deliveries().count());
    columns.words(legs.iter().map(|leg| leg.drone));
    columns.words(legs.iter().map(|leg| leg.purpose));
    columns.signed_words(legs.iter().map(|leg| stamp.offset_ms(leg.departs_ms)));
    columns.signed_words(legs.iter().map(|leg| stamp.offset_ms(leg.arrives_ms)));
    columns.signed_words(legs.iter().map(|leg| leg.battery_at_departure));
    columns.signed_words(legs.iter().map(|leg| leg.battery_at_arrival));
    let mut end = 0;
    columns.words(legs.iter().map(|leg| {
        end += leg.count;
        end
    }));
    columns.identities(deliveries().map(|delivery| delivery.0));
    columns.signed_words(points.iter().map(|point| point.lat_e7));
    columns.signed_words(points.iter().map(|point| point.lon_e7));
    columns.words(points.iter().map(|point| point.after_ms));
    columns.halves(points.iter().map(|point| point.altitude_dm));
}

/// Milliseconds after the leg's departure, rounded as the JSON form rounds them.
fn after_ms(leg: &Leg, point: &Waypoint) -> u32 {
    let seconds = point.time.since(leg.departs()).as_seconds_f64();
    millis(seconds)
}
