//! Rebalancing never makes people wait longer where drones are plenty.

use std::path::Path;
use std::sync::Arc;

use skyhaul_actors::event::{Event, LegPurpose};
use skyhaul_actors::world::World;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_scenarios::bundle::ScenarioBundle;
use skyhaul_scenarios::scenario::{BuildOptions, Scenario};
use skyhaul_scenarios::summary::SummaryFold;

/// Days of Florence, each by its seed.
const SEEDS: [u64; 3] = [42, 43, 44];

/// By how much a mean over so few days may be worse by chance.
const NOISE: f64 = 0.02;

/// What came of some days.
struct Days {
    wait_s: f64,
    moves: usize,
}

/// Florence's days, where ready drones move so often.
fn days(rebalance: Option<SimDuration>) -> Days {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("library/florence.toml");
    let bundle = ScenarioBundle::read(&file).expect("it can be read");
    let scenario = Scenario::parse(&bundle).expect("it is right");
    let (mut wait_s, mut moves) = (0.0, 0);
    for seed in SEEDS {
        let mut plan = scenario.environment(BuildOptions::default());
        plan.seed = seed;
        plan.dispatch.rebalance = rebalance;
        let mut world = World::found(&Arc::new(plan));
        let end = SimTime::ZERO + scenario.duration();
        let (mut fold, mut events) = (SummaryFold::new(world.environment()), Vec::new());
        world.run_until(end, &mut events).expect("the world goes on");
        let moved =
            |event: &Event| matches!(event, Event::LegStarted(leg) if leg.purpose == LegPurpose::Reposition);
        moves += events.iter().filter(|event| moved(&event.event)).count();
        events.drain(..).for_each(|event| fold.apply(&event));
        let summary = serde_json::to_value(fold.summarise(world.digest(), end)).expect("plain data");
        wait_s += summary["wait_s"]["mean"].as_f64().expect("a number") / SEEDS.len() as f64;
    }
    Days { wait_s, moves }
}

#[test]
fn where_drones_are_plenty_moving_them_makes_nobody_wait_longer() {
    let still = days(None);
    assert_eq!(still.moves, 0);
    for minutes in [2, 5, 15] {
        let moving = days(Some(SimDuration::from_mins(minutes)));
        assert!(
            moving.wait_s <= still.wait_s * (1.0 + NOISE),
            "every {minutes} minutes: {} s and {} moves, without: {} s",
            moving.wait_s,
            moving.moves,
            still.wait_s
        );
    }
}
