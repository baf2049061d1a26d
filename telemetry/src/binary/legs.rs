//! Legs as columns.

use skyhaul_actors::environment::Epoch;
use skyhaul_actors::event::{Leg, LegPurpose, Waypoint};

use super::Stamp;
use super::columns::{Columns, millis, signed_steps, steps};

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

/// Appends a section of legs.
pub(super) fn put(columns: &mut Columns, stamp: &Stamp, began: &Epoch, legs: &[&Leg]) {
    let points = || legs.iter().flat_map(|leg| &leg.path);
    let deliveries = || legs.iter().filter_map(|leg| leg.delivery);
    columns.count(legs.len());
    columns.count(points().count());
    columns.count(deliveries().count());
    columns.words(legs.iter().map(|leg| leg.drone.0));
    columns.words(legs.iter().map(|leg| {
        let has_delivery = leg.delivery.map_or(0, |_| HAS_DELIVERY);
        purpose(leg.purpose) | has_delivery
    }));
    columns.signed_words(legs.iter().map(|leg| stamp.offset_ms(began, leg.departs())));
    columns.signed_words(legs.iter().map(|leg| stamp.offset_ms(began, leg.arrives())));
    columns.signed_words(legs.iter().map(|leg| signed_steps(leg.battery.get(), MILLI)));
    columns.signed_words(
        legs.iter()
            .map(|leg| signed_steps((leg.battery - leg.energy).get(), MILLI)),
    );
    let mut end = 0;
    columns.words(legs.iter().map(|leg| {
        end += u32::try_from(leg.path.len()).unwrap_or(u32::MAX);
        end
    }));
    columns.identities(deliveries().map(|delivery| delivery.0));
    columns.signed_words(points().map(|point| point.at.lat_e7()));
    columns.signed_words(points().map(|point| point.at.lon_e7()));
    columns.words(
        legs.iter()
            .flat_map(|leg| leg.path.iter().map(|point| after_ms(leg, point))),
    );
    columns.halves(points().map(|point| steps(point.altitude.get(), DECI)));
}

/// Milliseconds after the leg's departure, rounded as the JSON form rounds them.
fn after_ms(leg: &Leg, point: &Waypoint) -> u32 {
    let seconds = point.time.since(leg.departs()).as_seconds_f64();
    millis(seconds)
}
