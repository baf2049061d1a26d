//! Towns: the scenario of a case, drawn as the file that a person could have written, so that it goes the way of all scenarios and can
//! be looked at.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::ops::RangeInclusive;

use skyhaul_engine::geo::Position;
use skyhaul_engine::time::SimDuration;

use super::draw::{Draw, Part};
use super::reduction::{Dimension, Reduction};
use crate::bundle::ScenarioBundle;
use crate::file::write_duration;

mod demand;
mod fleet;
mod weather;
mod zones;

/// How large a case is.
#[derive(Clone, Debug)]
struct Size {
    area_m: RangeInclusive<f64>,
    minutes: RangeInclusive<u32>,
    depots: RangeInclusive<u32>,
    drones: RangeInclusive<u32>,
    /// Most requests that come by themselves, about.
    requests_max: f64,
}

const SMALL: Size = Size {
    area_m: 800.0..=4_000.0,
    minutes: 5..=60,
    depots: 1..=3,
    drones: 1..=12,
    requests_max: 60.0,
};
const MEDIUM: Size = Size {
    area_m: 2_000.0..=9_000.0,
    minutes: 20..=120,
    depots: 1..=6,
    drones: 5..=40,
    requests_max: 150.0,
};
const LARGE: Size = Size {
    area_m: 4_000.0..=15_000.0,
    minutes: 60..=360,
    depots: 3..=6,
    drones: 60..=300,
    requests_max: 1_500.0,
};

/// Shares of large and of medium cases: most are small, so that thousands take minutes.
const LARGE_SHARE: f64 = 0.005;
const MEDIUM_SHARE: f64 = 0.25;

/// Where towns may lie: the ways over ground differ with the latitude, and a longitude near 180° is a seam.
const CENTRES: [(f64, f64); 5] = [
    (43.77, 11.25),
    (47.6, -122.33),
    (-33.45, -70.66),
    (69.65, 18.96),
    (-17.8, 178.1),
];

/// What is drawn first, and everything else depends on.
struct Ground {
    seed: u64,
    size: Size,
    centre: Position,
    radius_m: f64,
    duration: SimDuration,
}

/// The town that a seed draws.
pub(super) fn draw(seed: u64, reduction: &Reduction) -> ScenarioBundle {
    let ground = Ground::draw(seed, reduction);
    let mut town = Town {
        text: String::new(),
        files: BTreeMap::new(),
    };
    let written = town.write(&ground, reduction);
    debug_assert!(written.is_ok(), "a string takes everything");
    ScenarioBundle {
        name: format!("seed {seed}"),
        text: town.text,
        files: town.files,
    }
}

impl Ground {
    fn draw(seed: u64, reduction: &Reduction) -> Self {
        let mut draw = Draw::new(seed, Part::Size);
        let size = match draw.number(0.0..=1.0) {
            share if share < LARGE_SHARE => LARGE,
            share if share < LARGE_SHARE + MEDIUM_SHARE => MEDIUM,
            _ => SMALL,
        };
        let (lat, lon) = draw.one_of(&CENTRES);
        let minutes = f64::from(draw.whole(size.minutes.clone()));
        let seconds = (minutes * 60.0 * reduction.share(Dimension::Duration)).max(60.0);
        Self {
            seed,
            centre: Position::new(lat, lon).unwrap_or_default(),
            radius_m: draw.number(size.area_m.clone()),
            duration: SimDuration::from_seconds_f64(seconds),
            size,
        }
    }
}

/// A scenario that is being written.
struct Town {
    text: String,
    files: BTreeMap<String, String>,
}

impl Town {
    fn write(&mut self, ground: &Ground, reduction: &Reduction) -> fmt::Result {
        let seed = ground.seed;
        writeln!(self.text, "name = \"fuzz {seed}\"\nseed = {seed}")?;
        writeln!(self.text, "start = 2026-03-03T07:30:00+01:00")?;
        writeln!(self.text, "duration = \"{}\"", write_duration(ground.duration))?;
        writeln!(
            self.text,
            "\n[area]\ncentre = {}\nradius = {}",
            point(ground.centre),
            ground.radius_m
        )?;
        let depots = fleet::draw_depots(ground, reduction);
        let drones = self.write_fleet(ground, &depots, reduction)?;
        self.write_demand(ground, &depots, drones, reduction)?;
        self.write_weather(ground, reduction)?;
        self.write_airspace(ground, &depots, reduction)?;
        self.write_terms(seed, reduction)?;
        self.write_faults(&mut Draw::new(seed, Part::Faults), reduction)?;
        let mut astray = Draw::new(seed, Part::Reports);
        let shares = [0.0, 0.0, 0.1, 1.0].map(|share| share * reduction.share(Dimension::Carriers));
        writeln!(self.text, "carrier_duplicate = {}", astray.one_of(&shares))?;
        writeln!(self.text, "carrier_disorder = {}", astray.one_of(&shares))?;
        let losses = Draw::new(seed, Part::Links).one_of(&[0.0, 0.0, 1.0, 10.0, 60.0]);
        let losses = losses * reduction.share(Dimension::Failures);
        writeln!(self.text, "link_loss_per_flight_hour = {losses}")?;
        self.write_incidents(ground, depots.len())
    }

