//! Weather that changes while a case runs: an airport's list of its own.

use std::fmt::{self, Write as _};

use skyhaul_engine::time::SimDuration;

use super::{Ground, Town};
use crate::swarm::draw::{Draw, Part};
use crate::swarm::reduction::{Dimension, Reduction};

/// The share of cases under changing weather.
const SERIES_SHARE: f64 = 0.35;

/// When all towns begin, minutes after midnight, UTC.
const BEGINS_MIN: u64 = 6 * 60 + 30;
const DAY_MIN: u64 = 24 * 60;

/// Lists end so long before the day does: what holds last is good, and whoever waits for it goes on.
const MARGIN_MIN: u64 = 60;

impl Town {
    /// Writes a list of weather, where one is drawn.
    pub(super) fn write_series(
        &mut self,
        ground: &Ground,
        reduction: &Reduction,
    ) -> Result<bool, fmt::Error> {
        let mut draw = Draw::new(ground.seed, Part::Series);
        let strength = reduction.share(Dimension::Wind);
        if !draw.chance(SERIES_SHARE) || strength == 0.0 {
            return Ok(false);
        }
        let mut list = String::from("time_hour,temp,wind_dir,wind_speed,wind_gust,precip,pressure,visib\n");
        let mut minute = BEGINS_MIN;
        for _ in 0..draw.whole(2..=12) {
            write_row(&mut list, minute, &bad_or_good(&mut draw, strength))?;
            minute += draw_minutes(&mut draw, ground.duration);
            if minute > DAY_MIN - MARGIN_MIN {
                break;
            }
        }
        write_row(&mut list, minute.min(DAY_MIN - 1), "60,270,3,,0,,10")?;
        self.files.insert("weather.csv".to_owned(), list);
        writeln!(self.text, "\n[weather]\nkind = \"series\"")?;
        writeln!(self.text, "file = \"weather.csv\"\nformat = \"nycflights13\"")?;
        Ok(true)
    }
}

fn write_row(list: &mut String, minute: u64, cells: &str) -> fmt::Result {
    writeln!(
        list,
        "2026-03-03T{:02}:{:02}:00Z,{cells}",
        minute / 60,
        minute % 60
    )
}

/// How long a row holds: now and then longer than the case lasts.
fn draw_minutes(draw: &mut Draw, duration: SimDuration) -> u64 {
    let minutes = duration.micros() / 60_000_000;
    let longest = u32::try_from(minutes / 3).unwrap_or(u32::MAX).clamp(2, 90);
    u64::from(draw.whole(1..=longest))
}

/// A row's temperature, wind, gust, rain, pressure and sight: good as a rule, and bad in one way or another.
fn bad_or_good(draw: &mut Draw, strength: f64) -> String {
    let from_deg = draw.whole(0..=360);
    let calm_mph = draw.number(0.0..=12.0) * strength;
    let gale_mph = draw.number(12.0..=45.0) * strength;
    match draw.whole(0..=9) {
        0..=4 => format!("60,{from_deg},{calm_mph},,0,1013,10"),
        5..=6 => format!("60,{from_deg},{gale_mph},,0,1002,10"),
        7 => format!("60,{from_deg},{calm_mph},{gale_mph},0,1005,10"),
        8 => format!(
            "50,{from_deg},{calm_mph},,{},1008,{}",
            draw.number(0.0..=0.2),
            draw.number(0.5..=10.0)
        ),
        _ => format!("{},,,,0,,10", draw.number(-10.0..=110.0)),
    }
}
