use skyhaul_benches::phold::{Size, by_hand, floor, kernel, on_actix, three_types};

const SMOKE: Size = Size {
    actors: 500,
    events: 2_000,
    slices: 2,
};

#[test]
fn phold_ends_in_the_same_states_on_the_kernel_and_on_its_peers() {
    let states = by_hand::run(SMOKE).states;
    assert_eq!(kernel::run(SMOKE).0.states, states);
    assert_eq!(three_types::run(SMOKE).states, states);
    assert_eq!(on_actix::run(SMOKE).0.states, states);
}

#[test]
fn phold_repeats_itself_in_the_same_order() {
    assert_eq!(kernel::run(SMOKE).1, kernel::run(SMOKE).1);
}

#[test]
fn the_floor_handles_as_many_events_and_repeats_itself() {
    assert_eq!(floor::run(SMOKE).states, floor::run(SMOKE).states);
}
