//! Runs from the founding to the summary.

use std::collections::BTreeSet;
use std::fs;
use std::ops::ControlFlow;
use std::sync::Arc;

use serde_json::Value;
use skyhaul_actors::environment::{AircraftSpec, Demand, EnergyModel, TraceRequest, Weather};
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::{Kilograms, WattHours};
use skyhaul_scenarios::runner::{EVENTS_FILE, RunError, RunOptions, SUMMARY_FILE, run as run_to_files};

use crate::town::{eventful_town, light, lines, parcels, place, run, town};

fn options(out: Option<&std::path::Path>, events: bool) -> RunOptions {
    RunOptions {
        duration: SimDuration::from_mins(8 * 60),
        out: out.map(Into::into),
        events,
        threads: 1,
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

#[test]
fn a_run_leaves_its_log_and_its_summary() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("deep/down");
    let environment = Arc::new(eventful_town(7));
    let mut reports = Vec::new();
    let outcome = run_to_files(
        &environment,
        &options(Some(&out), true),
        &|| 2.5,
        &mut |progress| {
            reports.push((progress.now, progress.until));
            ControlFlow::Continue(())
        },
    )
    .expect("the run ends");
    let log = fs::read(out.join(EVENTS_FILE)).expect("a log");
    assert!(
        log == run(eventful_town(7), 8).out,
        "cutting a run into windows changes nothing"
    );
    let summary: Value =
        serde_json::from_slice(&fs::read(out.join(SUMMARY_FILE)).expect("a summary")).expect("JSON");
    let end = lines(&log).pop().expect("a line");
    assert_eq!(
        (&summary["digest"], &summary["state_digest"]),
        (&end["digest"], &end["state_digest"])
    );
    assert_eq!(
        (&summary["wall_s"], &summary["invariant_violations"]),
        (&Value::from(2.5), &Value::from(0))
    );
    assert_eq!(number(&summary["events"]), number(&end["seq"]) + 1.0);
    assert_eq!(outcome.violations, []);
    assert!(reports.len() > 100 && reports.is_sorted());
    assert_eq!(reports.last().map(|(now, until)| now == until), Some(true));
}

#[test]
fn the_summary_has_the_fields_that_were_promised() {
    let summary = serde_json::to_value(run(eventful_town(7), 8).summary).expect("JSON");
    for (path, fields) in [
        (
            "",
            "scenario seed virtual_s wall_s events digest state_digest deliveries wait_s door_to_door_s eta_error_s eta_error_share on_time_share drones \
             energy_wh wind groundings fallback carriers restarts invariant_violations",
        ),
        (
            "/deliveries",
            "requested completed by_drone by_carrier cancelled open",
        ),
        ("/wait_s", "mean p50 p95 p99"),
        ("/door_to_door_s", "mean p50 p95 p99"),
        ("/eta_error_s", "mean p50_abs p95_abs"),
        ("/drones", "count utilisation km flights"),
        ("/energy_wh", "total per_delivery"),
        ("/eta_error_share", "p50_abs p95_abs"),
        ("/wind", "energy_wh share"),
        ("/groundings", "count hours reasons"),
        ("/fallback", "share reasons"),
        ("/carriers", "bookings usd fees_usd"),
    ] {
        let part = summary
            .pointer(path)
            .and_then(Value::as_object)
            .expect("an object");
        let keys: BTreeSet<&str> = part.keys().map(String::as_str).collect();
        assert_eq!(
            keys,
            fields.split(' ').filter(|field| !field.is_empty()).collect(),
            "of {path}"
        );
    }
}

/// Every figure that can be counted in the log is counted there again.
#[test]
fn the_summary_says_what_the_log_says() {
    let recorded = run(eventful_town(7), 8);
    let (log, summary) = (lines(&recorded.out), recorded.summary);
    let of_kind = |kind: &'static str| log.iter().filter(move |line| line["type"] == kind);
    let count = |kind| of_kind(kind).count() as u64;
    assert_eq!(summary.deliveries.requested, count("DeliveryRequested"));
    assert_eq!(summary.deliveries.completed, count("DeliveryCompleted"));
    assert_eq!(
        summary.deliveries.by_carrier,
        of_kind("DeliveryCompleted")
            .filter(|line| line["by"] == "carrier")
            .count() as u64
    );
    assert_eq!(summary.carriers.bookings, count("CarrierBooked"));
    let usd: f64 = of_kind("CarrierBooked")
        .map(|line| number(&line["price_usd"]))
        .sum();
    assert!((summary.carriers.usd - usd).abs() < 1e-6);
    assert_eq!(summary.restarts, count("ActorRestarted"));
    assert_eq!(
        (summary.drones.count, summary.drones.flights),
        (6, count("LegStarted"))
    );
    let mut waits: Vec<f64> = Vec::new();
    let mut flown_km = 0.0;
    for (index, line) in log.iter().enumerate() {
        if line["type"] == "DeliveryRequested" {
            let picked = log[index..]
                .iter()
                .find(|later| later["type"] == "PackagePickedUp" && later["delivery"] == line["delivery"]);
            waits.extend(picked.map(|picked| number(&picked["t"]) - number(&line["t"])));
        }
        if line["type"] == "LegStarted" {
            flown_km += number(&line["distance_m"]) / 1_000.0;
        }
    }
    let mean = waits.iter().sum::<f64>() / waits.len() as f64;
    assert!((summary.wait_s.mean.expect("a mean") - mean).abs() < 1e-6);
    let cut_short = flown_km - summary.drones.km;
    assert!(
        cut_short > 0.0 && cut_short < flown_km * 0.2,
        "drones that failed flew part of their way"
    );
}

#[test]
fn without_a_log_there_is_no_digest_and_no_older_log() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join(EVENTS_FILE), "from an earlier run").expect("written");
    let environment = Arc::new(eventful_town(7));
    let options = options(Some(folder.path()), false);
    let outcome = run_to_files(
        &environment,
        &options,
        &|| 1.0,
        &mut |_| ControlFlow::Continue(()),
    )
    .expect("the run ends");
    assert_eq!(outcome.summary.digest, None);
    assert!(!folder.path().join(EVENTS_FILE).exists());
    assert!(folder.path().join(SUMMARY_FILE).exists());
}

