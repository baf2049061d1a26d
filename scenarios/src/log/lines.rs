//! The line that belongs to an event.

use std::collections::BTreeMap;
use std::sync::Arc;

use skyhaul_actors::command::DeliveryRequest;
use skyhaul_actors::environment::{Environment, Zone, ZoneShape};
use skyhaul_actors::event::{Event, Leg, Transport};
use skyhaul_actors::ids::{CarrierId, DeliveryId, DepotId};
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::SimTime;
use skyhaul_engine::units::Metres;

use super::line::Line;
use super::words;

/// Makes lines of events, one at a time, and counts them.
pub(super) struct Lines {
    environment: Arc<Environment>,
    /// Requests whose deliveries have not ended: later lines repeat the package's label.
    open: BTreeMap<DeliveryId, Arc<DeliveryRequest>>,
    /// Whether a zone has a floor or a ceiling, so that readers need to know how high legs are flown.
    shows_heights: bool,
    buffer: Vec<u8>,
    count: u64,
}

impl Lines {
    pub(super) fn new(environment: Arc<Environment>) -> Self {
        Self {
            shows_heights: environment.zones.iter().any(is_limited),
            environment,
            open: BTreeMap::new(),
            buffer: Vec::new(),
            count: 0,
        }
    }

    /// The line that was set last, newline included.
    pub(super) fn text(&self) -> &[u8] {
        &self.buffer
    }

    /// Lines set so far.
    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// Sets the last line of a run.
    pub(super) fn set_run_ended(&mut self, at: SimTime, digest: &str, state_digest: &str) {
        Line::begin(&mut self.buffer, self.count, at, "RunEnded")
            .word("digest", digest)
            .word("state_digest", state_digest)
            .end();
        self.count += 1;
    }

    /// Sets the event's line; `false` where it has none.
    pub(super) fn set(&mut self, event: &Numbered<Event>) -> bool {
        match &event.event {
            Event::DeliveryRequested { request, .. } => {
                self.open.insert(request.delivery, Arc::clone(request));
            }
            Event::DeliveryCompleted { delivery, .. } | Event::DeliveryCancelled { delivery, .. } => {
                self.open.remove(delivery);
            }
            _ => {}
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        let (out, seq) = (&mut buffer, self.count);
        let line = self.line(&event.event, |kind| Line::begin(out, seq, event.at, kind));
        let is_set = line.map(Line::end).is_some();
        self.buffer = buffer;
        self.count += u64::from(is_set);
        is_set
    }

    /// Whose the event is. A new event does not compile until someone has decided how readers of the log see it.
    fn line<'a>(&self, event: &Event, begin: impl FnOnce(&'static str) -> Line<'a>) -> Option<Line<'a>> {
        match event {
            Event::ZoneDeclared { .. }
            | Event::ZoneLifted { .. }
            | Event::DroneCommissioned { .. }
            | Event::FleetGrounded { .. }
            | Event::FleetReleased { .. }
            | Event::ActorRestarted { .. }
            | Event::ActorGivenUp { .. } => self.of_world(event, begin),
            Event::DeliveryRequested { .. }
            | Event::DroneAssigned { .. }
            | Event::DroneDelayed { .. }
            | Event::DroneReleased { .. }
            | Event::DroneAssignmentRefused { .. }
            | Event::CarrierBooked { .. }
            | Event::CarrierFailed { .. }
            | Event::PackagePickedUp { .. }
            | Event::PackageDroppedOff { .. }
            | Event::DeliveryRescheduled { .. }
            | Event::DeliveryCompleted { .. }
            | Event::ConfirmationAwaited { .. }
            | Event::ConfirmationMissed { .. }
            | Event::DeliveryCancelled { .. } => self.of_delivery(event, begin),
            Event::LegStarted(_)
            | Event::LegEnded { .. }
            | Event::ChargeStarted { .. }
            | Event::ChargeEnded { .. }
            | Event::MaintenanceStarted { .. }
            | Event::MaintenanceEnded { .. }
            | Event::DroneFailed { .. }
            | Event::LinkLost { .. }
            | Event::DroneMoved { .. }
            | Event::LinkRestored { .. }
            | Event::DroneRecovered { .. } => self.of_drone(event, begin),
            Event::DeliveryQueued { .. }
            | Event::CourierReported { .. }
            | Event::ZoneChangeRefused { .. }
            | Event::DeliveryRescheduleRefused { .. }
            | Event::DeliveryCancelRefused { .. }
            | Event::PackageRecorded { .. }
            | Event::ConfirmationRecorded { .. }
            | Event::NotificationRequested { .. }
            | Event::AccountChanged { .. }
            | Event::OperatorActed { .. }
            | Event::CommandTraced { .. }
            | Event::DeliveryReleased { .. }
            | Event::DeliveryReleaseRefused { .. }
            | Event::DeliveryRetried { .. }
            | Event::WorkflowUndone { .. } => None,
        }
    }

