//! Worlds in which anything may go wrong.

use proptest::prelude::*;
use skyhaul_actors::command::{Command, Place, RescheduleChanges};
use skyhaul_actors::environment::{Environment, Zone, ZoneShape};
use skyhaul_actors::event::Event;
use skyhaul_engine::time::{SimDuration, SimTime};

use crate::city::{City, environment, place, trace};

/// Requests a world with mishaps gets.
pub(crate) const REQUESTS: u32 = 40;

/// A world in which anything may go wrong.
#[derive(Clone, Debug)]
pub(crate) struct Mishaps {
    seed: u64,
    drones: u32,
    failures: f64,
    panics: f64,
    carrier_failure: f64,
    wind_mps: f64,
    zone: Option<(f64, f64, u64)>,
    /// Every so many seconds a client changes its mind.
    changes_every_s: Option<u64>,
}

impl Mishaps {
    /// Its plan.
    pub(crate) fn environment(&self) -> Environment {
        let mut planned = environment(self.drones);
        planned.seed = self.seed;
        planned.faults.drone_failure_per_flight_hour = self.failures;
        planned.faults.actor_panic_per_message = self.panics;
        planned.carriers[0].failure = self.carrier_failure;
        planned.weather.wind_mps = self.wind_mps;
        planned.zones = self.zone.map(parade).into_iter().collect();
        planned.demand = Some(trace(REQUESTS, 45));
        planned
    }

    /// Runs it until all has ended.
    pub(crate) fn run(&self) -> City {
        let mut city = City::new(self.environment());
        if let Some(every_s) = self.changes_every_s {
            for round in 0..3_600 / every_s {
                city.run_s(every_s);
                if let Some(command) = change_of_mind(&city, round) {
                    city.ask(command);
                }
            }
        }
        city.run_s(48 * 3_600);
        city
    }
}

/// A disc that is closed for half an hour.
fn parade((east_m, north_m, from_s): (f64, f64, u64)) -> Zone {
    let from = SimTime::ZERO + SimDuration::from_secs(from_s);
    Zone {
        name: "parade".to_owned(),
        shape: ZoneShape::Circle {
            centre: place(east_m, north_m),
            radius_m: 400.0,
        },
        from: Some(from),
        until: Some(from + SimDuration::from_mins(30)),
    }
}

/// Cancels or reschedules one of the last deliveries asked for.
fn change_of_mind(city: &City, round: u64) -> Option<Command> {
    let delivery = city
        .events
        .iter()
        .rev()
        .filter_map(|event| match &event.event {
            Event::DeliveryRequested { request, .. } => Some(request.delivery),
            _ => None,
        })
        .nth(usize::try_from(round % 4).ok()?)?;
    let changes = RescheduleChanges {
        pickup: Some(Place::on_ground(place(300.0, -400.0))),
        pickup_at: round
            .is_multiple_of(5)
            .then(|| city.world.now() + SimDuration::from_mins(20)),
        ..RescheduleChanges::default()
    };
    Some(match round % 3 {
        0 => Command::CancelDelivery { delivery },
        _ => Command::RescheduleDelivery { delivery, changes },
    })
}

/// Any world with mishaps.
pub(crate) fn mishaps() -> impl Strategy<Value = Mishaps> {
    (
        (any::<u64>(), 1..6_u32),
        (0.0..4.0_f64, 0.0..0.4_f64, 0.0..0.5_f64, 0.0..11.0_f64),
        prop::option::of((-1_500.0..1_500.0_f64, -1_500.0..1_500.0_f64, 0..3_600_u64)),
        prop::option::of(20..200_u64),
    )
        .prop_map(
            |((seed, drones), (failures, panics, carrier_failure, wind_mps), zone, changes_every_s)| {
                Mishaps {
                    seed,
                    drones,
                    failures,
                    panics,
                    carrier_failure,
                    wind_mps,
                    zone,
                    changes_every_s,
                }
            },
        )
}
