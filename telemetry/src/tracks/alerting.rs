//! Which events raise an alert, and in which words.

use skyhaul_actors::environment::Environment;
use skyhaul_actors::event::{CancelReason, CarrierFailure, DroneFailure, Event, GroundingReason};
use skyhaul_actors::ids::DeliveryId;
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::SimTime;

use super::alert::{Alert, AlertKind, Severity};
use super::deliveries::Deliveries;
use super::fleet::Fleet;

/// The alert that an event raises, given the world as it was just before.
pub(super) fn alert(
    event: &Numbered<Event>,
    environment: &Environment,
    fleet: &Fleet,
    deliveries: &Deliveries,
) -> Option<Alert> {
    let raised = |severity, kind, text| Alert {
        number: event.number,
        at: event.at,
        severity,
        kind,
        text,
        drone: None,
        delivery: None,
        place: None,
        acknowledged: None,
    };
    Some(match &event.event {
        Event::DroneFailed { drone, reason, at } => Alert {
            drone: Some(*drone),
            delivery: fleet.get(*drone).and_then(|track| track.delivery),
            place: Some(*at),
            ..raised(
                Severity::Critical,
                AlertKind::DroneFailed,
                format!("{drone} is out of order: {}", failure(*reason)),
            )
        },
        Event::LinkLost { drone, at } => Alert {
            drone: Some(*drone),
            delivery: fleet.get(*drone).and_then(|track| track.delivery),
            place: Some(*at),
            ..raised(
                Severity::Warning,
                AlertKind::LinkLost,
                format!("{drone} cannot be reached: its link is lost"),
            )
        },
        Event::CarrierFailed {
            delivery,
            carrier,
            reason,
            at,
            ..
        } => Alert {
            delivery: Some(*delivery),
            place: Some(*at),
            ..raised(
                Severity::Warning,
                AlertKind::CarrierFailed,
                format!(
                    "{} failed: {}",
                    environment.carrier(*carrier).name,
                    carrier_failure(*reason)
                ),
            )
        },
        Event::ActorRestarted { actor, cause } => raised(
            Severity::Info,
            AlertKind::ActorRestarted,
            format!("{actor} was restarted: {cause}"),
        ),
        Event::ActorGivenUp { actor, cause } => raised(
            Severity::Critical,
            AlertKind::ActorGivenUp,
            format!("{actor} was stopped after failing too often: {cause}"),
        ),
        Event::FleetGrounded { depot, reason } => {
            let spec = environment.depot(*depot);
            let text = format!(
                "the drones of {} stay on the ground: {}",
                spec.name,
                grounding(*reason)
            );
            Alert {
                place: Some(spec.at),
                ..raised(Severity::Warning, AlertKind::FleetGrounded, text)
            }
        }
        Event::DeliveryCancelled { delivery, reason, .. } => Alert {
            delivery: Some(*delivery),
            place: deliveries.get(*delivery).map(|track| track.pickup.at),
            ..raised(
                Severity::Critical,
                AlertKind::DeliveryFailed,
                format!("a delivery was given up: {}", given_up(*reason)?),
            )
        },
        Event::DeliveryCompleted { delivery, .. } => {
            let late_s = lateness_s(deliveries, *delivery, event.at)?;
            Alert {
                delivery: Some(*delivery),
                place: deliveries.get(*delivery).map(|track| track.dropoff.at),
                ..raised(
                    Severity::Warning,
                    AlertKind::DeliveryLate,
                    format!("a delivery arrived {late_s:.0} s after its deadline"),
                )
            }
        }
        Event::ConfirmationMissed { delivery } => Alert {
            delivery: Some(*delivery),
            place: deliveries.get(*delivery).map(|track| track.dropoff.at),
            ..raised(
                Severity::Warning,
                AlertKind::ConfirmationMissed,
                "a receiver did not give what was asked for; the delivery is completed without".to_owned(),
            )
        },
        _ => return None,
    })
}

fn lateness_s(deliveries: &Deliveries, id: DeliveryId, now: SimTime) -> Option<f64> {
    let deadline = deliveries.get(id)?.deadline?;
    (now > deadline).then(|| now.since(deadline).as_seconds_f64())
}

const fn failure(reason: DroneFailure) -> &'static str {
    match reason {
        DroneFailure::Mechanical => "something broke in the air",
        DroneFailure::Software => "its control failed too often",
        DroneFailure::Stranded => "no lawful way leads on from where it stands",
        DroneFailure::DropoffClosed => "it brought its parcel home: the drop-off was closed",
        DroneFailure::LinkLost => "it brought its parcel home: its link was lost",
    }
}

const fn carrier_failure(reason: CarrierFailure) -> &'static str {
    match reason {
        CarrierFailure::NoCourier => "nobody came to the pickup",
        CarrierFailure::ReturnedToPickup => "the parcel was brought back",
    }
}

const fn grounding(reason: GroundingReason) -> &'static str {
    match reason {
        GroundingReason::Wind => "too much wind",
        GroundingReason::Gusts => "strong gusts",
        GroundingReason::Rain => "rain",
        GroundingReason::Visibility => "poor visibility",
        GroundingReason::Temperature => "too cold or too hot",
        GroundingReason::Operator => "an operator said so",
        GroundingReason::Outage => "their depot is out of service",
    }
}

/// Why nobody brings it; `None` where its client wanted it no more.
const fn given_up(reason: CancelReason) -> Option<&'static str> {
    match reason {
        CancelReason::Requested => None,
        CancelReason::NobodyCan => Some("no drone and no carrier can bring it"),
        CancelReason::AttemptsExhausted => Some("every attempt failed"),
        CancelReason::WaitedTooLong => Some("no drone came free in time, and no carrier took it"),
        CancelReason::Quarantined => Some("the engine died at the request again and again"),
    }
}
