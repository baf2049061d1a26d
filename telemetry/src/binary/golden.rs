//! Every kind of frame, byte for byte, with what it says: the golden frames.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use skyhaul_actors::environment::{AircraftKind, Environment, Epoch};
use skyhaul_actors::event::{Leg, LegPurpose, Waypoint};
use skyhaul_actors::ids::{AircraftId, CarrierId, DeliveryId, DepotId, DroneId};
use skyhaul_actors::stage::Stage;
use skyhaul_engine::geo::Position;
use skyhaul_engine::time::SimTime;
use skyhaul_engine::units::{Kilograms, Metres, WattHours};

use super::read::read;
use super::{CellPart, Showing, Stamp, cell, clock, counts, delivery, externals, stats, unix_ms, view};
use crate::cell::Cell;
use crate::external::{ExternalView, Movement};
use crate::sample;
use crate::tiles::{Bbox, Count, Tile};
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
        kind: AircraftKind::Multirotor,
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

/// What was last heard of a drone whose link is lost.
fn unheard() -> DroneView {
    DroneView {
        drone: DroneId(10),
        is_stale: true,
        ..flying()
    }
}

/// Of two aircraft that are no part of the fleet the second one, which has fallen silent and never told of its battery.
fn strangers() -> [ExternalView; 2] {
    let speaks = ExternalView {
        number: 0,
        movement: Movement {
            at: at(43.78, 11.26),
            altitude_m: 80.5,
            heading_deg: 12.5,
            speed_mps: 3.25,
        },
        battery: Some(0.77),
        flies: true,
        is_stale: false,
    };
    let silent = ExternalView {
        number: 7,
        battery: None,
        flies: false,
        is_stale: true,
        ..speaks.clone()
    };
    [speaks, silent]
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
        arrived_at: None,
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
    let (stamp, carried) = (stamp(&environment), status());
    let by_carrier = DeliveryView {
        drone: None,
        carrier: Some(CarrierId(0)),
        arrived_at: Some(second(98)),
        leg: None,
        ..status()
    };
    let crowd = [(43.77, 5), (43.9, 6)].map(|(lat, flying)| Count {
        tile: Tile::of(at(lat, 11.25)),
        flying,
        standing: 21_000,
    });
    let first = Showing {
        is_whole: true,
        is_answer: false,
    };
    let mut frames = vec![("clock", clock(&stamp, 60.0))];
    frames.extend(views(&stamp));
    frames.extend(cells(&stamp, &environment.epoch));
    frames.extend([
        (
            "counts: of two tiles of zoom 13",
            counts(&stamp, "map", 4, first, 13, &crowd),
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
    ]);
    frames
}

fn stamp(environment: &Environment) -> Stamp {
    Stamp::new(0xC0FF_EE00, 1_234, &environment.epoch, second(100))
}

fn tile() -> Cell {
    Cell::Tile(Tile::of(at(43.77, 11.25)))
}

/// The rim of some tiles.
fn rim() -> Cell {
    let bbox = Bbox::new([11.2, 43.7, 11.3, 43.8]).expect("a part of the map");
    Cell::Rim(*bbox.tiles())
}

fn views(stamp: &Stamp) -> [(&'static str, Vec<u8>); 3] {
    let opened =
        |id, seq, showing, frames, left: &[Cell]| view(Vec::new(), stamp, id, seq, showing, frames, left);
    let whole = Showing {
        is_whole: true,
        is_answer: true,
    };
    let answer = Showing {
        is_whole: false,
        is_answer: true,
    };
    let left = [tile(), Cell::Depot(DepotId(2))];
    [
        (
            "view: a whole picture, two cells follow",
            opened("map", 1, whole, 2, &[]),
        ),
        (
            "view: one cell follows, a tile and a depot are left",
            opened("left", 9, Showing::default(), 1, &left),
        ),
        (
            "view: of another part of the map, at whose rim nothing is",
            opened("map", 2, answer, 0, &[rim()]),
        ),
    ]
}

fn cells(stamp: &Stamp, began: &Epoch) -> [(&'static str, Vec<u8>); 5] {
    let told = |where_to, part| cell(Vec::new(), stamp, began, where_to, &part);
    let leg = leg();
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
    let lost = CellPart {
        gone: vec![DroneId(10)],
        fixes: vec![unheard()],
        ..CellPart::default()
    };
    let entered = CellPart {
        gone: vec![DroneId(6)],
        legs: vec![&leg],
        ..CellPart::default()
    };
    let strangers = strangers();
    [
        ("keyframe of a tile: a leg and a fix", told(tile(), whole)),
        (
            "delta of the fleet: two gone, two fixes, one of them of a flying drone; those that fly come anew",
            told(Cell::Fleet, changes),
        ),
        (
            "delta of a depot: a leg is gone, and a stale fix has come, as the drone's link is lost",
            told(Cell::Depot(DepotId(0)), lost),
        ),
        (
            "delta of the rim: a leg has come in from outside, and another one is gone",
            told(rim(), entered),
        ),
        (
            "keyframe of the externals: one that flies, and one that is stale and tells of no battery",
            externals(stamp, &strangers.each_ref()),
        ),
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
