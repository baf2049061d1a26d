//! Two summaries side by side.

use std::fmt::{self, Display, Formatter};

use super::Summary;

/// What came of the same stretch of time in two ways.
#[derive(Clone, Copy, Debug)]
pub struct Comparison<'a> {
    /// The headings of the two columns.
    pub headings: [&'a str; 2],
    /// What came of it.
    pub summaries: [&'a Summary; 2],
}

/// Figures of a summary that a reader compares: the name, the places behind the point, and the value.
type Figure = (&'static str, usize, fn(&Summary) -> Option<f64>);

#[expect(clippy::cast_precision_loss, reason = "counts of a run are far below 2⁵³")]
const FIGURES: [Figure; 19] = [
    ("deliveries requested", 0, |s| Some(s.deliveries.requested as f64)),
    ("completed", 0, |s| Some(s.deliveries.completed as f64)),
    ("by drone", 0, |s| Some(s.deliveries.by_drone as f64)),
    ("by carrier", 0, |s| Some(s.deliveries.by_carrier as f64)),
    ("cancelled", 0, |s| Some(s.deliveries.cancelled as f64)),
    ("open at the end", 0, |s| Some(s.deliveries.open as f64)),
    ("wait, half within (s)", 0, |s| s.wait_s.p50),
    ("wait, 95 % within (s)", 0, |s| s.wait_s.p95),
    ("door to door, half within (s)", 0, |s| s.door_to_door_s.p50),
    ("door to door, 95 % within (s)", 0, |s| s.door_to_door_s.p95),
    ("on time (%)", 1, |s| s.on_time_share.map(|share| share * 100.0)),
    ("drones", 0, |s| Some(s.drones.count as f64)),
    ("busy (%)", 1, |s| s.drones.utilisation.map(|share| share * 100.0)),
    ("flights", 0, |s| Some(s.drones.flights as f64)),
    ("flown (km)", 1, |s| Some(s.drones.km)),
    ("energy (kWh)", 2, |s| Some(s.energy_wh.total / 1_000.0)),
    ("of that, the wind's (kWh)", 2, |s| {
        Some(s.wind.energy_wh / 1_000.0)
    }),
    ("depots grounded (h)", 1, |s| Some(s.groundings.hours)),
    ("carriers (USD)", 2, |s| Some(s.carriers.usd)),
];

impl Display for Comparison<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let [was, is] = self.headings;
        writeln!(f, "  {:<30}{was:>16}{is:>16}{:>14}", "", "difference")?;
        for (name, places, figure) in FIGURES {
            let [was, is] = self.summaries.map(figure);
            let shown =
                |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |v| format!("{v:.places$}"));
            let difference = was.zip(is).map(|(was, is)| is - was);
            let difference = difference.map_or_else(|| "–".to_owned(), |d| signed(d, places));
            writeln!(
                f,
                "  {name:<30}{:>16}{:>16}{difference:>14}",
                shown(was),
                shown(is)
            )?;
        }
        Ok(())
    }
}

/// A difference with its sign; none where it rounds to nothing.
fn signed(difference: f64, places: usize) -> String {
    let text = format!("{difference:+.places$}");
    if text.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) {
        text
    } else {
        "=".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_has_its_sign_and_nothing_is_no_difference() {
        assert_eq!(signed(3.04, 1), "+3.0");
        assert_eq!(signed(-12.0, 0), "-12");
        assert_eq!(signed(-0.004, 2), "=");
    }
}
