//! The aircraft that every scenario knows, from what their makers and operators publish.
//!
//! Payload, speed, range, and FlyCart's and M100's batteries are published, and so is from how high Hummingbird (7 m: Smithsonian National Air and
//! Space Museum, object A20200480000) and P2 (about 90 m) let parcels down. The rest is not, and is
//! assumed: masses and batteries of the others are
//! of the size their payload and range ask for (they set the energy that is reported; the range stays the published one); 5 m/s up
//! and 4 m/s down; wind up to 10 m/s for common aircraft and 15 m/s for weather-resistant ones (Gao et al., *Scientific Reports*
//! 2021); a published *radius* counts as half a range; charging at about 2 C; from how high the other winches reach the ground; how fast aircraft come to
//! their speed, how long they hover and change from rotors to wings. The M100 climbs, cruises and descends alone, as its study has it.

use skyhaul_actors::battery::KNEE_DEFAULT;
use skyhaul_actors::energy::{Momentum, Range};
use skyhaul_actors::environment::{AircraftKind, AircraftSpec, EnergyModel, FlightPhases, WeatherLimits};
use skyhaul_engine::time::SimDuration;
use skyhaul_engine::units::{Kilograms, WattHours};

/// An aircraft of the catalogue.
struct Entry {
    name: &'static str,
    kind: AircraftKind,
    energy_model: EnergyModel,
    airframe_kg: f64,
    battery_kg: f64,
    battery_wh: f64,
    payload_max_kg: f64,
    cruise_mps: f64,
    climb_mps: f64,
    descent_mps: f64,
    altitude_m: f64,
    phases: FlightPhases,
    reserve: f64,
    wind_max_mps: f64,
    swap_s: Option<u64>,
    charge_w: f64,
}

/// An aircraft that flies in so much wind is taken to be weather-resistant: the class of Gao et al.
const RESISTANT_FROM_MPS: f64 = 15.0;

/// Multirotors: they come to their speed at 2.5 m/s², look for the place for 10 s, and land there.
const MULTIROTOR: FlightPhases = FlightPhases {
    acceleration_mps2: Some(2.5),
    transition: SimDuration::ZERO,
    hover: SimDuration::from_secs(10),
    winch_m: None,
};

/// Aircraft that rise on rotors and fly on wings: 8 s between the two, and a winch of so many metres that takes so long.
const fn winged(winch_m: Option<f64>, hover_s: u64) -> FlightPhases {
    FlightPhases {
        acceleration_mps2: Some(2.5),
        transition: SimDuration::from_secs(8),
        hover: SimDuration::from_secs(hover_s),
        winch_m,
    }
}

/// What most of them share.
const COMMON: Entry = Entry {
    name: "",
    kind: AircraftKind::Multirotor,
    energy_model: EnergyModel::Rodrigues2022,
    airframe_kg: 0.0,
    battery_kg: 0.0,
    battery_wh: 0.0,
    payload_max_kg: 0.0,
    cruise_mps: 0.0,
    climb_mps: 5.0,
    descent_mps: 4.0,
    altitude_m: 60.0,
    phases: FlightPhases::AS_PUBLISHED,
    reserve: 0.2,
    wind_max_mps: 10.0,
    swap_s: None,
    charge_w: 0.0,
};

/// DJI M100 as flown by Rodrigues et al. (*Patterns* 3:100569, 2022): all figures are the study's, but the swap and the charger.
const STUDY_M100: Entry = Entry {
    name: "study-m100",
    energy_model: EnergyModel::Rodrigues2022,
    airframe_kg: 3.08,
    battery_kg: 0.635,
    battery_wh: 129.96,
    payload_max_kg: 0.5,
    cruise_mps: 12.0,
    climb_mps: 2.5,
    descent_mps: 2.0,
    altitude_m: 100.0,
    swap_s: Some(60),
    charge_w: 180.0,
    ..COMMON
};

/// Four rotors of 10 inches; a frame of 0.0599 m² (`C_D` 1.49), a battery of 0.0037 m² (1.0) and a parcel of 0.0135 m² (2.2). That 0.7 of the
/// battery's power becomes thrust is assumed.
const STOLAROFF_SMALL: Momentum = Momentum {
    rotors: 4,
    rotor_m: 0.254,
    drag_area_m2: 1.49 * 0.0599 + 1.0 * 0.0037 + 2.2 * 0.0135,
    efficiency: 0.7,
};

