//! Runs beside what is known of queues and what operators publish.

use std::collections::BTreeMap;
use std::sync::Arc;

use skyhaul_actors::event::Event;
use skyhaul_actors::world::World;
use skyhaul_engine::ports::{EventSink, Numbered};
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_scenarios::bundle::ScenarioBundle;
use skyhaul_scenarios::scenario::{BuildOptions, Scenario};

use crate::files::{bundle, library};

/// What comes, stays and goes: how many there are is counted as time passes, how long each stays when it goes.
#[derive(Default)]
struct Flow {
    since: BTreeMap<u128, SimTime>,
    at: SimTime,
    most: usize,
    unit_seconds: f64,
    came: usize,
    stays_s: Vec<f64>,
}

impl Flow {
    fn pass(&mut self, now: SimTime) {
        self.unit_seconds += self.since.len() as f64 * now.since(self.at).as_seconds_f64();
        self.at = now;
    }

    fn comes(&mut self, who: u128, now: SimTime) {
        self.pass(now);
        self.came += usize::from(self.since.insert(who, now).is_none());
        self.most = self.most.max(self.since.len());
    }

    fn goes(&mut self, who: u128, now: SimTime) {
        self.pass(now);
        if let Some(since) = self.since.remove(&who) {
            self.stays_s.push(now.since(since).as_seconds_f64());
        }
    }

    /// How many there were on average.
    fn mean(&self) -> f64 {
        self.unit_seconds / self.at.as_seconds_f64()
    }

    fn mean_stay_s(&self) -> f64 {
        self.stays_s.iter().sum::<f64>() / self.stays_s.len() as f64
    }

    /// Little's law: the mean is throughput times mean stay. Who is there at the end has come and not gone, and counts half.
    fn assert_littles_law(&self, what: &str) {
        let throughput = (self.came + self.stays_s.len()) as f64 / 2.0 / self.at.as_seconds_f64();
        let expected = throughput * self.mean_stay_s();
        assert!(
            (self.mean() / expected - 1.0).abs() < 0.01,
            "{what}: {} on average, {expected} by throughput and stay",
            self.mean()
        );
    }
}

/// Drones in the air, deliveries under way, and those a drone made.
#[derive(Default)]
struct Counts {
    airborne: Flow,
    deliveries: Flow,
    by_drone: u32,
}

impl EventSink<Event> for Counts {
    fn accept(&mut self, numbered: Numbered<Event>) {
        let now = numbered.at;
        match &numbered.event {
            Event::LegStarted(leg) => self.airborne.comes(u128::from(leg.drone.0), now),
            Event::LegEnded { drone, .. } => self.airborne.goes(u128::from(drone.0), now),
            Event::DeliveryRequested { request, .. } => {
                self.deliveries.comes(request.delivery.0, now);
            }
            Event::DeliveryCompleted { delivery, .. } | Event::DeliveryCancelled { delivery, .. } => {
                self.deliveries.goes(delivery.0, now);
            }
            Event::PackageDroppedOff { by, .. } => {
                self.by_drone += u32::from(matches!(by, skyhaul_actors::event::Transport::Drone(_)));
            }
            _ => {}
        }
    }
}

/// What a scenario's run of so long comes to.
fn run(bundle: &ScenarioBundle, duration: SimDuration) -> Counts {
    let scenario = Scenario::parse(bundle).unwrap_or_else(|error| panic!("{error}"));
    let mut world = World::found(&Arc::new(scenario.environment(BuildOptions::default())));
    let (mut counts, until) = (Counts::default(), SimTime::ZERO + duration);
    world.run_until(until, &mut counts).expect("the world goes on");
    counts.airborne.pass(until);
    counts.deliveries.pass(until);
    counts
}

