//! Weather: the air that flights go through, as it is planned over time.

use skyhaul_engine::time::{SimDuration, SimTime};

/// Wind, air and sky at one time, the same everywhere in the area.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weather {
    /// Wind speed at flight level, m/s.
    pub wind_mps: f64,
    /// Where the wind comes from, degrees clockwise from north.
    pub wind_from_deg: f64,
    /// Peak gust at flight level, m/s; counts where it is above the wind.
    pub gust_mps: f64,
    /// Rain, mm/h.
    pub rain_mm_h: f64,
    /// How far one sees, m; infinite where nothing is said.
    pub visibility_m: f64,
    /// Temperature at the ground, °C.
    pub temperature_c: f64,
    /// Air density, kg/m³.
    pub rho: f64,
}

impl Weather {
    /// The standard atmosphere at sea level: still, dry and clear, 15 °C, 1.225 kg/m³ (ICAO Doc 7488).
    pub const STANDARD: Self = Self {
        wind_mps: 0.0,
        wind_from_deg: 0.0,
        gust_mps: 0.0,
        rain_mm_h: 0.0,
        visibility_m: f64::INFINITY,
        temperature_c: 15.0,
        rho: 1.225,
    };

    /// The standard atmosphere with a wind.
    #[must_use]
    pub const fn windy(wind_mps: f64, wind_from_deg: f64) -> Self {
        Self {
            wind_mps,
            wind_from_deg,
            ..Self::STANDARD
        }
    }
}

/// Weather over time: rows, each of which holds until the next. What is planned is also the forecast: whoever plans a flight knows it.
///
/// A leg flies in the weather of its take-off: legs take minutes, rows hours. A series that has come to its end begins anew, so that a
/// service never runs out of weather.
#[derive(Clone, Debug, PartialEq)]
pub struct WeatherSeries {
    /// At least one; the first from time zero.
    rows: Vec<WeatherRow>,
    /// After which the first row comes again; without meaning where there is one row alone.
    period: SimDuration,
    /// The strongest wind of all rows.
    wind_max_mps: f64,
}

/// Weather from one time on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeatherRow {
    /// From when, after the series began.
    pub from: SimTime,
    /// What it is like.
    pub weather: Weather,
}

/// Weather over time at the levels that aircraft fly at: it changes at all of them at the same times.
#[derive(Clone, Debug, PartialEq)]
pub struct WeatherAloft {
    /// At which heights, m, lowest first.
    below: Vec<(f64, WeatherSeries)>,
    /// Above all of those.
    highest: WeatherSeries,
}

impl<T: Into<WeatherSeries>> From<T> for WeatherAloft {
    /// The same at all levels.
    fn from(series: T) -> Self {
        Self::new(Vec::new(), series.into())
    }
}

impl WeatherAloft {
    /// Weather at levels so high, m, lowest first, and above them.
    ///
    /// # Panics
    /// Where heights do not grow.
    #[must_use]
    pub fn new(below: Vec<(f64, WeatherSeries)>, highest: WeatherSeries) -> Self {
        assert!(
            below.windows(2).all(|pair| pair[0].0 < pair[1].0),
            "levels come in the order of their heights"
        );
        Self { below, highest }
    }

    /// The weather of what flies so high, m: that of the lowest level that is no lower.
    #[must_use]
    pub fn at_level(&self, altitude_m: f64) -> &WeatherSeries {
        let level = self.below.iter().find(|(level_m, _)| altitude_m <= *level_m);
        level.map_or(&self.highest, |(_, series)| series)
    }

    /// The weather of what flies highest.
    #[must_use]
    pub fn highest(&self) -> &WeatherSeries {
        &self.highest
    }
}

impl From<Weather> for WeatherSeries {
    /// The same weather for ever.
    fn from(weather: Weather) -> Self {
        let from = SimTime::ZERO;
        Self {
            rows: vec![WeatherRow { from, weather }],
            period: SimDuration::ZERO,
            wind_max_mps: weather.wind_mps,
        }
    }
}

impl WeatherSeries {
    /// A series of rows in the order of their times, which begins anew after `period`.
    ///
    /// # Panics
    /// Where there is no row, the first is not from time zero, times do not grow, or the last begins no sooner than the period ends.
    #[must_use]
    pub fn new(rows: Vec<WeatherRow>, period: SimDuration) -> Self {
        assert!(
            rows.first().is_some_and(|row| row.from == SimTime::ZERO),
            "a series begins at time zero"
        );
        assert!(
            rows.windows(2).all(|pair| pair[0].from < pair[1].from),
            "rows come in the order of time"
        );
        assert!(
            rows.last().is_some_and(|row| row.from < SimTime::ZERO + period),
            "every row holds before the series begins anew"
        );
        let wind_max_mps = rows.iter().map(|row| row.weather.wind_mps).fold(0.0, f64::max);
        Self {
            rows,
            period,
            wind_max_mps,
        }
    }

    /// The weather at a time.
    #[must_use]
    pub fn at(&self, time: SimTime) -> &Weather {
        if let [always] = &*self.rows {
            return &always.weather;
        }
        let (_, row) = self.find(time);
        &self.rows[row].weather
    }

    /// When the weather next changes after `time`; `None` where it never does.
    #[must_use]
    pub fn next_change(&self, time: SimTime) -> Option<SimTime> {
        if self.rows.len() < 2 {
            return None;
        }
        let (round, row) = self.find(time);
        let next = match self.rows.get(row + 1) {
            Some(next) => next.from.since(SimTime::ZERO),
            None => self.period,
        };
        Some(round + next)
    }

