//! Requests that get a drone at once, or else wait: what waiting costs is held against a carrier's offer.

use std::collections::BTreeMap;
use std::sync::Arc;

use skyhaul_actors::command::{Command, DeliveryRequest};
use skyhaul_actors::environment::{DepotSpec, DispatchPolicy, Environment, FleetSpec};
use skyhaul_actors::event::{AssignmentRefusal, Event};
use skyhaul_actors::ids::{AircraftId, CarrierId, DeliveryId, DepotId};
use skyhaul_actors::mission::Errand;
use skyhaul_actors::scheduler::Couriers;
use skyhaul_actors::scheduler::enquiry::{Answer, Outside, Seen, Standing, Wish, enquire};
use skyhaul_actors::tree::Surroundings;
use skyhaul_engine::kernel::RegionId;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::Kilograms;

use crate::city::{City, environment, place, request};

/// Drones for which one waits as long as it takes.
fn patient(drones: u32) -> Environment {
    let mut planned = environment(drones);
    planned.dispatch.wait_max = SimDuration::from_mins(24 * 60);
    planned
}

fn alike(id: u128) -> DeliveryRequest {
    request(id, place(1_000.0, 0.0), place(0.0, 5_000.0), 1.0)
}

/// The deliveries that a carrier has because it costs less than waiting, and when it was booked.
fn cheaper_by_carrier(city: &City) -> Vec<(DeliveryId, SimTime)> {
    let booked = city.events.iter().filter_map(|event| match event.event {
        Event::CarrierBooked {
            delivery,
            reason: AssignmentRefusal::CarrierCheaper,
            ..
        } => Some((delivery, event.at)),
        _ => None,
    });
    booked.collect()
}

fn ask_alike(city: &mut City, ids: std::ops::RangeInclusive<u128>) {
    for id in ids {
        city.ask(Command::RequestDelivery(alike(id)));
    }
}

#[test]
fn behind_so_many_that_a_carrier_costs_less_a_request_goes_there_at_once() {
    let mut city = City::new(patient(2));
    ask_alike(&mut city, 1..=30);
    city.run_s(1);
    let gone: Vec<u128> = cheaper_by_carrier(&city).iter().map(|(id, _)| id.0).collect();
    let first = *gone.first().expect("not all wait");
    assert!((6..20).contains(&first), "{first}");
    assert_eq!(gone, (first..=30).collect::<Vec<_>>(), "those that came last");
    city.run_s(8 * 3_600);
    for id in (1..first).map(DeliveryId) {
        assert!(city.story(id).contains(&"assigned"), "{id}: {:?}", city.story(id));
    }
}

/// What they all wish.
fn wish() -> Wish {
    let DeliveryRequest { pickup, dropoff, .. } = alike(1);
    Wish {
        errand: Errand {
            pickup: pickup.at,
            dropoff: dropoff.at,
            weight: Kilograms::new(1.0),
        },
        is_expedited: false,
        deadline: None,
        asked_at: SimTime::ZERO,
    }
}

#[test]
fn a_quote_says_what_then_happens() {
    let mut city = City::new(patient(2));
    ask_alike(&mut city, 1..=30);
    city.run_s(1);
    let first = usize::try_from(cheaper_by_carrier(&city)[0].0.0).expect("a few");
    let surroundings = Surroundings::new(Arc::clone(city.world.environment()));
    let wish = wish();
    let answer = |waiting| {
        let outside = Outside {
            drones: vec![Standing::Away; 2],
            waiting,
            ..Outside::default()
        };
        enquire(
            &wish,
            &Seen::new(outside, &surroundings),
            &surroundings,
            SimTime::ZERO,
        )
    };
    // Two of them have the drones.
    let (last_that_waits, next) = (answer(first - 4), answer(first - 3));
    assert!(
        matches!(last_that_waits, Answer::Drone { .. }),
        "{last_that_waits:?}"
    );
    let is_cheaper = |answer| {
        matches!(
            answer,
            Answer::Carrier {
                reason: AssignmentRefusal::CarrierCheaper,
                ..
            }
        )
    };
    assert!(is_cheaper(next), "{next:?}");
}

