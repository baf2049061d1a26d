//! A scenario written out: everything it will run, defaults included, as a file that means the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::sync::Arc;

use skyhaul_actors::energy::Range;
use skyhaul_actors::environment::{
    AircraftSpec, CarrierSpec, Demand, DemandStream, DispatchPolicy, EnergyModel, Environment, FlightPhases,
    Maintenance, TraceRequest,
};
use skyhaul_actors::scheduler::may_rebalance;
use skyhaul_actors::tree::Surroundings;
use skyhaul_engine::geo::Position;
use skyhaul_engine::kernel::RegionId;
use skyhaul_engine::time::SimDuration;

use super::Scenario;
use super::aircraft::{NEVER, NONE};
use super::demand::SaidDemand;
use super::incidents;
use crate::file::write_duration;
use crate::weather::{Format, PlannedWeather, Reading};

/// Writes a scenario.
pub(super) fn write(scenario: &Scenario) -> String {
    let mut text = String::new();
    let written = write_all(scenario, &mut text);
    debug_assert!(written.is_ok(), "a string takes everything");
    text
}

fn write_all(scenario: &Scenario, text: &mut String) -> fmt::Result {
    let environment = &scenario.environment;
    write_overview(scenario, text)?;
    writeln!(text, "name = {}", quoted(&environment.name))?;
    writeln!(text, "seed = {}", environment.seed)?;
    writeln!(text, "start = {}", scenario.said.start)?;
    writeln!(text, "duration = {}", span(scenario.duration))?;
    writeln!(text, "\n[area]")?;
    writeln!(text, "centre = {}", point(environment.area.centre))?;
    writeln!(text, "radius = {}", environment.area.radius_m)?;
    match &environment.demand {
        Some(Demand::Stream(stream)) => write_stream(stream, &scenario.said.demand, text)?,
        Some(Demand::Trace(requests)) => write_trace(requests, text)?,
        None => {}
    }
    write_fleet(environment, text)?;
    environment
        .aircraft
        .iter()
        .try_for_each(|aircraft| write_aircraft(aircraft, text))?;
    write_terms(scenario, text)
}

/// What one wants to know first, as comments.
fn write_overview(scenario: &Scenario, text: &mut String) -> fmt::Result {
    let environment = &scenario.environment;
    let mut fleet: BTreeMap<&str, u32> = BTreeMap::new();
    for part in &environment.fleets {
        *fleet
            .entry(&environment.aircraft(part.aircraft).name)
            .or_default() += part.count;
    }
    let types: Vec<String> = fleet
        .iter()
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    let regions: BTreeSet<RegionId> = environment.depots.iter().map(|depot| depot.region).collect();
    writeln!(text, "# depots: {}", environment.depots.len())?;
    writeln!(text, "# regions: {}", regions.len())?;
    writeln!(
        text,
        "# drones: {} ({})",
        fleet.values().sum::<u32>(),
        types.join(", ")
    )?;
    writeln!(text, "# no-fly zones: {}", scenario.zones.len())?;
    let payload_max = environment
        .aircraft
        .iter()
        .map(|aircraft| aircraft.payload_max)
        .max();
    if let (Some(Demand::Stream(stream)), Some(payload_max)) = (&environment.demand, payload_max)
        && stream.weight_max_kg > payload_max.get()
    {
        writeln!(
            text,
            "# parcels above {payload_max} kg are too heavy for every drone"
        )?;
    }
    for note in &scenario.said.demand.notes {
        writeln!(text, "# {note}")?;
    }
    Ok(())
}

