//! What planning costs: missions from depots to places round them, with the area's zones and without; each looked at for every fleet, as dispatch does.

use std::io;
use std::path::Path;
use std::sync::Arc;

use skyhaul_actors::environment::{Environment, FleetSpec};
use skyhaul_actors::flight::Conditions;
use skyhaul_actors::mission::{Errand, READY_SHARE, Starting, assess};
use skyhaul_actors::tree::Surroundings;
use skyhaul_engine::geo::{LocalPlane, Position};
use skyhaul_engine::rng::RandomStream;
use skyhaul_engine::time::SimTime;
use skyhaul_engine::units::{Kilograms, WattHours};

use crate::city::City;
use crate::slices::Slices;

/// How far from its depot a parcel is fetched, and brought, at the most, m.
const NEAR_M: f64 = 4_000.0;
const FAR_M: f64 = 8_000.0;

/// What the parcels weigh, kg: what every aircraft of the library lifts.
const WEIGHT_KG: f64 = 0.4;

/// Missions to plan, in an area.
#[derive(Debug)]
pub struct Planning {
    surroundings: Surroundings,
    errands: Vec<Errand>,
}

/// What planning came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Missions that can be flown.
    pub flown: u64,
    /// A digest of when they end and what they take.
    pub digest: u64,
}

impl Planning {
    /// So many errands round a scenario's depots, drawn by a seed; without the area's zones where `is_open`.
    ///
    /// # Errors
    /// Where the file is no scenario.
    pub fn draw(file: &Path, count: usize, seed: u64, is_open: bool) -> io::Result<Self> {
        let mut environment = Environment::clone(&City::read(file)?.environment());
        let mut random = RandomStream::new(seed, 0);
        let errands = (0..count).map(|number| {
            let fleet = &environment.fleets[number % environment.fleets.len()];
            let depot = environment.depot(fleet.depot).at;
            Errand {
                pickup: near(depot, NEAR_M, &mut random),
                dropoff: near(depot, FAR_M, &mut random),
                weight: Kilograms::new(WEIGHT_KG),
            }
        });
        let errands = errands.collect();
        if is_open {
            environment.zones.clear();
        }
        Ok(Self {
            surroundings: Surroundings::new(Arc::new(environment)),
            errands,
        })
    }

    /// Plans them all, `times` over, each time a slice.
    pub fn run(&self, times: usize, slices: &mut Slices) -> Planned {
        let mut planned = Planned { flown: 0, digest: 0 };
        for _ in 0..times {
            planned = Planned {
                flown: 0,
                digest: 0xcbf2_9ce4_8422_2325,
            };
            slices.time(|| {
                for errand in &self.errands {
                    for fleet in &self.surroundings.environment.fleets {
                        self.plan(fleet, errand, &mut planned);
                    }
                }
                (self.errands.len() * self.surroundings.environment.fleets.len()) as u64
            });
        }
        planned
    }

    fn plan(&self, fleet: &FleetSpec, errand: &Errand, planned: &mut Planned) {
        let environment: &Environment = &self.surroundings.environment;
        let (aircraft, home) = (
            environment.aircraft(fleet.aircraft),
            environment.depot(fleet.depot).at,
        );
        let starting = Starting {
            at: home,
            altitude_m: 0.0,
            home,
            battery: WattHours::new(aircraft.battery_capacity.get() * READY_SHARE),
            time: SimTime::ZERO,
        };
        let conditions = Conditions {
            airspace: self.surroundings.airspace.known_at(SimTime::ZERO),
            weather: &environment.weather,
        };
        if let Ok(estimate) = assess(aircraft, errand, starting, &environment.area, conditions) {
            planned.flown += 1;
            for part in [estimate.home_at.micros(), estimate.energy.get().to_bits()] {
                // FNV-1a, a word at a time.
                planned.digest = (planned.digest ^ part).wrapping_mul(0x0100_0000_01b3);
            }
        }
    }
}

/// A place at most so far from another, in a square.
fn near(place: Position, m: f64, random: &mut RandomStream) -> Position {
    let mut offset = || (random.unit() * 2.0 - 1.0) * m / std::f64::consts::SQRT_2;
    LocalPlane::new(place).to_position((offset(), offset()))
}
