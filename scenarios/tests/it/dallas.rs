//! Dallas–Fort Worth: the published plan, 25 nests of 400 deliveries a day each from 07 to 19 h, works out as it should on paper.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use skyhaul_actors::environment::{AircraftSpec, Environment};
use skyhaul_actors::event::{Event, LegPurpose, Transport};
use skyhaul_actors::ids::DroneId;
use skyhaul_actors::mission::{LOADING, UNLOADING};
use skyhaul_actors::world::World;
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::SimTime;
use skyhaul_scenarios::bundle::ScenarioBundle;
use skyhaul_scenarios::scenario::{BuildOptions, Scenario};
use skyhaul_scenarios::summary::SummaryFold;

/// The plan.
const NESTS: usize = 25;
const DELIVERIES_A_NEST: f64 = 400.0;
const OPEN_S: f64 = 12.0 * 3_600.0;
const RADIUS_M: f64 = 9_700.0;

struct Day {
    environment: Arc<Environment>,
    events: Vec<Numbered<Event>>,
    end: SimTime,
}

fn day() -> Day {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("library/dallas-fort-worth.toml");
    let bundle = ScenarioBundle::read(&file).expect("it can be read");
    let scenario = Scenario::parse(&bundle).expect("it is right");
    let environment = Arc::new(scenario.environment(BuildOptions::default()));
    let mut world = World::found(&environment);
    let end = SimTime::ZERO + scenario.duration();
    let mut events = Vec::new();
    world.run_until(end, &mut events).expect("the world goes on");
    Day {
        environment,
        events,
        end,
    }
}

/// For how long drones were under way, from assignment to landing at home, and over which distance from the nest each parcel went.
fn rounds(day: &Day) -> (f64, Vec<f64>) {
    let mut out: BTreeMap<DroneId, SimTime> = BTreeMap::new();
    let (mut busy_s, mut distances_m) = (0.0, Vec::new());
    for Numbered { at, event, .. } in &day.events {
        match event {
            Event::DroneAssigned { drone, .. } => {
                out.insert(*drone, *at);
            }
            Event::LegStarted(leg) if leg.purpose == LegPurpose::Dropoff => {
                distances_m.push(leg.path[0].at.distance_m(leg.path[leg.path.len() - 1].at));
            }
            Event::ChargeStarted { drone, .. } => {
                if let Some(since) = out.remove(drone) {
                    busy_s += at.since(since).as_seconds_f64();
                }
            }
            _ => {}
        }
    }
    (busy_s, distances_m)
}

/// How long a round to a place so far away takes on paper: up, there, down to the winch, up, back, down; speed gained and lost, rotors and wings
/// changed, once on each flight; hovering, loading, unloading.
fn round_s(aircraft: &AircraftSpec, distance_m: f64) -> f64 {
    let phases = &aircraft.phases;
    let winch_m = phases.winch_m.unwrap_or(0.0);
    let heights_m = 2.0 * aircraft.altitude_m - winch_m;
    let up_and_down_s = heights_m / aircraft.climb_mps + heights_m / aircraft.descent_mps;
    let ramps_s = phases
        .acceleration_mps2
        .map_or(0.0, |acceleration| aircraft.cruise_mps / acceleration);
    let flight_s = distance_m / aircraft.cruise_mps + ramps_s + 2.0 * phases.transition.as_seconds_f64();
    let standing = LOADING + UNLOADING + phases.hover;
    2.0 * flight_s + up_and_down_s + standing.as_seconds_f64()
}

#[test]
fn the_published_plan_of_dallas_fort_worth_works_out() {
    let day = day();
    assert_eq!(day.environment.depots.len(), NESTS);
    let mut requested = [0_u32; NESTS];
    let (mut by_drone, mut all) = (0_u32, 0_u32);
    for event in &day.events {
        match &event.event {
            Event::DeliveryRequested { request, .. } => {
                let at = request.pickup.at;
                let nest = day.environment.depots.iter().position(|depot| depot.at == at);
                requested[nest.expect("parcels start from nests")] += 1;
            }
            Event::DeliveryCompleted { by, .. } => {
                all += 1;
                by_drone += u32::from(matches!(by, Transport::Drone(_)));
            }
            _ => {}
        }
    }
    for (count, depot) in requested.iter().zip(&day.environment.depots) {
        // Five standard deviations of a Poisson count.
        let off_by = f64::from(*count) - DELIVERIES_A_NEST;
        assert!(off_by.abs() < 100.0, "{count} of {}", depot.name);
    }
    let share = f64::from(by_drone) / f64::from(all);
    assert!(share > 0.94, "by drone: {share}");

    let (busy_s, distances_m) = rounds(&day);
    let beyond = distances_m.iter().filter(|distance_m| **distance_m > RADIUS_M);
    let beyond = beyond.count() as f64 / distances_m.len() as f64;
    assert!(
        beyond < 0.01,
        "orders come from within the radius, but for {beyond}"
    );
    let mean_m = distances_m.iter().sum::<f64>() / distances_m.len() as f64;
    let on_paper_s = round_s(&day.environment.aircraft[0], mean_m);
    let on_paper = f64::from(by_drone) / NESTS as f64 / OPEN_S * on_paper_s;
    let found = busy_s / OPEN_S / NESTS as f64;
    assert!(
        (found / on_paper - 1.0).abs() < 0.05,
        "{found} drones of a nest are under way, on paper {on_paper}"
    );
}

#[test]
fn estimates_at_assignment_hold_in_dallas_fort_worth() {
    let day = day();
    let mut fold = SummaryFold::new(&day.environment);
    day.events.iter().for_each(|event| fold.apply(event));
    let summary = fold.summarise(0, day.end);
    let share = summary.eta_error_share;
    let (p50, p95) = (share.p50_abs.expect("some"), share.p95_abs.expect("some"));
    assert!(p50 <= 0.02 && p95 <= 0.10, "{share:?}");
}
