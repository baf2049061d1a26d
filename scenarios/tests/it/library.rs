//! The library's files, and what a scenario means once it is built.

use std::path::Path;
use std::sync::Arc;

use skyhaul_actors::airspace::Airspace;
use skyhaul_actors::energy::Range;
use skyhaul_actors::environment::{Demand, EnergyModel, Environment, Pickups, Places};
use skyhaul_actors::event::Event;
use skyhaul_actors::world::World;
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::{Kilograms, WattHours};
use skyhaul_scenarios::bundle::ScenarioBundle;
use skyhaul_scenarios::scenario::{BuildOptions, Scenario};

use crate::files::{TOWN, bundle, library, town, town_with};

fn read(name: &str) -> (ScenarioBundle, Scenario) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("library").join(name);
    let bundle = ScenarioBundle::read(&file).expect("it can be read");
    let scenario = Scenario::parse(&bundle).expect("it is right");
    (bundle, scenario)
}

fn build(scenario: &Scenario) -> Environment {
    scenario.environment(BuildOptions::default())
}

#[test]
fn every_file_of_the_library_says_what_it_shows_and_is_written_out_as_what_it_means() {
    let mut count = 0;
    for file in library() {
        let name = file
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a plain name");
        count += 1;
        let (bundle, scenario) = read(name);
        assert!(
            bundle.text.starts_with("# ") && bundle.text.contains("# What to look at: "),
            "{name}"
        );
        assert_same_when_written_out(&bundle, &scenario);
    }
    assert_eq!(count, 12);
}

#[test]
fn a_scenario_that_is_written_out_means_the_same() {
    let everything = [
        TOWN.to_owned(),
        town_with("enabled = true", "enabled = false"),
        town_with(
            "kind = \"places\"\nplaces = \"places.csv\"\nweight = \"people\"\n",
            "kind = \"uniform\"\n",
        ),
        town_with(
            "weight = \"people\"\n",
            "spread_m = 12.5\nclear_of_zones = true\n",
        ),
        town_with("duration = \"1h\"", "duration = \"90.25s\""),
        town_with("cruise_mps = 18.0", "swap = \"none\""),
        town_with(
            "cruise_mps = 18.0",
            "energy_model = \"momentum\"\nrotors = 4\nrotor_m = 0.3\ndrag_area_m2 = 0.1\nefficiency = 0.65",
        ),
        town_with(
            "cruise_mps = 18.0",
            "acceleration_mps2 = \"none\"\ntransition = \"8.5s\"\nhover = \"20s\"\nwinch_m = 12.5",
        ),
        town_with(
            "cruise_mps = 18.0",
            "gust_max_mps = 13.5\nrain_max_mm_h = 2.0\ntemperature_min_c = -30",
        ),
        town_with(
            "kind = \"constant\"\nwind_mps = 3.0\nwind_from_deg = 225\n",
            "kind = \"series\"\nfile = \"weather.csv\"\nformat = \"nycflights13\"\n",
        ),
    ];
    for text in everything {
        let bundle = bundle(&text);
        assert_same_when_written_out(&bundle, &Scenario::parse(&bundle).expect("it is right"));
    }
}

fn assert_same_when_written_out(bundle: &ScenarioBundle, scenario: &Scenario) {
    let written = ScenarioBundle {
        text: scenario.describe(),
        ..bundle.clone()
    };
    let again = Scenario::parse(&written).unwrap_or_else(|error| panic!("{error}\n{}", written.text));
    assert_eq!(format!("{:?}", build(scenario)), format!("{:?}", build(&again)));
    assert_eq!(again.describe(), written.text);
    assert_eq!(again.duration(), scenario.duration());
}

#[test]
fn the_florence_inside_the_program_is_the_file() {
    let (file, _) = read("florence.toml");
    let inside = ScenarioBundle::florence();
    assert_eq!(inside.name, "florence (built in)");
    assert_eq!((inside.text, inside.files), (file.text, file.files));
}