    /// The times after `after` and up to `until` at which the weather changes.
    pub fn changes(&self, after: SimTime, until: SimTime) -> impl Iterator<Item = SimTime> + '_ {
        let next = self.next_change(after);
        std::iter::successors(next, |change| self.next_change(*change))
            .take_while(move |change| *change <= until)
    }

    /// The rows of a round.
    #[must_use]
    pub fn rows(&self) -> &[WeatherRow] {
        &self.rows
    }

    /// After how long the first row comes again; `None` where the weather never changes.
    #[must_use]
    pub fn period(&self) -> Option<SimDuration> {
        (self.rows.len() > 1).then_some(self.period)
    }

    /// The strongest wind there ever is, m/s.
    #[must_use]
    pub fn wind_max_mps(&self) -> f64 {
        self.wind_max_mps
    }

    /// The strongest wind and the densest air from `from` to `until`: what no flight between has more of. All else is as at `from`.
    #[must_use]
    pub fn kindest(&self, from: SimTime, until: SimTime) -> Weather {
        let mut kindest = *self.at(from);
        for change in self.changes(from, until) {
            let weather = self.at(change);
            kindest.wind_mps = kindest.wind_mps.max(weather.wind_mps);
            kindest.rho = kindest.rho.max(weather.rho);
        }
        kindest
    }

    /// When the round that holds at `time` began, and the place of its row.
    fn find(&self, time: SimTime) -> (SimTime, usize) {
        let into = SimTime::from_micros(time.micros() % self.period.micros());
        let round = SimTime::from_micros(time.micros() - into.micros());
        let after = self.rows.partition_point(|row| row.from <= into);
        (round, after - 1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn windy(wind_mps: f64) -> Weather {
        Weather::windy(wind_mps, 0.0)
    }

    fn hours(hours: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_mins(60 * hours)
    }

    /// 2 m/s, from the third hour 9 m/s, from the fourth 4 m/s; anew after a day.
    fn series() -> WeatherSeries {
        let row = |from, wind_mps| WeatherRow {
            from: hours(from),
            weather: windy(wind_mps),
        };
        WeatherSeries::new(
            vec![row(0, 2.0), row(3, 9.0), row(4, 4.0)],
            SimDuration::from_mins(24 * 60),
        )
    }

    fn wind_at(series: &WeatherSeries, time: SimTime) -> f64 {
        series.at(time).wind_mps
    }

    #[test]
    fn a_row_holds_until_the_next_and_the_first_comes_again() {
        let series = series();
        let just_before = |time: SimTime| SimTime::from_micros(time.micros() - 1);
        let at = [
            (hours(0), 2.0),
            (just_before(hours(3)), 2.0),
            (hours(3), 9.0),
            (hours(4), 4.0),
            (just_before(hours(24)), 4.0),
            (hours(24), 2.0),
            (hours(24 * 400 + 3), 9.0),
        ];
        for (time, wind_mps) in at {
            assert_eq!(
                wind_at(&series, time).to_bits(),
                f64::to_bits(wind_mps),
                "{time:?}"
            );
        }
    }

    #[test]
    fn changes_are_told_across_the_seam() {
        let changes: Vec<SimTime> = series().changes(hours(3), hours(28)).collect();
        assert_eq!(changes, [hours(4), hours(24), hours(27), hours(28)]);
        assert_eq!(series().wind_max_mps().to_bits(), 9.0_f64.to_bits());
    }

    #[test]
    fn weather_that_never_changes_has_no_changes() {
        let always = WeatherSeries::from(windy(5.0));
        assert_eq!(always.next_change(SimTime::ZERO), None);
        assert_eq!(always.period(), None);
        assert_eq!(wind_at(&always, hours(1_000)).to_bits(), 5.0_f64.to_bits());
    }

    #[test]
    #[should_panic(expected = "every row holds before the series begins anew")]
    fn a_row_after_the_end_of_the_round_is_a_mistake() {
        let row = |from| WeatherRow {
            from: hours(from),
            weather: windy(1.0),
        };
        let _series = WeatherSeries::new(vec![row(0), row(24)], SimDuration::from_mins(24 * 60));
    }

    proptest! {
        #[test]
        fn between_two_changes_nothing_changes(micros in 0..400_000_000_000_u64, share in 0.0..1.0_f64) {
            let series = series();
            let time = SimTime::from_micros(micros);
            let next = series.next_change(time).expect("it changes");
            prop_assert!(next > time);
            let between = time + SimDuration::from_seconds_f64((next.since(time).as_seconds_f64() * share - 0.000_001).max(0.0));
            prop_assert_eq!(series.at(time), series.at(between));
            prop_assert!(series.at(time) != series.at(next));
        }

        #[test]
        fn nothing_within_the_window_is_kinder_than_the_kindest(from in 0..90_000_000_000_u64, span in 0..20_000_000_000_u64, share in 0.0..1.0_f64) {
            let series = series();
            let (from, until) = (SimTime::from_micros(from), SimTime::from_micros(from + span));
            let within = from + SimDuration::from_seconds_f64(until.since(from).as_seconds_f64() * share);
            prop_assert!(series.kindest(from, until).wind_mps >= wind_at(&series, within.min(until)));
        }
    }
}
