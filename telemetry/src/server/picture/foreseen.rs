//! What clients make of the clock by themselves, and when they must be told otherwise.

use std::time::Duration;

use skyhaul_engine::time::SimTime;

/// How far, in wall seconds, a client's clock may go wrong by itself before it is told: less is worked in without being seen.
const UNFORESEEN_S: f64 = 0.5;

/// Whether a clock of a speed shows another time than clients expect `passed` after they were told that it was `told`: it was stepped, or waits for
/// its engine. A clock of a world that runs as fast as it can is told of anyway.
pub(super) fn is_unforeseen(told: SimTime, now: SimTime, speed: f64, passed: Duration) -> bool {
    let gone_s = now.since(told).as_seconds_f64();
    let expected_s = passed.as_secs_f64() * speed;
    let borne_s = if speed > 0.0 {
        UNFORESEEN_S * speed.max(1.0)
    } else {
        0.001
    };
    speed.is_finite() && (gone_s - expected_s).abs() > borne_s
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_told(gone_ms: u64, speed: f64, passed_ms: u64) -> bool {
        let now = SimTime::from_micros(gone_ms * 1_000);
        is_unforeseen(SimTime::ZERO, now, speed, Duration::from_millis(passed_ms))
    }

    #[test]
    fn a_clock_is_told_of_where_it_does_not_go_as_its_speed_says() {
        assert!(!is_told(10_000, 1.0, 10_100), "a wink early");
        assert!(is_told(70_000, 1.0, 10_000), "it was set forward");
        assert!(is_told(1_000, 1.0, 10_000), "it waits");
        assert!(!is_told(600_000, 60.0, 10_300) && is_told(600_000, 60.0, 11_000));
        assert!(
            !is_told(0, 0.0, 60_000) && is_told(10, 0.0, 60_000),
            "it was stepped"
        );
        assert!(!is_told(3_600_000, f64::INFINITY, 1));
    }
}