    fn of_world<'a>(&self, event: &Event, begin: impl FnOnce(&'static str) -> Line<'a>) -> Option<Line<'a>> {
        Some(match event {
            Event::ZoneDeclared { zone, .. } => zone_declared(begin("ZoneDeclared"), zone),
            Event::ZoneLifted { zone, .. } => begin("ZoneLifted").text("zone", zone),
            Event::DroneCommissioned {
                drone,
                depot,
                aircraft,
                at,
                battery,
                speed_max,
            } => {
                let spec = self.environment.aircraft(*aircraft);
                begin("DroneCommissioned")
                    .word("drone", drone)
                    .text("depot", self.depot(*depot))
                    .text("aircraft", &spec.name)
                    .point("at", *at)
                    .raw("battery_wh", battery)
                    .raw("capacity_wh", spec.battery_capacity)
                    .raw("reserve_wh", spec.reserve_energy())
                    .raw("payload_max_kg", spec.payload_max)
                    .raw("speed_max_mps", speed_max)
            }
            Event::FleetGrounded { depot, reason } => begin("FleetGrounded")
                .text("depot", self.depot(*depot))
                .word("reason", words::grounding(*reason)),
            Event::FleetReleased { depot, reason } => begin("FleetReleased")
                .text("depot", self.depot(*depot))
                .word("reason", words::grounding(*reason)),
            Event::ActorRestarted { actor, cause } => {
                begin("ActorRestarted").text("actor", actor).text("cause", cause)
            }
            Event::ActorGivenUp { actor, cause } => {
                begin("ActorGivenUp").text("actor", actor).text("cause", cause)
            }
            _ => return None,
        })
    }

    fn of_delivery<'a>(
        &self,
        event: &Event,
        begin: impl FnOnce(&'static str) -> Line<'a>,
    ) -> Option<Line<'a>> {
        Some(match event {
            Event::DeliveryRequested { request, .. } => {
                delivery_requested(begin("DeliveryRequested"), request)
            }
            Event::DroneAssigned {
                delivery,
                drone,
                eta_pickup,
                eta_dropoff,
            } => begin("DroneAssigned")
                .word("delivery", delivery)
                .word("drone", drone)
                .raw("eta_pickup_t", eta_pickup)
                .raw("eta_dropoff_t", eta_dropoff),
            Event::DroneDelayed {
                delivery,
                drone,
                eta_pickup,
                eta_dropoff,
            } => begin("DroneDelayed")
                .word("delivery", delivery)
                .word("drone", drone)
                .maybe_time("eta_pickup_t", *eta_pickup)
                .raw("eta_dropoff_t", eta_dropoff),
            Event::DroneReleased {
                delivery,
                drone,
                reason,
            } => begin("DroneReleased")
                .word("delivery", delivery)
                .word("drone", drone)
                .word("reason", words::release(*reason)),
            Event::DroneAssignmentRefused { delivery, reason } => begin("DroneAssignmentRefused")
                .word("delivery", delivery)
                .word("reason", words::refusal(*reason)),
            Event::CarrierBooked {
                delivery,
                carrier,
                price,
                eta_dropoff,
                reason,
                ..
            } => begin("CarrierBooked")
                .word("delivery", delivery)
                .text("carrier", self.carrier(*carrier))
                .raw("price_usd", price)
                .raw("eta_dropoff_t", eta_dropoff)
                .word("reason", words::refusal(*reason)),
            Event::CarrierFailed {
                delivery,
                carrier,
                reason,
                at,
                fee,
            } => begin("CarrierFailed")
                .word("delivery", delivery)
                .text("carrier", self.carrier(*carrier))
                .word("reason", words::carrier_failure(*reason))
                .point("at", *at)
                .raw("fee_usd", fee),
            Event::PackagePickedUp { delivery, by, at } => self
                .handed_over(begin("PackagePickedUp"), *delivery, *by)
                .point("at", *at),
            Event::PackageDroppedOff { delivery, by, at } => self
                .handed_over(begin("PackageDroppedOff"), *delivery, *by)
                .point("at", *at),
            Event::DeliveryRescheduled {
                delivery,
                pickup,
                dropoff,
                deadline,
                ..
            } => begin("DeliveryRescheduled")
                .word("delivery", delivery)
                .point("pickup", pickup.at)
                .point("dropoff", dropoff.at)
                .maybe_time("deadline_t", *deadline),
            Event::ConfirmationAwaited { delivery, until } => begin("ConfirmationAwaited")
                .word("delivery", delivery)
                .maybe_time("until_t", Some(*until)),
            Event::ConfirmationMissed { delivery } => begin("ConfirmationMissed").word("delivery", delivery),
            Event::DeliveryCompleted { delivery, by } => begin("DeliveryCompleted")
                .word("delivery", delivery)
                .word("by", words::by(*by)),
            Event::DeliveryCancelled { delivery, reason, .. } => begin("DeliveryCancelled")
                .word("delivery", delivery)
                .word("reason", words::cancel(*reason)),
            _ => return None,
        })
    }

    fn of_drone<'a>(&self, event: &Event, begin: impl FnOnce(&'static str) -> Line<'a>) -> Option<Line<'a>> {
        Some(match event {
            Event::LegStarted(leg) => leg_started(begin("LegStarted"), leg, self.shows_heights),
            Event::LegEnded {
                drone,
                delivery,
                at,
                battery,
            } => begin("LegEnded")
                .word("drone", drone)
                .maybe_word("delivery", *delivery)
                .point("at", *at)
                .raw("battery_wh", battery),
            Event::ChargeStarted {
                drone,
                depot,
                battery,
                kind,
            } => begin("ChargeStarted")
                .word("drone", drone)
                .text("depot", self.depot(*depot))
                .raw("battery_wh", battery)
                .word("kind", words::charge(*kind)),
            Event::ChargeEnded {
                drone,
                depot,
                battery,
                kind,
            } => begin("ChargeEnded")
                .word("drone", drone)
                .text("depot", self.depot(*depot))
                .raw("battery_wh", battery)
                .word("kind", words::charge(*kind)),
            Event::MaintenanceStarted { drone, depot, flown } => begin("MaintenanceStarted")
                .word("drone", drone)
                .text("depot", self.depot(*depot))
                .raw("flown_s", flown),
            Event::MaintenanceEnded { drone, depot } => begin("MaintenanceEnded")
                .word("drone", drone)
                .text("depot", self.depot(*depot)),
            Event::DroneFailed { drone, reason, at } => begin("DroneFailed")
                .word("drone", drone)
                .word("reason", words::drone_failure(*reason))
                .point("at", *at),
            Event::DroneMoved { drone, depot } => begin("DroneMoved")
                .word("drone", drone)
                .text("depot", self.depot(*depot)),
            Event::LinkLost { drone, at } => begin("LinkLost").word("drone", drone).point("at", *at),
            Event::LinkRestored { drone } => begin("LinkRestored").word("drone", drone),
            Event::DroneRecovered { drone, at, battery } => begin("DroneRecovered")
                .word("drone", drone)
                .point("at", *at)
                .raw("battery_wh", battery),
            _ => return None,
        })
    }

    fn handed_over<'a>(&self, line: Line<'a>, delivery: DeliveryId, by: Transport) -> Line<'a> {
        let label = self
            .open
            .get(&delivery)
            .map_or("", |request| request.package.label.as_str());
        let line = line.word("delivery", delivery).text("package", label);
        match by {
            Transport::Drone(drone) => line.word("drone", drone),
            Transport::Carrier(carrier) => line.text("carrier", self.carrier(carrier)),
        }
    }

    fn depot(&self, depot: DepotId) -> &str {
        &self.environment.depot(depot).name
    }

    fn carrier(&self, carrier: CarrierId) -> &str {
        &self.environment.carrier(carrier).name
    }
}

