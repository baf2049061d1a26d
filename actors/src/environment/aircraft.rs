//! Aircraft: what a type can do, and what it takes.

use skyhaul_engine::time::SimDuration;
use skyhaul_engine::units::{Kilograms, Metres, WattHours};

use crate::energy::{Momentum, Range};

use super::Weather;
use crate::event::GroundingReason;

/// How much energy an aircraft draws.
#[derive(Clone, Debug, PartialEq)]
pub enum EnergyModel {
    /// Measured on the DJI M100: take-off, cruise and landing.
    Rodrigues2022,
    /// Energy per metre from the published range.
    Range(Range),
    /// From momentum theory.
    Momentum(Momentum),
}

/// What a flight has beside climb, cruise and descent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FlightPhases {
    /// How fast it comes to its speed over the ground and loses it again, m/s²; `None` where that takes no time.
    pub acceleration_mps2: Option<f64>,
    /// How long it takes each time to put its weight from its rotors on its wings, or back: it stays in place and draws what hovering draws.
    pub transition: SimDuration,
    /// How long it hovers where it takes or brings a parcel: to look for the place, and to let its winch down.
    pub hover: SimDuration,
    /// How high it stays while a parcel goes up or down on its winch, m; `None` where it lands.
    pub winch_m: Option<f64>,
}

impl FlightPhases {
    /// Take-off, cruise and landing, and nothing else: what Rodrigues et al. 2022 publish.
    pub const AS_PUBLISHED: Self = Self {
        acceleration_mps2: None,
        transition: SimDuration::ZERO,
        hover: SimDuration::ZERO,
        winch_m: None,
    };
}

/// 100 miles an hour (87 knots), in m/s (14 CFR 107.51(a)).
const GROUND_SPEED_MAX_MPS: f64 = 44.7;

/// How a flight ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// On the ground, at a depot.
    Landing,
    /// Where it takes a parcel.
    Pickup,
    /// Where it brings one.
    Dropoff,
}

/// The weather in which an aircraft does not take off, beside its strongest wind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeatherLimits {
    /// The strongest gust, m/s.
    pub gust_max_mps: f64,
    /// The heaviest rain, mm/h.
    pub rain_max_mm_h: f64,
    /// How far one must see, m.
    pub visibility_min_m: f64,
    /// The coldest air, °C.
    pub temperature_min_c: f64,
    /// The hottest air, °C.
    pub temperature_max_c: f64,
}

impl WeatherLimits {
    /// How far one must see: three statute miles, in metres, rounded down (14 CFR 107.51(c)).
    pub const VISIBILITY_BY_RULE_M: f64 = 4_800.0;

    /// What common drones fly in: no rain, 0 to 40 °C (Gao et al., *Scientific Reports* 2021). Gusts of half as much again as the strongest
    /// wind of 10 m/s are assumed, as wind over open land brings them.
    pub const COMMON: Self = Self {
        gust_max_mps: 15.0,
        rain_max_mm_h: 0.0,
        visibility_min_m: Self::VISIBILITY_BY_RULE_M,
        temperature_min_c: 0.0,
        temperature_max_c: 40.0,
    };

    /// What weather-resistant drones fly in: rain of 1 mm/h (Gao et al.); gusts as for [`Self::COMMON`], and -20 to 45 °C, are assumed.
    pub const RESISTANT: Self = Self {
        gust_max_mps: 22.5,
        rain_max_mm_h: 1.0,
        temperature_min_c: -20.0,
        temperature_max_c: 45.0,
        ..Self::COMMON
    };
}

/// What carries an aircraft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AircraftKind {
    /// Rotors alone.
    Multirotor,
    /// Rotors where it rises, hovers and sinks, wings on its way.
    Hybrid,
    /// Wings alone.
    Aeroplane,
}

/// An aircraft type.
#[derive(Clone, Debug, PartialEq)]
pub struct AircraftSpec {
    /// Its name in the catalogue.
    pub name: String,
    /// What carries it: for whoever is told of it, no figure follows from it.
    pub kind: AircraftKind,
    /// Its energy model.
    pub energy_model: EnergyModel,
    /// Mass without battery and payload.
    pub airframe: Kilograms,
    /// Mass of the battery.
    pub battery: Kilograms,
    /// Capacity of the battery.
    pub battery_capacity: WattHours,
    /// The heaviest parcel it lifts.
    pub payload_max: Kilograms,
    /// Airspeed in cruise, m/s.
    pub cruise_mps: f64,
    /// Climb rate, m/s.
    pub climb_mps: f64,
    /// Descent rate, m/s.
    pub descent_mps: f64,
    /// Cruise altitude above ground, m.
    pub altitude_m: f64,
    /// What its flights have beside climb, cruise and descent.
    pub phases: FlightPhases,
    /// Share of the battery that stays in it.
    pub reserve: f64,
    /// The strongest wind it flies in, m/s.
    pub wind_max_mps: f64,
    /// What else it does not fly in.
    pub limits: WeatherLimits,
    /// Time to swap the battery; `None` where it charges instead.
    pub swap: Option<SimDuration>,
    /// Charging power, W.
    pub charge_w: f64,
    /// Share of the capacity from which on the charging power falls ([`crate::battery`]); 1 where it never does.
    pub charge_knee: f64,
    /// When it is taken out of service, and for how long; `None` where it never is.
    pub maintenance: Option<Maintenance>,
}

/// What an aircraft needs besides its battery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Maintenance {
    /// Time in the air from one to the next.
    pub every: SimDuration,
    /// How long it takes.
    pub takes: SimDuration,
}

impl AircraftSpec {
    /// What must stay in the battery.
    #[must_use]
    pub fn reserve_energy(&self) -> WattHours {
        WattHours::new(self.battery_capacity.get() * self.reserve)
    }

    /// Why it may not take off in a weather, if so.
    #[must_use]
    pub fn grounded_by(&self, weather: &Weather) -> Option<GroundingReason> {
        let limits = &self.limits;
        if weather.wind_mps > self.wind_max_mps {
            Some(GroundingReason::Wind)
        } else if weather.gust_mps > limits.gust_max_mps {
            Some(GroundingReason::Gusts)
        } else if weather.rain_mm_h > limits.rain_max_mm_h {
            Some(GroundingReason::Rain)
        } else if weather.visibility_m < limits.visibility_min_m {
            Some(GroundingReason::Visibility)
        } else if (limits.temperature_min_c..=limits.temperature_max_c).contains(&weather.temperature_c) {
            None
        } else {
            Some(GroundingReason::Temperature)
        }
    }

    /// The greatest speed over the ground: a tail wind brings it no higher, the drone throttles back (14 CFR 107.51(a)). One that by itself
    /// is faster flies under other rules.
    #[must_use]
    pub fn ground_speed_max_mps(&self) -> f64 {
        GROUND_SPEED_MAX_MPS.max(self.cruise_mps)
    }

    /// How high above the place it ends a flight.
    #[must_use]
    pub fn height_at(&self, arrival: Arrival) -> Metres {
        match (arrival, self.phases.winch_m) {
            (Arrival::Pickup | Arrival::Dropoff, Some(winch_m)) => Metres::new(winch_m.min(self.altitude_m)),
            _ => Metres::ZERO,
        }
    }
}
