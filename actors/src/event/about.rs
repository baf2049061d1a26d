//! What events are about.

use crate::ids::DeliveryId;

use super::Event;

impl Event {
    /// The delivery it is about, where it is about one.
    #[must_use]
    pub fn delivery(&self) -> Option<DeliveryId> {
        match self {
            Self::DeliveryRequested { request, .. } => Some(request.delivery),
            Self::LegStarted(leg) => leg.delivery,
            Self::LegEnded { delivery, .. } => *delivery,
            Self::NotificationRequested { request, .. } => Some(request.delivery),
            Self::ConfirmationRecorded { confirmation, .. } => Some(confirmation.delivery),
            Self::OperatorActed { operation, .. } => operation.command.names(),
            Self::CommandTraced { trace, .. } => trace.delivery,
            Self::DeliveryQueued { delivery, .. }
            | Self::DroneAssigned { delivery, .. }
            | Self::DroneDelayed { delivery, .. }
            | Self::DroneReleased { delivery, .. }
            | Self::DroneAssignmentRefused { delivery, .. }
            | Self::CarrierBooked { delivery, .. }
            | Self::CarrierFailed { delivery, .. }
            | Self::CourierReported { delivery, .. }
            | Self::PackagePickedUp { delivery, .. }
            | Self::PackageDroppedOff { delivery, .. }
            | Self::DeliveryRescheduled { delivery, .. }
            | Self::DeliveryRescheduleRefused { delivery, .. }
            | Self::DeliveryCompleted { delivery, .. }
            | Self::DeliveryCancelled { delivery, .. }
            | Self::DeliveryCancelRefused { delivery, .. }
            | Self::DeliveryReleased { delivery, .. }
            | Self::DeliveryReleaseRefused { delivery, .. }
            | Self::DeliveryRetried { delivery, .. }
            | Self::WorkflowUndone { delivery, .. }
            | Self::ConfirmationAwaited { delivery, .. }
            | Self::ConfirmationMissed { delivery } => Some(*delivery),
            Self::ZoneDeclared { .. }
            | Self::ZoneLifted { .. }
            | Self::ZoneChangeRefused { .. }
            | Self::DroneCommissioned { .. }
            | Self::ChargeStarted { .. }
            | Self::ChargeEnded { .. }
            | Self::MaintenanceStarted { .. }
            | Self::MaintenanceEnded { .. }
            | Self::DroneMoved { .. }
            | Self::DroneFailed { .. }
            | Self::LinkLost { .. }
            | Self::LinkRestored { .. }
            | Self::DroneRecovered { .. }
            | Self::FleetGrounded { .. }
            | Self::FleetReleased { .. }
            | Self::PackageRecorded { .. }
            | Self::ActorRestarted { .. }
            | Self::ActorGivenUp { .. }
            | Self::AccountChanged { .. } => None,
        }
    }
}
