use proptest::prelude::*;
use skyhaul_engine::time::SimDuration;
use skyhaul_engine::units::Metres;

use super::*;
use crate::environment::ZoneShape;

fn plane() -> LocalPlane {
    LocalPlane::new(Position::new(47.6, -122.3).expect("on the sphere"))
}

fn airspace(zones: &[Zone]) -> Airspace {
    let mut airspace = Airspace {
        plane: plane(),
        field: Field::default(),
        zones: Vec::new(),
        declared: 0,
        is_blind: false,
        turns: Vec::new(),
        coming: Vec::new(),
        ways: Memo::default(),
    };
    airspace.declare(zones);
    airspace
}

fn at_minute(minute: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_mins(minute)
}

fn spot(reach_m: f64) -> impl Strategy<Value = Position> {
    (-reach_m..reach_m, -reach_m..reach_m).prop_map(|spot| plane().to_position(spot))
}

fn disc() -> impl Strategy<Value = ZoneShape> {
    (spot(3_000.0), 100.0..1_200.0_f64).prop_map(|(centre, radius_m)| ZoneShape::Circle { centre, radius_m })
}

/// Discs, some there always, others for a while, from some height up or up to some height, and known late.
fn zones() -> impl Strategy<Value = Vec<Zone>> {
    let minute = || proptest::option::of((0..40_u64).prop_map(at_minute));
    let passing = (
        disc(),
        minute(),
        minute(),
        minute(),
        0..2_u8,
        proptest::option::of(50.0..200.0_f64),
    );
    let passing = passing.prop_map(|(shape, from, until, announced, is_high, ceiling_m)| Zone {
        from,
        until,
        announced,
        floor_m: f64::from(is_high) * 60.0,
        ceiling_m,
        ..Zone::permanent(String::new(), shape)
    });
    let permanent = disc().prop_map(|shape| Zone::permanent(String::new(), shape));
    proptest::collection::vec(prop_oneof![permanent, passing], 1..8)
}

/// From which place to which (of some), known when, flown when, in minutes, and from which height at which level.
type Asked = ((usize, usize), (u64, u64), (u8, u8));

fn ask(
    airspace: &Airspace,
    places: &[Position],
    ((from, to), (known, flown), (height, level)): Asked,
) -> Option<Way> {
    let sky = airspace
        .known_at(at_minute(known))
        .at_level(f64::from(level) * 60.0 + 40.0);
    let closed = sky.closed_at(at_minute(flown));
    sky.route((places[from], f64::from(height) * 30.0), places[to], &closed)
}

proptest! {
    #[test]
    fn a_way_that_is_remembered_is_the_way_that_is_found(
        zones in zones(),
        lifted in (0..8_usize, 0..40_u64),
        places in proptest::collection::vec(spot(4_000.0), 4),
        asked in proptest::collection::vec(((0..4_usize, 0..4_usize), (0..40_u64, 0..40_u64), (0..2_u8, 0..2_u8)), 40),
    ) {
        let mut airspace = airspace(&zones);
        for (number, asked) in asked.into_iter().enumerate() {
            if number == 20 {
                airspace.lift(lifted.0, at_minute(lifted.1));
            }
            // A copy remembers nothing.
            prop_assert_eq!(ask(&airspace, &places, asked), ask(&airspace.clone(), &places, asked));
        }
    }

    #[test]
    fn nothing_is_missed_by_looking_only_where_and_when_it_may_be(
        zones in zones(),
        lifted in (0..8_usize, 0..40_u64),
        places in proptest::collection::vec(spot(4_000.0), 3),
        (known, departs, lasts) in (0..40_u64, 0..40_u64, 0..20_u64),
    ) {
        let mut airspace = airspace(&zones);
        airspace.lift(lifted.0, at_minute(lifted.1));
        let sky = airspace.known_at(at_minute(known)).at_level(60.0);
        let point = |n: u64| Waypoint {
            at: places[usize::try_from(n).expect("few")],
            altitude: Metres::new(60.0),
            time: SimTime::from_micros(at_minute(departs).micros() + n * at_minute(lasts).micros() / 2),
        };
        let path: Vec<_> = (0..3).map(point).collect();
        let closed = sky.closed_at(at_minute(departs));
        let known_at = at_minute(known);
        let all = || airspace.field.all().iter().enumerate();
        let is_met = |obstacle: &Obstacle| touches(obstacle, &path, (obstacle.from, obstacle.until(known_at)));
        let comes = |obstacle: &Obstacle| {
            obstacle.comes_into_force(at_minute(departs), path[2].time, known_at)
        };
        let closing: Vec<_> = all()
            .filter(|(_, obstacle)| comes(obstacle) && is_met(obstacle))
            .map(|(number, _)| number)
            .collect();
        prop_assert_eq!(sky.closing(&path, &closed), closing);
        prop_assert_eq!(
            sky.is_changing((at_minute(departs), path[2].time), &closed),
            all().any(|(_, obstacle)| comes(obstacle))
        );
        prop_assert_eq!(
            sky.is_barred(&path),
            all().any(|(_, obstacle)| obstacle.is_known(known_at) && is_met(obstacle))
        );
    }
}

#[test]
fn a_zone_that_has_ended_is_not_gone_round_any_more() {
    let passing = Zone {
        until: Some(at_minute(10)),
        ..Zone::permanent(
            String::new(),
            ZoneShape::Circle {
                centre: plane().to_position((0.0, 0.0)),
                radius_m: 500.0,
            },
        )
    };
    let airspace = airspace(&[passing]);
    let places = [(-2_000.0, 0.0), (2_000.0, 0.0)].map(|spot| plane().to_position(spot));
    let way = |minute| ask(&airspace, &places, ((0, 1), (minute, minute), (0, 0))).map(|way| way.len());
    assert!(way(5) > Some(2));
    assert_eq!(way(10), Some(2));
    assert!(way(9) > Some(2), "also where the question was asked in between");
}