/// All aircraft, by name.
const ENTRIES: [Entry; 11] = [
    // 2.27 kg, 22 m/s, 14.5 km.
    Entry {
        name: "amazon-mk27-2",
        kind: AircraftKind::Hybrid,
        energy_model: EnergyModel::Range(Range { range_m: 14_500.0 }),
        airframe_kg: 33.0,
        battery_kg: 5.0,
        battery_wh: 1_000.0,
        payload_max_kg: 2.27,
        cruise_mps: 22.0,
        swap_s: Some(120),
        charge_w: 2_000.0,
        phases: winged(None, 10),
        ..COMMON
    },
    // 30 kg, 20 m/s, 16 km with two batteries of 1,984 Wh; 42.5 kg without them, wind up to 12 m/s.
    Entry {
        name: "dji-flycart-30",
        energy_model: EnergyModel::Range(Range { range_m: 16_000.0 }),
        airframe_kg: 42.5,
        battery_kg: 22.6,
        battery_wh: 3_968.0,
        payload_max_kg: 30.0,
        cruise_mps: 20.0,
        wind_max_mps: 12.0,
        swap_s: Some(180),
        charge_w: 7_200.0,
        phases: MULTIROTOR,
        ..COMMON
    },
    Entry {
        name: "dji-m100",
        ..STUDY_M100
    },
    // 3.5 kg, 22 m/s, 8 km; comes home with 60 % in the battery; lowers its parcel from about 15 m.
    Entry {
        name: "manna",
        energy_model: EnergyModel::Range(Range { range_m: 8_000.0 }),
        airframe_kg: 18.0,
        battery_kg: 5.0,
        battery_wh: 1_000.0,
        payload_max_kg: 3.5,
        cruise_mps: 22.0,
        reserve: 0.6,
        wind_max_mps: 15.0,
        swap_s: Some(60),
        charge_w: 2_000.0,
        phases: FlightPhases {
            hover: SimDuration::from_secs(20),
            winch_m: Some(15.0),
            ..MULTIROTOR
        },
        ..COMMON
    },
    // 2 kg, 20 m/s, 20 km; its station exchanges the battery.
    Entry {
        name: "matternet-m2",
        energy_model: EnergyModel::Range(Range { range_m: 20_000.0 }),
        airframe_kg: 9.5,
        battery_kg: 2.2,
        battery_wh: 440.0,
        payload_max_kg: 2.0,
        cruise_mps: 20.0,
        swap_s: Some(60),
        charge_w: 880.0,
        phases: MULTIROTOR,
        ..COMMON
    },
    // The small quadcopter of Stolaroff et al. (*Nature Communications* 9:409, 2018): frame, rotors and drag are the study's, the rest assumed.
    Entry {
        name: "stolaroff-small",
        energy_model: EnergyModel::Momentum(STOLAROFF_SMALL),
        airframe_kg: 1.07,
        battery_kg: 0.38,
        battery_wh: 56.6,
        payload_max_kg: 0.5,
        cruise_mps: 10.0,
        climb_mps: 2.5,
        descent_mps: 2.0,
        phases: MULTIROTOR,
        swap_s: Some(60),
        charge_w: 110.0,
        ..COMMON
    },
    STUDY_M100,
    // 1.2 kg, 29 m/s, 9.7 km radius; charges on its pad, lowers its parcel from 7 m.
    Entry {
        name: "wing-hummingbird",
        kind: AircraftKind::Hybrid,
        energy_model: EnergyModel::Range(Range { range_m: 19_400.0 }),
        airframe_kg: 4.0,
        battery_kg: 1.2,
        battery_wh: 200.0,
        payload_max_kg: 1.2,
        cruise_mps: 29.0,
        wind_max_mps: 15.0,
        charge_w: 400.0,
        phases: winged(Some(7.0), 20),
        ..COMMON
    },
    // 5 kg, 40 m/s, 75 km.
    Entry {
        name: "wingcopter-198",
        kind: AircraftKind::Hybrid,
        energy_model: EnergyModel::Range(Range { range_m: 75_000.0 }),
        airframe_kg: 14.0,
        battery_kg: 6.0,
        battery_wh: 1_600.0,
        payload_max_kg: 5.0,
        cruise_mps: 40.0,
        wind_max_mps: 15.0,
        swap_s: Some(120),
        charge_w: 3_200.0,
        phases: winged(Some(15.0), 20),
        ..COMMON
    },
    // 1.75 kg, 28 m/s, 80 km radius; its pack is swapped after each flight. It is thrown and caught in flight, and never stops on the way.
    Entry {
        name: "zipline-p1",
        kind: AircraftKind::Aeroplane,
        energy_model: EnergyModel::Range(Range { range_m: 160_000.0 }),
        airframe_kg: 10.0,
        battery_kg: 10.0,
        battery_wh: 1_250.0,
        payload_max_kg: 1.75,
        cruise_mps: 28.0,
        altitude_m: 100.0,
        wind_max_mps: 15.0,
        swap_s: Some(60),
        charge_w: 2_500.0,
        ..COMMON
    },
    // 3.6 kg, 26.8 m/s, 16 km service radius; charges on its dock, hovers near 90 m, from where a droid lets the parcel down: at 3 m/s both ways it takes
    // a minute.
    Entry {
        name: "zipline-p2",
        kind: AircraftKind::Hybrid,
        energy_model: EnergyModel::Range(Range { range_m: 32_000.0 }),
        airframe_kg: 20.0,
        battery_kg: 4.0,
        battery_wh: 800.0,
        payload_max_kg: 3.6,
        cruise_mps: 26.8,
        altitude_m: 90.0,
        wind_max_mps: 15.0,
        charge_w: 1_600.0,
        phases: winged(Some(90.0), 60),
        ..COMMON
    },
];