/// Whether it does not reach from the ground up without end.
fn is_limited(zone: &Zone) -> bool {
    zone.floor_m > 0.0 || zone.ceiling_m.is_some()
}

fn zone_declared<'a>(line: Line<'a>, zone: &Zone) -> Line<'a> {
    let line = line.text("zone", &zone.name);
    let line = match &zone.shape {
        ZoneShape::Circle { centre, radius_m } => line.circle("circle", *centre, Metres::new(*radius_m)),
        ZoneShape::Polygon(points) => line.points("polygon", points.iter().copied()),
    };
    let line = line
        .maybe_time("from_t", zone.from)
        .maybe_time("to_t", zone.until);
    if !is_limited(zone) {
        return line;
    }
    let line = line.raw("floor_m", Metres::new(zone.floor_m));
    match zone.ceiling_m {
        Some(ceiling_m) => line.raw("ceiling_m", Metres::new(ceiling_m)),
        None => line.raw("ceiling_m", "null"),
    }
}

fn delivery_requested<'a>(line: Line<'a>, request: &DeliveryRequest) -> Line<'a> {
    line.word("delivery", request.delivery)
        .text("package", &request.package.label)
        .text("owner", &request.owner)
        .point("pickup", request.pickup.at)
        .point("dropoff", request.dropoff.at)
        .raw("weight_kg", request.package.weight)
        .raw("expedited", request.expedited)
        .maybe_time("deadline_t", request.deadline)
}

fn leg_started<'a>(line: Line<'a>, leg: &Leg, shows_heights: bool) -> Line<'a> {
    let line = line
        .word("drone", leg.drone)
        .maybe_word("delivery", leg.delivery)
        .word("purpose", words::purpose(leg.purpose))
        .points("path", leg.path.iter().map(|waypoint| waypoint.at))
        .times("path_t", leg.path.iter().map(|waypoint| waypoint.time));
    let line = if shows_heights {
        line.values("height_m", leg.path.iter().map(|waypoint| waypoint.altitude))
    } else {
        line
    };
    line.raw("arrives_t", leg.arrives())
        .raw("distance_m", leg.distance)
        .raw("payload_kg", leg.payload)
        .raw("energy_wh", leg.energy)
        .raw("battery_wh", leg.battery)
}
