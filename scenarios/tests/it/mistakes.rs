//! Every kind of mistake gives one line: file, line, key, reason.

use crate::files::{mistake_in, town_with};

/// Replaces a piece of the town and compares the line that says what is wrong.
fn check(cases: &[(&str, &str, &str)]) {
    for (piece, other, expected) in cases {
        let text = town_with(piece, other);
        let said = mistake_in(&text);
        assert!(
            said.contains(expected),
            "for {other:?}:\n  said {said}\n  not  {expected}"
        );
        assert!(!said.contains('\n'), "one line: {said}");
        assert!(said.starts_with("town.toml:"), "names the file: {said}");
    }
}

#[test]
fn names_the_nearest_known_key_with_its_line() {
    check(&[
        (
            "seed = 1",
            "sed = 1",
            "town.toml:2: key `sed`: unknown key; did you mean `seed`?",
        ),
        (
            "centre =",
            "center =",
            "town.toml:7: key `area.center`: unknown key; did you mean `centre`?",
        ),
        (
            "[weather]",
            "[wether]",
            "key `wether`: unknown key; did you mean `weather`?",
        ),
        (
            "mean = 0.5",
            "avg = 0.5",
            "key `demand.weight_kg.avg`: unknown key; the nearest known is `max`; must be one of `mean`, `max`",
        ),
        (
            "pads = 4",
            "pad = 4",
            "town.toml:24: key `depots[0].pad`: unknown key; did you mean `pads`?",
        ),
        (
            "count = 10",
            "counts = 10",
            "key `fleets[0].counts`: unknown key; did you mean `count`?",
        ),
        (
            "cruise_mps",
            "cruise_speed",
            "key `aircraft.matternet-m2.cruise_speed`: unknown key; did you mean `cruise_mps`?",
        ),
        (
            "wind_from_deg",
            "wind_deg",
            "key `weather.wind_deg`: unknown key; did you mean `wind_",
        ),
        (
            "radius = 800",
            "radius_m = 800",
            "key `airspace.airports.radius_m`: unknown key; did you mean `radius`?",
        ),
        (
            "policy",
            "polcy",
            "key `dispatch.polcy`: unknown key; did you mean `policy`?",
        ),
        (
            "base_usd",
            "base_eur",
            "key `carriers.base_eur`: unknown key; did you mean `base_usd`?",
        ),
        (
            "link_loss_per",
            "link_loss_by",
            "did you mean `link_loss_per_flight_hour`?",
        ),
    ]);
}

#[test]
fn says_what_is_missing() {
    check(&[
        (
            "name = \"town\"\n",
            "",
            "town.toml:1: key `name`: missing; it is required",
        ),
        ("seed = 1\n", "", "town.toml:1: key `seed`: missing"),
        ("start = 2026-05-12T09:00:00+02:00\n", "", "key `start`: missing"),
        ("duration = \"1h\"\n", "", "key `duration`: missing"),
        ("radius = 5_000\n", "", "town.toml:6: key `area.radius`: missing"),
        ("kind = \"places\"\n", "", "key `demand.kind`: missing"),
        (
            "requests_per_day = 2_400\n",
            "",
            "key `demand.requests_per_day`: missing",
        ),
        ("places = \"places.csv\"\n", "", "key `demand.places`: missing"),
        ("at = [43.77, 11.25]\n", "", "key `depots[0].at`: missing"),
        (
            "aircraft = \"matternet-m2\"\n",
            "",
            "key `fleets[0].aircraft`: missing",
        ),
        ("wind_mps = 3.0\n", "", "key `weather.wind_mps`: missing"),
        (
            "[aircraft.matternet-m2]",
            "[aircraft.mine]",
            "key `aircraft.mine.energy_model`: missing",
        ),
        (
            "[aircraft.matternet-m2]",
            "[aircraft.mine]\nenergy_model = \"range\"",
            "key `aircraft.mine.range_m`: missing",
        ),
        (", radius = 800", "", "key `airspace.airports.radius`: missing"),
    ]);
}