fn write_stream(stream: &DemandStream, said: &SaidDemand, text: &mut String) -> fmt::Result {
    writeln!(text, "\n[demand]")?;
    match &said.places {
        Some(places) => {
            writeln!(text, "kind = \"places\"\nplaces = {}", quoted(&places.path))?;
            if let Some(weight) = &places.weight {
                writeln!(text, "weight = {}", quoted(weight))?;
            }
            match places.spread_m {
                Some(spread_m) => writeln!(text, "spread_m = {spread_m}")?,
                None => writeln!(text, "# spread_m: a disc of land_area_sq_mi, else 100")?,
            }
        }
        None => writeln!(text, "kind = \"uniform\"")?,
    }
    writeln!(text, "clear_of_zones = {}", said.clear_of_zones)?;
    writeln!(text, "pickups = {}", quoted(&said.pickups))?;
    writeln!(text, "requests_per_day = {}", stream.requests_per_day)?;
    let hours: Vec<String> = said
        .hourly
        .unwrap_or([1.0; 24])
        .iter()
        .map(f64::to_string)
        .collect();
    writeln!(text, "hourly = [{}]", hours.join(", "))?;
    writeln!(
        text,
        "weight_kg = {{ mean = {}, max = {} }}",
        stream.weight_mean_kg, stream.weight_max_kg
    )?;
    writeln!(text, "expedited = {}", stream.expedited)?;
    match stream.deadline {
        Some(deadline) => writeln!(text, "deadline = {}", span(deadline)),
        None => writeln!(text, "# deadline: none"),
    }
}

fn write_trace(requests: &[TraceRequest], text: &mut String) -> fmt::Result {
    writeln!(text, "\n[demand]\nkind = \"trace\"")?;
    if requests.is_empty() {
        writeln!(text, "request = []")?;
    }
    for request in requests {
        let at = SimDuration::from_micros(request.at.micros());
        writeln!(text, "\n[[demand.request]]")?;
        writeln!(text, "at = {}", span(at))?;
        writeln!(text, "pickup = {}", point(request.pickup))?;
        writeln!(text, "dropoff = {}", point(request.dropoff))?;
        writeln!(text, "weight_kg = {}", request.weight)?;
        writeln!(text, "expedited = {}", request.expedited)?;
        if let Some(deadline) = request.deadline {
            writeln!(text, "deadline = {}", span(deadline.since(request.at)))?;
        }
    }
    Ok(())
}

fn write_fleet(environment: &Environment, text: &mut String) -> fmt::Result {
    for depot in &environment.depots {
        writeln!(text, "\n[[depots]]")?;
        writeln!(text, "name = {}", quoted(&depot.name))?;
        writeln!(text, "at = {}", point(depot.at))?;
        writeln!(text, "pads = {}", depot.pads)?;
        writeln!(text, "spare_batteries = {}", depot.spare_batteries)?;
        writeln!(
            text,
            "region = {}",
            quoted(region_name(depot.region, environment))
        )?;
    }
    for fleet in &environment.fleets {
        writeln!(text, "\n[[fleets]]")?;
        writeln!(text, "depot = {}", quoted(&environment.depot(fleet.depot).name))?;
        writeln!(
            text,
            "aircraft = {}",
            quoted(&environment.aircraft(fleet.aircraft).name)
        )?;
        writeln!(text, "count = {}", fleet.count)?;
    }
    Ok(())
}

/// The name of the region's first depot, which gives it its name where the file does not.
fn region_name(region: RegionId, environment: &Environment) -> &str {
    let mut depots = environment.depots.iter();
    let first = depots.find(|depot| depot.region == region);
    first.map_or("", |depot| depot.name.as_str())
}

