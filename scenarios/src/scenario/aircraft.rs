//! `[aircraft.NAME]`: aircraft that a scenario adds to the catalogue, or knows better.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use skyhaul_actors::battery::KNEE_DEFAULT;
use skyhaul_actors::energy::{Momentum, Range};
use skyhaul_actors::environment::{
    AircraftKind, AircraftSpec, EnergyModel, FlightPhases, Maintenance, WeatherLimits,
};
use skyhaul_engine::time::SimDuration;
use skyhaul_engine::units::{Kilograms, WattHours};

use crate::catalogue;
use crate::error::ScenarioError;
use crate::file::{Field, Section};

/// The keys of an aircraft.
const KEYS: &[&str] = &[
    "kind",
    "energy_model",
    "range_m",
    "airframe_kg",
    "battery_kg",
    "battery_wh",
    "payload_max_kg",
    "cruise_mps",
    "climb_mps",
    "descent_mps",
    "altitude_m",
    "reserve",
    "wind_max_mps",
    "gust_max_mps",
    "rain_max_mm_h",
    "visibility_min_m",
    "temperature_min_c",
    "temperature_max_c",
    "swap",
    "charge_w",
    "charge_knee",
    "maintenance_every",
    "maintenance",
    "rotors",
    "rotor_m",
    "drag_area_m2",
    "efficiency",
    "acceleration_mps2",
    "transition",
    "hover",
    "winch_m",
];

/// The keys of the model `range`.
const RANGE_KEYS: &[&str] = &["range_m"];

/// The keys of the model `momentum`.
const MOMENTUM_KEYS: &[&str] = &["rotors", "rotor_m", "drag_area_m2", "efficiency"];

/// The keys of phases that `rodrigues-2022` does not have.
const PHASE_KEYS: &[&str] = &["acceleration_mps2", "transition", "hover", "winch_m"];

/// What a key says where an aircraft has no such thing: no swap, no winch.
pub(super) const NONE: &str = "none";

/// What `maintenance_every` says where nothing is ever due.
pub(super) const NEVER: &str = "never";

/// Masses, kg: from a toy to the heaviest drones that certify.
const MASS_KG: RangeInclusive<f64> = 0.01..=2_000.0;
/// Capacities, Wh.
const CAPACITY_WH: RangeInclusive<f64> = 0.1..=1_000_000.0;
/// Airspeeds, m/s: below the speed of sound by far.
const CRUISE_MPS: RangeInclusive<f64> = 0.5..=150.0;
/// Rates of climb and descent, m/s.
const VERTICAL_MPS: RangeInclusive<f64> = 0.1..=50.0;
/// Cruise altitudes above ground, m.
const ALTITUDE_M: RangeInclusive<f64> = 1.0..=5_000.0;
/// Shares of the battery that stay in it.
const RESERVE: RangeInclusive<f64> = 0.0..=0.95;
/// Winds, m/s.
const WIND_MPS: RangeInclusive<f64> = 0.0..=100.0;
/// Rain, mm/h: the heaviest hour ever measured had 400.
const RAIN_MM_H: RangeInclusive<f64> = 0.0..=500.0;
/// How far one sees, m.
const VISIBILITY_M: RangeInclusive<f64> = 0.0..=100_000.0;
/// Temperatures, °C.
const TEMPERATURE_C: RangeInclusive<f64> = -100.0..=100.0;
/// Ranges, m.
const RANGE_M: RangeInclusive<f64> = 10.0..=10_000_000.0;
/// Charging powers, W.
const CHARGE_W: RangeInclusive<f64> = 1.0..=1_000_000.0;
/// From which share of the capacity on the charging power falls.
const KNEE: RangeInclusive<f64> = 0.5..=1.0;
/// Time in the air from one maintenance to the next, and how long one takes.
const MAINTENANCE_EVERY: RangeInclusive<SimDuration> =
    SimDuration::from_mins(1)..=SimDuration::from_mins(100_000 * 60);