/// One depot, one type, parcels of half a kilogram so many metres north of it, one every so many seconds.
fn depot_with(
    count: u32,
    aircraft: &str,
    changes: &str,
    gap_s: u32,
    metres: &[u32],
    requests: u32,
) -> ScenarioBundle {
    let mut text = format!(
        "name = \"one depot\"\nseed = 1\nstart = 2026-05-12T09:00:00+02:00\nduration = \"12h\"\n\n\
         [area]\ncentre = [45.0, 10.0]\nradius = 9_000\n\n\
         [[depots]]\nname = \"roof\"\nat = [45.0, 10.0]\npads = {count}\nspare_batteries = 20\n\n\
         [[fleets]]\ndepot = \"roof\"\naircraft = \"{aircraft}\"\ncount = {count}\n\n\
         [aircraft.{aircraft}]\n{changes}\n\n[dispatch]\nwait_max = \"12h\"\n\n[carriers]\nenabled = false\n\n\
         [demand]\nkind = \"trace\"\n"
    );
    for (request, metres) in (1..=requests).zip(metres.iter().cycle()) {
        let lat = 45.0 + f64::from(*metres) / 111_195.0;
        text += &format!(
            "[[demand.request]]\nat = \"{}s\"\npickup = [45.0, 10.0]\ndropoff = [{lat}, 10.0]\nweight_kg = 0.5\n",
            request * gap_s
        );
    }
    bundle(&text)
}

/// For how long a file of the library is run. Days are run whole: of what is open where a run is cut, those that stay longest are too many. The
/// half hours of the smoke scenario and of a million drones, at whose ends one delivery in twelve or seven is still open, are too short for one per
/// cent, and go on.
fn span_of(name: &str) -> SimDuration {
    let minutes = match name {
        "load-test" => 10,
        "m100" | "million-drones" => 60,
        "rush-hour" => 9 * 60,
        "depot-outage" => 10 * 60,
        "smoke" => 12 * 60,
        "dallas-fort-worth" => 14 * 60,
        "storm-front" => 17 * 60,
        "florence" | "seattle" => 24 * 60,
        "seattle-winter" => 92 * 24 * 60,
        "new-york-wind-year" => 8_730 * 60,
        _ => panic!("say for how long {name} is run"),
    };
    SimDuration::from_mins(minutes)
}

#[test]
fn littles_law_holds_on_every_file_of_the_library() {
    for file in library() {
        let name = file
            .file_stem()
            .and_then(|name| name.to_str())
            .expect("a plain name");
        let bundle = ScenarioBundle::read(&file).expect("it can be read");
        let counts = run(&bundle, span_of(name));
        counts
            .airborne
            .assert_littles_law(&format!("{name}, drones in the air"));
        counts
            .deliveries
            .assert_littles_law(&format!("{name}, deliveries"));
    }
}

/// Flytrex in 2021: three aircraft in the air at a peak of one order every six and a half minutes. How far they flew is not published: with one
/// at 15 m/s and 6 km a trip takes more than two and less than three of those intervals.
#[test]
fn an_order_every_six_and_a_half_minutes_keeps_three_aircraft_in_the_air() {
    let changes = "cruise_mps = 15.0";
    let counts = run(
        &depot_with(8, "matternet-m2", changes, 390, &[6_000], 60),
        SimDuration::from_mins(12 * 60),
    );
    assert_eq!((counts.by_drone, counts.airborne.most), (60, 3));
}

/// Manna: seven to eight deliveries an hour by each drone. Where homes are is assumed: 3.2 to 3.6 km away.
#[test]
fn a_manna_drone_makes_seven_to_eight_deliveries_an_hour() {
    let metres = [3_200, 3_300, 3_400, 3_500, 3_600];
    let counts = run(
        &depot_with(1, "manna", "wind_max_mps = 15.0", 1, &metres, 200),
        SimDuration::from_mins(10 * 60),
    );
    let hourly = f64::from(counts.by_drone) / 10.0;
    assert!((7.0..=8.0).contains(&hourly), "{hourly} deliveries an hour");
}