#[test]
fn says_which_type_was_wanted() {
    check(&[
        (
            "name = \"town\"",
            "name = 7",
            "key `name`: is a whole number, must be a string",
        ),
        ("name = \"town\"", "name = \" \"", "key `name`: is empty"),
        (
            "name = \"town\"",
            "name = \"a\\nb\"",
            "key `name`: holds control characters",
        ),
        (
            "seed = 1",
            "seed = 1.5",
            "key `seed`: is a number, must be a whole number",
        ),
        (
            "seed = 1",
            "seed = \"1\"",
            "key `seed`: is a string, must be a whole number",
        ),
        (
            "duration = \"1h\"",
            "duration = 3600",
            "key `duration`: is a whole number, must be a string such as \"90s\"",
        ),
        (
            "duration = \"1h\"",
            "duration = \"1 hour\"",
            "key `duration`: `1 hour` is not a span of time",
        ),
        (
            "start = 2026-05-12T09:00:00+02:00",
            "start = 2026-05-12T09:00:00",
            "key `start`: is 2026-05-12T09:00:00, must be a date and time with offset",
        ),
        (
            "start = 2026-05-12T09:00:00+02:00",
            "start = \"2026-05-12\"",
            "key `start`: is a string, must be a date and time with offset and without quotes",
        ),
        (
            "centre = [43.77, 11.25]",
            "centre = [43.77]",
            "key `area.centre`: has 1 numbers, must be [latitude, longitude]",
        ),
        (
            "centre = [43.77, 11.25]",
            "centre = \"Firenze\"",
            "key `area.centre`: is a string, must be a list",
        ),
        (
            "centre = [43.77, 11.25]",
            "centre = [\"a\", 11.25]",
            "key `area.centre[0]`: is a string, must be a number",
        ),
        (
            "enabled = true",
            "enabled = \"yes\"",
            "key `carriers.enabled`: is a string, must be true or false",
        ),
        (
            "[weather]\nkind = \"constant\"",
            "[[weather]]\nkind = \"constant\"",
            "key `weather`: is a list, must be a table",
        ),
        (
            "[[fleets]]",
            "[fleets]",
            "key `fleets`: is a table, must be a list",
        ),
    ]);
}

#[test]
fn says_which_range_holds() {
    check(&[
        (
            "seed = 1",
            "seed = -1",
            "key `seed`: is -1, must be between 0 and 18446744073709551615",
        ),
        (
            "centre = [43.77, 11.25]",
            "centre = [91, 11.25]",
            "key `area.centre[0]`: is 91, must be between -90 and 90",
        ),
        (
            "centre = [43.77, 11.25]",
            "centre = [nan, 11.25]",
            "key `area.centre[0]`: is nan, must be between",
        ),
        (
            "centre = [43.77, 11.25]",
            "centre = [85.0, 11.25]",
            "key `area.centre`: is nearer to a pole than 80",
        ),
        (
            "radius = 5_000",
            "radius = 0",
            "key `area.radius`: is 0, must be between 10 and 200000",
        ),
        (
            "duration = \"1h\"",
            "duration = \"0s\"",
            "key `duration`: is 0s, must be between 1s and 3660d",
        ),
        (
            "expedited = 0.1",
            "expedited = 10",
            "key `demand.expedited`: is 10, must be between 0 and 1",
        ),
        (
            "requests_per_day = 2_400",
            "requests_per_day = -1",
            "key `demand.requests_per_day`: is -1",
        ),
        (
            "max = 2.0",
            "max = 0.1",
            "key `demand.weight_kg.max`: is 0.1, less than the mean 0.5",
        ),
        (
            "hourly = [1, 1,",
            "hourly = [1,",
            "key `demand.hourly`: has 23 numbers, must have 24",
        ),
        (
            "hourly = [1, 1,",
            "hourly = [1, -1,",
            "key `demand.hourly[1]`: is -1",
        ),
        (
            "pads = 4",
            "pads = 0",
            "key `depots[0].pads`: is 0, must be between 1 and",
        ),
        (
            "count = 10",
            "count = 2_000_000",
            "key `fleets[0].count`: is 2000000, must be between 1 and 1000000",
        ),
        (
            "cruise_mps = 18.0",
            "reserve = 1.0",
            "key `aircraft.matternet-m2.reserve`: is 1.0, must be between 0 and 0.95",
        ),
        (
            "wind_mps = 3.0",
            "wind_mps = inf",
            "key `weather.wind_mps`: is inf, must be between 0 and 100",
        ),
        (
            "radius = 800",
            "radius = -5",
            "key `airspace.airports.radius`: is -5",
        ),
        (
            "drone_failure_per_flight_hour = 0.0",
            "drone_failure_per_flight_hour = 61",
            "must be between 0 and 60",
        ),
    ]);
}

