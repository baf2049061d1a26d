//! Every kind of frame, byte for byte, with what it says: the golden frames.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use skyhaul_actors::event::{Leg, LegPurpose, Waypoint};
use skyhaul_actors::ids::{AircraftId, CarrierId, DeliveryId, DepotId, DroneId};
use skyhaul_actors::stage::Stage;
use skyhaul_engine::geo::Position;
use skyhaul_engine::time::SimTime;
use skyhaul_engine::units::{Kilograms, Metres, WattHours};

use super::read::read;
use super::{CellPart, Showing, Stamp, cell, clock, counts, delivery, stats, unix_ms, view};
use crate::cell::Cell;
use crate::sample;
use crate::tiles::{Count, Tile};
use crate::view::{Between, DeliveryView, DroneState, DroneView, FleetStats};

const DELIVERY: DeliveryId = DeliveryId(0x0011_2233_4455_6677_8899_AABB_CCDD_EEFF);

fn at(lat: f64, lon: f64) -> Position {
    Position::new(lat, lon).expect("on the sphere")
}

const fn second(second: u64) -> SimTime {
    SimTime::from_micros(second * 1_000_000)
}

fn leg() -> Leg {
    let waypoint = |lat, altitude, at_s| Waypoint {
        at: at(lat, 11.25),
        altitude: Metres::new(altitude),
        time: second(at_s),
    };
    Leg {
        drone: DroneId(7),
        delivery: Some(DELIVERY),
        purpose: LegPurpose::Dropoff,
        path: vec![
            waypoint(43.77, 0.0, 60),
            waypoint(43.77, 60.0, 72),
            waypoint(43.78, 60.0, 120),
            waypoint(43.78, 0.0, 135),
        ],
        distance: Metres::new(1_112.0),
        payload: Kilograms::new(0.5),
        energy: WattHours::new(23.5),
        battery: WattHours::new(480.25),
    }
}

fn fix() -> DroneView {
    DroneView {
        drone: DroneId(8),
        depot: DepotId(0),
        aircraft: AircraftId(0),
        state: DroneState::Charging,
        at: at(43.77, 11.2),
        altitude_m: 0.0,
        heading_deg: 271.25,
        speed_mps: 0.0,
        climb_mps: 0.0,
        battery: 0.5,
        delivery: None,
        arrives_at: None,
        is_stale: false,
    }
}

fn flying() -> DroneView {
    DroneView {
        drone: DroneId(9),
        state: DroneState::Returning,
        altitude_m: 60.0,
        speed_mps: 24.99,
        delivery: Some(DELIVERY),
        arrives_at: Some(second(160)),
        ..fix()
    }
}

fn status() -> DeliveryView {
    let between = |low, high| Between {
        low: second(low),
        high: second(high),
    };
    DeliveryView {
        delivery: DELIVERY,
        owner: "someone".to_owned(),
        stage: Stage::HeadedToDropoff,
        drone: Some(DroneId(7)),
        carrier: None,
        at: at(43.775, 11.25),
        altitude_m: 60.0,
        pickup_eta: second(60),
        pickup_between: between(60, 60),
        delivery_eta: second(155),
        delivery_between: between(150, 171),
        deadline: None,
        leg: Some(std::sync::Arc::new(leg())),
    }
}

fn figures() -> FleetStats {
    FleetStats {
        drones: DroneState::ALL.into_iter().zip(1..).collect(),
        deliveries: Stage::ALL.into_iter().zip(11..).collect(),
        completed_per_minute: 21,
        wait_p50_s: 61.5,
        wait_p95_s: 240.125,
        waiting: 22,
    }
}

/// All kinds of frames, each with its name.
fn frames() -> Vec<(&'static str, Vec<u8>)> {
    let environment = sample::environment();
    let began = &environment.epoch;
    let stamp = Stamp::new(0xC0FF_EE00, 1_234, began, second(100));
    let tile = Cell::Tile(Tile::of(at(43.77, 11.25)));
    let (leg, carried) = (leg(), status());
    let by_carrier = DeliveryView {
        drone: None,
        carrier: Some(CarrierId(0)),
        leg: None,
        ..status()
    };
    let crowd = [(43.77, 5), (43.9, 6)].map(|(lat, flying)| Count {
        tile: Tile::of(at(lat, 11.25)),
        flying,
        standing: 21_000,
    });
    let whole = CellPart {
        is_whole: true,
        legs: vec![&leg],
        fixes: vec![fix()],
        ..CellPart::default()
    };
    let changes = CellPart {
        is_flying_anew: true,
        gone: vec![DroneId(3), DroneId(4)],
        fixes: vec![fix(), flying()],
        ..CellPart::default()
    };
    vec![
        ("clock", clock(&stamp, 60.0)),
        (
            "view: a whole picture, two cells follow",
            view(
                Vec::new(),
                &stamp,
                "map",
                1,
                Showing {
                    is_whole: true,
                    is_answer: true,
                },
                2,
                &[],
            ),
        ),
        (
            "view: one cell follows, a tile and a depot are left",
            view(
                Vec::new(),
                &stamp,
                "left",
                9,
                Showing::default(),
                1,
                &[tile, Cell::Depot(DepotId(2))],
            ),
        ),
        (
            "keyframe of a tile: a leg and a fix",
            cell(Vec::new(), &stamp, began, tile, &whole),
        ),
        (
            "delta of the fleet: two gone, two fixes, one of them of a flying drone; those that fly come anew",
            cell(Vec::new(), &stamp, began, Cell::Fleet, &changes),
        ),
        (
            "counts: of two tiles of zoom 13",
            counts(
                &stamp,
                "map",
                4,
                Showing {
                    is_whole: true,
                    is_answer: false,
                },
                13,
                &crowd,
            ),
        ),
        (
            "delivery: the first frame, with a drone",
            delivery(&stamp, &environment, "mine", 1, true, &carried),
        ),
        (
            "delivery: with a carrier",
            delivery(&stamp, &environment, "mine", 2, false, &by_carrier),
        ),
        ("stats", stats(&stamp, "figures", 3, false, &figures(), 0.25)),
    ]
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for (n, row) in bytes.chunks(16).enumerate() {
        write!(text, "{:04x} ", n * 16).expect("a string takes all");
        for (place, byte) in row.iter().enumerate() {
            let gap = if place % 4 == 0 { " " } else { "" };
            write!(text, "{gap}{byte:02x}").expect("a string takes all");
        }
        text.push('\n');
    }
    text
}

#[test]
fn frames_are_laid_out_as_they_were() {
    let mut said = String::new();
    for (name, bytes) in frames() {
        let read = read(&bytes);
        writeln!(said, "# {name}\n{}{read:?}\n", hex(&bytes)).expect("a string takes all");
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/frames.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &said).expect("the golden file can be written");
    }
    let golden = fs::read_to_string(&path).expect("UPDATE_GOLDEN=1 writes the golden file");
    assert_eq!(said, golden, "UPDATE_GOLDEN=1 rewrites frames.txt");
}

#[test]
fn every_frame_and_every_column_begins_on_a_multiple_of_four_bytes() {
    for (name, bytes) in frames() {
        assert_eq!(bytes.len() % 4, 0, "{name}");
    }
}

#[test]
fn what_is_weeks_away_is_cut() {
    let environment = sample::environment();
    let stamp = Stamp::new(1, 1, &environment.epoch, SimTime::ZERO);
    let far = stamp.offset_ms(unix_ms(&environment.epoch, second(100_000_000)));
    assert_eq!(far, i32::MAX);
}
