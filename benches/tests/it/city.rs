use std::path::Path;

use skyhaul_benches::city::City;

#[test]
fn a_city_ends_the_same_each_time_and_delivers_something() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/library/smoke.toml");
    let city = City::read(&file).expect("a scenario of the library");
    let (first, _) = city.run_alone().expect("a world that runs to its end");
    let (second, _) = city.run_alone().expect("a world that runs to its end");
    assert_eq!(first, second);
    assert!(first.completed > 0);
    let out = tempfile::tempdir().expect("a folder");
    let (digest, _) = city.run_logged(out.path()).expect("a world that runs to its end");
    assert_eq!(digest.len(), 64);
}