const MAINTENANCE: RangeInclusive<SimDuration> =
    SimDuration::from_secs(1)..=SimDuration::from_mins(60 * 24 * 60);
const MAINTENANCE_DEFAULT: SimDuration = SimDuration::from_mins(2 * 60);
/// How many rotors.
const ROTORS: RangeInclusive<u32> = 1..=64;
/// Diameters of rotors, m.
const ROTOR_M: RangeInclusive<f64> = 0.01..=20.0;
/// Drag coefficients times areas, m².
const DRAG_AREA_M2: RangeInclusive<f64> = 0.0..=100.0;
/// Shares of the battery's power that become thrust.
const EFFICIENCY: RangeInclusive<f64> = 0.05..=1.0;
/// Changes of speed, m/s²: up to that of a racing drone.
const ACCELERATION_MPS2: RangeInclusive<f64> = 0.1..=50.0;
/// How long a drone takes to change its manner of flight, or looks for its place.
const PAUSE: RangeInclusive<SimDuration> = SimDuration::ZERO..=SimDuration::from_mins(10);
/// How far a winch reaches, m.
const WINCH_M: RangeInclusive<f64> = 1.0..=200.0;
/// How long a swap takes.
const SWAP: RangeInclusive<SimDuration> = SimDuration::from_secs(1)..=SimDuration::from_mins(24 * 60);

/// What an aircraft has of which the scenario does not say it; a battery that is not said to charge faster takes an hour.
const CLIMB_MPS_DEFAULT: f64 = 2.5;
const DESCENT_MPS_DEFAULT: f64 = 2.0;
const ALTITUDE_M_DEFAULT: f64 = 100.0;
const RESERVE_DEFAULT: f64 = 0.2;
const WIND_MAX_MPS_DEFAULT: f64 = 10.0;

/// The aircraft that the scenario itself describes, by name.
///
/// # Errors
/// The first mistake.
pub(super) fn read(root: &Section<'_>) -> Result<BTreeMap<String, AircraftSpec>, ScenarioError> {
    let Some(tables) = root.get("aircraft") else {
        return Ok(BTreeMap::new());
    };
    tables
        .named_tables()?
        .fields()
        .into_iter()
        .map(|(name, field)| {
            let spec = read_one(name, &field.table(KEYS)?, catalogue::find(name).as_ref())?;
            Ok((name.to_owned(), spec))
        })
        .collect()
}

fn read_one(
    name: &str,
    section: &Section<'_>,
    known: Option<&AircraftSpec>,
) -> Result<AircraftSpec, ScenarioError> {
    let energy_model = read_energy_model(section, known.map(|known| &known.energy_model))?;
    let number = |key: &str, of: fn(&AircraftSpec) -> f64, default: Option<f64>, range| match section.get(key)
    {
        Some(field) => field.number(range),
        None => known.map(of).or(default).ok_or_else(|| section.missing(key)),
    };
    let battery_wh = number("battery_wh", |a| a.battery_capacity.get(), None, CAPACITY_WH)?;
    let phases = read_phases(section, &energy_model, known.map(|known| &known.phases))?;
    Ok(AircraftSpec {
        name: name.to_owned(),
        kind: read_kind(section, known, &phases)?,
        energy_model,
        phases,
        airframe: Kilograms::new(number("airframe_kg", |a| a.airframe.get(), None, MASS_KG)?),
        battery: Kilograms::new(number("battery_kg", |a| a.battery.get(), None, MASS_KG)?),
        battery_capacity: WattHours::new(battery_wh),
        payload_max: Kilograms::new(number("payload_max_kg", |a| a.payload_max.get(), None, MASS_KG)?),
        cruise_mps: number("cruise_mps", |a| a.cruise_mps, None, CRUISE_MPS)?,
        climb_mps: number(
            "climb_mps",
            |a| a.climb_mps,
            Some(CLIMB_MPS_DEFAULT),
            VERTICAL_MPS,
        )?,
        descent_mps: number(
            "descent_mps",
            |a| a.descent_mps,
            Some(DESCENT_MPS_DEFAULT),
            VERTICAL_MPS,
        )?,
        altitude_m: number(
            "altitude_m",
            |a| a.altitude_m,
            Some(ALTITUDE_M_DEFAULT),
            ALTITUDE_M,
        )?,
        reserve: number("reserve", |a| a.reserve, Some(RESERVE_DEFAULT), RESERVE)?,
        wind_max_mps: number(
            "wind_max_mps",
            |a| a.wind_max_mps,
            Some(WIND_MAX_MPS_DEFAULT),
            WIND_MPS,
        )?,
        limits: read_limits(
            section,
            known.map_or(&WeatherLimits::COMMON, |known| &known.limits),
        )?,
        swap: match section.get("swap") {
            Some(field) => read_swap(&field)?,
            None => known.and_then(|known| known.swap),
        },
        charge_w: number("charge_w", |a| a.charge_w, Some(battery_wh.max(1.0)), CHARGE_W)?,
        charge_knee: number("charge_knee", |a| a.charge_knee, Some(KNEE_DEFAULT), KNEE)?,
        maintenance: read_maintenance(section, known.and_then(|known| known.maintenance))?,
    })
}

