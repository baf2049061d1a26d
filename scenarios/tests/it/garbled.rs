//! Scenario files that are almost right: read, or refused with why, whatever stands in them.

use proptest::test_runner::Config;
use skyhaul_engine::rng::RandomStream;
use skyhaul_scenarios::bundle::ScenarioBundle;
use skyhaul_scenarios::garble::garbled;
use skyhaul_scenarios::scenario::Scenario;

/// Scenarios with all that a file may say.
const VALID: [&str; 3] = [
    include_str!("../../library/smoke.toml"),
    include_str!("../../library/storm-front.toml"),
    include_str!("../../library/depot-outage.toml"),
];

#[test]
fn no_text_makes_the_reader_of_scenarios_fail() {
    let mut refused = 0;
    let cases = u64::from(Config::default().cases);
    for seed in 0..cases {
        let mut stream = RandomStream::new(seed, 0);
        let bytes = garbled(VALID[stream.index(VALID.len())].as_bytes(), &mut stream);
        let bundle = ScenarioBundle {
            name: "garbled.toml".to_owned(),
            text: String::from_utf8_lossy(&bytes).into_owned(),
            files: Default::default(),
        };
        if let Err(error) = Scenario::parse(&bundle) {
            refused += 1;
            assert!(error.to_string().starts_with("garbled.toml"), "{error}");
        }
    }
    assert!(refused > cases / 2, "{refused} of {cases}");
}