fn write_aircraft(aircraft: &AircraftSpec, text: &mut String) -> fmt::Result {
    writeln!(text, "\n[aircraft.{}]", quoted(&aircraft.name))?;
    match aircraft.energy_model {
        EnergyModel::Rodrigues2022 => writeln!(text, "energy_model = \"rodrigues-2022\"")?,
        EnergyModel::Range(Range { range_m }) => {
            writeln!(text, "energy_model = \"range\"\nrange_m = {range_m}")?;
        }
        EnergyModel::Momentum(momentum) => {
            writeln!(text, "energy_model = \"momentum\"\nrotors = {}", momentum.rotors)?;
            writeln!(text, "rotor_m = {}", momentum.rotor_m)?;
            writeln!(text, "drag_area_m2 = {}", momentum.drag_area_m2)?;
            writeln!(text, "efficiency = {}", momentum.efficiency)?;
        }
    }
    if aircraft.energy_model != EnergyModel::Rodrigues2022 {
        write_phases(&aircraft.phases, text)?;
    }
    writeln!(text, "airframe_kg = {}", aircraft.airframe)?;
    writeln!(text, "battery_kg = {}", aircraft.battery)?;
    writeln!(text, "battery_wh = {}", aircraft.battery_capacity)?;
    writeln!(text, "payload_max_kg = {}", aircraft.payload_max)?;
    writeln!(text, "cruise_mps = {}", aircraft.cruise_mps)?;
    writeln!(text, "climb_mps = {}", aircraft.climb_mps)?;
    writeln!(text, "descent_mps = {}", aircraft.descent_mps)?;
    writeln!(text, "altitude_m = {}", aircraft.altitude_m)?;
    writeln!(text, "reserve = {}", aircraft.reserve)?;
    writeln!(text, "wind_max_mps = {}", aircraft.wind_max_mps)?;
    writeln!(text, "gust_max_mps = {}", aircraft.limits.gust_max_mps)?;
    writeln!(text, "rain_max_mm_h = {}", aircraft.limits.rain_max_mm_h)?;
    writeln!(text, "visibility_min_m = {}", aircraft.limits.visibility_min_m)?;
    writeln!(text, "temperature_min_c = {}", aircraft.limits.temperature_min_c)?;
    writeln!(text, "temperature_max_c = {}", aircraft.limits.temperature_max_c)?;
    writeln!(
        text,
        "swap = {}",
        aircraft.swap.map_or_else(|| quoted(NONE), span)
    )?;
    writeln!(text, "charge_w = {}", aircraft.charge_w)?;
    writeln!(text, "charge_knee = {}", aircraft.charge_knee)?;
    match aircraft.maintenance {
        Some(Maintenance { every, takes }) => writeln!(
            text,
            "maintenance_every = {}\nmaintenance = {}",
            span(every),
            span(takes)
        ),
        None => writeln!(text, "maintenance_every = {}", quoted(NEVER)),
    }
}

fn write_weather(weather: &PlannedWeather, text: &mut String) -> fmt::Result {
    match weather {
        PlannedWeather::Always(weather) => {
            writeln!(text, "\n[weather]\nkind = \"constant\"")?;
            writeln!(text, "wind_mps = {}", weather.wind_mps)?;
            writeln!(text, "wind_from_deg = {}", weather.wind_from_deg)?;
            writeln!(text, "rho = {}", weather.rho)
        }
        PlannedWeather::Recorded { below, highest } => {
            let Reading {
                format,
                wind_from_deg,
                ..
            } = highest.reading;
            let records = below.iter().chain([highest]);
            let heights: Vec<_> = records
                .map(|record| record.reading.altitude_m.to_string())
                .collect();
            writeln!(text, "\n[weather]\nkind = \"series\"")?;
            writeln!(text, "file = {}", quoted(&highest.path))?;
            writeln!(text, "format = {}", quoted(format.word()))?;
            if format == Format::Daily {
                writeln!(text, "wind_from_deg = {wind_from_deg}")?;
            }
            writeln!(
                text,
                "# {} rows, {} with wind of the row before; {} hours without a row; wind at {} m",
                highest.rows_read,
                highest.filled,
                highest.hours_missing,
                heights.join(" and ")
            )
        }
    }
}

fn write_phases(phases: &FlightPhases, text: &mut String) -> fmt::Result {
    let or_none = |number: Option<f64>| number.map_or_else(|| quoted(NONE), |number| number.to_string());
    writeln!(text, "acceleration_mps2 = {}", or_none(phases.acceleration_mps2))?;
    writeln!(text, "transition = {}", span(phases.transition))?;
    writeln!(text, "hover = {}", span(phases.hover))?;
    writeln!(text, "winch_m = {}", or_none(phases.winch_m))
}