/// Where it is not said, what changes its manner of flight has rotors and wings.
fn read_kind(
    section: &Section<'_>,
    known: Option<&AircraftSpec>,
    phases: &FlightPhases,
) -> Result<AircraftKind, ScenarioError> {
    let Some(field) = section.get("kind") else {
        let changes = phases.transition > SimDuration::ZERO;
        return Ok(match known {
            Some(known) => known.kind,
            None if changes => AircraftKind::Hybrid,
            None => AircraftKind::Multirotor,
        });
    };
    Ok(match field.word(&["multirotor", "hybrid", "aeroplane"])? {
        "hybrid" => AircraftKind::Hybrid,
        "aeroplane" => AircraftKind::Aeroplane,
        _ => AircraftKind::Multirotor,
    })
}

fn read_limits(section: &Section<'_>, known: &WeatherLimits) -> Result<WeatherLimits, ScenarioError> {
    Ok(WeatherLimits {
        gust_max_mps: section.number_or("gust_max_mps", known.gust_max_mps, WIND_MPS)?,
        rain_max_mm_h: section.number_or("rain_max_mm_h", known.rain_max_mm_h, RAIN_MM_H)?,
        visibility_min_m: section.number_or("visibility_min_m", known.visibility_min_m, VISIBILITY_M)?,
        temperature_min_c: section.number_or("temperature_min_c", known.temperature_min_c, TEMPERATURE_C)?,
        temperature_max_c: section.number_or("temperature_max_c", known.temperature_max_c, TEMPERATURE_C)?,
    })
}

/// Where the hours are said and the time out of service is not, it takes [`MAINTENANCE_DEFAULT`].
fn read_maintenance(
    section: &Section<'_>,
    known: Option<Maintenance>,
) -> Result<Option<Maintenance>, ScenarioError> {
    let every = match section.get("maintenance_every") {
        Some(field) if field.is_text() && field.text()? == NEVER => None,
        Some(field) => Some(field.duration(MAINTENANCE_EVERY)?),
        None => known.map(|known| known.every),
    };
    let Some(every) = every else {
        section.refuse_all(
            &["maintenance"],
            "belongs with `maintenance_every`; say that too, or remove it",
        )?;
        return Ok(None);
    };
    let default = known.map_or(MAINTENANCE_DEFAULT, |known| known.takes);
    let takes = section.duration("maintenance", MAINTENANCE)?.unwrap_or(default);
    Ok(Some(Maintenance { every, takes }))
}

fn read_swap(field: &Field<'_>) -> Result<Option<SimDuration>, ScenarioError> {
    if field.is_text() && field.text()? == NONE {
        return Ok(None);
    }
    field.duration(SWAP).map(Some)
}

