use skyhaul_actors::environment::DispatchPolicy;
use skyhaul_benches::dispatch::{Experiment, Waits};

/// What optimal matching every 10 s was measured at: load, mean and 95th percentile of the wait, s. At the lowest, what giving the nearest
/// drone at once was measured at.
const PUBLISHED: [(f64, f64, f64); 4] = [
    (0.5, 75.0, 176.0),
    (0.7, 162.0, 417.0),
    (0.8, 262.0, 555.0),
    (0.85, 306.0, 636.0),
];

/// By how much the mean of ten runs may differ.
const TOLERANCE: f64 = 1.05;

fn over_ten_runs(policy: DispatchPolicy, load: f64) -> Waits {
    let runs: Vec<Waits> = (1..=10)
        .map(|seed| Experiment::PUBLISHED.run(policy, load, seed))
        .collect();
    Waits::mean(&runs)
}

#[test]
fn an_adaptive_policy_keeps_waits_within_those_of_optimal_batches_at_every_load() {
    for (load, mean_s, p95_s) in PUBLISHED {
        let waits = over_ten_runs(DispatchPolicy::Adaptive, load);
        assert!(waits.mean_s <= mean_s * TOLERANCE, "load {load}: {waits:?}");
        assert!(waits.p95_s <= p95_s * TOLERANCE, "load {load}: {waits:?}");
    }
}

#[test]
fn an_adaptive_policy_is_never_worse_than_the_nearest_drone_where_drones_are_plenty() {
    for seed in 1..=10 {
        let wait = |policy| Experiment::PUBLISHED.run(policy, 0.5, seed).mean_s;
        let (nearest, adaptive) = (wait(DispatchPolicy::Nearest), wait(DispatchPolicy::Adaptive));
        assert!(
            adaptive <= nearest * 1.01,
            "seed {seed}: {adaptive} s beside {nearest} s"
        );
    }
}

#[test]
fn the_nearest_drone_at_once_collapses_where_batches_do_not() {
    let waits = over_ten_runs(DispatchPolicy::Nearest, 0.8);
    assert!(waits.mean_s > 2_000.0, "{waits:?}");
    let batches = over_ten_runs(DispatchPolicy::Batch, 0.8);
    assert!(batches.mean_s < 262.0 * TOLERANCE, "{batches:?}");
}
