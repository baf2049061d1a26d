//! What is asked for by itself: a stream over places or anywhere, or exact requests.

use std::fmt::{self, Write as _};

use skyhaul_engine::geo::Position;
use skyhaul_engine::time::SimDuration;

use super::{Ground, Town, point, seconds};
use crate::swarm::draw::{Draw, Part};
use crate::swarm::reduction::{Dimension, Reduction};

/// Requests for each drone and hour: few, about what a drone does, far too many.
const LOADS: [f64; 4] = [0.3, 1.5, 4.0, 12.0];

/// Exact requests lie within this share of the radius: some are outside.
const OUTER_SHARE: f64 = 1.1;

const MASSES_KG: [f64; 6] = [0.05, 0.4, 0.9, 2.0, 6.0, 40.0];
const DEADLINES_S: [u32; 4] = [60, 600, 1_800, 7_200];

impl Town {
    pub(super) fn write_demand(
        &mut self,
        ground: &Ground,
        depots: &[Position],
        drones: u32,
        reduction: &Reduction,
    ) -> fmt::Result {
        let mut draw = Draw::new(ground.seed, Part::Demand);
        let hours = ground.duration.as_seconds_f64() / 3_600.0;
        let wanted = f64::from(drones.max(1)) * draw.one_of(&LOADS) * hours;
        let requests = wanted.min(ground.size.requests_max) * reduction.share(Dimension::Demand);
        match draw.whole(0..=3) {
            0 => self.write_trace(ground, &mut draw, requests),
            1 => {
                let places = list_places(ground, depots, &mut draw, 8);
                self.files.insert("places.csv".to_owned(), places);
                let spread = draw.one_of(&[0, 100, 800]);
                writeln!(
                    self.text,
                    "\n[demand]\nkind = \"places\"\nplaces = \"places.csv\""
                )?;
                writeln!(self.text, "weight = \"people\"\nspread_m = {spread}")?;
                self.write_stream(ground, depots, &mut draw, requests / hours)
            }
            _ => {
                writeln!(self.text, "\n[demand]\nkind = \"uniform\"")?;
                self.write_stream(ground, depots, &mut draw, requests / hours)
            }
        }
    }

    fn write_stream(
        &mut self,
        ground: &Ground,
        depots: &[Position],
        draw: &mut Draw,
        requests_per_hour: f64,
    ) -> fmt::Result {
        writeln!(
            self.text,
            "requests_per_day = {}",
            (requests_per_hour * 24.0).round()
        )?;
        if draw.chance(0.3) {
            let shops = list_places(ground, depots, draw, 4);
            self.files.insert("shops.csv".to_owned(), shops);
            writeln!(self.text, "pickups = \"shops.csv\"")?;
        }
        if draw.chance(0.2) {
            let hours: Vec<String> = (0..24).map(|_| draw.whole(1..=3).to_string()).collect();
            writeln!(self.text, "hourly = [{}]", hours.join(", "))?;
        }
        let mean = draw.number(0.1..=3.0);
        let max = (mean * draw.number(1.0..=6.0)).max(mean);
        writeln!(self.text, "weight_kg = {{ mean = {mean}, max = {max} }}")?;
        writeln!(self.text, "expedited = {}", draw.one_of(&[0.0, 0.1, 0.5, 1.0]))?;
        if draw.chance(0.5) {
            writeln!(self.text, "deadline = \"{}s\"", draw.one_of(&DEADLINES_S))?;
        }
        Ok(())
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number of requests"
    )]
    fn write_trace(&mut self, ground: &Ground, draw: &mut Draw, requests: f64) -> fmt::Result {
        writeln!(self.text, "\n[demand]\nkind = \"trace\"")?;
        if requests < 1.0 {
            writeln!(self.text, "request = []")?;
        }
        let mut at = SimDuration::ZERO;
        for _ in 0..requests as u32 {
            // Some come in one instant.
            if draw.chance(0.8) {
                at = draw.span(ground.duration);
            }
            let radius_m = ground.radius_m * OUTER_SHARE;
            let pickup = draw.place(ground.centre, radius_m);
            let dropoff = if draw.chance(0.02) {
                pickup
            } else {
                draw.place(ground.centre, radius_m)
            };
            writeln!(self.text, "\n[[demand.request]]\nat = {}", seconds(at))?;
            writeln!(
                self.text,
                "pickup = {}\ndropoff = {}",
                point(pickup),
                point(dropoff)
            )?;
            writeln!(self.text, "weight_kg = {}", draw.one_of(&MASSES_KG))?;
            writeln!(self.text, "expedited = {}", draw.chance(0.3))?;
            if draw.chance(0.3) {
                writeln!(self.text, "deadline = \"{}s\"", draw.one_of(&DEADLINES_S))?;
            }
        }
        Ok(())
    }
}

/// A list of places in the area, with how many people live there. Zones may lie over all that are drawn, but over no depot: the first is one of the places.
fn list_places(ground: &Ground, depots: &[Position], draw: &mut Draw, most: u32) -> String {
    let mut list = "lat,lon,people\n".to_owned();
    for _ in 0..draw.whole(1..=most) {
        let at = draw.place(ground.centre, ground.radius_m);
        list += &format!("{},{},{}\n", at.lat(), at.lon(), draw.whole(1..=9));
    }
    if let Some(depot) = depots.first() {
        list += &format!("{},{},1\n", depot.lat(), depot.lon());
    }
    list
}