#[test]
fn checks_one_part_against_another() {
    check(&[
        (
            "depot = \"Sodo\"",
            "depot = \"Soda\"",
            "key `fleets[0].depot`: there is no depot `Soda`; did you mean `Sodo`?",
        ),
        (
            "aircraft = \"matternet-m2\"",
            "aircraft = \"matternet\"",
            "key `fleets[0].aircraft`: there is no aircraft `matternet`; did you mean `matternet-m2`?",
        ),
        (
            "at = [43.77, 11.25]\n",
            "at = [43.9, 11.25]\n",
            "key `depots[0].at`: `Sodo` lies 14455 m from the area's centre, outside its radius of 5000 m",
        ),
        (
            "at = [43.77, 11.25]\n",
            "at = [43.795, 11.216]\n",
            "key `depots[0].at`: `Sodo` lies in a no-fly zone",
        ),
        (
            "[[fleets]]",
            "[[depots]]\nname = \"sodo\"\nat = [43.77, 11.25]\n[[fleets]]",
            "key `depots[1].name`: `sodo` is the name of another depot",
        ),
        (
            "kind = \"places\"",
            "kind = \"uniform\"",
            "key `demand.places`: belongs to demand kind = \"places\"",
        ),
        (
            "kind = \"places\"",
            "kind = \"trace\"",
            "means nothing to demand kind = \"trace\"",
        ),
        (
            "kind = \"places\"",
            "kind = \"places\"\nrequest = []",
            "key `demand.request`: belongs to demand kind = \"trace\"",
        ),
        (
            "kind = \"constant\"",
            "kind = \"calm\"",
            "key `weather.wind_mps`: belongs to weather kind = \"constant\"",
        ),
        (
            "cruise_mps = 18.0",
            "energy_model = \"rodrigues-2022\"\nrange_m = 5",
            "key `aircraft.matternet-m2.range_m`: belongs to energy_model = \"range\"",
        ),
    ]);
}

#[test]
fn says_what_is_not_built_yet() {
    check(&[
        (
            "cruise_mps = 18.0",
            "energy_model = \"momentum\"",
            "key `aircraft.matternet-m2.rotors`: missing",
        ),
        (
            "cruise_mps = 18.0",
            "rotors = 4",
            "key `aircraft.matternet-m2.rotors`: belongs to energy_model = \"momentum\"; remove it, or change the model",
        ),
        (
            "cruise_mps = 18.0",
            "energy_model = \"rodrigues-2022\"\nwinch_m = 10",
            "key `aircraft.matternet-m2.winch_m`: is none of the phases that energy_model = \"rodrigues-2022\" has",
        ),
        (
            "cruise_mps = 18.0",
            "acceleration_mps2 = \"no\"",
            "key `aircraft.matternet-m2.acceleration_mps2`: ",
        ),
        (
            "kind = \"constant\"",
            "kind = \"series\"",
            "key `weather.wind_mps`: belongs to weather kind = \"constant\"; a series has its own, remove it",
        ),
        (
            "link_loss_per_flight_hour = 0.25",
            "link_loss_per_flight_hour = 61.0",
            "key `faults.link_loss_per_flight_hour`: ",
        ),
    ]);
}

#[test]
fn a_word_that_is_unknown_gets_the_nearest() {
    check(&[
        (
            "kind = \"places\"",
            "kind = \"place\"",
            "key `demand.kind`: `place` is not known; did you mean `places`?",
        ),
        (
            "policy = \"nearest\"",
            "policy = \"closest\"",
            "key `dispatch.policy`: `closest` is not known; ",
        ),
    ]);
}

#[test]
fn what_is_not_toml_says_where() {
    for (text, expected) in [
        ("name = ", "town.toml:1: not TOML: "),
        ("a = 1\na = 2\n", "town.toml:2: not TOML: duplicate key"),
        ("\n\n[area\n", "town.toml:3: not TOML: "),
    ] {
        let said = mistake_in(text);
        assert!(said.starts_with(expected), "{said}");
    }
}

#[test]
fn the_second_of_two_mistakes_waits_for_the_first() {
    let text = town_with("seed = 1", "sed = 1").replace("pads", "pad");
    assert!(mistake_in(&text).starts_with("town.toml:2: key `sed`"));
}

#[test]
fn an_outage_needs_a_depot_that_there_is_and_time_of_its_own() {
    let incident = |depot: &str, at: &str| {
        format!(
            "\n[[incidents]]\nkind = \"depot-outage\"\ndepot = \"{depot}\"\nat = \"{at}\"\nfor = \"10m\"\n"
        )
    };
    let (first, within, elsewhere) = (
        incident("Sodo", "5m"),
        incident("Sodo", "12m"),
        incident("Soho", "5m"),
    );
    check(&[
        (
            "[faults]",
            &format!("{elsewhere}\n[faults]"),
            "there is no depot `Soho`",
        ),
        (
            "[faults]",
            &format!("{first}{within}\n[faults]"),
            "key `incidents[1].at`: its depot is out of service then already; make it one incident",
        ),
        (
            "[faults]",
            &format!("{}\n[faults]", first.replace("depot-outage", "flood")),
            "depot-outage",
        ),
    ]);
}
