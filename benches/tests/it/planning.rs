use std::path::Path;

use skyhaul_benches::planning::Planning;
use skyhaul_benches::slices::Slices;

#[test]
fn missions_are_planned_the_same_each_time_and_zones_lengthen_some() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/library/seattle.toml");
    let plan = |is_open| {
        let planning = Planning::draw(&file, 300, 1, is_open).expect("a scenario of the library");
        planning.run(1, &mut Slices::default())
    };
    let (open, zoned) = (plan(true), plan(false));
    assert_eq!(plan(false), zoned);
    assert!(0 < zoned.flown && zoned.flown < open.flown, "{zoned:?}, {open:?}");
}