    /// From calm to what grounds everything.
    fn write_weather(&mut self, ground: &Ground, reduction: &Reduction) -> fmt::Result {
        if self.write_series(ground, reduction)? {
            return Ok(());
        }
        let draw = &mut Draw::new(ground.seed, Part::Weather);
        let wind = match draw.whole(0..=9) {
            0..=2 => return Ok(()),
            3..=7 => draw.number(0.5..=9.0),
            8 => draw.number(9.0..=15.0),
            _ => draw.number(15.0..=25.0),
        };
        let (wind_from, rho) = (draw.number(0.0..=360.0), draw.number(0.9..=1.3));
        let wind = wind * reduction.share(Dimension::Wind);
        writeln!(self.text, "\n[weather]\nkind = \"constant\"\nwind_mps = {wind}")?;
        writeln!(self.text, "wind_from_deg = {wind_from}\nrho = {rho}")
    }

    fn write_terms(&mut self, seed: u64, reduction: &Reduction) -> fmt::Result {
        let mut draw = Draw::new(seed, Part::Terms);
        let wait_s = draw.one_of(&[0, 1, 60, 300, 600, 1_800]);
        writeln!(self.text, "\n[dispatch]\nwait_max = \"{wait_s}s\"")?;
        let wait_s = Draw::new(seed, Part::Confirmations).one_of(&[0, 30, 900, 1_800]);
        writeln!(self.text, "confirmation_wait = \"{wait_s}s\"")?;
        let mut policy = Draw::new(seed, Part::Policy);
        let name = policy.one_of(&["nearest", "batch", "adaptive"]);
        let interval_ms = policy.one_of(&[1_000, 5_000, 10_000, 30_000, 240_000]);
        writeln!(
            self.text,
            "policy = \"{name}\"\ninterval = \"{:.3}s\"",
            f64::from(interval_ms) / 1_000.0
        )?;
        let minutes = Draw::new(seed, Part::Rebalancing).one_of(&[0, 0, 1, 5, 15]);
        if minutes > 0 {
            writeln!(self.text, "rebalance = \"{minutes}m\"")?;
        }
        let delay_ms = Draw::new(seed, Part::Delay).one_of(&[1, 20, 1_000, 10_000]);
        writeln!(
            self.text,
            "region_delay = \"{:.3}s\"",
            f64::from(delay_ms) / 1_000.0
        )?;
        self.write_carriers(&mut draw, &mut Draw::new(seed, Part::Carriers), reduction)
    }

    /// None, or one to three, of whom the first is drawn from the terms.
    fn write_carriers(&mut self, terms: &mut Draw, draw: &mut Draw, reduction: &Reduction) -> fmt::Result {
        let enabled = terms.chance(0.8);
        for number in 0..draw.one_of(&[1, 1, 2, 3]) {
            let first = if number == 0 { &mut *terms } else { &mut *draw };
            let failure = first.one_of(&[0.0, 0.01, 0.3, 1.0]) * reduction.share(Dimension::Carriers);
            writeln!(
                self.text,
                "\n[[carriers]]\nname = \"carrier {number}\"\nenabled = {enabled}\nfailure = {failure}"
            )?;
            writeln!(self.text, "speed_mps = {}", first.number(2.0..=15.0))?;
            let delay_s = first.one_of(&[0, 1, 240, 720, 2_400]);
            writeln!(self.text, "pickup_delay = \"{delay_s}s\"")?;
            let payload_kg = first.one_of(&[1.0, 5.0, 25.0]);
            writeln!(self.text, "payload_max_kg = {payload_kg}")?;
            writeln!(self.text, "base_usd = {}", draw.number(0.0..=20.0))?;
            if draw.chance(0.5) {
                writeln!(self.text, "couriers = {}", draw.whole(1..=4))?;
            }
            if draw.chance(0.3) {
                let hours: Vec<String> = (0..24).map(|_| draw.number(0.0..=3.0).to_string()).collect();
                writeln!(self.text, "pickup_delay_hourly = [{}]", hours.join(", "))?;
            }
        }
        Ok(())
    }

    /// Depots that go out of service, each at most once.
    fn write_incidents(&mut self, ground: &Ground, depots: usize) -> fmt::Result {
        let draw = &mut Draw::new(ground.seed, Part::Incidents);
        for depot in 0..depots {
            if draw.chance(0.2) {
                let (at, lasts) = (draw.span(ground.duration), draw.whole(1..=90));
                writeln!(self.text, "\n[[incidents]]\nkind = \"depot-outage\"")?;
                writeln!(self.text, "at = {}\nfor = \"{lasts}m\"", seconds(at))?;
                writeln!(self.text, "depot = \"depot {depot}\"")?;
            }
        }
        Ok(())
    }

    fn write_faults(&mut self, draw: &mut Draw, reduction: &Reduction) -> fmt::Result {
        let failures = draw.one_of(&[0.0, 0.0, 0.1, 1.0, 5.0, 30.0]) * reduction.share(Dimension::Failures);
        let panics =
            draw.one_of(&[0.0, 0.0, 0.000_5, 0.005, 0.02, 0.05]) * reduction.share(Dimension::Panics);
        writeln!(
            self.text,
            "\n[faults]\ndrone_failure_per_flight_hour = {failures}"
        )?;
        writeln!(self.text, "actor_panic_per_message = {panics}")
    }
}

fn point(at: Position) -> String {
    format!("[{}, {}]", at.lat(), at.lon())
}

/// So many seconds, written.
fn seconds(span: SimDuration) -> String {
    format!("\"{span}s\"")
}
