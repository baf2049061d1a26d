//! A delivery's status and the fleet's figures: frames of one subscription.

use skyhaul_actors::environment::Environment;
use skyhaul_actors::event::Leg;
use skyhaul_actors::stage::Stage;

use super::columns::{millis, signed_steps};
use super::{Kind, Stamp, WHOLE, header, legs, unix_ms};
use crate::view::{DeliveryView, DroneState, FleetStats};

/// A drone has it, or brought it.
const HAS_DRONE: u8 = 1 << 1;

/// A leg flown for it follows.
const HAS_LEG: u8 = 1 << 2;

/// A carrier has it, or brought it.
const HAS_CARRIER: u8 = 1 << 3;

/// It was put down where it goes; when, follows at the end.
const HAS_ARRIVED: u8 = 1 << 4;

/// Heights in decimetres.
const DECI: f64 = 10.0;

/// A stage's number.
const fn stage(stage: Stage) -> u32 {
    match stage {
        Stage::Created => 0,
        Stage::Rescheduled => 1,
        Stage::HeadedToPickup => 2,
        Stage::HeadedToDropoff => 3,
        Stage::Completed => 4,
        Stage::Cancelled => 5,
    }
}

/// A `delivery`.
pub(crate) fn delivery(
    stamp: &Stamp,
    environment: &Environment,
    id: &str,
    seq: u64,
    is_whole: bool,
    view: &DeliveryView,
) -> Vec<u8> {
    let began = &environment.epoch;
    let carrier = view
        .carrier
        .map_or("", |carrier| environment.carrier(carrier).name.as_str());
    let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
    let flags = flag(is_whole, WHOLE)
        | flag(view.drone.is_some(), HAS_DRONE)
        | flag(view.leg.is_some(), HAS_LEG)
        | flag(view.carrier.is_some(), HAS_CARRIER)
        | flag(view.arrived_at.is_some(), HAS_ARRIVED);
    let mut columns = header(Kind::Delivery, flags, None, stamp);
    columns.size(seq);
    columns.count(id.len());
    columns.count(carrier.len());
    columns.word(stage(view.stage));
    columns.word(view.drone.map_or(0, |drone| drone.0));
    columns.signed(view.at.lat_e7());
    columns.signed(view.at.lon_e7());
    columns.signed(signed_steps(view.altitude_m, DECI));
    for at in [
        view.pickup_eta,
        view.pickup_between.low,
        view.pickup_between.high,
        view.delivery_eta,
        view.delivery_between.low,
        view.delivery_between.high,
    ] {
        columns.time(unix_ms(began, at));
    }
    columns.identities(std::iter::once(view.delivery.0));
    columns.text(id);
    columns.text(carrier);
    let flown: Option<&Leg> = view.leg.as_deref();
    if let Some(leg) = flown {
        legs::put(&mut columns, stamp, began, &[leg]);
    }
    // Behind all that was there before: whoever does not know it passes over it.
    if let Some(at) = view.arrived_at {
        columns.time(unix_ms(began, at));
    }
    columns.into_bytes()
}

/// A `stats`.
pub(crate) fn stats(
    stamp: &Stamp,
    id: &str,
    seq: u64,
    is_whole: bool,
    stats: &FleetStats,
    behind_s: f64,
) -> Vec<u8> {
    let flags = if is_whole { WHOLE } else { 0 };
    let mut columns = header(Kind::Stats, flags, None, stamp);
    columns.size(seq);
    columns.count(id.len());
    columns.size(stats.completed_per_minute);
    columns.word(millis(stats.wait_p50_s));
    columns.word(millis(stats.wait_p95_s));
    columns.size(stats.waiting);
    columns.word(millis(behind_s));
    for state in DroneState::ALL {
        columns.size(stats.drones.get(&state).copied().unwrap_or(0));
    }
    for stage in Stage::ALL {
        columns.size(stats.deliveries.get(&stage).copied().unwrap_or(0));
    }
    columns.text(id);
    columns.into_bytes()
}