#[test]
fn a_run_may_be_stopped_and_says_when() {
    let environment = Arc::new(eventful_town(7));
    let stopped = run_to_files(&environment, &options(None, false), &|| 1.0, &mut |progress| {
        if progress.now > SimTime::from_micros(3_600_000_000) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    assert!(matches!(stopped, Err(RunError::Stopped { at }) if at > SimTime::from_micros(3_600_000_000)));
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a file");
    fs::write(&file, "in the way").expect("written");
    let environment = Arc::new(eventful_town(7));
    let options = options(Some(&file.join("below")), true);
    let failed = run_to_files(
        &environment,
        &options,
        &|| 1.0,
        &mut |_| ControlFlow::Continue(()),
    );
    let error = failed.expect_err("no folder below a file").to_string();
    assert!(error.contains("a file/below"), "{error}");
}

/// Rodrigues et al. 2022: 0.0815 MJ/km at the grid is 0.0670 at the battery (charger 0.88, grid loss 6.5 %).
#[test]
fn the_m100_takes_the_energy_that_was_published() {
    let mut planned = town(1);
    planned.zones.clear();
    planned.weather = Weather {
        rho: 1.2,
        ..Weather::STANDARD
    }
    .into();
    planned.aircraft = vec![AircraftSpec {
        energy_model: EnergyModel::Rodrigues2022,
        airframe: Kilograms::new(3.08),
        battery: Kilograms::new(0.635),
        battery_capacity: WattHours::new(129.96),
        payload_max: Kilograms::new(0.5),
        cruise_mps: 12.0,
        climb_mps: 2.5,
        descent_mps: 2.0,
        altitude_m: 100.0,
        ..light()
    }];
    planned.demand = Some(Demand::Trace(vec![TraceRequest {
        at: SimTime::from_micros(1_000_000),
        pickup: place(0.0, 0.0),
        dropoff: place(2_000.0, 0.0),
        weight: Kilograms::new(0.5),
        expedited: false,
        deadline: None,
    }]));
    let recorded = run(planned, 1);
    let log = lines(&recorded.out);
    let of_kind = |kind: &'static str| log.iter().filter(move |line| line["type"] == kind);
    let sum = |field: &str| of_kind("LegStarted").map(|leg| number(&leg[field])).sum::<f64>();
    let mj_per_km = sum("energy_wh") * 3_600.0 / 1e6 / (sum("distance_m") / 1_000.0);
    assert_eq!(of_kind("LegStarted").count(), 2);
    assert!((mj_per_km / 0.0670 - 1.0).abs() < 0.01, "{mj_per_km} MJ/km");
    let landed = of_kind("LegEnded").next_back().expect("it came home");
    assert!(
        (129.96 - number(&landed["battery_wh"]) - sum("energy_wh")).abs() < 1e-6,
        "the battery gave as much"
    );
    assert!((recorded.summary.energy_wh.total - sum("energy_wh")).abs() < 1e-6);
}

/// What a leg says of its flight agrees with the aircraft and the wind.
#[test]
fn legs_are_flown_as_the_aircraft_and_the_wind_allow() {
    let mut planned = town(6);
    planned.demand = Some(parcels(40, 120));
    let aircraft = light();
    let log = lines(&run(planned, 3).out);
    let mut slowest = f64::INFINITY;
    let mut fastest: f64 = 0.0;
    for leg in log.iter().filter(|line| line["type"] == "LegStarted") {
        let times: Vec<f64> = leg["path_t"]
            .as_array()
            .expect("times")
            .iter()
            .map(number)
            .collect();
        let (first, last) = (
            times[1] - times[0],
            times[times.len() - 1] - times[times.len() - 2],
        );
        assert!(
            (first - aircraft.altitude_m / aircraft.climb_mps).abs() < 1e-5,
            "it climbs first"
        );
        assert!(
            (last - aircraft.altitude_m / aircraft.descent_mps).abs() < 1e-5,
            "it descends last"
        );
        let cruise_mps = number(&leg["distance_m"]) / (times[times.len() - 2] - times[1]);
        slowest = slowest.min(cruise_mps);
        fastest = fastest.max(cruise_mps);
    }
    assert!((20.99..22.5).contains(&slowest), "against the wind: {slowest}");
    assert!((27.0..29.01).contains(&fastest), "with the wind: {fastest}");
}

#[test]
fn a_drone_with_the_wind_is_not_faster_than_its_greatest_speed() {
    let mut planned = town(1);
    planned.zones.clear();
    planned.weather = Weather::windy(4.678_49, 180.0).into();
    planned.demand = Some(Demand::Trace(vec![TraceRequest {
        at: SimTime::from_micros(1_000_000),
        pickup: place(0.0, 0.0),
        dropoff: place(0.0, 8_000.0),
        weight: Kilograms::new(0.5),
        expedited: false,
        deadline: None,
    }]));
    let recorded = run(planned, 1);
    let commissioned = &lines(&recorded.out)[0];
    assert_eq!(number(&commissioned["speed_max_mps"]), 29.679);
    assert_eq!(recorded.violations, []);
}