/// The aircraft of the catalogue with this name.
pub(crate) fn find(name: &str) -> Option<AircraftSpec> {
    ENTRIES.iter().find(|entry| entry.name == name).map(spec)
}

/// The names of all aircraft of the catalogue.
pub(crate) fn names<'a>() -> impl Iterator<Item = &'a str> + Clone {
    ENTRIES.iter().map(|entry| entry.name)
}

fn spec(entry: &Entry) -> AircraftSpec {
    AircraftSpec {
        name: entry.name.to_owned(),
        kind: entry.kind,
        energy_model: entry.energy_model.clone(),
        airframe: Kilograms::new(entry.airframe_kg),
        battery: Kilograms::new(entry.battery_kg),
        battery_capacity: WattHours::new(entry.battery_wh),
        payload_max: Kilograms::new(entry.payload_max_kg),
        cruise_mps: entry.cruise_mps,
        climb_mps: entry.climb_mps,
        descent_mps: entry.descent_mps,
        altitude_m: entry.altitude_m,
        phases: entry.phases,
        reserve: entry.reserve,
        wind_max_mps: entry.wind_max_mps,
        limits: if entry.wind_max_mps >= RESISTANT_FROM_MPS {
            WeatherLimits::RESISTANT
        } else {
            WeatherLimits::COMMON
        },
        swap: entry.swap_s.map(SimDuration::from_secs),
        charge_w: entry.charge_w,
        charge_knee: KNEE_DEFAULT,
        maintenance: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_sorted() {
        let names: Vec<_> = names().collect();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    }

    #[test]
    fn every_aircraft_keeps_the_rules_of_the_air() {
        for name in names() {
            let aircraft = find(name).expect("it is listed");
            assert!(
                aircraft.cruise_mps <= 44.7,
                "{name}: 14 CFR 107.51 allows 44.7 m/s"
            );
            assert!(aircraft.altitude_m <= 122.0, "{name}: 14 CFR 107.51 allows 122 m");
        }
    }

    #[test]
    fn what_changes_from_rotors_to_wings_has_both() {
        for name in names() {
            let aircraft = find(name).expect("it is listed");
            let changes = aircraft.phases.transition > SimDuration::ZERO;
            assert_eq!(changes, aircraft.kind == AircraftKind::Hybrid, "{name}");
        }
    }

    #[test]
    fn a_name_that_is_not_listed_is_not_found() {
        assert_eq!(find("wing"), None);
    }
}
