use skyhaul_benches::phold::{Size, by_hand, floor, in_regions, kernel, on_actix, snapshot, three_types};

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

#[test]
fn phold_in_regions_is_the_same_on_any_number_of_threads_and_its_states_in_any_number_of_regions() {
    let states = in_regions::run(SMOKE, 1, 1).states;
    for regions in [2, 7] {
        let alone = in_regions::run(SMOKE, regions, 1);
        assert_eq!(alone.states, states);
        for threads in [2, 3] {
            let together = in_regions::run(SMOKE, regions, threads);
            assert_eq!((together.states, together.order), (states, alone.order));
        }
    }
}

#[test]
fn a_snapshot_is_not_much_larger_than_the_states() {
    let saved = snapshot::run(SMOKE);
    assert!(saved.snapshot_bytes < 2 * saved.states_bytes, "{saved:?}");
}
