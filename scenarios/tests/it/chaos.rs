//! Random worlds, with clients that change their minds: the checkers find nothing, and they ask the log alone.

use std::sync::Arc;

use proptest::prelude::*;
use skyhaul_actors::command::{Command, Place, RescheduleChanges};
use skyhaul_actors::environment::{Demand, Environment, Weather, Zone, ZoneShape};
use skyhaul_actors::event::Event;
use skyhaul_actors::ids::{CommandId, DeliveryId};
use skyhaul_actors::world::World;
use skyhaul_engine::ports::{EventSink, Numbered};
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_scenarios::check::Violation;
use skyhaul_scenarios::recorder::Recorder;

use crate::town::{parcels, place, town};

/// What a client asks of the delivery that was requested last, and how many seconds into a round.
type Whim = (u64, u8, f64, f64);

/// Passes events on, and remembers the newest request.
struct Eavesdropper<'a> {
    recorder: &'a mut Recorder<Vec<u8>>,
    newest: Option<DeliveryId>,
}

impl EventSink<Event> for Eavesdropper<'_> {
    fn accept(&mut self, event: Numbered<Event>) {
        if let Event::DeliveryRequested { request, .. } = &event.event {
            self.newest = Some(request.delivery);
        }
        self.recorder.accept(event);
    }
}

/// What the client with this whim asks.
fn command(delivery: DeliveryId, (_, kind, east_m, north_m): Whim, now: SimTime) -> Command {
    let elsewhere = Some(Place::on_ground(place(east_m, north_m)));
    let changes = RescheduleChanges::default();
    let changes = match kind {
        0 => return Command::CancelDelivery { delivery },
        1 => RescheduleChanges {
            pickup: elsewhere,
            ..changes
        },
        2 => RescheduleChanges {
            dropoff: elsewhere,
            ..changes
        },
        _ => RescheduleChanges {
            pickup_at: Some(now + SimDuration::from_mins(10)),
            ..changes
        },
    };
    Command::RescheduleDelivery { delivery, changes }
}

/// Runs a world for eight hours in which clients follow their whims.
fn violations(environment: Environment, whims: &[Whim]) -> Vec<Violation> {
    let environment = Arc::new(environment);
    let mut recorder = Recorder::new(Arc::clone(&environment), Vec::new());
    let mut world = World::found(&environment);
    let mut sink = Eavesdropper {
        recorder: &mut recorder,
        newest: None,
    };
    for (id, whim) in (1..).zip(whims) {
        let horizon = world.now() + SimDuration::from_secs(whim.0);
        world.run_until(horizon, &mut sink).expect("the world goes on");
        if let Some(delivery) = sink.newest {
            let stamp = horizon + SimDuration::from_micros(1);
            world.submit(CommandId(id), stamp, command(delivery, *whim, horizon));
        }
    }
    let until = SimTime::ZERO + SimDuration::from_mins(8 * 60);
    world.run_until(until, &mut sink).expect("the world goes on");
    let recorded = recorder.finish(world.digest(), until).expect("memory takes all");
    recorded.violations
}

prop_compose! {
    fn zones()(
        circles in prop::collection::vec((-2_500.0..2_500.0_f64, -2_500.0..2_500.0_f64, 50.0..400.0_f64, 0..150_u64, 1..60_u64), 0..9)
    ) -> Vec<Zone> {
        let minutes = |minutes| SimTime::ZERO + SimDuration::from_mins(minutes);
        circles
            .into_iter()
            .enumerate()
            .map(|(n, (east_m, north_m, radius_m, from, lasts))| Zone {
                name: format!("zone {n}"),
                shape: if n % 2 == 0 {
                    ZoneShape::Circle { centre: place(east_m, north_m), radius_m }
                } else {
                    ZoneShape::Polygon(vec![
                        place(east_m - radius_m, north_m - radius_m),
                        place(east_m + radius_m, north_m - radius_m / 2.0),
                        place(east_m, north_m + radius_m),
                    ])
                },
                from: (n % 3 > 0).then(|| minutes(from)),
                until: (n % 3 > 0).then(|| minutes(from + lasts)),
                announced: None,
                floor_m: 0.0,
                ceiling_m: None,
            })
            .collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_invariant_breaks_in_any_world(
        seed in 0..u64::MAX,
        drones in 1..8_u32,
        failures in 0.0..4.0_f64,
        panics in 0.0..0.25_f64,
        wind in (0.0..11.0_f64, 0.0..360.0_f64),
        zones in zones(),
        whims in prop::collection::vec((1..600_u64, 0..4_u8, -3_000.0..3_000.0_f64, -3_000.0..3_000.0_f64), 0..40),
    ) {
        let mut planned = town(drones);
        planned.seed = seed;
        planned.faults.drone_failure_per_flight_hour = failures;
        planned.faults.actor_panic_per_message = if panics < 0.1 { 0.0 } else { panics };
        planned.weather = Weather::windy(wind.0, wind.1).into();
        planned.zones.extend(zones);
        planned.demand = Some(parcels(80, 75));
        prop_assert_eq!(violations(planned, &whims), vec![]);
    }
}

#[test]
fn a_parcel_that_is_given_up_at_the_depot_leaves_its_drone_before_the_next_comes() {
    for seed in 0..40 {
        let mut planned = town(3);
        planned.seed = seed;
        planned.faults.actor_panic_per_message = 0.25;
        let Demand::Trace(requests) = planned.demand.insert(parcels(80, 75)) else {
            panic!("a trace");
        };
        for request in requests {
            request.dropoff = place(0.0, 0.0);
        }
        assert_eq!(violations(planned, &[]), vec![], "{seed}");
    }
}
