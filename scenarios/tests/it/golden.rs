//! Golden summaries: what each file of the library comes to. `UPDATE_GOLDEN=1` rewrites them; read their diff like code.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use skyhaul_actors::world::World;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_scenarios::bundle::ScenarioBundle;
use skyhaul_scenarios::scenario::{BuildOptions, Scenario};
use skyhaul_scenarios::summary::SummaryFold;

use crate::files::library;

/// Events are folded after so much time, so that a day's need not be kept.
const WINDOW: SimDuration = SimDuration::from_mins(60);

/// What says how long it took, or changes with every build though nothing that is shown does.
const LEFT_OUT: [&str; 4] = ["wall_s", "events", "digest", "state_digest"];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Runs a file of the library to its end, and gives its figures.
fn figures(name: &str) -> Value {
    let file = folder("library").join(format!("{name}.toml"));
    let bundle = ScenarioBundle::read(&file).expect("it can be read");
    let scenario = Scenario::parse(&bundle).expect("it is right");
    let mut world = World::found(&Arc::new(scenario.environment(BuildOptions::default())));
    let end = SimTime::ZERO + scenario.duration();
    let (mut fold, mut events) = (SummaryFold::new(world.environment()), Vec::new());
    while world.now() < end {
        let next = (world.now() + WINDOW).min(end);
        world.run_until(next, &mut events).expect("the world goes on");
        events.drain(..).for_each(|event| fold.apply(&event));
    }
    let summary = fold.summarise(world.digest(), end);
    let mut figures = serde_json::to_value(&summary).expect("plain data");
    let fields = figures.as_object_mut().expect("an object");
    for field in LEFT_OUT {
        fields.remove(field).expect("a field of a summary");
    }
    figures
}

fn compare(name: &str) {
    let mut found = serde_json::to_string_pretty(&figures(name)).expect("plain data");
    found.push('\n');
    let path = folder("tests/golden").join(format!("{name}.json"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &found).expect("the golden file can be written");
    }
    let golden = fs::read_to_string(&path).expect("UPDATE_GOLDEN=1 writes the golden file");
    assert_eq!(found, golden, "UPDATE_GOLDEN=1 rewrites {name}");
}

macro_rules! golden {
    ($($test:ident: $name:literal,)*) => {
        $(
            #[test]
            fn $test() {
                compare($name);
            }
        )*

        #[test]
        fn every_file_of_the_library_has_a_golden_summary() {
            let known = [$($name),*];
            for file in library() {
                let name = file.file_stem().and_then(|name| name.to_str()).expect("a plain name");
                assert!(known.contains(&name), "{name}");
            }
        }
    };
}

golden! {
    dallas_fort_worth_comes_to_its_golden_summary: "dallas-fort-worth",
    the_depot_outage_comes_to_its_golden_summary: "depot-outage",
    florence_comes_to_its_golden_summary: "florence",
    new_yorks_year_of_wind_comes_to_its_golden_summary: "new-york-wind-year",
    the_rush_hour_comes_to_its_golden_summary: "rush-hour",
    the_storm_front_comes_to_its_golden_summary: "storm-front",
    the_studys_m100_comes_to_its_golden_summary: "m100",
    a_million_drones_come_to_their_golden_summary: "million-drones",
    the_load_test_comes_to_its_golden_summary: "load-test",
    seattles_winter_comes_to_its_golden_summary: "seattle-winter",
    seattle_comes_to_its_golden_summary: "seattle",
    smoke_comes_to_its_golden_summary: "smoke",
}
