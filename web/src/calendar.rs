//! Calendar: virtual time as clients read and write it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use skyhaul_actors::environment::Epoch;
use skyhaul_engine::time::SimTime;

/// Turns virtual time into RFC 3339 and back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Calendar {
    epoch: Epoch,
}

impl Calendar {
    /// The calendar of a world.
    pub(crate) const fn new(epoch: Epoch) -> Self {
        Self { epoch }
    }

    /// RFC 3339, UTC, with milliseconds.
    pub(crate) fn text(&self, at: SimTime) -> String {
        unix_micros_text(self.epoch.unix_micros_at(at))
    }

    /// Virtual time of an instant; those before the world began are its beginning.
    pub(crate) fn sim_time(&self, at: Timestamp) -> SimTime {
        self.epoch.sim_time(at.as_microsecond())
    }

    /// Year and month, UTC.
    pub(crate) fn month(&self, at: SimTime) -> (u16, u8) {
        let date = self.timestamp(at).to_zoned_datetime(TimeZone::UTC).date();
        let year = u16::try_from(date.year()).unwrap_or_default();
        (year, u8::try_from(date.month()).unwrap_or_default())
    }

    fn timestamp(&self, at: SimTime) -> Timestamp {
        Timestamp::from_microsecond(self.epoch.unix_micros_at(at)).unwrap_or(Timestamp::MAX)
    }
}

/// RFC 3339, UTC, with milliseconds, of microseconds since 1970.
pub(crate) fn unix_micros_text(micros: i64) -> String {
    instant_text(Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX))
}

/// RFC 3339, UTC, with milliseconds.
pub(crate) fn instant_text(at: Timestamp) -> String {
    format!("{at:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_utc_with_milliseconds() {
        let calendar = Calendar::new(Epoch {
            unix_micros: 1_700_000_000_000_000,
            utc_offset_s: 3_600,
        });
        let at = SimTime::from_micros(1_234_567);
        assert_eq!(calendar.text(at), "2023-11-14T22:13:21.234Z");
        assert_eq!(calendar.month(at), (2023, 11));
        let said = "2023-11-14T23:13:21.234567+01:00".parse().expect("RFC 3339");
        assert_eq!(calendar.sim_time(said), at);
        assert_eq!(calendar.text(SimTime::MAX), instant_text(Timestamp::MAX));
    }
}