fn write_terms(scenario: &Scenario, text: &mut String) -> fmt::Result {
    let environment = &scenario.environment;
    write_weather(&scenario.weather, text)?;
    writeln!(text, "\n[airspace]")?;
    if let Some((file, radius_m)) = &scenario.said.airports {
        writeln!(
            text,
            "airports = {{ file = {}, radius = {radius_m} }}",
            quoted(file)
        )?;
    }
    if let Some(file) = &scenario.said.no_fly {
        writeln!(text, "no_fly = {}", quoted(file))?;
    }
    let policy = match environment.dispatch.policy {
        DispatchPolicy::Nearest => "nearest",
        DispatchPolicy::Batch => "batch",
        DispatchPolicy::Adaptive => "adaptive",
    };
    writeln!(text, "\n[dispatch]\npolicy = \"{policy}\"")?;
    writeln!(text, "interval = {}", span(environment.dispatch.interval))?;
    if let Some(rebalance) = environment.dispatch.rebalance {
        writeln!(text, "rebalance = {}", span(rebalance))?;
        if !may_rebalance(&Surroundings::new(Arc::new(environment.clone()))) {
            writeln!(
                text,
                "# rebalance moves nothing: no drone reaches another depot with its reserve"
            )?;
        }
    }
    writeln!(text, "wait_max = {}", span(environment.dispatch.wait_max))?;
    writeln!(text, "region_delay = {}", span(environment.dispatch.region_delay))?;
    let wait = environment.dispatch.confirmation_wait;
    writeln!(text, "confirmation_wait = {}", span(wait))?;
    write_carriers(&environment.carriers, text)?;
    let faults = &environment.faults;
    writeln!(text, "\n[faults]")?;
    writeln!(
        text,
        "drone_failure_per_flight_hour = {}",
        faults.drone_failure_per_flight_hour
    )?;
    writeln!(
        text,
        "link_loss_per_flight_hour = {}",
        faults.link_loss_per_flight_hour
    )?;
    writeln!(
        text,
        "actor_panic_per_message = {}",
        faults.actor_panic_per_message
    )?;
    writeln!(text, "carrier_duplicate = {}", faults.carrier_duplicate)?;
    writeln!(text, "carrier_disorder = {}", faults.carrier_disorder)?;
    incidents::write(&faults.outages, &environment.depots, text)
}

fn write_carriers(carriers: &[CarrierSpec], text: &mut String) -> fmt::Result {
    if carriers.is_empty() {
        return writeln!(text, "\n[carriers]\nenabled = false");
    }
    let header = if carriers.len() == 1 {
        "[carriers]"
    } else {
        "[[carriers]]"
    };
    for carrier in carriers {
        let hours = carrier.pickup_delay_hourly.map(|factor| factor.to_string());
        writeln!(text, "\n{header}\nenabled = true")?;
        writeln!(text, "name = {}", quoted(&carrier.name))?;
        writeln!(text, "base_usd = {}", carrier.base_usd)?;
        writeln!(text, "per_mile_usd = {}", carrier.per_mile_usd)?;
        writeln!(text, "speed_mps = {}", carrier.speed_mps)?;
        writeln!(text, "pickup_delay = {}", span(carrier.pickup_delay))?;
        writeln!(text, "pickup_delay_hourly = [{}]", hours.join(", "))?;
        match carrier.couriers {
            Some(couriers) => writeln!(text, "couriers = {couriers}")?,
            None => writeln!(text, "# couriers: as many as are asked for")?,
        }
        writeln!(text, "failure = {}", carrier.failure)?;
        writeln!(text, "payload_max_kg = {}", carrier.payload_max)?;
    }
    Ok(())
}

pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

pub(super) fn span(span: SimDuration) -> String {
    quoted(&write_duration(span))
}

fn point(at: Position) -> String {
    format!("[{}, {}]", at.lat(), at.lon())
}
