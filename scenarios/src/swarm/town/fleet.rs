//! Depots and the drones at them.

use std::fmt::{self, Write as _};

use skyhaul_engine::geo::Position;

use super::{Ground, Town, point};
use crate::swarm::draw::{Draw, Part};
use crate::swarm::reduction::{Dimension, Reduction};

/// Aircraft that a fleet may have: of the catalogue, and one of the town's own that is weak in every way.
const AIRCRAFT: [&str; 10] = [
    "matternet-m2",
    "matternet-m2",
    "wing-hummingbird",
    "manna",
    "dji-m100",
    "dji-flycart-30",
    "zipline-p2",
    "amazon-mk27-2",
    "stolaroff-small",
    OWN,
];
const OWN: &str = "kite";

/// Pads and batteries: one of each is scarce for any fleet, fifty ample.
const PADS: [u32; 4] = [1, 2, 6, 50];
const SPARES: [u32; 4] = [0, 1, 6, 50];

/// Regions that depots may share.
const REGIONS: [&str; 3] = ["here", "there", "yonder"];

/// Depots stand in this share of the area's radius.
const INNER_SHARE: f64 = 0.8;

/// Where the depots stand.
pub(super) fn draw_depots(ground: &Ground, reduction: &Reduction) -> Vec<Position> {
    let mut draw = Draw::new(ground.seed, Part::Depots);
    let count = draw.whole(ground.size.depots.clone());
    let radius_m = ground.radius_m * INNER_SHARE;
    (0..reduction.count(Dimension::Depots, count, 1))
        .map(|_| draw.place(ground.centre, radius_m))
        .collect()
}

impl Town {
    /// Writes depots and fleets, and gives the number of drones.
    pub(super) fn write_fleet(
        &mut self,
        ground: &Ground,
        depots: &[Position],
        reduction: &Reduction,
    ) -> Result<u32, fmt::Error> {
        let mut draw = Draw::new(ground.seed, Part::Fleets);
        self.write_own_aircraft(&mut draw)?;
        self.write_phases(&mut Draw::new(ground.seed, Part::Phases))?;
        let drones = draw.whole(ground.size.drones.clone());
        let share = drones.div_ceil(u32::try_from(depots.len()).unwrap_or(1));
        let mut regions = Draw::new(ground.seed, Part::Regions);
        let shares_regions = regions.chance(0.5);
        let mut total = 0;
        for (number, at) in depots.iter().enumerate() {
            let name = format!("depot {number}");
            writeln!(self.text, "\n[[depots]]\nname = \"{name}\"\nat = {}", point(*at))?;
            writeln!(self.text, "pads = {}", draw.one_of(&PADS))?;
            writeln!(self.text, "spare_batteries = {}", draw.one_of(&SPARES))?;
            // Else it is a region of its own.
            if shares_regions {
                writeln!(self.text, "region = \"{}\"", regions.one_of(&REGIONS))?;
            }
            // A depot may have no drones, unless it is the only one.
            let kinds = draw.whole(u32::from(number == 0)..=2);
            for _ in 0..kinds {
                let aircraft = draw.one_of(&AIRCRAFT);
                let count = reduction.count(Dimension::Drones, share.div_ceil(kinds), 1);
                writeln!(self.text, "\n[[fleets]]\ndepot = \"{name}\"")?;
                writeln!(self.text, "aircraft = \"{aircraft}\"\ncount = {count}")?;
                total += count;
            }
        }
        Ok(total)
    }

    fn write_own_aircraft(&mut self, draw: &mut Draw) -> fmt::Result {
        writeln!(self.text, "\n[aircraft.{OWN}]\nenergy_model = \"range\"")?;
        writeln!(self.text, "range_m = {}", draw.number(1_500.0..=8_000.0))?;
        writeln!(self.text, "airframe_kg = 2.5\nbattery_kg = 0.8\nbattery_wh = 110")?;
        writeln!(self.text, "payload_max_kg = {}", draw.number(0.2..=1.5))?;
        writeln!(self.text, "cruise_mps = {}", draw.number(6.0..=18.0))?;
        writeln!(self.text, "altitude_m = {}", draw.number(20.0..=120.0))?;
        writeln!(self.text, "wind_max_mps = {}", draw.number(4.0..=12.0))?;
        writeln!(self.text, "charge_w = {}", draw.number(60.0..=300.0))?;
        writeln!(self.text, "charge_knee = {}", draw.number(0.5..=1.0))?;
        if draw.chance(0.4) {
            writeln!(self.text, "maintenance_every = \"{}m\"", draw.whole(5..=120))?;
            writeln!(self.text, "maintenance = \"{}m\"", draw.whole(1..=90))?;
        }
        Ok(())
    }

    /// How the town's own aircraft comes to its speed, and whether it lands.
    fn write_phases(&mut self, draw: &mut Draw) -> fmt::Result {
        if draw.chance(0.5) {
            writeln!(self.text, "acceleration_mps2 = {}", draw.number(0.5..=6.0))?;
        }
        if draw.chance(0.5) {
            writeln!(self.text, "transition = \"{}s\"", draw.whole(0..=12))?;
        }
        if draw.chance(0.5) {
            writeln!(self.text, "hover = \"{}s\"", draw.whole(0..=40))?;
        }
        if draw.chance(0.5) {
            writeln!(self.text, "winch_m = {}", draw.number(2.0..=60.0))?;
        }
        Ok(())
    }
}
