//! Every engine computes the same PHOLD.

use skyhaul_bench_peers::{on_krabmaga, on_nexosim};
use skyhaul_benches::phold::{Size, by_hand};

const SMOKE: Size = Size {
    actors: 500,
    events: 20_000,
    slices: 2,
};

#[test]
fn nexosim_ends_in_the_states_that_phold_ends_in() {
    assert_eq!(on_nexosim::run(SMOKE).states, by_hand::run(SMOKE).states);
}

#[test]
fn krabmaga_ends_in_the_states_that_phold_ends_in() {
    assert_eq!(on_krabmaga::run(SMOKE).states, by_hand::run(SMOKE).states);
}
