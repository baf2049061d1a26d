//! Files that a scenario names and that are not as they should be.

use std::fs;

use skyhaul_scenarios::bundle::ScenarioBundle;
use skyhaul_scenarios::scenario::Scenario;

use crate::files::{TOWN, bundle};

#[test]
fn a_bad_row_of_a_file_is_named_by_that_files_line() {
    let mut town = bundle(TOWN);
    town.files.insert(
        "places.csv".to_owned(),
        "lat,lon,people\n43.77,11.25,3\n43.77,11.25,many\n".to_owned(),
    );
    let said = Scenario::parse(&town)
        .map(|_| ())
        .expect_err("it is wrong")
        .to_string();
    assert_eq!(
        said,
        "places.csv:3: column `people` is `many`, must be a number between 0 and 1000000000000"
    );
}

#[test]
fn a_file_that_is_missing_or_no_text_is_named_with_its_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("town.toml");
    let read = || {
        ScenarioBundle::read(&path)
            .map(|_| ())
            .expect_err("a file is missing")
            .to_string()
    };
    assert!(read().contains("town.toml: cannot be read: "), "{}", read());
    fs::write(&path, TOWN).expect("it is written");
    let said = read();
    assert!(
        said.contains("town.toml:12: key `demand.places`: `places.csv` cannot be read: "),
        "{said}"
    );
    fs::write(folder.path().join("places.csv"), [0xff, 0xfe]).expect("it is written");
    let said = read();
    assert!(
        said.contains("key `demand.places`: `places.csv` is not UTF-8 text"),
        "{said}"
    );
    fs::write(&path, [0xff]).expect("it is written");
    assert!(read().contains("town.toml: is not UTF-8 text"), "{}", read());
}

#[test]
fn a_bundle_without_a_file_it_names_is_refused() {
    let mut town = bundle(TOWN);
    town.files.remove("zones.geojson");
    let said = Scenario::parse(&town)
        .map(|_| ())
        .expect_err("a file is missing")
        .to_string();
    assert!(
        said.contains("key `airspace.no_fly`: `zones.geojson` is not among the scenario's files"),
        "{said}"
    );
}

#[test]
fn a_file_that_is_too_large_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("town.toml");
    fs::write(&path, "x".repeat(16 * 1024 * 1024 + 1)).expect("it is written");
    let said = ScenarioBundle::read(&path)
        .map(|_| ())
        .expect_err("it is too large")
        .to_string();
    assert!(
        said.contains("town.toml: is too large, must have no more than 16777216 bytes"),
        "{said}"
    );
}
