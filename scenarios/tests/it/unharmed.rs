//! Whatever a file holds, reading it ends with a scenario or a line, never with a panic.

use proptest::prelude::*;
use skyhaul_scenarios::scenario::{BuildOptions, Scenario};

use crate::files::{TOWN, bundle};

/// Reads, builds and writes out what can be.
fn try_all(text: &str, file: Option<(&str, &str)>) {
    let mut bundle = bundle(text);
    if let Some((path, text)) = file {
        bundle.files.insert(path.to_owned(), text.to_owned());
    }
    match Scenario::parse(&bundle) {
        Ok(scenario) => {
            let _ = scenario.environment(BuildOptions::default());
            assert!(!scenario.describe().is_empty());
        }
        Err(error) => {
            let line = error.to_string();
            assert!(
                !line.is_empty() && !line.chars().any(char::is_control),
                "one line: {line:?}"
            );
        }
    }
}

/// A value that may stand where another stood.
fn odd_value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("-1"),
        Just("0"),
        Just("nan"),
        Just("inf"),
        Just("1e308"),
        Just("-0.0"),
        Just("99999999999999999999"),
        Just("true"),
        Just("\"\""),
        Just("\"x\""),
        Just("[]"),
        Just("{}"),
        Just("[[]]"),
        Just("[1, 2]"),
        Just("0xff"),
        Just("1979-05-27T07:32:00Z"),
        Just("1979-05-27"),
        Just("0000-01-01T00:00:00+23:59"),
        Just("\"9999999d\""),
    ]
    .prop_map(str::to_owned)
}

proptest! {
    #[test]
    fn any_text_at_all(text in ".*") {
        try_all(&text, None);
    }

    #[test]
    fn the_town_with_a_piece_cut_out(from in 0..TOWN.len(), length in 0..40_usize) {
        let to = (from + length).min(TOWN.len());
        try_all(&format!("{}{}", &TOWN[..from], &TOWN[to..]), None);
    }

    #[test]
    fn the_town_with_a_character_changed(at in 0..TOWN.len(), other in any::<char>()) {
        try_all(&format!("{}{other}{}", &TOWN[..at], &TOWN[at + 1..]), None);
    }

    #[test]
    fn the_town_with_another_value(line in 0..TOWN.lines().count(), value in odd_value()) {
        let lines: Vec<String> = TOWN
            .lines()
            .enumerate()
            .map(|(number, text)| match text.split_once('=') {
                Some((key, _)) if number == line => format!("{key}= {value}"),
                _ => text.to_owned(),
            })
            .collect();
        try_all(&lines.join("\n"), None);
    }

    #[test]
    fn a_list_that_holds_anything(text in "(lat|lon|people|[0-9.,\"\n-]){0,60}") {
        try_all(TOWN, Some(("places.csv", &text)));
        try_all(TOWN, Some(("airports.csv", &text)));
    }

    #[test]
    fn rows_of_any_numbers(rows in prop::collection::vec((any::<f64>(), any::<f64>(), any::<f64>()), 0..5)) {
        let rows: String = rows.iter().map(|(lat, lon, people)| format!("{lat},{lon},{people}\n")).collect();
        try_all(TOWN, Some(("places.csv", &format!("lat,lon,people\n{rows}"))));
    }

    #[test]
    fn polygons_of_any_numbers(corners in prop::collection::vec((-200.0..200.0_f64, -100.0..100.0_f64), 0..8)) {
        let ring: Vec<String> = corners.iter().map(|(lon, lat)| format!("[{lon},{lat}]")).collect();
        let text = format!(r#"{{"type":"Polygon","coordinates":[[{}]]}}"#, ring.join(","));
        try_all(TOWN, Some(("zones.geojson", &text)));
    }
}