#[test]
fn a_carrier_whose_courier_would_come_too_late_is_not_booked_though_it_would_be_cheaper_were_one_free() {
    for policy in [DispatchPolicy::Nearest, DispatchPolicy::Batch] {
        let mut planned = patient(2);
        planned.dispatch.policy = policy;
        planned.carriers[0].couriers = Some(1);
        let price = SimDuration::from_seconds_f64(planned.carriers[0].base_usd * 255.0);
        let mut city = City::new(planned);
        ask_alike(&mut city, 1..=30);
        city.run_s(12 * 3_600);
        let mut told: BTreeMap<DeliveryId, SimTime> = BTreeMap::new();
        let mut booked = 0;
        for event in &city.events {
            match event.event {
                Event::DeliveryQueued {
                    delivery,
                    eta_dropoff,
                    ..
                } => {
                    told.insert(delivery, eta_dropoff);
                }
                Event::CarrierBooked {
                    delivery,
                    eta_dropoff,
                    ..
                } => {
                    booked += 1;
                    // Energy and the way home weigh some minutes more, and what was told stands for as long as a drone may come so soon.
                    let by_drone = told[&delivery] + SimDuration::from_mins(30);
                    assert!(eta_dropoff + price < by_drone, "{policy:?} {delivery}");
                }
                _ => {}
            }
        }
        assert!((1..12).contains(&booked), "{policy:?}: {booked}");
        let completed = |event: &Event| matches!(event, Event::DeliveryCompleted { .. });
        assert_eq!(city.count(completed), 30, "{policy:?}");
    }
}

#[test]
fn a_quote_knows_when_the_couriers_are_free() {
    let surroundings = Surroundings::new(Arc::new(patient(2)));
    let wish = wish();
    let is_by_carrier = |free_in_s| {
        let mut couriers = Couriers::default();
        couriers.note(CarrierId(0), SimTime::ZERO + SimDuration::from_secs(free_in_s));
        let outside = Outside {
            drones: vec![Standing::Away; 2],
            waiting: 20,
            couriers: BTreeMap::from([(RegionId(0), couriers)]),
            ..Outside::default()
        };
        let seen = Seen::new(outside, &surroundings);
        matches!(
            enquire(&wish, &seen, &surroundings, SimTime::ZERO),
            Answer::Carrier { .. }
        )
    };
    assert!(is_by_carrier(0));
    assert!(!is_by_carrier(80_000));
}

#[test]
fn a_ready_drone_flies_however_cheap_a_carrier_is() {
    let mut planned = patient(3);
    planned.carriers[0].base_usd = 0.0;
    planned.carriers[0].pickup_delay = SimDuration::ZERO;
    let mut city = City::new(planned);
    ask_alike(&mut city, 1..=4);
    city.run_s(1);
    let gone: Vec<u128> = cheaper_by_carrier(&city).iter().map(|(id, _)| id.0).collect();
    assert_eq!(gone, [4]);
}

#[test]
fn who_is_overtaken_by_expedited_ones_goes_to_a_carrier_at_the_next_review() {
    let mut city = City::new(patient(1));
    ask_alike(&mut city, 1..=3);
    city.run_s(1);
    assert_eq!(cheaper_by_carrier(&city), []);
    for id in 11..=16 {
        city.ask(Command::RequestDelivery(DeliveryRequest {
            expedited: true,
            ..alike(id)
        }));
    }
    city.run_s(1);
    let is_one_of_the_first = |(id, _): &(DeliveryId, SimTime)| id.0 <= 3;
    assert!(!cheaper_by_carrier(&city).iter().any(is_one_of_the_first));
    city.run_s(61);
    let gone: Vec<u128> = cheaper_by_carrier(&city).iter().map(|(id, _)| id.0).collect();
    assert!(gone.contains(&3) && !gone.contains(&1), "{gone:?}");
}

#[test]
fn neighbours_are_asked_for_a_drone_before_a_carrier_is() {
    let mut planned = patient(1);
    planned.carriers[0].base_usd = 0.0;
    planned.depots.push(DepotSpec {
        name: "east".to_owned(),
        at: place(6_000.0, 0.0),
        region: RegionId(1),
        ..planned.depots[0].clone()
    });
    planned.fleets.push(FleetSpec {
        depot: DepotId(1),
        aircraft: AircraftId(0),
        count: 2,
    });
    let mut city = City::new(planned);
    ask_alike(&mut city, 1..=5);
    city.run_s(30);
    let assigned = |event: &Event| matches!(event, Event::DroneAssigned { .. });
    assert_eq!(city.count(assigned), 3, "one here, two of the neighbour's");
    let gone: Vec<u128> = cheaper_by_carrier(&city).iter().map(|(id, _)| id.0).collect();
    assert_eq!(gone, [4, 5]);
}

#[test]
fn without_a_carrier_all_wait() {
    let mut planned = patient(1);
    planned.carriers.clear();
    let mut city = City::new(planned);
    ask_alike(&mut city, 1..=20);
    city.run_s(12 * 3_600);
    let completed = |event: &Event| matches!(event, Event::DeliveryCompleted { .. });
    assert_eq!(city.count(completed), 20);
}