fn read_energy_model(
    section: &Section<'_>,
    known: Option<&EnergyModel>,
) -> Result<EnergyModel, ScenarioError> {
    let model = match (section.get("energy_model"), known) {
        (Some(field), _) => field.word(&["rodrigues-2022", "range", "momentum"])?,
        (None, Some(EnergyModel::Rodrigues2022)) => "rodrigues-2022",
        (None, Some(EnergyModel::Range(_))) => "range",
        (None, Some(EnergyModel::Momentum(_))) => "momentum",
        (None, None) => return Err(section.missing("energy_model")),
    };
    if model != "range" {
        let why = "belongs to energy_model = \"range\"; remove it, or change the model";
        section.refuse_all(RANGE_KEYS, why)?;
    }
    if model != "momentum" {
        let why = "belongs to energy_model = \"momentum\"; remove it, or change the model";
        section.refuse_all(MOMENTUM_KEYS, why)?;
    }
    match model {
        "range" => read_range(section, known).map(EnergyModel::Range),
        "momentum" => read_momentum(section, known).map(EnergyModel::Momentum),
        _ => Ok(EnergyModel::Rodrigues2022),
    }
}

fn read_range(section: &Section<'_>, known: Option<&EnergyModel>) -> Result<Range, ScenarioError> {
    let known_range = match known {
        Some(EnergyModel::Range(range)) => Some(range.range_m),
        _ => None,
    };
    let range_m = match section.get("range_m") {
        Some(field) => field.number(RANGE_M)?,
        None => known_range.ok_or_else(|| section.missing("range_m"))?,
    };
    Ok(Range { range_m })
}

fn read_momentum(section: &Section<'_>, known: Option<&EnergyModel>) -> Result<Momentum, ScenarioError> {
    let known = match known {
        Some(EnergyModel::Momentum(momentum)) => Some(momentum),
        _ => None,
    };
    let number = |key: &str, of: fn(&Momentum) -> f64, range| match section.get(key) {
        Some(field) => field.number(range),
        None => known.map(of).ok_or_else(|| section.missing(key)),
    };
    Ok(Momentum {
        rotors: match section.get("rotors") {
            Some(field) => field.count(ROTORS)?,
            None => known.ok_or_else(|| section.missing("rotors"))?.rotors,
        },
        rotor_m: number("rotor_m", |momentum| momentum.rotor_m, ROTOR_M)?,
        drag_area_m2: number("drag_area_m2", |momentum| momentum.drag_area_m2, DRAG_AREA_M2)?,
        efficiency: number("efficiency", |momentum| momentum.efficiency, EFFICIENCY)?,
    })
}

/// What flights have beside climb, cruise and descent; nothing where the file and the catalogue do not say it.
fn read_phases(
    section: &Section<'_>,
    model: &EnergyModel,
    known: Option<&FlightPhases>,
) -> Result<FlightPhases, ScenarioError> {
    if *model == EnergyModel::Rodrigues2022 {
        let why = "is none of the phases that energy_model = \"rodrigues-2022\" has: take-off, cruise and landing as published; remove it, or \
                   change the model";
        section.refuse_all(PHASE_KEYS, why)?;
        return Ok(FlightPhases::AS_PUBLISHED);
    }
    let known = known.copied().unwrap_or(FlightPhases::AS_PUBLISHED);
    let number_or_none = |key, known, range| match section.get(key) {
        Some(field) if field.is_text() && field.text()? == NONE => Ok(None),
        Some(field) => field.number(range).map(Some),
        None => Ok(known),
    };
    let pause = |key, known| section.get(key).map_or(Ok(known), |field| field.duration(PAUSE));
    Ok(FlightPhases {
        acceleration_mps2: number_or_none("acceleration_mps2", known.acceleration_mps2, ACCELERATION_MPS2)?,
        transition: pause("transition", known.transition)?,
        hover: pause("hover", known.hover)?,
        winch_m: number_or_none("winch_m", known.winch_m, WINCH_M)?,
    })
}
