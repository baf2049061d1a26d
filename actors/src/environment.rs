//! The world as it was planned: area, depots, fleets, aircraft, weather, zones, demand. Read-only while it runs.

use serde::{Deserialize, Serialize};
use skyhaul_engine::geo::{LocalPlane, Position};
use skyhaul_engine::kernel::RegionId;
use skyhaul_engine::time::SimTime;
use skyhaul_engine::units::MetresPerSecond;

use crate::event::GroundingReason;
use crate::ids::{AircraftId, CarrierId, DepotId};

pub use self::aircraft::{
    AircraftKind, AircraftSpec, Arrival, EnergyModel, FlightPhases, Maintenance, WeatherLimits,
};
pub use self::carrier::CarrierSpec;
pub use self::demand::{Demand, DemandStream, Pickups, Places, TraceRequest, WeightedPlace};
pub use self::dispatch::{Dispatch, DispatchPolicy, REGION_DELAY_MAX};
pub use self::fault::{Faults, Outage, Sabotage};
pub use self::weather::{Weather, WeatherAloft, WeatherRow, WeatherSeries};
pub use self::zone::{ZONE_NOTICE, Zone, ZoneShape};

mod aircraft;
mod carrier;
mod demand;
mod dispatch;
mod fault;
mod weather;
mod zone;

/// Everything that does not change while the world runs. Built from a scenario, shared by all actors.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The scenario's name.
    pub name: String,
    /// The seed of every random stream.
    pub seed: u64,
    /// Where virtual time begins on the calendar.
    pub epoch: Epoch,
    /// The service area.
    pub area: Area,
    /// The depots, by [`DepotId`].
    pub depots: Vec<DepotSpec>,
    /// The aircraft types, by [`AircraftId`].
    pub aircraft: Vec<AircraftSpec>,
    /// The fleets; drones are numbered through them in order.
    pub fleets: Vec<FleetSpec>,
    /// Wind, air and sky over time.
    pub weather: WeatherAloft,
    /// No-fly zones.
    pub zones: Vec<Zone>,
    /// How drones are assigned.
    pub dispatch: Dispatch,
    /// Third-party carriers, by [`CarrierId`]; empty where they are not enabled.
    pub carriers: Vec<CarrierSpec>,
    /// What goes wrong, and how often.
    pub faults: Faults,
    /// Requests that come by themselves; `None` where only commands ask.
    pub demand: Option<Demand>,
}

impl Environment {
    /// The depot's plan.
    #[must_use]
    pub fn depot(&self, depot: DepotId) -> &DepotSpec {
        &self.depots[usize::from(depot.0)]
    }

    /// How many drones there are.
    #[must_use]
    pub fn drones(&self) -> u32 {
        self.fleets.iter().map(|fleet| fleet.count).sum()
    }

    /// The aircraft type.
    #[must_use]
    pub fn aircraft(&self, aircraft: AircraftId) -> &AircraftSpec {
        &self.aircraft[usize::from(aircraft.0)]
    }

    /// The greatest ground speed that an aircraft of the type may reach: with the strongest wind there ever is. Rounded up, so that no drone is ever faster.
    #[must_use]
    pub fn speed_max(&self, aircraft: AircraftId) -> MetresPerSecond {
        const HALF_A_STEP_MPS: f64 = 0.000_5;
        let aircraft = self.aircraft(aircraft);
        let weather = self.weather.at_level(aircraft.altitude_m);
        let blown_mps = aircraft.cruise_mps + weather.wind_max_mps();
        MetresPerSecond::new(blown_mps.min(aircraft.ground_speed_max_mps()) + HALF_A_STEP_MPS)
    }

    /// Why the weather lets none of a depot's planned drones take off at a time, if so: what keeps the first fleet's.
    ///
    /// A mission that would reach into such weather is turned down by itself, before the depot is grounded.
    #[must_use]
    pub fn grounding(&self, depot: DepotId, time: SimTime) -> Option<GroundingReason> {
        let fleets = self.fleets.iter().filter(|fleet| fleet.depot == depot);
        let mut reasons = fleets.map(|fleet| {
            let aircraft = self.aircraft(fleet.aircraft);
            aircraft.grounded_by(self.weather.at_level(aircraft.altitude_m).at(time))
        });
        let first = reasons.next().flatten()?;
        reasons.all(|reason| reason.is_some()).then_some(first)
    }

    /// When after `after` the weather next grounds a depot that it does not ground, or the other way round; `None` where it never does.
    #[must_use]
    pub fn next_grounding_change(&self, depot: DepotId, after: SimTime) -> Option<SimTime> {
        let is_grounded = |time| self.grounding(depot, time).is_some();
        let now = is_grounded(after);
        let weather = self.weather.highest();
        let until = after + weather.period()?;
        weather
            .changes(after, until)
            .find(|change| is_grounded(*change) != now)
    }

    /// The carrier's terms.
    #[must_use]
    pub fn carrier(&self, carrier: CarrierId) -> &CarrierSpec {
        &self.carriers[usize::from(carrier.0)]
    }

    /// The flat map round the area's centre on which paths are planned.
    #[must_use]
    pub fn plane(&self) -> LocalPlane {
        LocalPlane::new(self.area.centre)
    }
}

/// Where virtual time begins on the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// Microseconds since 1970-01-01T00:00:00Z at virtual time 0.
    pub unix_micros: i64,
    /// Local time minus UTC, in seconds; demand's hours are local.
    pub utc_offset_s: i32,
}

impl Epoch {
    /// Microseconds since 1970-01-01T00:00:00Z at `at`.
    #[must_use]
    pub fn unix_micros_at(&self, at: SimTime) -> i64 {
        self.unix_micros.saturating_add_unsigned(at.micros())
    }

    /// The hour of the local day, 0 to 23.
    #[must_use]
    pub fn local_hour(&self, at: SimTime) -> usize {
        let local_s = self.unix_micros_at(at).div_euclid(1_000_000) + i64::from(self.utc_offset_s);
        usize::try_from(local_s.rem_euclid(86_400) / 3_600).unwrap_or(0)
    }

    /// Virtual time at a Unix time in microseconds; times before the epoch give zero.
    #[must_use]
    pub fn sim_time(&self, unix_micros: i64) -> SimTime {
        SimTime::from_micros(u64::try_from(unix_micros.saturating_sub(self.unix_micros)).unwrap_or(0))
    }
}

/// The service area: a disc.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Its centre.
    pub centre: Position,
    /// Its radius in metres.
    pub radius_m: f64,
}

impl Area {
    /// Whether the place lies inside.
    #[must_use]
    pub fn contains(&self, place: Position) -> bool {
        self.centre.is_within(place, self.radius_m)
    }
}

/// A depot as planned.
#[derive(Clone, Debug, PartialEq)]
pub struct DepotSpec {
    /// Its name, unique in the scenario.
    pub name: String,
    /// Where it stands.
    pub at: Position,
    /// How many drones may be charged or swapped at once.
    pub pads: u32,
    /// Charged batteries on the shelf at the start.
    pub spare_batteries: u32,
    /// The region in which it and its drones live. Regions are numbered from 0 without a gap.
    pub region: RegionId,
}

/// A number of equal drones at one depot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetSpec {
    /// Their home.
    pub depot: DepotId,
    /// Their type.
    pub aircraft: AircraftId,
    /// How many.
    pub count: u32,
}
