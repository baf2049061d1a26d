//! Durations as they are written: `"90s"`, `"15m"`, `"12h"`, `"7d"`.

use skyhaul_engine::time::SimDuration;

/// The units, greatest first, in microseconds.
const UNITS: [(char, u64); 4] = [
    ('d', 86_400_000_000),
    ('h', 3_600_000_000),
    ('m', 60_000_000),
    ('s', 1_000_000),
];

/// The longest span that can be written: a century.
const MICROS_MAX: u64 = 36_525 * 86_400_000_000;

/// Reads a span: digits, perhaps with decimals, and one unit. `None` where it is anything else.
#[must_use]
pub fn parse_duration(text: &str) -> Option<SimDuration> {
    let (_, unit_micros) = UNITS.iter().find(|(unit, _)| text.ends_with(*unit))?;
    let (whole, decimals) = match text[..text.len() - 1].split_once('.') {
        Some((whole, decimals)) if (1..=6).contains(&decimals.len()) => (whole, decimals),
        Some(_) => return None,
        None => (&text[..text.len() - 1], ""),
    };
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(decimals) {
        return None;
    }
    let digits: u128 = format!("{whole}{decimals}").parse().ok()?;
    let scale = 10_u128.pow(u32::try_from(decimals.len()).ok()?);
    let micros = digits.checked_mul(u128::from(*unit_micros))? / scale;
    let micros = u64::try_from(micros)
        .ok()
        .filter(|micros| *micros <= MICROS_MAX)?;
    Some(SimDuration::from_micros(micros))
}

/// Writes a span in the greatest unit that holds it in whole numbers, else in seconds with decimals.
#[must_use]
pub fn write_duration(span: SimDuration) -> String {
    let micros = span.micros();
    UNITS
        .iter()
        .find(|(_, unit)| micros >= *unit && micros.is_multiple_of(*unit))
        .map_or_else(
            || {
                let text = span.to_string();
                let text = text.trim_end_matches('0').trim_end_matches('.');
                format!("{}s", if text.is_empty() { "0" } else { text })
            },
            |(name, unit)| format!("{}{name}", micros / unit),
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_the_four_units_and_decimals() {
        for (text, seconds) in [
            ("90s", 90),
            ("15m", 900),
            ("12h", 43_200),
            ("7d", 604_800),
            ("1.5h", 5_400),
            ("0s", 0),
        ] {
            assert_eq!(
                parse_duration(text),
                Some(SimDuration::from_secs(seconds)),
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            "s",
            "90",
            "-1s",
            "1 h",
            "1h30m",
            "1e3s",
            ".5s",
            "1.s",
            "+1s",
            "9999999999d",
            "１s",
            "1µ",
            "99999999999999999999999999999999999999999s",
        ] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(micros in 0..MICROS_MAX) {
            let span = SimDuration::from_micros(micros);
            prop_assert_eq!(parse_duration(&write_duration(span)), Some(span));
        }

        #[test]
        fn no_text_is_too_much(text in ".*") {
            let _ = parse_duration(&text);
        }
    }
}