#[test]
fn florence_has_what_its_operator_was_promised() {
    let (_, scenario) = read("florence.toml");
    let florence = build(&scenario);
    assert_eq!(florence.depots.len(), 4);
    assert_eq!(florence.fleets.iter().map(|fleet| fleet.count).sum::<u32>(), 60);
    let lifts = |kg: f64| {
        let able = florence
            .fleets
            .iter()
            .filter(|fleet| florence.aircraft(fleet.aircraft).payload_max >= Kilograms::new(kg));
        able.map(|fleet| fleet.count).sum::<u32>()
    };
    assert!((1..=10).contains(&lifts(10.0)), "a few heavy lifters");
    let Some(Demand::Stream(stream)) = &florence.demand else {
        panic!("a stream")
    };
    assert!((stream.requests_per_day - 2_000.0).abs() < f64::EPSILON);
    let quietest = stream.hourly.iter().copied().fold(1.0, f64::min) * stream.requests_per_day;
    assert!(
        quietest > 60.0,
        "with a mean of {quietest} an hour, fewer than 40 come once in a thousand nights"
    );
    assert!(matches!(&stream.pickups, Pickups::Places(_)));
    assert!(florence.zones.len() > 30, "an airport, hospitals and schools");
}

#[test]
fn no_place_of_florence_that_is_listed_lies_in_a_zone() {
    let (_, scenario) = read("florence.toml");
    let florence = build(&scenario);
    let airspace = Airspace::new(&florence);
    let Some(Demand::Stream(stream)) = &florence.demand else {
        panic!("a stream")
    };
    let Pickups::Places(pickups) = &stream.pickups else {
        panic!("shops")
    };
    for places in [&stream.dropoffs, pickups] {
        let Places::Weighted(places) = places else {
            panic!("a list")
        };
        assert!(places.len() > 1_000);
        assert!(
            places
                .iter()
                .all(|place| !airspace.is_closed(place.at, SimTime::ZERO))
        );
    }
}

#[test]
fn the_studys_m100_takes_the_published_energy() {
    let (_, scenario) = read("m100.toml");
    let mut world = World::found(&Arc::new(build(&scenario)));
    let mut events: Vec<Numbered<Event>> = Vec::new();
    world
        .run_until(SimTime::ZERO + scenario.duration(), &mut events)
        .expect("the world goes on");
    let (mut energy, mut metres) = (WattHours::ZERO, 0.0);
    for event in &events {
        if let Event::LegStarted(leg) = &event.event {
            energy += leg.energy;
            metres += leg.distance.get();
        }
    }
    let megajoules_per_km = energy.get() * 3_600.0 / 1e6 / (metres / 1e3);
    assert!((metres - 4_000.0).abs() < 2.0, "{metres} m");
    assert!(
        (megajoules_per_km / 0.0670 - 1.0).abs() < 0.01,
        "{megajoules_per_km} MJ/km"
    );
}

#[test]
fn options_change_seed_calendar_and_demand_and_keep_the_local_hour() {
    let town = town();
    let changed = town.environment(BuildOptions {
        seed: Some(9),
        epoch_unix_micros: Some(1_800_000_000_000_000),
        demand: false,
    });
    assert_eq!((town.seed(), changed.seed), (1, 9));
    assert_eq!(changed.epoch.unix_micros, 1_800_000_000_000_000);
    assert_eq!(changed.epoch.utc_offset_s, 7_200);
    assert_eq!(changed.demand, None);
    let unchanged = build(&town);
    assert_eq!(
        unchanged.epoch.unix_micros, 1_778_569_200_000_000,
        "09:00 at +02:00 is 07:00 UTC"
    );
    assert_eq!(
        unchanged.zones[1].from,
        Some(SimTime::ZERO + SimDuration::from_mins(30))
    );
}

#[test]
fn an_aircraft_of_the_file_overrides_the_catalogues_or_adds_to_it() {
    let environment = build(&town());
    let aircraft = &environment.aircraft[0];
    assert!((aircraft.cruise_mps - 18.0).abs() < f64::EPSILON);
    assert_eq!(
        aircraft.energy_model,
        EnergyModel::Range(Range { range_m: 20_000.0 })
    );
    let own = "energy_model = \"rodrigues-2022\"\nairframe_kg = 3.08\nbattery_kg = 0.635\nbattery_wh = 129.96\npayload_max_kg = 0.5\ncruise_mps = 12.0";
    let text = town_with(
        "[aircraft.matternet-m2]\ncruise_mps = 18.0",
        &format!("[aircraft.mine]\n{own}"),
    )
    .replace("aircraft = \"matternet-m2\"", "aircraft = \"mine\"");
    let environment = build(&Scenario::parse(&bundle(&text)).expect("it is right"));
    assert_eq!(environment.aircraft[0].energy_model, EnergyModel::Rodrigues2022);
    assert_eq!(environment.aircraft[0].swap, None);
    assert!(
        (environment.aircraft[0].charge_w - 129.96).abs() < 1e-9,
        "an hour to charge"
    );
}

