use skyhaul_benches::phold::{Size, kernel, on_actix};

const SMOKE: Size = Size {
    actors: 500,
    events: 2_000,
    slices: 2,
};

#[test]
fn phold_ends_in_the_same_states_on_the_kernel_and_on_actix() {
    let kernel = kernel::run(SMOKE);
    assert_eq!(kernel.states, on_actix::run(SMOKE).states);
}

#[test]
fn phold_repeats_itself_in_the_same_order() {
    assert_eq!(kernel::run(SMOKE).order, kernel::run(SMOKE).order);
}
