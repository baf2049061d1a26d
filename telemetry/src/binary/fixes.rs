//! Fixes as columns: where drones are, and what they do.

use skyhaul_actors::environment::Epoch;

use super::columns::{Columns, steps};
use super::{Stamp, unix_ms};
use crate::external::ExternalView;
use crate::view::{DroneState, DroneView};

/// In a fix' word beside its state: it has a delivery, the next in the column of those.
const HAS_DELIVERY: u32 = 1 << 8;

/// In the same word: it flies.
const FLIES: u32 = 1 << 9;

/// In the same word: it is no drone of the fleet.
const EXTERNAL: u32 = 1 << 10;

/// In the same word: nothing was heard of it for some seconds, or its link is lost.
const STALE: u32 = 1 << 11;

/// In place of a battery: it is not known.
const NO_BATTERY: u16 = u16::MAX;

/// In place of an arrival: there is none.
const NO_ETA: i32 = i32::MIN;

/// Heights in decimetres and headings in tenths of a degree.
const DECI: f64 = 10.0;

/// Speeds in centimetres a second.
const CENTI: f64 = 100.0;

/// Batteries in ten-thousandths of their capacity.
const TEN_THOUSANDTHS: f64 = 10_000.0;

/// Appends a section of fixes.
pub(super) fn put(columns: &mut Columns, stamp: &Stamp, began: &Epoch, fixes: &[DroneView]) {
    let deliveries = || fixes.iter().filter_map(|fix| fix.delivery);
    columns.count(fixes.len());
    columns.count(deliveries().count());
    columns.words(fixes.iter().map(|fix| fix.drone.0));
    columns.words(fixes.iter().map(|fix| {
        let has_delivery = fix.delivery.map_or(0, |_| HAS_DELIVERY);
        // What flies is told anew in each frame of positions; where nothing is heard of it, it is not.
        let flies = fix.arrives_at.filter(|_| !fix.is_stale).map_or(0, |_| FLIES);
        let stale = if fix.is_stale { STALE } else { 0 };
        u32::from(fix.state as u8) | has_delivery | flies | stale
    }));
    columns.signed_words(fixes.iter().map(|fix| fix.at.lat_e7()));
    columns.signed_words(fixes.iter().map(|fix| fix.at.lon_e7()));
    columns.signed_words(fixes.iter().map(|fix| {
        fix.arrives_at
            .map_or(NO_ETA, |arrives_at| stamp.offset_ms(unix_ms(began, arrives_at)))
    }));
    columns.halves(fixes.iter().map(|fix| steps(fix.altitude_m, DECI)));
    columns.halves(fixes.iter().map(|fix| steps(fix.heading_deg, DECI)));
    columns.halves(fixes.iter().map(|fix| steps(fix.speed_mps, CENTI)));
    columns.halves(fixes.iter().map(|fix| steps(fix.battery, TEN_THOUSANDTHS)));
    columns.identities(deliveries().map(|delivery| delivery.0));
}

/// Appends a section of fixes of external aircraft.
pub(super) fn put_externals(columns: &mut Columns, shown: &[&ExternalView]) {
    columns.count(shown.len());
    columns.count(0);
    columns.words(shown.iter().map(|view| view.code()));
    columns.words(shown.iter().map(|view| {
        let flag = |is_set, flag| if is_set { flag } else { 0 };
        u32::from(DroneState::Idle as u8) | EXTERNAL | flag(view.flies, FLIES) | flag(view.is_stale, STALE)
    }));
    columns.signed_words(shown.iter().map(|view| view.movement.at.lat_e7()));
    columns.signed_words(shown.iter().map(|view| view.movement.at.lon_e7()));
    columns.signed_words(shown.iter().map(|_| NO_ETA));
    columns.halves(shown.iter().map(|view| steps(view.movement.altitude_m, DECI)));
    columns.halves(shown.iter().map(|view| steps(view.movement.heading_deg, DECI)));
    columns.halves(shown.iter().map(|view| steps(view.movement.speed_mps, CENTI)));
    columns.halves(shown.iter().map(|view| {
        view.battery
            .map_or(NO_BATTERY, |share| steps(share, TEN_THOUSANDTHS))
    }));
}
