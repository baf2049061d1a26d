//! A small scenario in memory, and how to change it.

use std::path::{Path, PathBuf};

use skyhaul_scenarios::bundle::ScenarioBundle;
use skyhaul_scenarios::scenario::Scenario;

/// Every scenario file of the library.
pub(crate) fn library() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("library");
    let entries = folder.read_dir().expect("there is a library").flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "toml"))
        .collect()
}

/// A scenario that names a file of each kind.
pub(crate) const TOWN: &str = r#"name = "town"
seed = 1
start = 2026-05-12T09:00:00+02:00
duration = "1h"

[area]
centre = [43.77, 11.25]
radius = 5_000

[demand]
kind = "places"
places = "places.csv"
weight = "people"
pickups = "shops.csv"
requests_per_day = 2_400
hourly = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
weight_kg = { mean = 0.5, max = 2.0 }
expedited = 0.1
deadline = "45m"

[[depots]]
name = "Sodo"
at = [43.77, 11.25]
pads = 4
spare_batteries = 8

[[fleets]]
depot = "Sodo"
aircraft = "matternet-m2"
count = 10

[aircraft.matternet-m2]
cruise_mps = 18.0

[weather]
kind = "constant"
wind_mps = 3.0
wind_from_deg = 225

[airspace]
airports = { file = "airports.csv", radius = 800 }
no_fly = "zones.geojson"

[dispatch]
policy = "nearest"
interval = "10s"
rebalance = "15m"

[carriers]
enabled = true
base_usd = 9.75

[faults]
drone_failure_per_flight_hour = 0.0
link_loss_per_flight_hour = 0.25
"#;

const PLACES: &str =
    "zip,lat,lon,people\n50121,43.772,11.26,100\n50122,43.765,11.24,50\n50144,43.795,11.215,9\n";
const SHOPS: &str =
    "kind,name,lat,lon\nbakery,Forno Vecchio,43.771,11.252\npharmacy,All'Angelo,43.768,11.255\n";
const AIRPORTS: &str = "icao,name,lat,lon\nXXXX,Airstrip,43.795,11.215\n";
const ZONES: &str = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"fair","active_from":"30m"},
"geometry":{"type":"Polygon","coordinates":[[[11.27,43.76],[11.275,43.76],[11.275,43.765],[11.27,43.765],[11.27,43.76]]]}}]}"#;

/// The town, with its text changed.
pub(crate) fn bundle(text: &str) -> ScenarioBundle {
    let files = [
        ("places.csv", PLACES),
        ("shops.csv", SHOPS),
        ("airports.csv", AIRPORTS),
        ("zones.geojson", ZONES),
        ("weather.csv", WEATHER),
    ];
    ScenarioBundle {
        name: "town.toml".to_owned(),
        text: text.to_owned(),
        files: files
            .map(|(path, text)| (path.to_owned(), text.to_owned()))
            .into(),
    }
}

/// Two windy hours and a calm one, as airports write them down.
pub(crate) const WEATHER: &str = "time_hour,temp,wind_dir,wind_speed,wind_gust,precip,pressure,visib
2026-05-12T09:00:00Z,60,270,20,,0,1013,10
2026-05-12T10:00:00Z,59,280,25,40,0.1,1012,5
2026-05-12T11:00:00Z,58,,5,,0,1013,10
";

/// The town, checked.
pub(crate) fn town() -> Scenario {
    Scenario::parse(&bundle(TOWN)).expect("the town is right")
}

/// The town's text with one piece in place of another, which must be there.
pub(crate) fn town_with(piece: &str, other: &str) -> String {
    assert!(TOWN.contains(piece), "the town has no {piece:?}");
    TOWN.replacen(piece, other, 1)
}

/// The one line that says what is wrong with a text.
pub(crate) fn mistake_in(text: &str) -> String {
    Scenario::parse(&bundle(text))
        .map(|_| ())
        .expect_err("there is a mistake")
        .to_string()
}
