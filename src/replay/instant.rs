//! Instants and spans as they are written on the command line.

use jiff::Timestamp;
use skyhaul_actors::environment::Epoch;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_scenarios::duration::parse_duration;

/// Reads an instant: seconds since the start (`5400`), a span since the start (`1h30m`), or a time of the calendar (RFC 3339).
///
/// # Errors
/// What is wrong with the text.
pub(super) fn parse_instant(text: &str, epoch: &Epoch) -> Result<SimTime, String> {
    if let Some(span) = parse_span(text) {
        return Ok(SimTime::ZERO + span);
    }
    let Ok(timestamp) = text.parse::<Timestamp>() else {
        return Err(format!(
            "`{text}` is no instant: seconds or a span since the start (5400, 1h30m), or a time such as 2026-03-01T12:00:00Z"
        ));
    };
    let unix_micros = timestamp.as_microsecond();
    if unix_micros < epoch.unix_micros {
        return Err(format!("`{text}` lies before the start of the recorded run"));
    }
    Ok(epoch.sim_time(unix_micros))
}

/// Reads a span: seconds, or numbers with their units one after another. `None` where it is anything else.
pub(super) fn parse_span(text: &str) -> Option<SimDuration> {
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return parse_duration(&format!("{text}s"));
    }
    let mut span = SimDuration::ZERO;
    for part in text.split_inclusive(|letter: char| letter.is_ascii_alphabetic()) {
        span += parse_duration(part)?;
    }
    (!text.is_empty()).then_some(span)
}

/// An instant as it stands on the calendar.
pub(super) fn calendar(epoch: &Epoch, at: SimTime) -> String {
    Timestamp::from_microsecond(epoch.unix_micros_at(at)).map_or_else(
        |_| "beyond the calendar".to_owned(),
        |timestamp| timestamp.to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const EPOCH: Epoch = Epoch {
        unix_micros: 1_772_366_400_000_000,
        utc_offset_s: 3_600,
    };

    fn seconds(text: &str) -> Result<f64, String> {
        parse_instant(text, &EPOCH).map(SimTime::as_seconds_f64)
    }

    #[test]
    fn an_instant_is_seconds_a_span_or_a_time_of_the_calendar() {
        assert_eq!(seconds("5400"), Ok(5_400.0));
        assert_eq!(seconds("12.000345"), Ok(12.000_345));
        assert_eq!(seconds("1h30m"), Ok(5_400.0));
        assert_eq!(seconds("1.5h"), Ok(5_400.0));
        assert_eq!(seconds("2026-03-01T12:00:10Z"), Ok(10.0));
        assert_eq!(seconds("2026-03-01T13:00:10+01:00"), Ok(10.0));
        assert_eq!(
            calendar(&EPOCH, SimTime::from_micros(10_000_000)),
            "2026-03-01T12:00:10Z"
        );
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in ["", "soon", "1h30", "h", "-5", "2026-03-01", "1.2.3"] {
            assert!(seconds(text).is_err(), "{text}");
        }
        let early = seconds("2026-03-01T11:59:59Z").expect_err("refused");
        assert!(early.contains("before the start"), "{early}");
    }
}
