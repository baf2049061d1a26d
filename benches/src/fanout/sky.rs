//! A sky full of drones that never land for long: each flies one leg after another between random places.

use std::io;
use std::path::Path;
use std::sync::Arc;

use parking_lot::RwLock;
use skyhaul_actors::environment::Environment;
use skyhaul_actors::event::{Event, Leg, LegPurpose, Waypoint};
use skyhaul_actors::ids::{AircraftId, DeliveryId, DepotId, DroneId};
use skyhaul_engine::geo::{LocalPlane, Position};
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::SimTime;
use skyhaul_engine::units::{Kilograms, Metres, MetresPerSecond, WattHours};
use skyhaul_telemetry::tracks::Tracks;

use crate::city;

/// How long a leg lasts, seconds.
pub const LEG_S: u64 = 300;

/// How long a leg is, metres: what a drone of 22 m/s flies meanwhile.
const LEG_M: f64 = 6_600.0;

/// Half a side of the square for each root of the number of drones, metres: as dense as twenty tiles of the map that show some five hundred legs.
const HALF_SIDE_M: f64 = 350.0;

/// When the bench begins, seconds of the world's time: later than a leg lasts, so that those that fly began in the past.
pub const BEGINS_S: u64 = 1_000;

/// A sky.
#[derive(Debug)]
pub struct Sky {
    environment: Arc<Environment>,
    tracks: Arc<RwLock<Tracks>>,
    drones: u32,
    half_side_m: f64,
    random: u64,
    next_event: u64,
    /// When each drone's leg ends and where, milliseconds.
    ends: Vec<(u64, Position)>,
}

impl Sky {
    /// So many drones, all in the air, round the middle of a scenario's area.
    ///
    /// # Errors
    /// Where the scenario cannot be read.
    pub fn new(scenario: &Path, drones: u32) -> io::Result<Self> {
        let environment = city::City::read(scenario)?.environment();
        let mut sky = Self {
            tracks: Arc::new(RwLock::new(Tracks::new(Arc::clone(&environment)))),
            environment,
            drones,
            half_side_m: f64::from(drones).sqrt() * HALF_SIDE_M,
            random: 0x2545_F491_4F6C_DD1D,
            next_event: 0,
            ends: Vec::new(),
        };
        let begins_ms = BEGINS_S * 1_000;
        for drone in 0..drones {
            let at = sky.place();
            let battery = WattHours::new(400.0);
            sky.tell(
                begins_ms - LEG_S * 1_000,
                Event::DroneCommissioned {
                    drone: DroneId(drone),
                    depot: DepotId(0),
                    aircraft: AircraftId(0),
                    at,
                    battery,
                    speed_max: MetresPerSecond::new(30.0),
                },
            );
            let ago_ms = sky.below(LEG_S * 1_000);
            sky.ends.push((0, at));
            sky.take_off(drone, begins_ms - ago_ms);
        }
        Ok(sky)
    }

    /// The world as it was planned.
    #[must_use]
    pub fn environment(&self) -> Arc<Environment> {
        Arc::clone(&self.environment)
    }

    /// Where everything is.
    #[must_use]
    pub fn tracks(&self) -> Arc<RwLock<Tracks>> {
        Arc::clone(&self.tracks)
    }

    /// The same sky as far as somebody looks who does not see its drones.
    #[must_use]
    pub fn as_large_as(mut self, drones: u32) -> Self {
        self.half_side_m = f64::from(drones).sqrt() * HALF_SIDE_M;
        self
    }

    /// The middle of some part of it: another one for each number, the same for the same.
    #[must_use]
    pub fn somewhere(&self, number: usize) -> (f64, f64) {
        let turn = number as f64 * 2.399_963;
        let radius = (number as f64 / 10_000.0).sqrt().min(1.0) * self.half_side_m * 0.8;
        let plane = LocalPlane::new(self.environment.area.centre);
        let at = plane.to_position((radius * turn.cos(), radius * turn.sin()));
        (at.lat(), at.lon())
    }

    /// Lets all flights that have ended by `now_ms` be followed by others.
    pub fn advance(&mut self, now_ms: u64) {
        for drone in 0..self.drones {
            let (ends_ms, at) = self.ends[drone as usize];
            if ends_ms <= now_ms {
                self.tell(
                    ends_ms,
                    Event::LegEnded {
                        drone: DroneId(drone),
                        delivery: None,
                        at,
                        battery: WattHours::new(360.0),
                    },
                );
                self.take_off(drone, ends_ms);
            }
        }
    }

    fn take_off(&mut self, drone: u32, departs_ms: u64) {
        let from = self.ends[drone as usize].1;
        let to = self.next_place(from);
        let point = |at, share: u64, altitude_m| Waypoint {
            at,
            altitude: Metres::new(altitude_m),
            time: SimTime::from_micros((departs_ms + LEG_S * 10 * share) * 1_000),
        };
        let path = vec![
            point(from, 0, 0.0),
            point(from, 4, 60.0),
            point(to, 95, 60.0),
            point(to, 100, 0.0),
        ];
        let with_delivery = self.below(2) == 0;
        self.ends[drone as usize] = (departs_ms + LEG_S * 1_000, to);
        self.tell(
            departs_ms,
            Event::LegStarted(Arc::new(Leg {
                drone: DroneId(drone),
                delivery: with_delivery.then_some(DeliveryId(u128::from(drone) << 64 | 7)),
                purpose: LegPurpose::Reposition,
                path,
                distance: Metres::new(LEG_M),
                payload: Kilograms::ZERO,
                energy: WattHours::new(40.0),
                battery: WattHours::new(400.0),
            })),
        );
    }

    fn tell(&mut self, at_ms: u64, event: Event) {
        self.tracks.write().apply(&Numbered {
            number: self.next_event,
            at: SimTime::from_micros(at_ms * 1_000),
            event,
        });
        self.next_event += 1;
    }

    #[expect(clippy::cast_possible_truncation, reason = "a city's side in millimetres")]
    fn place(&mut self) -> Position {
        let side_mm = self.half_side_m * 2_000.0;
        let mut along = || self.below(side_mm as u64) as f64 / 1e3 - self.half_side_m;
        let (east, north) = (along(), along());
        LocalPlane::new(self.environment.area.centre).to_position((east, north))
    }

    /// A leg's length from somewhere, towards somewhere.
    fn next_place(&mut self, from: Position) -> Position {
        let plane = LocalPlane::new(self.environment.area.centre);
        let ((x, y), (to_x, to_y)) = (plane.to_xy(from), plane.to_xy(self.place()));
        let length = (to_x - x).hypot(to_y - y).max(1.0);
        plane.to_position((x + (to_x - x) / length * LEG_M, y + (to_y - y) / length * LEG_M))
    }

    /// A number below `bound` (xorshift; Marsaglia, 2003).
    fn below(&mut self, bound: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % bound
    }
}