#[test]
fn requests_of_a_trace_are_made_in_order_of_time() {
    let request = |at: &str| {
        format!(
            "[[demand.request]]\nat = \"{at}\"\npickup = [43.77, 11.25]\ndropoff = [43.78, 11.26]\nweight_kg = 0.5\ndeadline = \"20m\"\n"
        )
    };
    let start = TOWN.find("[demand]").expect("there is demand");
    let end = TOWN.find("[[depots]]").expect("there are depots");
    let trace = format!("[demand]\nkind = \"trace\"\n{}{}", request("10m"), request("90s"));
    let bundle = bundle(&format!("{}{trace}{}", &TOWN[..start], &TOWN[end..]));
    let scenario = Scenario::parse(&bundle).expect("it is right");
    let Some(Demand::Trace(requests)) = build(&scenario).demand else {
        panic!("a trace")
    };
    let seconds: Vec<f64> = requests
        .iter()
        .map(|request| request.at.as_seconds_f64())
        .collect();
    assert_eq!(seconds, [90.0, 600.0]);
    assert_eq!(
        requests[0].deadline,
        Some(SimTime::ZERO + SimDuration::from_secs(1_290))
    );
    assert_same_when_written_out(&bundle, &scenario);
}

#[test]
fn every_scenario_gives_the_same_events_on_any_number_of_threads() {
    for name in [
        "dallas-fort-worth.toml",
        "depot-outage.toml",
        "florence.toml",
        "m100.toml",
        "new-york-wind-year.toml",
        "rush-hour.toml",
        "seattle-winter.toml",
        "seattle.toml",
        "smoke.toml",
        "storm-front.toml",
    ] {
        let environment = Arc::new(build(&read(name).1));
        let run = |threads| {
            let mut world = World::found(&environment);
            world.set_threads(threads);
            let mut events: Vec<Numbered<Event>> = Vec::new();
            world
                .run_until(SimTime::ZERO + SimDuration::from_mins(20), &mut events)
                .expect("the world goes on");
            (world.digest(), events)
        };
        let one = run(1);
        assert!(one.1.len() > 1, "{name}");
        for threads in [2, 3, 8] {
            assert!(one == run(threads), "{name} on {threads} threads");
        }
    }
}

#[test]
fn depots_are_regions_of_their_own_unless_they_share_one() {
    let second = "[[depots]]\nname = \"b\"\nat = [43.77, 11.25]\n";
    for (more, regions) in [("", [0, 1]), ("region = \"Sodo\"\n", [0, 0])] {
        let text = town_with("[[fleets]]", &format!("{second}{more}\n[[fleets]]"));
        let bundle = bundle(&text);
        let scenario = Scenario::parse(&bundle).expect("it is right");
        let depots = build(&scenario).depots;
        let found: Vec<u16> = depots.iter().map(|depot| depot.region.0).collect();
        assert_eq!(found, regions);
        assert_same_when_written_out(&bundle, &scenario);
    }
}

#[test]
fn the_smoke_scenario_brings_most_of_its_parcels() {
    let (_, scenario) = read("smoke.toml");
    let mut world = World::found(&Arc::new(build(&scenario)));
    let mut events: Vec<Numbered<Event>> = Vec::new();
    world
        .run_until(SimTime::ZERO + scenario.duration(), &mut events)
        .expect("the world goes on");
    let count = |wanted: fn(&Event) -> bool| events.iter().filter(|event| wanted(&event.event)).count();
    let requested = count(|event| matches!(event, Event::DeliveryRequested { .. }));
    let completed = count(|event| matches!(event, Event::DeliveryCompleted { .. }));
    assert!(
        requested > 50 && completed * 10 > requested * 7,
        "{completed} of {requested}"
    );
}

#[test]
fn a_file_says_so_where_no_drone_could_move_to_another_depot() {
    let says_so = |scenario: &Scenario| scenario.describe().contains("# rebalance moves nothing");
    assert!(says_so(&town()), "its depot is the only one");
    let second = "[[depots]]\nname = \"Legri\"\nat = [43.78, 11.26]\n\n[[fleets]]";
    let text = town_with("[[fleets]]", second);
    assert!(!says_so(&Scenario::parse(&bundle(&text)).expect("it is right")));
}
