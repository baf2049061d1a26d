//! The summary as a table for a terminal.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use super::Summary;
use crate::stats::{Spread, ratio};

impl Display for Summary {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (deliveries, drones) = (&self.deliveries, &self.drones);
        writeln!(f, "{} · seed {}", self.scenario, self.seed)?;
        let speed = ratio(self.virtual_s, self.wall_s);
        row(
            f,
            "time",
            format_args!(
                "{} in {:.2} s ({} × real time), {} events",
                clock(self.virtual_s),
                self.wall_s,
                decimals(speed, 0),
                self.events
            ),
        )?;
        row(
            f,
            "deliveries",
            format_args!(
                "{} requested · {} completed ({} by drone, {} by carrier) · {} cancelled · {} open",
                deliveries.requested,
                deliveries.completed,
                deliveries.by_drone,
                deliveries.by_carrier,
                deliveries.cancelled,
                deliveries.open
            ),
        )?;
        row(f, "wait", Quantiles(&self.wait_s))?;
        row(f, "door to door", Quantiles(&self.door_to_door_s))?;
        row(
            f,
            "ETA error",
            format_args!(
                "mean {} s · half within {} s ({} %) · 95 % within {} s ({} %)",
                decimals(self.eta_error_s.mean, 1),
                decimals(self.eta_error_s.p50_abs, 1),
                percent(self.eta_error_share.p50_abs),
                decimals(self.eta_error_s.p95_abs, 1),
                percent(self.eta_error_share.p95_abs)
            ),
        )?;
        row(f, "on time", format_args!("{} %", percent(self.on_time_share)))?;
        row(
            f,
            "drones",
            format_args!(
                "{} · {} % busy · {} flights · {:.1} km",
                drones.count,
                percent(drones.utilisation),
                drones.flights,
                drones.km
            ),
        )?;
        row(
            f,
            "energy",
            format_args!(
                "{:.1} kWh · {} Wh a delivery by drone",
                self.energy_wh.total / 1_000.0,
                decimals(self.energy_wh.per_delivery, 1)
            ),
        )?;
        row(
            f,
            "wind",
            format_args!(
                "{:.1} kWh above still air ({} % of all)",
                self.wind.energy_wh / 1_000.0,
                percent(self.wind.share)
            ),
        )?;
        row(
            f,
            "groundings",
            format_args!(
                "{} · {:.1} h of depots{}",
                self.groundings.count,
                self.groundings.hours,
                Reasons(&self.groundings.reasons)
            ),
        )?;
        row(
            f,
            "fallback",
            format_args!(
                "{} % by carrier{}",
                percent(self.fallback.share),
                Reasons(&self.fallback.reasons)
            ),
        )?;
        row(
            f,
            "carriers",
            format_args!(
                "{} bookings · {:.2} USD · {:.2} USD for returns",
                self.carriers.bookings, self.carriers.usd, self.carriers.fees_usd
            ),
        )?;
        row(f, "restarts", self.restarts)?;
        row(f, "violations", self.invariant_violations)?;
        row(f, "digest", self.digest.as_deref().unwrap_or("–"))?;
        row(f, "state digest", &self.state_digest)
    }
}

fn row(f: &mut Formatter<'_>, name: &str, value: impl Display) -> fmt::Result {
    writeln!(f, "  {name:<14}{value}")
}

/// Reasons with what each comes to.
struct Reasons<'a, T>(&'a BTreeMap<&'static str, T>);

impl<T: Display> Display for Reasons<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (reason, amount) in self.0 {
            write!(f, " · {reason} {amount:.1}")?;
        }
        Ok(())
    }
}

/// A spread of spans of time.
struct Quantiles<'a>(&'a Spread);

impl Display for Quantiles<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Spread { mean, p50, p95, p99 } = *self.0;
        let shown = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), clock);
        write!(
            f,
            "mean {} · p50 {} · p95 {} · p99 {}",
            shown(mean),
            shown(p50),
            shown(p95),
            shown(p99)
        )
    }
}

/// A span in the largest units that fit, to the second.
#[expect(
    clippy::cast_possible_truncation,
    reason = "`as` saturates, and a run is no longer than that"
)]
fn clock(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    let (hours, minutes, seconds) = (whole / 3_600, whole / 60 % 60, whole % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, _) => format!("{minutes}:{seconds:02} min"),
        _ => format!("{hours}:{minutes:02}:{seconds:02} h"),
    }
}

fn percent(share: Option<f64>) -> String {
    decimals(share.map(|share| share * 100.0), 1)
}

fn decimals(value: Option<f64>, places: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.places$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_shown_as_people_say_them() {
        assert_eq!(
            [3.2, 75.0, 43_205.0].map(clock),
            ["3 s", "1:15 min", "12:00:05 h"]
        );
    }
}
